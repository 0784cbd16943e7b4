"""Curves over two logarithmic axes, on which n² is a straight line twice as steep as n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.columns import escape
from viz.labels import layout

ROOM = 0.06  # powers of ten left free at either side
DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class Curve:
    """Numbers above 0, and what they are called. measured: single points, not a line."""

    name: str
    values: ArrayLike
    measured: bool = False


def logarithmic(
    x: Sequence[int],
    curves: Sequence[Curve],
    *,
    across: str,
    up: str,
    mark: int | None = None,
    dark: bool = False,
) -> go.Figure:
    """Curves over x, both axes logarithmic.

    across, up: what the axes are called. mark: an x that is pointed out by an upright line.
    Raises ValueError where a curve does not have one value for each x.
    """
    colours = scales.theme(dark)
    figure = go.Figure()
    for i, curve in enumerate(curves):
        values = np.asarray(curve.values, dtype=np.float64)
        if values.shape != (len(x),):
            raise ValueError(
                f"The curve {curve.name} has shape {values.shape}, but there are {len(x)} places."
            )
        hue = colours["ink"] if curve.measured else scales.CATEGORIES[i % len(scales.CATEGORIES)]
        figure.add_trace(
            go.Scatter(
                x=np.asarray(x),
                y=values,
                name=escape(curve.name),
                mode="markers" if curve.measured else "lines",
                line={"color": hue, "width": 3, "dash": DASHES[i % len(DASHES)]},
                marker={"color": hue, "size": 9, "symbol": "diamond"},
                hovertemplate="%{x}: %{y:.3s}<extra>" + escape(curve.name) + "</extra>",
            )
        )
    if mark is not None:
        figure.add_vline(x=mark, line={"color": colours["accent"], "width": 1.5, "dash": "dot"})
    figure.update_layout(**layout("", "", dark), height=380, showlegend=True)
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 64, "b": 8},
        legend={
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.02,
            "xanchor": "left",
            "x": 0,
            "font": {"size": 14},
        },
    )
    ends = np.log10([min(x), max(x)]) + np.array([-ROOM, ROOM])
    figure.update_xaxes(
        range=list(ends),
        type="log",
        title=across,
        gridcolor=colours["rule"],
        automargin=True,
        tickvals=list(x),
        showline=False,
    )
    figure.update_yaxes(
        type="log", title=up, gridcolor=colours["rule"], automargin=True, dtick=1, exponentformat="power"
    )
    return figure
