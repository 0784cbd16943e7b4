"""The nearest of many as bars, over where all the others lie, with a line at what chance would give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from viz import scales
from viz.columns import em, escape, fit
from viz.labels import distinct, layout

BINS = 80
ROW, BELOW = 31, 74  # pixels


def neighbours(
    names: Sequence[str],
    cosines: ArrayLike,
    others: ArrayLike,
    chance: float,
    *,
    title: str,
    across: str,
    everyone: str,
    by_chance: str,
    dark: bool = False,
) -> go.Figure:
    """Cosines as bars, the nearest on top; under them, on the same axis, how all others are spread.

    names, cosines: of the nearest. others: the cosines of all. chance: where the nearest would be by chance.
    across, everyone, by_chance: what the axis, the others and the line are called.
    Raises ValueError where names and cosines do not fit together.
    """
    values = np.asarray(cosines, dtype=np.float64)
    everything = np.asarray(others, dtype=np.float64)
    if values.shape != (len(names),):
        raise ValueError(f"{len(names)} names need as many cosines, not an array of shape {values.shape}.")
    colours, hue = scales.theme(dark), scales.sequential(dark)
    least = min(float(everything.min(initial=0)), float(values.min(initial=0)), 0.0)
    low, high = max(-1.0, np.floor(least * 10) / 10), 1.0
    bars = ROW * len(names)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.05, row_heights=[bars, BELOW]
    )
    categories = distinct([fit(name, 12) for name in names])
    figure.add_trace(
        go.Bar(
            x=values,
            y=categories,
            orientation="h",
            marker={"color": hue[scales.STEPS // 3], "line": {"width": 0}},
            text=[f"{value:.2f}".replace("-", "−") for value in values],
            textposition="outside",
            textfont={"size": 15, "color": colours["ink"]},
            cliponaxis=False,
            hovertemplate="“%{y}”: %{x:.3f}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    counts, edges = np.histogram(everything.clip(low, high), np.linspace(low, high, BINS + 1))
    figure.add_trace(
        go.Scatter(
            x=(edges[:-1] + edges[1:]) / 2,
            y=np.sqrt(counts),  # so that the few at the end are seen beside the many in the middle
            mode="lines",
            line={"color": colours["quiet"], "width": 1.5, "shape": "hvh"},
            fill="tozeroy",
            fillcolor=hue[4],
            customdata=counts,
            hovertemplate="%{x:.2f}: %{customdata}<extra></extra>",
        ),
        row=2,
        col=1,
    )
    figure.update_layout(**layout(title, "", dark), showlegend=False, bargap=0.28, dragmode=False)
    figure.update_layout(height=bars + BELOW + 90, font={"size": 14, "color": colours["ink"]})
    left = round(15 * max((em(name) for name in categories), default=1)) + 20
    figure.update_layout(margin={"l": max(left, 96), "r": 24, "t": 62, "b": 8})
    figure.add_vline(x=chance, line={"color": colours["accent"], "width": 2, "dash": "dot"})
    figure.add_annotation(
        text=escape(f"{by_chance} {chance:.2f}".replace("-", "−")),
        **{"x": chance, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 2},
        **{"showarrow": False, "font": {"size": 14, "color": colours["accent"]}},
        xanchor="center" if low + 0.2 < chance < 0.8 else "left" if chance < 0.5 else "right",
    )
    figure.add_annotation(
        text=escape(everyone),
        **{"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "y2 domain", "yanchor": "top"},
        **{"showarrow": False, "font": {"size": 14, "color": colours["ink"]}},
    )
    side = {
        "fixedrange": True,
        "zeroline": True,
        "zerolinecolor": colours["quiet"],
        "range": [low, high * 1.02],
    }
    figure.update_xaxes(**side, gridcolor=colours["rule"], showticklabels=False, row=1, col=1)
    figure.update_xaxes(
        **side,
        gridcolor=colours["rule"],
        automargin=True,
        row=2,
        col=1,
        title={"text": escape(across), "font": {"size": 14}, "standoff": 4},
    )
    figure.update_yaxes(
        **{"autorange": "reversed", "showgrid": False, "fixedrange": True, "row": 1, "col": 1},
        tickfont={"size": 15, "color": colours["ink"]},
        ticklabelstandoff=8,
    )
    figure.update_yaxes(
        showticklabels=False, showgrid=False, fixedrange=True, rangemode="tozero", row=2, col=1
    )
    return figure
