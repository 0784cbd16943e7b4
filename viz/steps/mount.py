"""The player inside Streamlit. The one room of viz/steps that knows Streamlit.

As in the linked view, the page asks for a step and the person goes on from there:

    now = played(film, key="steps", step=step, strings=strings)

The page may pass the same step again and again, or the one it got back last. Another step is a new request
and is taken up. When the film changes, because a word was chosen or the sentence is another, the person
stays at the same step as far as there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from viz.steps.assemble import script, stylesheet
from viz.steps.film import Film
from viz.steps.pack import digest_of, pack

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


@dataclass(frozen=True)
class Played:
    """Where the person is, and what the person chose.

    step: how many pieces are written; 0 while the encoder reads. Told when it rests, not while it plays.
    choice: (step, id) where the person has just chosen another piece: it is to be written after the first
        `step` pieces. Told once.
    """

    step: int
    choice: tuple[int, int] | None = None


@dataclass(frozen=True)
class Turn:
    """What the page and the browser agreed on last.

    digest: which film; revision: how often the browser was told a step.
    asked: the step that the page asked for; told: the one that the browser was told; now: where the person
    is. reported: whether the browser has reported anything since it was told.
    """

    digest: str
    revision: int
    asked: int
    told: int
    now: int
    reported: bool = False


def next_turn(
    last: Turn | None, digest: str, steps: int, asked: int, report: Any, anew: bool = False
) -> Turn:
    """Who decides where the film stands: the page, where it asks for something new, else the person.

    anew: the page asks for something new even where the step is the same as before.

    report: what the browser reported last, None where it has not (or is a new one, after the person has
        been to another page).
    """

    def clamp(step: int) -> int:
        return min(max(step, 0), steps)

    def tell(step: int) -> Turn:
        return Turn(digest, last.revision + 1 if last else 1, asked, step, step)

    asked = clamp(asked)
    if last is None or anew or asked not in (clamp(last.asked), clamp(last.now)):
        return tell(asked)
    if digest != last.digest:
        return tell(clamp(last.now))
    step = _number(report, "step") if _belongs(report, last) else None
    if step is not None:
        return replace(last, asked=asked, now=clamp(step), reported=True)
    if report is None and last.reported:
        return tell(last.now)
    return replace(last, asked=asked)


def read_choice(film: Film, turn: Turn, report: Any) -> tuple[int, int] | None:
    """The choice that the browser reports, where it is one of this film and another than was made."""
    step, piece = _number(report, "step"), _number(report, "id")
    if not _belongs(report, turn) or step is None or not 0 <= step < len(film.steps):
        return None
    offered = {choice.id for choice in film.steps[step].best} - {film.steps[step].chosen.id}
    return (step, piece) if piece in offered else None


def play(
    film: Film,
    *,
    key: str,
    step: int = 0,
    anew: bool = False,
    strings: Mapping[str, str] | None = None,
    language: str = "en",
) -> Played:
    """Show the player of a film; where the person is now, and which other piece was chosen.

    step: where the page wants it to stand; see the first lines of this file for when it is taken up.
    anew: the film is of another text, so that it stands there whatever was looked at before.
    key: the name of this player in the session, its own on every page.
    strings: translations of viz.steps.STRINGS, by the same names.
    """
    last: Turn | None = st.session_state.get(_name(key))
    report = (st.session_state.get(key) or {}).get("rest")
    turn = next_turn(last, digest_of(film), len(film.steps), step, report, anew)
    st.session_state[_name(key)] = turn
    blob = pack(film, turn.told, strings, language=language, name=key, revision=turn.revision)
    result = _component()(key=key, data=blob, on_rest_change=_ignore, on_choice_change=_ignore)
    return Played(turn.now, read_choice(film, turn, result.get("choice")))


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "headlight_steps",
        html='<div class="headlight steps"></div>',
        css=stylesheet(),
        js=script() + "\nexport default component;\n",
    )


def _ignore() -> None:
    """A report needs no answer but the run of the page that it starts."""


def _name(key: str) -> str:
    return f"{key} (steps)"


def _belongs(report: Any, turn: Turn) -> bool:
    """Whether a report is about what the browser was told last, and not about something older."""
    return (
        isinstance(report, Mapping)
        and report.get("film") == turn.digest
        and report.get("revision") == turn.revision
    )


def _number(report: Any, name: str) -> int | None:
    """A whole number of a report. (JavaScript has no other than floating ones.)"""
    value = report.get(name) if isinstance(report, Mapping) else None
    return int(value) if isinstance(value, (int, float)) and value == value // 1 else None
