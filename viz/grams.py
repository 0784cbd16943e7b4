"""Shares of shared n-grams as bars from left to right, the counts at their ends."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from viz import scales
from viz.columns import em, escape
from viz.labels import layout

ROW = 34  # pixels


def shares(
    values: Sequence[float],
    names: Sequence[str],
    written: Sequence[str],
    *,
    held: int,
    dark: bool = False,
) -> go.Figure:
    """One bar under the other. values: each from 0 to 1. written: what stands at their ends.

    held: the bar that is filled. Raises ValueError where there is not one of each.
    """
    if not len(values) == len(names) == len(written):
        raise ValueError(
            f"{len(values)} values, {len(names)} names and {len(written)} texts are not as many."
        )
    colours, hue = scales.theme(dark), scales.sequential(dark)
    fills = [hue[scales.STEPS // 2] if i == held else hue[scales.STEPS // 5] for i in range(len(values))]
    font = {"size": 14, "color": colours["ink"]}
    left = round(14 * max((em(name) for name in names), default=1)) + 16
    return go.Figure(
        {
            **{"type": "bar", "x": list(values), "y": [escape(name) for name in names], "orientation": "h"},
            "marker": {"color": fills, "line": {"width": 1, "color": colours["quiet"]}},
            **{"text": list(written), "textposition": "outside", "cliponaxis": False, "textfont": font},
            "hovertemplate": "%{y}: %{text}<extra></extra>",
        },
        layout={
            **layout("", "", dark),
            **{"bargap": 0.3, "dragmode": False, "showlegend": False},
            "height": ROW * len(values) + 12,
            "margin": {"l": left, "r": 64, "t": 6, "b": 6},
            "xaxis": {"range": [0, 1], "visible": False, "fixedrange": True},
            "yaxis": {
                **{"autorange": "reversed", "showgrid": False, "fixedrange": True, "ticklabelstandoff": 6},
                "tickfont": font,
            },
        },
    )
