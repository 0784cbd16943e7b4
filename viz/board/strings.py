"""Every word that a board says, in English. Whole sentences with named places."""

from __future__ import annotations

from collections.abc import Mapping

from viz.linked.strings import N_

STRINGS: dict[str, str] = {
    # What it is, for those who hear it.
    "board": N_("Numbers in rows and columns"),
    "keys": N_("The arrow keys walk the cells, Page Up and Page Down the panels. Escape leaves."),
    "keys_choose": N_(
        "The arrow keys walk the cells, Page Up and Page Down the panels. Enter chooses. Escape leaves."
    ),
    "matrix_name": N_("{title}: matrix, {rows} × {columns}"),
    "vector_name": N_("{title}: vector of {count} numbers"),
    "number_name": N_("{title}: one number"),
    # While nothing is pointed at.
    "hint": N_("Point at a cell to read it."),
    "hint_choose": N_("Point at a cell to read it; click to choose."),
    "hint_paint": N_("Click a cell, or drag over several, to switch them off and on."),
    # What is pointed at.
    "quote": N_("“{token}”"),
    "cell": N_("{title}: {row} · {column}: {value}"),
    "entry": N_("{title}: {place}: {value}"),
    "number": N_("{title}: {value}"),
    "line": N_("{title}: {place}: from {least} to {most}"),
    "nothing": N_("no value"),
    "crossed": N_("crossed out"),
    "crossed_value": N_("{number}, crossed out"),
    "broken": N_("This view cannot be shown: {reason}"),
}


def merge_strings(strings: Mapping[str, str] | None) -> dict[str, str]:
    """All strings, those given in place of the English ones."""
    return {**STRINGS, **{name: text for name, text in (strings or {}).items() if name in STRINGS}}
