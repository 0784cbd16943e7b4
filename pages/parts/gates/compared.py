"""An LSTM and a GRU beside each other: how many numbers both learn, and the gates of the other one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import checkpoints, figures, look, recurrents
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.request import Request
from pages.common.text import escape
from pages.parts.gates import telling
from pages.parts.gates.gates import TRIED, Shown, find_places, hold_each
from pages.parts.unrolled.computed import gate_names
from viz.gates import gate_lines
from viz.labels import visible

if TYPE_CHECKING:
    from model.unrolled import Cell

CELLS: dict[Cell, str] = {"rnn": "Elman", "gru": "GRU", "lstm": "LSTM"}
OTHER: dict[Cell, Cell] = {"lstm": "gru", "gru": "lstm", "rnn": "lstm"}


def show(asked: Asked, shown: Shown) -> None:
    """The counts, and the gates of a checkpoint with the other cell where one is there."""
    run = shown.runs[0]
    inputs, units, directions = run.x.shape[1], run.units, len(shown.runs)
    counts = {cell: count(asked.request, cell, inputs, units, directions) for cell in CELLS}
    left, right = st.columns([2, 3], gap="medium")
    with left:
        numbers = {_("cell"): list(CELLS.values()), _("numbers learned"): list(counts.values())}
        st.dataframe(numbers, hide_index=True, width="stretch")
        said = _(
            "Of this layer's size ({inputs} numbers in, {units} units) a GRU has {gru} numbers and an LSTM "
            "{lstm}: {share} as many, three blocks of rows for four."
        )
        st.markdown(
            said.format(
                inputs=inputs,
                units=units,
                gru=f"{counts['gru']:,}",
                lstm=f"{counts['lstm']:,}",
                share=f"{counts['gru'] / counts['lstm']:.2f} ×",
            )
        )
    with right:
        beside(asked, shown)


@checkpoints.keep(64, st.cache_data)
def count(request: Request, cell: str, inputs: int, units: int, directions: int) -> int:
    from model.analysis.recurrence import count_parameters

    return count_parameters(cell, inputs, units, directions)


def beside(asked: Asked, shown: Shown) -> None:
    """The gates of the other cell over the same sentence, and what becomes of its answer."""
    cell = shown.record.cell
    own = recurrents.find_network(asked.name)
    names = [
        name
        for name, network in recurrents.find_fitting((OTHER[cell],)).items()
        if own is None or network.answering == own.answering
    ]
    if not names:
        said = _("No checkpoint with a {cell} that answers alike is here to be shown beside this one.")
        st.caption(said.format(cell=CELLS[OTHER[cell]]))
        return
    request = Request(asked.chosen._replace(name=names[0]), asked.text)
    record = recurrents.unroll(request)
    kind = shown.kind if record.depth(shown.kind) else "encoder"
    runs = record.of(kind, record.depth(kind) - 1)
    gate, value = TRIED[record.cell][0]
    held = hold_each(request, kind, gate, float(value), runs[0].layer)
    step = min(shown.step, len(held.steps) - 1)
    answered = max(find_places(record, held), key=lambda place: float(held.moved[step, place]))
    other = Shown(record, runs, gate, float(value), step, answered, held)
    titles = gate_names()
    means = {titles[name]: other.values(name).mean(1) for name in runs[0].gates if name != "candidate"}
    st.markdown(f"**{escape(names[0])}** ({CELLS[record.cell]})")
    figures.growing(
        gate_lines(
            list(map(visible, other.tokens.texts)),
            means,
            other.changes,
            chosen=step,
            open_said=_("open, mean"),
            changed_said=telling.change_said(other),
            dark=look.dark(),
        ),
        "gates beside",
    )
    st.markdown(telling.tell_held(other))
