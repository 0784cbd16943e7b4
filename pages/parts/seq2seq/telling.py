"""What the page says: one sentence from its numbers, what to notice, and the formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.tasks.strings import REMEMBERED
from pages.common import idea
from pages.common.language import _
from pages.parts.seq2seq import asking
from viz.columns import percent

if TYPE_CHECKING:
    from pages.parts.seq2seq.asking import Asked
    from pages.parts.seq2seq.shown import Written


def title() -> str:
    return _("What to notice, and the formula")


def sentence(asked: Asked, found: list[Written], shares: dict[str, list[float]]) -> str:
    """How well the string came back, and how strings of this length do, in Markdown."""
    count, one = len(asked.letters), found[0]
    if len(found) == 2:
        (one_weight, one_shift), (weight, shift) = (align(asked, each) for each in found)
        return _(
            "Bahdanau’s decoder gives {one} of its weight to {state}, on average; Luong’s gives {other} to "
            "{other_state}. The first looks before its state has taken the step, the second behind it."
        ).format(
            one=percent(one_weight),
            state=name_state(one_shift),
            other=percent(weight),
            other_state=name_state(shift),
        )
    exact = percent(at_length(shares[one.name], count))
    right = sum(one.right)
    if one.weights is not None:
        weight, shift = align(asked, one)
        return _(
            "Each step looks at all {count} states again, and gives {weight} of its weight, on average, to "
            "{state}. {right} of {count} came back right; of other strings about as long, {exact} are "
            "without a mistake."
        ).format(count=count, weight=percent(weight), state=name_state(shift), right=right, exact=exact)
    size = 0 if one.vector is None else one.vector.size
    said = _(
        "{count} letters went through {size} numbers, and {right} came back right. Of other strings about as "
        "long this network writes {exact} without a mistake."
    ).format(count=count, size=size, right=right, exact=exact)
    looking = {name: at_length(shares[name], count) for name in asking.COMPARED[2:] if name in shares}
    if not looking:
        return said
    best = max(looking, key=lambda name: looking[name])
    compared = _("{network}: {exact}.").format(
        network=asking.network_names()[best], exact=percent(looking[best])
    )
    return f"{said} {compared}"


def align(asked: Asked, one: Written) -> tuple[float, int]:
    """What the steps give, on average, to the letter that is to be written, or always to a state so many
    letters later, whichever is most; and how many: -1 to REMEMBERED.
    """
    assert one.weights is not None
    steps = np.arange(min(len(one.weights), len(asked.letters)))
    found = {}
    for shift in (0, *range(1, REMEMBERED + 1), -1):
        places = np.minimum(
            len(asked.letters) - 1 - steps + shift, len(asked.letters)
        )  # the last reads the end
        there = places >= 0
        found[shift] = float(one.weights[steps[there], places[there]].sum()) / max(1, len(steps))
    shift = max(found, key=lambda each: found[each])
    return found[shift], shift


def name_state(shift: int) -> str:
    """Which of the states it is, in words."""
    return {
        0: _("the state that has just read the letter to be written"),
        1: _("the state one letter behind it, which still remembers the letter to be written"),
        2: _("the state two letters behind it, which still remembers the letter to be written"),
        3: _("the state three letters behind it, which still remembers the letter to be written"),
        -1: _("the state one letter before it"),
    }[shift]


def at_length(shares: list[float], count: int) -> float:
    """The share at the length nearest to this one."""
    from pages.parts.seq2seq.shown import LENGTHS

    return shares[int(np.abs(np.array(LENGTHS) - count).argmin())]


def notice() -> None:
    idea.notice(
        _(
            "The encoder’s last state is as wide for sixty letters as for five. What does not fit is lost, "
            "and a network with one vector errs more the longer the text is."
        ),
        _(
            "With attention nothing has to fit: the decoder looks at every state of the encoder again, and "
            "chooses anew at each step. Reversing, it draws an antidiagonal."
        ),
        _(
            "Bahdanau asks with the state before the step and reads what it fetched; Luong takes the step "
            "first, then asks. Bahdanau adds what asks and what is asked in a small layer, Luong multiplies "
            "them."
        ),
        _(
            "The Transformer drops the recurrence and keeps the attention. It has as many parameters here, "
            "and has learned from the same strings."
        ),
    )


def formula(asked: Asked) -> None:
    """The formula of the network that is shown."""
    if asked.choice in ("vector", "rnn"):
        idea.formula(
            ("v = (h_n, c_n)" if asked.choice == "vector" else "v = h_n")
            + r", \qquad p(y_1, \dots, y_m \mid x) = \prod_{t=1}^{m} p(y_t \mid v, y_1, \dots, y_{t-1})",
            {
                "h_n": _("the encoder’s state behind the last letter"),
                **({"c_n": _("its cell state there")} if asked.choice == "vector" else {}),
                "v": _("the one vector: all that the decoder is given of the string"),
                "y_t": _("the letters that are written"),
            },
            _("Sutskever et al. 2014, “Sequence to Sequence Learning with Neural Networks”, equation 1"),
        )
    elif asked.choice == "transformer":
        idea.formula(
            r"\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V",
            {
                "Q": _("what the letters written so far ask"),
                "K, V": _("made of the encoder’s vectors, one for each letter that is read"),
            },
            _("Vaswani et al. 2017, “Attention Is All You Need”, equation 1"),
        )
    elif asked.choice == "luong":
        idea.formula(
            r"a_t(s) = \mathrm{softmax}_s\,\big(h_t^\top W_a \bar{h}_s\big), \quad "
            r"c_t = \sum_s a_t(s)\,\bar{h}_s, \quad \tilde{h}_t = \tanh(W_c [c_t; h_t])",
            {
                "h_t": _("the decoder’s state behind step t"),
                r"\bar{h}_s": _("the encoder’s state at letter s"),
                "c_t": _("the context vector of step t"),
            },
            _(
                "Luong et al. 2015, “Effective Approaches to Attention-based Neural Machine Translation”, "
                "equations 5, 7, 8"
            ),
        )
    else:
        idea.formula(
            r"e_{tj} = v_a^\top \tanh(W_a s_{t-1} + U_a h_j), \quad "
            r"\alpha_{tj} = \mathrm{softmax}_j\, e_{tj}, \quad c_t = \sum_j \alpha_{tj} h_j",
            {
                "s_{t-1}": _("the decoder’s state before step t"),
                "h_j": _("the encoder’s state at letter j"),
                "c_t": _("the context vector of step t, which is read with the letter before"),
            },
            _(
                "Bahdanau et al. 2015, “Neural Machine Translation by Jointly Learning to Align and "
                "Translate”, §3.1"
            ),
        )
