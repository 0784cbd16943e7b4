"""Which gate is held at which word: the controls, the gates over the sentence, the answers beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.common import checkpoints, figures, heads, links, look, recurrents, stage
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.request import Request
from pages.parts.gates import telling
from pages.parts.unrolled.computed import gate_names
from viz.before_after import before_after
from viz.gates import gate_lines, gate_units
from viz.labels import visible

if TYPE_CHECKING:
    from model.analysis.recurrence import Held
    from model.trace import Kind, Tokens
    from model.unrolled import Run, Unrolled

MOST = 4  # answers whose probabilities are shown
CLOSED, OPEN = "0", "1"
# What the page may open on, the gate and what it is held at. First what keeps a word out: an LSTM's input
# gate closed, a GRU's update gate open, which keeps the state; then what forgets all that came before it.
TRIED = {
    "lstm": (("input", CLOSED), ("forget", CLOSED), ("output", CLOSED)),
    "gru": (("update", OPEN), ("update", CLOSED), ("reset", CLOSED)),
}
LONGEST = 48  # steps; of a longer text the first of these is what the page opens on
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page shows.

    runs: the layer that is looked at, in its directions. gate, value: what is held, and at what; step: the
    place at which; answered: where the answer stands that is looked at. held: what becomes of the answers.
    """

    record: Unrolled
    runs: tuple[Run, ...]
    gate: str
    value: float
    step: int
    answered: int
    held: Held

    @property
    def kind(self) -> Kind:
        return self.runs[0].kind

    @property
    def tokens(self) -> Tokens:
        """What is read where the gate is."""
        return self.record.side(self.kind)

    def values(self, gate: str) -> Array:
        """(steps, units) of a gate, or of the "cell" state; of two directions the units beside each other."""
        parts = [run.c if gate == "cell" else run.gates[gate] for run in self.runs]
        return np.concatenate([part for part in parts if part is not None], axis=1)

    @property
    def changes(self) -> Array:
        """(steps,): how far each step moves the cell state, or a GRU's state."""
        found: Array = np.sqrt(sum(np.square(run.changes) for run in self.runs)).astype(np.float32)
        return found

    @property
    def moved(self) -> float:
        """How much probability of the answer has gone elsewhere."""
        return float(self.held.moved[self.step, self.answered])


def choose(asked: Asked, record: Unrolled) -> Shown:
    """The controls. Raises ValueError with a plain sentence for a network that answers nothing."""
    kind: Kind = "encoder"
    if record.written is not None:
        kind = links.choice(_("Stack"), recurrents.stacks(), "kind", "encoder", label_visibility="collapsed")  # type: ignore[assignment]
    depth = record.depth(kind)
    layer = heads.choose_place(_("Layer"), "layer", range(depth), depth - 1) if depth > 1 else 0
    runs = record.of(kind, layer)
    names = short_names()
    first, closed = find_opening(asked.request, record, kind, layer)
    gate = links.choice(
        _("Gate"), {name: names[name] for name in runs[0].gates}, "gate", first, label_visibility="collapsed"
    )
    values = {CLOSED: _("closed (0)"), OPEN: _("open (1)")}
    value = links.choice(
        _("Held"), values, "held_at", closed if gate == first else CLOSED, label_visibility="collapsed"
    )
    held = hold_each(asked.request, kind, gate, float(value), layer)
    step = pick(_("at {place}"), "token", held.steps, find_plainest(record, held)[0])
    answered = max(find_places(record, held), key=lambda place: float(held.moved[step, place]))
    if len(held.places) > 1:
        answered = pick(_("answer at {place}"), "answered", held.places, answered, 210)
    return Shown(record, runs, gate, float(value), step, answered, held)


def short_names() -> dict[str, str]:
    """The gates where it is plain that gates are meant."""
    return {
        "input": _("input"),
        "forget": _("forget"),
        "candidate": _("candidate"),
        "output": _("output"),
        "reset": _("reset"),
        "update": _("update"),
    }


