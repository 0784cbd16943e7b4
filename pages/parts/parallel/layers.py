"""What table 1 of "Attention Is All You Need" says of three layers, for a person's own n and d."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import figures, idea, links, look
from pages.common.language import _
from viz.logarithmic import Curve, logarithmic

if TYPE_CHECKING:
    from model.experiments.parallel import Layer

LENGTHS = tuple(2**i for i in range(4, 13))
WIDTHS = (32, 64, 128, 256)


def names() -> dict[Layer, str]:
    """What the layers are called, in the order of the table."""
    return {
        "attention": _("self-attention"),
        "recurrent": _("recurrent"),
        "convolution": _("convolution"),
    }


def choose_length() -> int:
    """The control for how many words there are, n."""
    options = {str(n): str(n) for n in LENGTHS}
    return int(links.scale(_("Words, n"), options, "n", "256", width=320))


def choose_width() -> int:
    """The control for how wide they are, d."""
    options = {str(d): str(d) for d in WIDTHS}
    return int(links.scale(_("Width, d"), options, "cost_width", "64", width=180))


def show_operations(n: int, d: int) -> None:
    """The operations of a layer over the length, and where two of them cross."""
    from model.experiments.parallel import KERNEL, find_complexity

    def count(layer: Layer) -> list[float]:
        return [find_complexity(layer, length, d).operations for length in LENGTHS]

    crossing = np.where(np.array(LENGTHS) == d, count("recurrent"), np.nan)
    figures.growing(
        logarithmic(
            LENGTHS,
            [
                Curve(_("self-attention: n²·d"), count("attention")),
                Curve(_("recurrent: n·d²"), count("recurrent")),
                Curve(_("convolution: k·n·d², k = {k}").format(k=KERNEL), count("convolution")),
                Curve(_("equal at n = d = {d}").format(d=d), crossing, measured=True),
            ],
            across=_("words, n"),
            up=_("operations of a layer"),
            mark=n,
            dark=look.dark(),
        ),
        "operations",
    )


def show_steps(n: int) -> None:
    """How many steps must wait for one another."""
    from model.experiments.parallel import find_complexity

    def count(layer: Layer) -> list[float]:
        return [find_complexity(layer, length, 1).sequential for length in LENGTHS]

    figures.growing(
        logarithmic(
            LENGTHS,
            [
                Curve(_("self-attention and convolution: 1"), count("attention")),
                Curve(_("recurrent: n"), count("recurrent")),
            ],
            across=_("words, n"),
            up=_("steps, one after another"),
            mark=n,
            dark=look.dark(),
        ),
        "sequential",
    )


def show_table(n: int, d: int) -> None:
    """The table with n and d put in."""
    from model.experiments.parallel import KERNEL, find_complexity

    formulas: dict[Layer, tuple[str, str, str]] = {
        "attention": ("O(n²·d)", "O(1)", "O(1)"),
        "recurrent": ("O(n·d²)", "O(n)", "O(n)"),
        "convolution": ("O(k·n·d²)", "O(1)", "O(logₖ n)"),
    }
    heads = (_("Layer"), _("Complexity per layer"), _("Sequential operations"), _("Maximum path length"))
    columns: dict[str, list[str]] = {head: [] for head in heads}
    for layer, name in names().items():
        found = find_complexity(layer, n, d)
        cells = zip(formulas[layer], (found.operations, found.sequential, found.path), strict=True)
        said = (name, *(f"{formula} = {value:,}" for formula, value in cells))
        for column, cell in zip(columns.values(), said, strict=True):
            column.append(cell)
    st.table(columns, hide_index=True)
    st.caption(
        _(
            "Vaswani et al. 2017, table 1, with n = {n}, d = {d}, k = {k}, and without the constants that O "
            "leaves out. Path length of the convolution: dilated kernels."
        ).format(n=n, d=d, k=KERNEL)
    )


def notice() -> None:
    """What to notice."""
    idea.notice(
        _(
            "A recurrent layer needs **less work for long texts**, but each state must wait for the one "
            "before: "
            "n steps that no machine can do at once."
        ),
        _(
            "Self-attention does **more work in one step**. On hardware that does much at once, that is why "
            "training became fast."
        ),
        _(
            "When a model **writes**, both go word by word: each word waits for the one before. Attention "
            "then "
            "looks at all that is kept, a recurrent layer at one state."
        ),
        _(
            "Up to n = d self-attention needs fewer operations than a recurrent layer; sentences are mostly "
            "shorter than vectors are wide."
        ),
        _(
            "A processor does few things at once: the advantage of a single step is smaller here than on a "
            "graphics card, and short texts cost what starting each operation costs."
        ),
    )


def formula() -> None:
    """The formulas, their letters and their source."""
    idea.formula(
        r"\begin{array}{ll} \text{self-attention} & n^2 \cdot d \\ \text{recurrent} & n \cdot d^2 \\"
        r" \text{convolution} & k \cdot n \cdot d^2 \end{array}",
        {
            "n": _("the number of words"),
            "d": _("the width of their vectors"),
            "k": _("how many words a kernel sees"),
        },
        _("Vaswani et al. 2017, “Attention Is All You Need”, §4 and table 1."),
    )
