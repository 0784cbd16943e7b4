"""A number for each of a few things, as bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.columns import em, escape
from viz.labels import distinct, layout

ROW = 33  # pixels of a bar that lies


def bars(
    values: ArrayLike,
    names: Sequence[str],
    *,
    title: str = "",
    level: tuple[float, str] | None = None,
    dark: bool = False,
) -> go.Figure:
    """One bar for each name, its number above it.

    level: a height to compare with, drawn across all bars, and what it is called. Raises ValueError where
    there is not one value a name.
    """
    heights = np.asarray(values, dtype=np.float32)
    if heights.shape != (len(names),):
        raise ValueError(f"{len(names)} names need as many values, not an array of shape {heights.shape}.")
    colours = scales.theme(dark)
    figure = go.Figure(
        go.Bar(
            x=distinct(names),
            y=heights,
            marker={"color": scales.sequential(dark)[14], "line": {"width": 0}},
            texttemplate="%{y:.2f}" if len(names) <= 24 else None,
            textposition="outside",
            textfont={"size": 14, "color": colours["ink"]},
            hovertemplate="%{x}: %{y:.3f}<extra></extra>",
            cliponaxis=False,
        )
    )
    figure.update_layout(**layout(title, "", dark), height=260 if title else 220, bargap=0.35)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 64 if title else 24, "b": 8})
    figure.update_xaxes(type="category", showgrid=False, automargin=True)
    figure.update_yaxes(
        rangemode="tozero",
        gridcolor=colours["rule"],
        zerolinecolor=colours["quiet"],
        nticks=4,
        automargin=True,
    )
    if level is not None:
        line = {"color": colours["accent"], "width": 1.5, "dash": "dot"}
        figure.add_hline(y=level[0], line=line)
        figure.add_annotation(
            **{"x": 1, "xref": "paper", "xanchor": "left", "xshift": 8, "y": level[0], "yanchor": "middle"},
            **{
                "text": escape(level[1]),
                "showarrow": False,
                "font": {"size": 13, "color": colours["accent"]},
            },
        )
        figure.update_layout(margin={"r": round(18 * em(level[1])) + 20})
    return figure


def lying(
    values: ArrayLike,
    names: Sequence[str],
    written: Sequence[str],
    fills: Sequence[str],
    *,
    end: float,
    room: int = 8,
    title: str = "",
    level: float | None = None,
    dark: bool = False,
) -> go.Figure:
    """One bar under the other, from left to right.

    values: (bars,), 0 and above. written: what stands at their ends. fills: their colours. end: the number at
    which the axis ends. room: pixels to the right of that. level: a number to compare with, drawn across all
    bars. Raises ValueError where there is not one of each.
    """
    lengths = np.asarray(values, dtype=np.float64)
    if not lengths.shape == (len(names),) == (len(written),) == (len(fills),):
        raise ValueError(f"{len(names)} names need as many values, texts and colours.")
    colours = scales.theme(dark)
    font = {"size": 14, "color": colours["ink"]}
    left = round(14 * max((em(name) for name in names), default=1)) + 16
    shapes = []
    if level is not None:
        line = {"color": colours["accent"], "width": 1.5, "dash": "dot"}
        upright = {"y0": 0.5, "y1": len(names) - 0.5}
        shapes.append({"type": "line", "x0": level, "x1": level, **upright, "line": line})
    return go.Figure(
        {
            **{"type": "bar", "x": lengths, "y": [escape(name) for name in names], "orientation": "h"},
            "marker": {"color": list(fills), "line": {"width": 1, "color": colours["quiet"]}},
            # The space: type that grows on large screens grows towards the bar as well.
            **{"text": [f"\u00a0{text}" for text in written], "textposition": "outside"},
            **{"cliponaxis": False, "textfont": font, "hovertemplate": "%{y}:%{text}<extra></extra>"},
        },
        layout={
            **layout(title, "", dark),
            **{"bargap": 0.3, "dragmode": False, "showlegend": False, "shapes": shapes},
            "height": ROW * len(names) + (36 if title else 12),
            "margin": {"l": left, "r": room, "t": 32 if title else 6, "b": 6},
            "xaxis": {"range": [0, end], "visible": False, "fixedrange": True},
            "yaxis": {
                **{"autorange": "reversed", "showgrid": False, "fixedrange": True, "ticklabelstandoff": 6},
                "tickfont": font,
            },
        },
    )
