"""The parts of the block page, and for each what to notice and its formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common import idea
from pages.common.language import _
from pages.parts.block import diagram, feeding, growth, learned, mixture, residual

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from pages.common.ask import Asked


def names() -> dict[str, str]:
    """The parts, by their names in the link."""
    return {
        "layer": _("The layer"),
        "residual": _("Residual and norm"),
        "feed-forward": _("Feed-forward"),
        "experts": _("Experts"),
        "growth": _("The stream"),
        "learned": _("What is learned"),
    }


def show(part: str, asked: Asked, row: DeltaGenerator) -> None:
    """One part, whose controls stand in the row.

    Raises ValueError with a plain sentence where it cannot be shown.
    """
    {
        "layer": diagram.show,
        "residual": residual.show,
        "feed-forward": feeding.show,
        "experts": mixture.show,
        "growth": growth.show,
        "learned": learned.show,
    }[part](asked, row)


def notice(part: str) -> None:
    """What to notice."""
    if part in ("layer", "residual"):
        idea.notice(
            _(
                "The sublayer replaces nothing. What was there stays in the sum, and a layer "
                "only has to say **what changes**."
            ),
            _(
                "The norm works on **one token alone**: it subtracts the mean of that token's "
                "features and divides by their standard deviation."
            ),
            _(
                "Gain and bias are learned, one of each for **every feature**, and are the same "
                "for every token."
            ),
        )
    elif part == "feed-forward":
        idea.notice(
            _(
                "**The same** network is applied to every token. No token sees another one here; "
                "that is attention's work."
            ),
            _(
                "A unit fires where x points its way, and ReLU leaves **0** elsewhere: most "
                "units are silent for most words."
            ),
            _(
                "Click above the units to see which words one of them fires for. Choose two equal words: "
                "they differ only by what attention brought them."
            ),
        )
    elif part == "experts":
        idea.notice(
            _("The gate is one small matrix. It looks at **each word alone** and sends it to a few experts."),
            _(
                "Experts that are crossed out do **not run** for this word: more is learned, but "
                "no word takes longer."
            ),
            _("What comes out is the experts' vectors, weighted by the gate and **summed**."),
        )
    elif part == "growth":
        idea.notice(
            _("With the norm **after** the sum, every layer starts from vectors of about the same length."),
            _(
                "With the norm **before** the sublayer, nothing brings the sum back: the stream "
                "**grows**, and only the last norm rescales it."
            ),
            _(
                "This open residual path is why deep stacks with the norm before (pre-norm) train more "
                "easily."
            ),
        )
    else:
        idea.notice(
            _(
                "Attention's four matrices have **no** parameters for the length of a text: "
                "the same ones serve ten words or a thousand."
            ),
            _(
                "The **embedding table** is a large part of a small model. Where the output layer "
                "uses the same table, it is counted once."
            ),
            _(
                "In the paper $d_{ff}$ is four times $d_{model}$; then the **feed-forward** network "
                "has twice as many parameters as an attention."
            ),
        )


def formula(part: str) -> None:
    """The formula, its letters and its source."""
    if part in ("layer", "residual"):
        idea.formula(
            r"\mathrm{LayerNorm}(x) = g \odot \frac{x - \mu}{\sigma} + b",
            {
                "x": _("what is normalized: the sum, or what enters"),
                r"\mu,\ \sigma": _(
                    "mean and standard deviation of this token's features; a tiny ε keeps σ above 0"
                ),
                "g,\\ b": _("gain and bias, learned, one for each feature"),
            },
            _(
                "Ba, Kiros and Hinton 2016, “Layer Normalization”, eq. 4; x + Sublayer(x): "
                "Vaswani et al. 2017, §3.1."
            ),
        )
    elif part == "feed-forward":
        idea.formula(
            r"\mathrm{FFN}(x) = \max(0,\ x W_1 + b_1)\, W_2 + b_2",
            {
                "x": _("one token's vector: a row of the sentence"),
                r"\max(0,\ x W_1 + b_1)": _("the hidden units: the columns of the picture"),
                r"W_2,\ b_2": _("bring the units back to the width of the stream"),
            },
            _("Vaswani et al. 2017, “Attention Is All You Need”, eq. 2."),
        )
    elif part == "experts":
        idea.formula(
            r"y = \sum_i G(x)_i\, E_i(x)",
            {
                "G(x)": _("the gate's share of each expert, 0 for those that do not run"),
                "E_i": _("expert i, a feed-forward network of its own"),
                "y": _("the output of the mixture, which is added to the stream"),
            },
            _("Shazeer et al. 2017, “Outrageously Large Neural Networks”, eq. 1."),
        )
    elif part == "growth":
        idea.formula(
            r"\begin{gathered} x_{l+1} = \mathrm{LayerNorm}(x_l + F(x_l)) \\"
            r" x_{l+1} = x_l + F(\mathrm{LayerNorm}(x_l)) \end{gathered}",
            {
                "x_l": _("what enters layer l: a point of the curve is its length"),
                "F": _("the sublayer"),
            },
            _(
                "Above: Vaswani et al. 2017, §3.1. Below: Xiong et al. 2020, “On Layer "
                "Normalization in the Transformer Architecture”."
            ),
        )
    else:
        idea.formula(
            r"4\, d_{model}^2 + 2\, d_{model}\, d_{ff}",
            {
                r"4\, d_{model}^2": _("$W_Q, W_K, W_V$ and $W_O$ of one attention, all heads together"),
                r"2\, d_{model}\, d_{ff}": _("the two matrices of one feed-forward network"),
            },
            _(
                "The count of one encoder layer without norms and biases; shapes from Vaswani et "
                "al. 2017, §3.2.2 and §3.3."
            ),
        )
