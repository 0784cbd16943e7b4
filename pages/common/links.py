"""Choices in the page's link, by their names and not by words that change with the language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

VERSION, PRESENT = "v", "2"  # of what the numbers of layers in a link mean; see `pages.common.old_links`
NUMBERED = ("layer", "heads", "edits")  # parameters that can hold them


def choice(label: str, options: Mapping[str, str], key: str, usual: str, **style: Any) -> str:
    """A control that chooses one of `options`, name: what a person reads.

    A link carries the name where it is not the usual one. Streamlit's own binding would write there what is
    read ("한국어", not "ko"). style: more arguments of st.segmented_control.
    """
    chosen: str = st.session_state.get(key, "")
    if chosen not in options:
        chosen = read_choice(options, key, usual)
    st.session_state[key] = chosen  # said anew each time, so that a page takes it over from the page before
    st.segmented_control(
        label, list(options), format_func=options.__getitem__, key=key, required=True, **style
    )
    put(key, chosen, usual)
    return chosen


def one(label: str, options: Mapping[str, str], key: str, usual: str, **style: Any) -> str:
    """The same of many, as a list to choose from. style: more arguments of st.selectbox."""
    held = st.session_state.get(key)
    st.session_state[key] = held if held in options else read_choice(options, key, usual)  # as above
    chosen: str = st.selectbox(label, list(options), key=key, format_func=options.__getitem__, **style)
    put(key, chosen, usual)
    return chosen


def several(label: str, options: Collection[str], key: str, usual: list[str], **style: Any) -> list[str]:
    """Any number of many. The link carries each that is chosen; an empty word where none is.

    style: more arguments of st.multiselect.
    """
    held = st.session_state.get(key)
    if held is None or not set(held) <= set(options):
        told = st.query_params.get_all(key)
        found = [name for name in told if name in options]
        st.session_state[key] = found if found or told == [""] else usual
    chosen: list[str] = st.multiselect(label, list(options), key=key, **style)
    if chosen == usual:
        put(key, "")
    elif st.query_params.get_all(key) != (chosen or [""]):
        st.query_params[key] = chosen or [""]
    return chosen


def read_choice(options: Collection[str], key: str, usual: str) -> str:
    """What the link says, where that can be chosen."""
    told: str = st.query_params.get(key, usual)
    return told if told in options else usual


def put(key: str, value: str, usual: str = "") -> None:
    """Have the link say `value`, or nothing where it is the usual one."""
    if value != usual:
        if st.query_params.get(key) != value:
            st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]
    if key in NUMBERED:
        stamp()


def stamp() -> None:
    """Have the link say its version where it holds numbers of layers, and only there."""
    put(VERSION, PRESENT if is_numbered(st.query_params) else "")


def add_version(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a link to another page, and its version where they hold numbers of layers."""
    return {**query, VERSION: PRESENT} if is_numbered(query) else dict(query)


def is_numbered(query: Mapping[str, str]) -> bool:
    """Whether a link holds numbers of layers; a change in every layer has none."""
    return any("@" in query[key] if key == "edits" else query[key] for key in NUMBERED if key in query)
