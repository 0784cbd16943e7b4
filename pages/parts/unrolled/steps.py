"""Which step of the unrolled network is at work: the controls, the picture, and the sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import heads, links, look, recurrents, stage
from pages.common.ask import Asked
from pages.common.language import _, translate
from pages.parts.unrolled import telling
from viz.labels import visible
from viz.unrolled import STRINGS, Answers, Drawn
from viz.unrolled.mount import show as show_steps

if TYPE_CHECKING:
    from model.trace import Kind
    from model.unrolled import Unrolled

MOMENT = "moment"
SLIDER = 165  # pixels: on a phone the buttons stand beside it
DEEP = 2  # layers, from which on one is chosen


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page shows. layer: of each stack, from 0. step: from 0, the decoder's behind the encoder's."""

    record: Unrolled
    layer: int
    step: int

    @property
    def kind(self) -> Kind:
        """The stack that is at work."""
        return "encoder" if self.step < len(self.record.tokens) else "decoder"

    @property
    def place(self) -> int:
        """The place of the step in what that stack reads."""
        return self.step - (0 if self.kind == "encoder" else len(self.record.tokens))

    @property
    def drawn(self) -> Drawn:
        return Drawn(self.record, self.layer, self.step, find_answers(self.record))


def choose(asked: Asked, record: Unrolled) -> Shown:
    """The controls: the step, what the network answers, and of a deep one the layer."""
    count = len(record.tokens) + (0 if record.written is None else len(record.written))
    usual = find_opening(record)
    step = links.read_place(MOMENT, count, usual)
    st.session_state[MOMENT] = step + 1

    def put() -> None:
        links.put(MOMENT, str(st.session_state[MOMENT]), str(usual + 1))

    if count > 1:
        st.slider(_("Step"), 1, count, key=MOMENT, on_change=put, width=SLIDER, label_visibility="collapsed")
    with st.container(horizontal=True, gap="small", width="content"):
        turn(_("Back"), step, -1, "B", count, usual)
        turn(_("Next"), step, 1, "N", count, usual)
    links.put(MOMENT, str(step + 1), str(usual + 1))
    recurrents.switch(asked, recurrents.CELLS)
    depth = max(record.depth("encoder"), record.depth("decoder"))
    layer = depth - 1
    if depth >= DEEP:
        layer = heads.choose_place(_("Layer"), "layer", range(depth), depth - 1)
    return Shown(record, layer, step)


def turn(label: str, step: int, by: int, shortcut: str, count: int, usual: int) -> None:
    """A button to the next step or to the one before."""
    st.button(
        label,
        on_click=links.put,
        args=[MOMENT, str(step + by + 1), str(usual + 1)],
        shortcut=shortcut,
        key=f"turn {by}",
        type="primary" if by > 0 else "secondary",
        disabled=not 0 <= step + by < count,
    )


def find_opening(record: Unrolled) -> int:
    """The step on which the page opens: the one that moves the answer most, or the last word that is tagged;
    of an encoder-decoder the first piece that it writes.
    """
    if record.writing is not None:
        return len(record.tokens)
    words = [place for place, special in enumerate(record.tokens.special) if not special]
    if not words or record.probabilities is None:
        return len(record.tokens) - 1
    if not record.answers_once:
        letters = (place for place in reversed(words) if record.tokens.texts[place].isalpha())
        return next(letters, words[-1])
    final = int(record.probabilities[-1].argmax())
    moved = np.abs(np.diff(record.probabilities[:, final], prepend=record.probabilities[:1, final]))
    return max(words, key=lambda place: float(moved[place]))


def find_answers(record: Unrolled) -> dict[Kind, Answers]:
    """What is answered at each step, by stack; nothing of a network that has no output layer."""
    if record.writing is not None:
        chosen = [step.chosen for step in record.writing.steps]
        shares = tuple(float(np.exp(one.logprob)) for one in chosen)
        return {"decoder": Answers(tuple(visible(one.text) for one in chosen), shares)}
    found = record.probabilities
    if found is None:
        return {}
    best = found.argmax(1)
    if record.answers_once:
        final = int(best[-1])
        name = _("{answer}, if the text ended here").format(answer=record.labels[final])
        return {"encoder": Answers(("",) * len(found), tuple(map(float, found[:, final])), True, name)}
    texts = tuple(
        "" if special else record.labels[label]
        for label, special in zip(best, record.tokens.special, strict=True)
    )
    return {"encoder": Answers(texts, tuple(map(float, found.max(1))))}


def show(shown: Shown) -> None:
    """The picture, and under it what the step does."""
    count = sum(run.steps for run in shown.record.runs if (run.layer, run.direction) == (0, 0))
    usual = find_opening(shown.record)

    def take(step: int) -> None:
        if step < count:
            links.put(MOMENT, str(step + 1), str(usual + 1))

    drawn = shown.drawn
    with stage.picture():
        show_steps(drawn, key="unrolled", choose=take, dark=look.dark(), strings=translate(STRINGS))
    stage.answer(telling.tell(shown))
    st.caption(telling.tell_size(shown))
    for kind in drawn.stacks:
        window, every = drawn.window(kind), len(shown.record.side(kind))
        if len(window) < every:
            said = _("Drawn are the steps {first} to {last} of {count}.")
            st.caption(said.format(first=window.start + 1, last=window.stop, count=every))
