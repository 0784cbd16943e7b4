"""The page's link: every state that is worth sharing, by names that do not change with the language.

What can stand there is in `pages.common.schema`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from pages.common import schema

VERSION, PRESENT = "v", "3"  # of what numbers in a link mean; see `pages.common.old_links`
HELD = "held"  # the parameter of held words or pieces
UNREAD = "not read from the link"
ARRIVED = "came with the link"  # in the session: name -> values, until the page has read them
LEFT_OUT = "left out of the link"  # in the session: what a page did not find of them
JUDGED = "left out here"  # in the session: the page, text and checkpoint that it was left out of
CARRIED = ("edits",)  # what goes along to the next page: it holds of the model, whatever is shown of it
LAST = "last page"  # in the session: its address, and what it carried
ARRIVAL = "came to this page"  # in the session: whether this run is the first one of the page
LONGEST = 2000  # characters of an address that every program takes


def begin(page: str) -> None:
    """Read the link that a page is opened with: names of earlier editions, and what it says that is nothing.

    page: its address. What cannot be read is left where it stands and told by the page (`find_unread`).
    """
    st.session_state[ARRIVAL] = st.session_state.get(LAST, ("", {}))[0] != page
    last, carried = st.session_state.get(LAST, (page, {}))
    arrived = _arrived()
    if page != last:
        _forget_arrived()
        for name, value in carried.items():
            if name not in st.query_params:
                put(name, value)
        st.session_state[LAST] = page, carried  # a click may end this run before the page's end
    for before, now in schema.RENAMED.get(page, {}).items():
        if before in st.query_params and now not in st.query_params:
            st.query_params[now] = st.query_params[before]
            del st.query_params[before]
            arrived[now] = arrived.pop(before, [])
    if st.session_state.get(JUDGED, _place(page)) != _place(page):  # a person went on, and knows it
        st.session_state[LEFT_OUT] = []
    st.session_state[UNREAD] = [
        f"{name}={value}"
        for name in st.query_params
        for value in st.query_params.get_all(name)
        if (key := schema.find(name)) is None or not key.reads(value)
    ]


def end(page: str) -> None:
    """Keep what goes along to the next page. page: the address of this one."""
    st.session_state[LAST] = (
        page,
        {name: st.query_params[name] for name in CARRIED if name in st.query_params},
    )
    st.session_state[JUDGED] = _place(page)
    _forget_arrived()


def is_arrival() -> bool:
    """Whether a person has just come to this page, from another one or by a link."""
    return bool(st.session_state.get(ARRIVAL))


def find_unread() -> list[str]:
    """What the link says that means nothing, has a value that its key cannot have, or is not there."""
    return list(dict.fromkeys([*st.session_state.get(UNREAD, []), *st.session_state.get(LEFT_OUT, [])]))


def leave_out(name: str, value: str) -> bool:
    """Have the page tell that it has nothing of this value, or this part of one between commas.

    Only of what came with the link: what a person's own move leaves behind (a checkpoint with fewer layers,
    another sentence) is nobody's mistake. Returns whether it did. Call it before the link is told anew.
    """
    told = _arrived().get(name, [])
    if not value or not any(value in (one, *one.split(",")) for one in told):
        return False
    left: list[str] = st.session_state.setdefault(LEFT_OUT, [])
    if (said := f"{name}={value}") not in left:
        left.append(said)
    return True


def settle(name: str) -> None:
    """Say that a page has read all that came with the link under this name."""
    _arrived().pop(name, None)


def turn(name: str, value: str) -> None:
    """Have the link say what a value of an earlier edition means now, as if it had come like this."""
    put(name, value)
    _arrived()[name] = [value]


def _arrived() -> dict[str, list[str]]:
    """What came with the link that this session was opened with, and no page has read yet."""
    if ARRIVED not in st.session_state:
        st.session_state[ARRIVED] = {name: st.query_params.get_all(name) for name in st.query_params}
    arrived: dict[str, list[str]] = st.session_state[ARRIVED]
    return arrived


def _forget_arrived() -> None:
    """Of what came with the link keep only what goes along to the next page, which may read it."""
    st.session_state[ARRIVED] = {name: value for name, value in _arrived().items() if name in CARRIED}


def _place(page: str) -> tuple[Any, ...]:
    return page, st.session_state.get("text"), st.session_state.get(schema.CHECKPOINT)


def measure(page: str) -> int:
    """How many characters the page's link has. page: its address."""
    query = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    return len(f"{(st.context.url or '').rstrip('/')}/{page}?{urlencode(query)}")


