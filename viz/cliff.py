"""The loss along the direction of an update: where steps of different lengths end."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.columns import escape, raise_ten
from viz.decay import write_power
from viz.labels import layout

HIGHEST = 1e3  # times the first loss: what lies above is cut off


def cliff(
    lengths: ArrayLike,
    losses: ArrayLike,
    begun: tuple[float, str],
    steps: Sequence[tuple[float, float, str]],
    *,
    across: str,
    up: str,
    dark: bool = False,
) -> go.Figure:
    """Losses (points,) over the lengths of a step (points,), both axes logarithmic.

    begun: the loss before any step, and what its line is called. steps: length, loss and name of steps that
    are pointed out. Raises ValueError where there is not one loss a length.
    """
    x, y = np.asarray(lengths, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    if x.shape != y.shape:
        raise ValueError(f"{x.shape} lengths need as many losses, not {y.shape}.")
    colours = scales.theme(dark)
    high = begun[0] * HIGHEST
    low = min(float(y.min()), *(loss for _length, loss, _name in steps), begun[0]) / 2.5
    figure = go.Figure()
    figure.add_scatter(
        **{"x": x, "y": np.clip(y, low, high * 100), "mode": "lines"},
        line={"color": scales.CATEGORIES[0], "width": 3},
        text=[write_power(float(loss)) for loss in y],
        hovertemplate="%{x:.3g}: %{text}<extra></extra>",
    )
    figure.add_hline(y=begun[0], line={"color": colours["quiet"], "width": 1.5, "dash": "dot"})
    figure.add_annotation(
        **{"x": 0, "xref": "paper", "xanchor": "left", "xshift": 6, "yanchor": "bottom", "showarrow": False},
        **{"y": np.log10(begun[0]), "text": escape(f"{begun[1]}: {write_power(begun[0])}")},
        font={"size": 14, "color": colours["quiet"]},
    )
    for length, loss, name in steps:
        shown = float(np.clip(loss, low, high / 1.6))
        figure.add_scatter(
            **{"x": [length], "y": [shown], "mode": "markers", "hoverinfo": "skip"},
            marker={
                "size": 13,
                "color": colours["accent"],
                "symbol": "circle" if shown == loss else "arrow-up",
            },
        )
        figure.add_annotation(
            **{"x": np.log10(length), "y": np.log10(shown), "showarrow": False, "yshift": -6, "xshift": 10},
            **{"xanchor": "left", "yanchor": "top", "text": escape(f"{name}: {write_power(loss)}")},
            font={"size": 15, "color": colours["accent"]},
        )
    figure.update_layout(**layout("", "", dark), height=320, showlegend=False, dragmode=False)
    figure.update_layout(margin={"l": 8, "r": 16, "t": 12, "b": 8})
    side = {"gridcolor": colours["rule"], "zeroline": False, "automargin": True, "fixedrange": True}
    for axis, title, ends in (
        (figure.update_xaxes, across, (x.min(), x.max())),
        (figure.update_yaxes, up, (low, high)),
    ):
        first, last = (float(np.log10(end)) for end in ends)
        powers = range(math.ceil(first), math.floor(last) + 1)
        axis(
            type="log",
            title={"text": escape(title), "standoff": 24 if title == up else 8},
            range=[first, last],
            tickvals=[10.0**power for power in powers],
            ticktext=[raise_ten(power) for power in powers],
            **side,
        )
    return figure
