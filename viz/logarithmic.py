"""Curves over two logarithmic axes, on which n² is a straight line twice as steep as n."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.columns import entry_width, escape, raise_ten
from viz.labels import layout

TICKS = 12  # on the axis upwards, at most
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
            "entrywidth": entry_width(curve.name for curve in curves),
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
        type="log",
        title={"text": up, "standoff": 24},
        gridcolor=colours["rule"],
        automargin=True,
        **find_ticks([curve.values for curve in curves]),
    )
    return figure


def find_ticks(values: Sequence[ArrayLike]) -> dict[str, list[Any]]:
    """The whole powers of ten from the least of some numbers to the largest, as ticks of an axis."""
    whole = np.concatenate([np.ravel(np.asarray(one, dtype=np.float64)) for one in values])
    logs = np.log10(whole[np.isfinite(whole) & (whole > 0)])
    if not len(logs):
        return {}
    powers = range(math.floor(logs.min()), math.ceil(logs.max()) + 1)
    shown = powers[:: 1 + len(powers) // TICKS]
    return {"tickvals": [10.0**power for power in shown], "ticktext": [raise_ten(power) for power in shown]}