def find_opening(request: Request, record: Unrolled, kind: Kind, layer: int) -> tuple[str, str]:
    """The gate, and what it is held at, by which some word moves an answer most."""
    tried = TRIED[record.cell]
    if len(record.side(kind)) > LONGEST:
        return tried[0]

    def reach(one: tuple[str, str]) -> float:
        held = hold_each(request, kind, one[0], float(one[1]), layer)
        return float(held.moved[find_plainest(record, held)])

    return max(tried, key=reach)


def find_places(record: Unrolled, held: Held) -> list[int]:
    """Where answers count: of a tagger at words alone, for nobody has taught it what the end is."""
    every = [*range(len(held.places))]
    if record.writing is not None:
        return every
    return [place for place in every if not held.places.special[place]] or every


def find_plainest(record: Unrolled, held: Held) -> tuple[int, int]:
    """The word at which holding the gate moves an answer most, and where that answer stands."""
    words = [i for i, special in enumerate(held.steps.special) if not special] or [*range(len(held.steps))]
    pairs = ((step, place) for step in words for place in find_places(record, held))
    return max(pairs, key=lambda pair: float(held.moved[pair]))


def pick(said: str, key: str, tokens: Tokens, usual: int, width: int = 165) -> int:
    """A control that chooses one of some tokens, in the link counted from 1. said: what is said of each."""
    place = links.read_place(key, len(tokens), usual)
    st.session_state[key] = place

    def put() -> None:
        links.put(key, str(st.session_state[key] + 1), str(usual + 1))

    st.selectbox(
        said.format(place="").strip(),
        range(len(tokens)),
        format_func=lambda i: said.format(place=f"{i + 1} · {visible(tokens.texts[i])}"),
        key=key,
        on_change=put,
        width=width,
        label_visibility="collapsed",
    )
    links.put(key, str(place + 1), str(usual + 1))
    return place


@checkpoints.keep(32)
def hold_each(request: Request, kind: Kind, gate: str, value: float, layer: int) -> Held:
    from model.analysis.recurrence import hold_each

    return hold_each(checkpoints.load(request), request.text, kind, gate, value, layer)


def show(shown: Shown) -> None:
    """The gates over the words, beside them the answer before and after, and what that says."""
    units = st.session_state.get("shown_units") or st.query_params.get("shown_units", "mean")
    with stage.picture():
        left, right = st.columns([5, 3], gap="medium")
        with left:
            figures.growing(draw_gates(shown, units == "units"), "gates")
        with right:
            figures.growing(draw_answers(shown), "answers")
    stage.answer(telling.tell_held(shown))
    st.markdown(telling.tell_opened(shown))
    links.choice(
        _("Shown"),
        {"mean": _("mean over the units"), "units": _("unit by unit")},
        "shown_units",
        "mean",
        label_visibility="collapsed",
    )


def draw_gates(shown: Shown, by_units: bool) -> figures.viz.Figure:
    """The gates, in the mean or unit by unit."""
    names = gate_names()
    words = list(map(visible, shown.tokens.texts))
    gates = {names[gate]: shown.values(gate) for gate in shown.runs[0].gates}
    if by_units:
        signed = [names["candidate"]]
        if shown.record.cell == "lstm":
            gates[_("cell state")] = shown.values("cell")
            signed.append(_("cell state"))
        return gate_units(words, gates, chosen=shown.step, signed=signed, dark=look.dark())
    means = {name: values.mean(1) for name, values in gates.items() if name != names["candidate"]}
    return gate_lines(
        words,
        means,
        shown.changes,
        chosen=shown.step,
        open_said=_("open, mean"),
        changed_said=telling.change_said(shown),
        dark=look.dark(),
    )


def draw_answers(shown: Shown) -> figures.viz.Figure:
    """How likely each answer is: as it is, with the gate held here, and at a random other word."""
    held = shown.held
    before, after = held.before[shown.answered], held.after[shown.step, shown.answered]
    elsewhere, _moved = held.compare(shown.step, shown.answered)
    likely = np.argsort(-np.maximum(before, after), kind="stable")[:MOST]
    word = visible(shown.tokens.texts[shown.step])
    bars = [
        (_("as it is"), before[likely]),
        (telling.name_hold(shown).format(word=word), after[likely]),
    ]
    if elsewhere is not None:
        bars.append((_("the same at a random other word"), elsewhere[likely]))
    return before_after([held.labels[i] for i in likely], bars, dark=look.dark())
