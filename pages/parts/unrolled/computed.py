"""The numbers of one step: what U makes of the word, what W makes of the state, and what becomes of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.common import boards, links
from pages.common.language import _
from viz.board import Axis, Panel, numbered_axis, panel
from viz.unrolled.picture import SUBSCRIPTS

if TYPE_CHECKING:
    from model.unrolled import Run, Step
    from pages.parts.unrolled.steps import Shown

UNITS = 10  # that are shown, the first ones
ACTIVATIONS = {"tanh": "tanh", "sigmoid": "σ", "relu": "ReLU"}


def gate_names() -> dict[str, str]:
    """The gates, by their names in the record."""
    return {
        "input": _("input gate"),
        "forget": _("forget gate"),
        "candidate": _("candidate"),
        "output": _("output gate"),
        "reset": _("reset gate"),
        "update": _("update gate"),
    }


def show(shown: Shown) -> None:
    """The products of the step, its sums and its new state, of each direction."""
    runs = shown.drawn.runs(shown.kind)
    for run in runs:
        place = run.steps - 1 - shown.place if run.direction else shown.place
        if len(runs) > 1:
            st.subheader(_("Backwards") if run.direction else _("Forwards"), anchor=False)
        step, number = run.take(place), shown.place + 1
        boards.show(products(run, step, number), f"products {run.direction}", together=True)
        if run.cell != "rnn":
            boards.show(states(run, step, place, number), f"states {run.direction}", together=True)
    st.caption(
        _("Shown are the first {count} of {units} units.").format(
            count=min(UNITS, runs[0].units), units=runs[0].units
        )
    )
    if runs[0].cell != "rnn":
        query = {"checkpoint": st.session_state[links.schema.CHECKPOINT], "text": st.session_state["text"]}
        st.page_link("pages/gates.py", label=_("What these gates do: Gates"), query_params=query)


def name(letter: str, number: int) -> str:
    """h₃ of "h" and 3."""
    return letter + str(number).translate(SUBSCRIPTS)


def products(run: Run, step: Step, number: int) -> list[Panel]:
    """U x + b, W h + b, their sum, and what the activations make of it."""
    names = gate_names()
    texts = tuple(names[gate] for gate in run.gates) or ("",)
    rows = Axis("parts", texts)
    columns = numbered_axis("units", min(UNITS, run.units), _("units →"))
    end = float(np.abs(np.concatenate([step.read, step.kept, step.total])[:, :UNITS]).max()) or 1.0

    def one(key: str, title: str, values: NDArray[Any], before: str = "", **more: Any) -> Panel:
        return panel(key, title, values[:, :UNITS], rows, columns, scale="signed", before=before, **more)

    sign = "σ, tanh" if run.cell != "rnn" else ACTIVATIONS[run.activation]
    made = _("gates") if run.cell != "rnn" else name("h", number)
    return [
        one("read", f"U {name('x', number)} + b", step.read, end=end),
        one("kept", f"W {name('h', number - 1)} + b′", step.kept, "+", end=end),
        one("total", _("sum"), step.total, "=", end=end),
        one("opened", made, step.opened, sign, end=None if run.activation == "relu" else 1.0),
    ]


def states(run: Run, step: Step, place: int, number: int) -> list[Panel]:
    """What is kept of the state before, what is added, and the new state."""
    h, c = run.before(place)
    columns = numbered_axis("units", min(UNITS, run.units), _("units →"))
    only = Axis("one", ("",))

    def one(key: str, title: str, values: NDArray[Any], before: str = "") -> Panel:
        return panel(key, title, values[None, :UNITS], only, columns, scale="signed", before=before)

    if run.cell == "lstm":
        assert c is not None
        assert step.c is not None
        i, f, g, o = step.opened
        return [
            one("kept state", f"f ⊙ {name('c', number - 1)}", f * c),
            one("added", "i ⊙ g", i * g, "+"),
            one("cell", name("c", number), step.c, "="),
            one("state", f"{name('h', number)} = o ⊙ tanh {name('c', number)}", o * np.tanh(step.c)),
        ]
    _r, z, n = step.opened
    return [
        one("kept state", f"z ⊙ {name('h', number - 1)}", z * h),
        one("added", "(1 − z) ⊙ n", (1 - z) * n, "+"),
        one("state", name("h", number), step.h, "="),
    ]