def choice(label: str, options: Mapping[str, str], key: str, usual: str, **style: Any) -> str:
    """A control that chooses one of `options`, name: what a person reads.

    A link carries the name where it is not the usual one. Streamlit's own binding would write there what is
    read ("한국어", not "ko"). style: more arguments of st.segmented_control.
    Raises KeyError for a key that is not in the schema, as everything here does.
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


def scale(label: str, options: Mapping[str, str], key: str, usual: str, **style: Any) -> str:
    """The same of some that stand in an order, as a slider. style: more arguments of st.select_slider."""
    held = st.session_state.get(key)
    st.session_state[key] = held if held in options else read_choice(options, key, usual)  # as above
    chosen: str = st.select_slider(label, list(options), key=key, format_func=options.__getitem__, **style)
    put(key, chosen, usual)
    return chosen


def one(label: str, options: Mapping[str, str], key: str, usual: str, **style: Any) -> str:
    """The same of many, as a list to choose from. style: more arguments of st.selectbox."""
    held = st.session_state.get(key)
    st.session_state[key] = held if held in options else read_choice(options, key, usual)  # as above
    chosen: str = st.selectbox(label, list(options), key=key, format_func=options.__getitem__, **style)
    put(key, chosen, usual)
    return chosen


def follow(key: str, usual: str) -> None:
    """Have a choice that nobody made go along with what is usual now, instead of standing where that was."""
    name = f"usual {key}"
    if name in st.session_state and st.session_state.get(key) == st.session_state[name]:
        st.session_state.pop(key, None)
    st.session_state[name] = usual


def several(label: str, options: Collection[str], key: str, usual: list[str], **style: Any) -> list[str]:
    """Any number of many. The link carries each that is chosen; an empty word where none is.

    style: more arguments of st.multiselect.
    """
    held = st.session_state.get(key)
    if held is None or not set(held) <= set(options):
        told = st.query_params.get_all(key)
        found = [name for name in told if name in options]
        for name in told:
            if name not in options:
                leave_out(key, name)
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
    if told in options:
        return told
    if told != usual:
        leave_out(key, told)
    return usual


def read_place(key: str, count: int, usual: int) -> int:
    """One of `count` things by its number, counted from 1 in the link and from 0 here."""
    told: str = st.query_params.get(key, "")
    place = int(told) - 1 if told.isascii() and told.isdigit() and len(told) < 8 else -1
    if place in range(count):
        return place
    leave_out(key, told)
    return usual


def put(key: str, value: str, usual: str = "") -> None:
    """Have the link say `value`, or nothing where it is the usual one."""
    found = schema.find(key)
    if found is None:
        raise KeyError(key)
    if value != usual:
        if st.query_params.get(key) != value:
            st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]
    if found.numbered:
        stamp()


def stamp() -> None:
    """Have the link say its version where it holds such numbers, and only there."""
    put(VERSION, PRESENT if is_numbered(st.query_params) else "")


def add_version(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a link to another page, and its version where they hold such numbers."""
    return {**query, VERSION: PRESENT} if is_numbered(query) else dict(query)


def is_numbered(query: Mapping[str, str]) -> bool:
    """Whether a link holds numbers of layers or words; a change in every layer has none."""
    return any(
        "@" in query[key] if key == "edits" else query[key] for key in schema.numbered() if key in query
    )
