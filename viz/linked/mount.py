"""The linked view inside Streamlit. The one room of viz/ that knows Streamlit.

The browser owns the view once it shows it, and reports every change of it (not the pointer). A page
needs one line:

    view = linked_view(trace, view, key="explore", strings=strings)

It passes the view that it asks for, from a link or an example, and gets back the view that the person
sees now. It may pass the same request again and again, or the view it got back last: neither disturbs
the person. Only a view that is neither, such as that of another link, is a new request and is taken up.
When the trace changes, what the person chose is kept, held words included where the text still has them.

Where the page gives scissors, the beams of a held word can be cut. What was cut is told once, to `on_snip`,
before the page runs again: it changes the trace, and the page shows the new one.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.trace import Trace
from model.traces.written import name_written
from viz.linked.assemble import script, stylesheet
from viz.linked.cutting import Outcome, Scissors, Snip
from viz.linked.pack import WHOLE, Layer, digest_of, every_layer, pack, shown_layers, size
from viz.linked.view import View, texts

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


@dataclass(frozen=True)
class Turn:
    """What the page and the browser agreed on last.

    digest: which trace; revision: how often the browser was told a view.
    asked: the view that the page asked for; told: the one that the browser was told; now: the one that
        the person sees; held: the texts that the held positions of `now` count.
    reported: whether the browser has reported anything since it was told.
    """

    digest: str
    revision: int
    asked: View
    told: View
    now: View
    held: tuple[str, ...]
    reported: bool = False


def next_turn(
    last: Turn | None, trace: Trace, digest: str, asked: View, report: Any, before: Trace | None = None
) -> Turn:
    """Who decides what is shown next: the page, where it asks for something new, else the person.

    report: what the browser reported last, None where it has not (or is a new one, after the person
        has been to another page). before: the trace of the last turn, which the report is of.
    """

    def tell(view: View) -> Turn:
        return Turn(digest, last.revision + 1 if last else 1, asked, view, view, texts(view, trace))

    asked = asked.fit_to(trace)
    if last is None:
        return tell(asked)
    is_new = asked not in (last.asked.fit_to(trace), last.now.fit_to(trace))
    if is_new:
        return tell(asked)
    if digest != last.digest:
        if before is not None and _belongs(report, last):  # it came together with the new trace
            now = View.from_json(report.get("view"), before)
            last = replace(last, now=now, held=texts(now, before))
        return tell(last.now.carry_over(last.held, trace))
    if _belongs(report, last):
        now = View.from_json(report.get("view"), trace)
        return replace(last, asked=asked, now=now, held=texts(now, trace), reported=True)
    if report is None and last.reported:
        return tell(last.now)
    return replace(last, asked=asked)


def linked_view(
    trace: Trace,
    view: View,
    *,
    key: str,
    strings: Mapping[str, str] | None = None,
    title: str = "",
    language: str = "en",
    scissors: Scissors | None = None,
    outcome: Outcome | None = None,
    on_snip: Callable[[Snip], None] | None = None,
) -> View:
    """Show the linked view of a trace and return what the person sees of it now.

    view: what the page asks for; see the first lines of this file for when it is taken up.
    key: the name of this view in the session, its own on every page.
    strings: translations of viz.linked.STRINGS, by the same names.
    scissors: what can be cut, and is. outcome: what stands beside the picture. on_snip: is told, before the
        page runs again, what the person cut or took back.
    """
    given, trace = trace, name_written(trace)
    kept: _Kept | None = st.session_state.get(_name(key))
    same = kept is not None and kept.trace() is given
    digest = kept.turn.digest if kept and same else digest_of(trace)
    report = (st.session_state.get(key) or {}).get("view")
    before = kept.trace() if kept and not same else None
    before = None if before is None else name_written(before)
    turn = next_turn(kept.turn if kept else None, trace, digest, view, report, before)
    told = (turn.digest, turn.revision, tuple((strings or {}).items()), title, language, scissors, outcome)
    layers = _layers(trace, turn, report, kept if kept and kept.told == told else None)
    if kept and kept.told == told and kept.layers == layers:
        blob = kept.blob
    else:
        blob = pack(
            trace,
            turn.told,
            strings,
            layers,
            title=title,
            language=language,
            name=key,
            revision=turn.revision,
            digest=digest,
            scissors=scissors,
            outcome=outcome,
        )
    st.session_state[_name(key)] = _Kept(weakref.ref(given), turn, told, layers, blob)

    def tell_snip() -> None:
        snip = read_snip(st.session_state.get(key), trace, turn)
        if snip and on_snip:
            on_snip(snip)

    _component()(key=key, data=blob, on_view_change=_ignore, on_snip_change=tell_snip)
    return turn.now


def read_snip(state: Any, trace: Trace, turn: Turn) -> Snip | None:
    """What the browser reports to have been cut, where it is about what it was told last."""
    report = state.get("snip") if isinstance(state, Mapping) else None
    return Snip.from_report(report, trace) if report and _belongs(report, turn) else None


@dataclass(frozen=True)
class _Kept:
    """What one session keeps of one view: the last turn and the last blob, told for `told` and `layers`."""

    trace: weakref.ref[Trace]
    turn: Turn
    told: tuple[Any, ...]
    layers: tuple[Layer, ...]
    blob: bytes


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "headlight_linked_view",
        html='<div class="headlight"></div>',
        css=stylesheet(),
        js=script() + "\nexport default component;\n",
    )


def _ignore() -> None:
    """A report needs no answer but the run of the page that it starts."""


def _name(key: str) -> str:
    return f"{key} (linked view)"


def _belongs(report: Any, turn: Turn) -> bool:
    """Whether a report is about what the browser was told last, and not about something older."""
    return (
        isinstance(report, Mapping)
        and report.get("trace", turn.digest) == turn.digest
        and report.get("revision", turn.revision) == turn.revision
    )


def _layers(trace: Trace, turn: Turn, report: Any, kept: _Kept | None) -> tuple[Layer, ...]:
    """The layers to send: all where they fit, else those on show and, once asked for, others.

    What was sent stays in the browser, so the last blob stays as it is while nothing more is wanted.
    """
    if size(trace) <= WHOLE:
        return every_layer(trace)
    wanted: list[Layer] = []
    if _belongs(report, turn):
        known = {(kind, layer): (kind, layer) for kind, layer in every_layer(trace)}
        asked = report.get("wanted")
        for pair in asked if isinstance(asked, (list, tuple)) else ():
            layer = known.get(tuple(pair)) if isinstance(pair, (list, tuple)) else None
            wanted += [layer] if layer else []
    if wanted:
        return tuple(wanted)
    return kept.layers if kept else _near(trace, turn.told)


def _near(trace: Trace, view: View) -> tuple[Layer, ...]:
    """The layers of a view and, where they fit, the layers beside them."""
    shown = shown_layers(view)
    stack = trace[view.kind]
    each = stack.weights[0].size
    around = {layer + step for _, layer in shown for step in (-1, 0, 1)}
    near = tuple((view.kind, layer) for layer in stack.layers if layer in around)
    return near if len(near) * each <= 2 * WHOLE else shown
