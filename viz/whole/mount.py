"""The picture of a whole model inside Streamlit. The one room of viz/whole that knows Streamlit.

As in the player, the page asks for a view and the person goes on from there:

    view = where(whole, key="path", view=view)      # where the person is now
    show(whole, key="path", detail=detail, …)       # the picture, with the head that is open

They are two so that a page can look into the head that is open before it shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from viz.whole.assemble import script, stylesheet
from viz.whole.pack import digest_of, pack
from viz.whole.view import View
from viz.whole.whole import Detail, Whole

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


@dataclass(frozen=True)
class Turn:
    """What the page and the browser agreed on last.

    digest: which record; revision: how often the browser was told a view. asked: what the page asked for;
    told: what the browser was told; now: where the person is. reported: whether the browser has reported
    anything since it was told, and so has the record.
    """

    digest: str
    revision: int
    asked: View
    told: View
    now: View
    reported: bool = False


def next_turn(last: Turn | None, digest: str, asked: View, report: Any) -> Turn:
    """Who decides where the picture stands: the page, where it asks for something new, else the person.

    report: what the browser reported last; None where it has not.
    """

    def tell(view: View) -> Turn:
        return Turn(digest, last.revision + 1 if last else 1, asked, view, view)

    if last is None or asked not in (last.asked, last.now):
        return tell(asked)
    if digest != last.digest:
        return tell(last.now)
    if belongs(report, last) and report.get("lost"):
        return tell(last.now)
    now = View.from_json(report.get("view")) if belongs(report, last) else None
    if now is not None:
        return replace(last, asked=asked, now=now, reported=True)
    if report is None and last.reported:
        return tell(last.now)
    return replace(last, asked=asked)


def belongs(report: Any, turn: Turn) -> bool:
    """Whether a report is about what the browser was told last, and not about something older."""
    return (
        isinstance(report, Mapping)
        and report.get("record") == turn.digest
        and report.get("revision") == turn.revision
    )


def reported_view(key: str) -> View | None:
    """Where the browser says that the person is, whatever record it is about."""
    report = (st.session_state.get(key) or {}).get("view")
    return View.from_json(report.get("view")) if isinstance(report, Mapping) else None


def where(whole: Whole, *, key: str, view: View) -> View:
    """Where the person is now.

    view: where the page wants the picture to stand; taken up where it is neither what the page asked for
    last nor where the person is. key: the name of this picture in the session, its own on every page.
    """
    last: Turn | None = st.session_state.get(_name(key))
    report = (st.session_state.get(key) or {}).get("view")
    turn = next_turn(last, digest_of(whole), view, report)
    st.session_state[_name(key)] = turn
    return turn.now


def show(
    whole: Whole,
    *,
    key: str,
    detail: Detail | None = None,
    strings: Mapping[str, str] | None = None,
    language: str = "en",
) -> None:
    """Show the picture, after `where` was asked.

    detail: the head that is open, taken apart. strings: translations of viz.whole.STRINGS, by the same names.
    """
    turn: Turn = st.session_state[_name(key)]
    blob = pack(
        whole,
        turn.told,
        strings,
        detail,
        language=language,
        name=key,
        revision=turn.revision,
        known=turn.reported,
    )
    _component()(key=key, data=blob, on_view_change=_ignore)


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "headlight_whole",
        html='<div class="headlight whole"></div>',
        css=stylesheet(),
        js=script() + "\nexport default component;\n",
    )


def _ignore() -> None:
    """A report needs no answer but the run of the page that it starts."""


def _name(key: str) -> str:
    return f"{key} (whole)"
