"""The board inside Streamlit. The one room of viz/board that knows Streamlit.

    board([scores, weights], key="scores", chosen={"queries": 3}, act=choose, strings=translated(STRINGS))

The browser sends every act that it has not been told was heard, so that none is lost where several come
while the page runs; each is told to the page once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from viz.board.assemble import script, stylesheet
from viz.board.pack import pack, sides
from viz.board.panel import Act, Panel

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


def board(
    panels: Sequence[Panel],
    *,
    key: str,
    chosen: Mapping[str, int] | None = None,
    act: Callable[[Act], None] | None = None,
    strings: Mapping[str, str] | None = None,
    language: str = "en",
    together: bool = False,
) -> None:
    """Show panels side by side.

    key: the name of this board in the session, its own on every page.
    chosen: the place that is held, by the name of its side, counted from 0; outlined in every panel that
        has a side of that name.
    act: called for every choice and every painting, before the page runs again; without it the board only
        shows.
    together: have as many panels beside each other as can be read, rather than large ones with their numbers.
    strings: translations of viz.board.STRINGS, by the same names.
    Raises ValueError where two panels have the same name.
    """
    name = f"{key} (board)"
    heard = int(st.session_state.get(name, 0))
    blob = pack(
        panels,
        chosen,
        strings,
        language=language,
        acts=act is not None,
        heard=heard,
        together=together,
    )
    if act is None:
        _component()(key=key, data=blob)
        return
    known = Known(panels)

    def take_report() -> None:
        report = (st.session_state.get(key) or {}).get("act")
        acts, number = known.acts(report, int(st.session_state.get(name, 0)))
        st.session_state[name] = number
        for one in acts:
            act(one)

    _component()(key=key, data=blob, on_act_change=take_report)


@dataclass(frozen=True)
class _Shape:
    """What is kept of a panel: its sides as (name, count), and whether it can be painted."""

    rows: tuple[str, int]
    columns: tuple[str, int]
    paint: bool


class Known:
    """What a person could act on: the panels that the page showed last, without their values."""

    def __init__(self, panels: Sequence[Panel]) -> None:
        self.sides = sides(panels)
        self.panels = {
            one.name: _Shape((one.rows.name, len(one.rows)), (one.columns.name, len(one.columns)), one.paint)
            for one in panels
        }

    def acts(self, report: Any, heard: int) -> tuple[list[Act], int]:
        """The acts of a report that are new, and the number of the last one. Nonsense is left out.

        report: {sides, acts: [{number, panel, axis, place} or {number, panel, painted, allowed}, …]}.
        heard: the number of the last act that was heard before.
        """
        if not isinstance(report, Mapping) or not isinstance(report.get("acts"), (list, tuple)):
            return [], heard
        found = []
        for one in report["acts"]:
            number = _whole(one.get("number")) if isinstance(one, Mapping) else None
            if number is None or number <= heard:
                continue
            heard = number
            act = self._act(one) if report.get("sides") == self.sides else None
            found += [act] if act else []
        return found, heard

    def _act(self, one: Mapping[str, Any]) -> Act | None:
        name = one.get("panel")
        shape = self.panels.get(name) if isinstance(name, str) else None
        if not isinstance(name, str) or shape is None:
            return None
        if "painted" in one:
            cells, allowed = _cells(one["painted"], shape), one.get("allowed")
            if not shape.paint or not cells or not isinstance(allowed, bool):
                return None
            return Act(name, painted=cells, allowed=allowed)
        place = _whole(one.get("place"))
        for axis, count in (shape.rows, shape.columns):
            if axis == one.get("axis") and place is not None and 0 <= place < count:
                return Act(name, axis, place)
        return None


def _cells(listed: Any, shape: _Shape) -> tuple[tuple[int, int], ...]:
    """The cells of a report that are cells of the panel."""
    found = []
    for cell in listed if isinstance(listed, (list, tuple)) else ():
        if not isinstance(cell, (list, tuple)) or len(cell) != 2:
            continue
        row, column = map(_whole, cell)
        if row is None or column is None:
            continue
        if 0 <= row < shape.rows[1] and 0 <= column < shape.columns[1]:
            found.append((row, column))
    return tuple(found)


def _whole(value: Any) -> int | None:
    """A whole number of a report. (JavaScript has no other than floating ones.)"""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if value == value // 1 else None


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "headlight_board",
        html='<div class="headlight board"></div>',
        css=stylesheet(),
        js=script() + "\nexport default component;\n",
    )
