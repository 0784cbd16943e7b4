"""How the row of one word differs between two sentences, as bars around zero."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.labels import distinct, layout

LEAST = 0.1  # the axis reaches this far at least, so that next to nothing looks like next to nothing


def align(one: Sequence[str], other: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Which token of one text stands for which of the other; None where there is none.

    By position where the texts are equally long (a word was swapped), else by what they have in
    common (difflib).
    """
    if len(one) == len(other):
        return [(i, i) for i in range(len(one))]
    pairs: list[tuple[int | None, int | None]] = []
    matcher = difflib.SequenceMatcher(None, list(one), list(other), autojunk=False)
    for _, start, end, other_start, other_end in matcher.get_opcodes():
        for step in range(max(end - start, other_end - other_start)):
            i, j = start + step, other_start + step
            pairs.append((i if i < end else None, j if j < other_end else None))
    return pairs


def difference(
    one: ArrayLike,
    other: ArrayLike,
    one_tokens: Sequence[str],
    other_tokens: Sequence[str],
    *,
    title: str = "",
    dark: bool = False,
    more: str = "more in the second",
    less: str = "less in the second",
) -> go.Figure:
    """The weights of a word in another sentence minus those in one, a bar a token.

    one, other: (keys,), the rows of the same word in the two sentences.
    one_tokens, other_tokens: the keys' texts; see `align` for how they meet.
    more, less: what the two colours are called.
    Raises ValueError where a row does not have one weight a token.
    """
    rows = [np.asarray(row, dtype=np.float32) for row in (one, other)]
    for row, texts in zip(rows, (one_tokens, other_tokens), strict=True):
        if row.shape != (len(texts),):
            raise ValueError(
                f"A row of shape {row.shape} does not have one weight for each of {len(texts)} tokens."
            )
    pairs = align(one_tokens, other_tokens)
    values = np.array(
        [[rows[side][i] if (i := pair[side]) is not None else 0 for side in (0, 1)] for pair in pairs],
        dtype=np.float32,
    ).reshape(-1, 2)
    names = distinct([_name(pair, one_tokens, other_tokens) for pair in pairs])
    change = values[:, 1] - values[:, 0]
    colours, scale = scales.theme(dark), scales.diverging(dark)
    figure = go.Figure(
        [
            go.Bar(
                x=[name for name, belongs in zip(names, chosen, strict=True) if belongs],
                y=change[chosen],
                customdata=values[chosen],
                name=label,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate="“%{x}”: %{customdata[0]:.2f} → %{customdata[1]:.2f}<extra></extra>",
            )
            for label, chosen, colour in ((more, change >= 0, scale[-1]), (less, change < 0, scale[0]))
        ]
    )
    end = scales.end(float(np.abs(change).max(initial=LEAST)))
    figure.update_layout(
        **layout(title, "", dark), height=260 if title else 220, barmode="relative", bargap=0.3
    )
    figure.update_layout(margin={"l": 8, "r": 8, "t": 72 if title else 40, "b": 8})
    figure.update_layout(legend={"orientation": "h", "yanchor": "bottom", "y": 1, "xanchor": "left", "x": 0})
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        range=[-0.5, len(names) - 0.5],
        automargin=True,
        showgrid=False,
    )
    figure.update_yaxes(
        range=[-1.08 * end, 1.08 * end],
        tickvals=[-end, 0, end],
        ticktext=[f"−{end:g}", "0", f"+{end:g}"],
        automargin=True,
        gridcolor=colours["rule"],
        zerolinecolor=colours["quiet"],
        zerolinewidth=1,
    )
    return figure


def _name(pair: tuple[int | None, int | None], one: Sequence[str], other: Sequence[str]) -> str:
    """The token's text; both texts where one took the other's place."""
    first = one[pair[0]] if pair[0] is not None else None
    second = other[pair[1]] if pair[1] is not None else None
    if first is None or second is None or first == second:
        return first if first is not None else second or ""
    return f"{first} | {second}"
