"""What stands under the pictures of word vectors: sizes, the loss, what to notice, the formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import figures, idea, look, stage
from pages.common.language import _
from pages.parts.vectors.passage import Asked
from viz import columns
from viz.curves import curves

if TYPE_CHECKING:
    from model.experiments.skip_gram import Vectors

SMOOTHED = 15  # steps whose losses are drawn as their mean


def signed(cosine: float) -> str:
    """A cosine with two digits."""
    return f"{cosine:.2f}".replace("-0.00", "0.00").replace("-", "−")


def percent(share: float) -> str:
    """A share as a person reads it."""
    return columns.percent(share)


def tell_size(asked: Asked) -> None:
    """How long the text is, and what of it was left out."""
    text = asked.text
    parts = [
        _("{tokens} words, {words} different ones").format(
            tokens=f"{len(text.ids):,}", words=f"{len(text.words):,}"
        )
    ]
    if text.left_out:
        parts.append(_("{count} more are too rare").format(count=f"{text.left_out:,}"))
    if asked.corpus != "own":
        parts.append(_("made by the grammar that this app's pronoun models learned from"))
    st.caption(" · ".join(parts))


def losses(learned: Vectors) -> None:
    """How the loss fell, folded away."""
    folded = stage.more(_("How the loss falls"), key="loss")
    if not folded.open:
        return
    from model.experiments.skip_gram import NEGATIVES

    found = learned.losses.astype(np.float64)
    width = min(SMOOTHED, len(found))
    smooth = np.convolve(found, np.ones(width) / width, mode="valid")
    chance = (1 + NEGATIVES) * float(np.log(2))
    steps = np.arange(width, len(found) + 1)
    with folded:
        figure = curves(
            steps,
            {
                _("skip-gram, mean of {count} steps").format(count=width): smooth,
                _("nothing told apart: {k} log 2").format(k=1 + NEGATIVES): np.full(len(steps), chance),
            },
            across=_("step"),
            up=_("loss of a pair, nats"),
            dark=look.dark(),
        )
        figures.growing(figure, "losses")


def notice(part: str) -> None:
    """What to notice in a part of this page."""
    if part == "mixing":
        idea.notice(
            _("The sum always lies between the words it is made of: no coordinate leaves their range."),
            _("The weights come from dot products alone; exchange the words' order, and they stay the same."),
            _(
                "Every word has one vector, whatever it means here. The sum is the first that depends on the "
                "sentence."
            ),
        )
        return
    idea.notice(
        _("Nobody tells what a word means. Words that stand among the same words get like vectors."),
        _(
            "Each word has two vectors: v where it is looked at, u where it stands in somebody's context. "
            "The nearest words are found among the v."
        ),
        _(
            "Words are drawn at random so that the vectors cannot all become the same. Frequent words are "
            "drawn more often, but not in proportion."
        ),
        _("A plane shows two of 32 directions; cosines are of all of them."),
    )


def formula(part: str) -> None:
    """The formula of a part, its letters and its source."""
    if part == "mixing":
        idea.formula(
            r"x_i' = \sum_j a_{ij} \, x_j, \qquad "
            r"a_{ij} = \frac{e^{x_i \cdot x_j}}{\sum_m e^{x_i \cdot x_m}}",
            {
                "x_i": _("the vector of word i of the sentence"),
                "a_{ij}": _("how much of word j goes into the sum; over j these sum to 1"),
                "x_i'": _("the sum: the word in its context"),
            },
            _("Vaswani et al. 2017, equation 1, with Q = K = V = X, and without √dₖ."),
        )
        return
    idea.formula(
        r"\log \sigma(u_o \cdot v_c) + \sum_{i=1}^{k} "
        r"\mathbb{E}_{w_i \sim P_n} \log \sigma(-u_{w_i} \cdot v_c)",
        {
            "v_c": _("the vector of the word that is looked at"),
            "u_o": _("the context vector of a word within its window"),
            "k": _("how many words are drawn against each pair, here 5"),
            "P_n": _("how likely a word is drawn: its count to the power of ¾, over their sum"),
            r"1 - \sqrt{t / f(w)}": _("how likely a token of a word with share f of the text is left out"),
        },
        _("Mikolov et al. 2013, equations 4 and 5, §2.2; PPMI: Levy and Goldberg 2014, §3.2."),
    )
