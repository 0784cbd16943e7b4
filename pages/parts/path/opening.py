"""Links from a part of the picture to the page that is about it, with the same sentence and head."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from pages.common import checkpoints, edits, language_pair, links, second
from pages.common.language import _
from viz.whole.view import View
from viz.whole.whole import Whole

_SUBLAYER = re.compile(r"(encoder|decoder)\.\d+\.(attention|cross|feeding)")


def show(whole: Whole, view: View) -> None:
    """The links of the part that is open, in one line."""
    with st.container(horizontal=True, gap="medium", key="openings"):
        for page, label, query in pages(whole, view):
            link(page, label, **query)


def pages(whole: Whole, view: View) -> list[tuple[str, str, dict[str, Any]]]:
    """(page, label, what its link says beside the sentence); places count from 0."""
    reading: tuple[str, str, dict[str, Any]] = ("explore", _("Explore"), {})
    if whole.two:
        reading = ("translate", _("How the text is written"), {})
    if view.head is not None:
        kind, layer, head = view.head
        asks = view.read if kind == "encoder" else view.step
        token = view.query if view.query is not None else asks
        where = {"kind": kind, "layer": layer, "token": token}
        return [
            ("attention", _("This head, step by step"), {**where, "head": head}),
            ("heads", _("Several heads"), where),
            *([("masks", _("Masks"), {})] if kind == "decoder" else []),
            ("explore", _("Explore"), {}),
        ]
    if view.layer is not None:
        kind, layer = view.layer
        where = {"kind": kind, "layer": layer, "token": view.read if kind == "encoder" else view.step}
        part = _SUBLAYER.fullmatch(view.at)
        looking = {**where, "kind": "cross"} if part is not None and part[2] == "cross" else where
        block = ("block", _("Residual and norm"), where)
        if part is not None and part[2] == "feeding":
            return [("block", _("Feed-forward"), {**where, "sublayer": "feed-forward"})]
        return [
            *([] if part is not None else [block]),
            ("attention", _("Attention, step by step"), looking),
            ("heads", _("Several heads"), looking),
            *([("masks", _("Masks"), {})] if kind == "decoder" else []),
        ]
    if view.at.endswith("tokens"):
        return [("tokens", _("Tokens"), {})]
    if view.at.endswith("embedding"):
        return [("positions", _("Positions"), {}), ("tokens", _("Tokens"), {})]
    if view.at.endswith("norm"):
        return [("block", _("Residual and norm"), {"kind": view.at.split(".")[0]})]
    if view.at:
        return [reading]
    return [
        ("tokens", _("Tokens"), {}),
        ("positions", _("Positions"), {}),
        ("attention", _("Attention, step by step"), {}),
        ("heads", _("Several heads"), {}),
        ("block", _("The block"), {}),
        reading,
    ]


def link(page: str, label: str, **query: Any) -> None:
    """A link to another page with the same sentences, checkpoint, languages and changes."""
    same = {
        "text": st.session_state.get("text", ""),
        second.KEY: st.session_state.get(second.KEY, ""),
        checkpoints.KEY: st.session_state.get(checkpoints.KEY, ""),
        **{
            key: st.query_params.get(key, "")
            for key in (language_pair.SOURCE, language_pair.TARGET, edits.KEY)
        },
    }
    counted = {name: value + 1 if isinstance(value, int) else value for name, value in query.items()}
    told = {name: str(value) for name, value in {**same, **counted}.items() if value not in ("", None)}
    st.page_link(
        f"pages/{page}.py",
        label=label,
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params=links.add_version(told),
    )
