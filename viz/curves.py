"""Several curves over one axis, told apart by colour and by dash, with a band where a curve is a mean."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.columns import escape
from viz.labels import layout

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MOST = len(DASHES)  # curves that can be told apart
WHOLE = 9  # places that are all named where they are whole numbers


def curves(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    title: str = "",
    across: str = "",
    up: str = "",
    band: tuple[ArrayLike, ArrayLike] | None = None,
    log: bool = False,
    dark: bool = False,
    height: int = 340,
    ticks: int | None = None,
    mark: float | None = None,
) -> go.Figure:
    """Curves of one length over x (points,).

    lines: what each is called -> its values (points,). across, up: what the axes are called.
    band: the least and the most (points,) around the only curve. log: the axis upwards is logarithmic.
    height: in pixels. mark: the place on the axis that is looked at. ticks: how many at most on each axis,
    for a small figure; None = as fits.
    Raises ValueError where a curve does not have one value for each x, or there are too many curves.
    """
    at = np.asarray(x, dtype=np.float64)
    values = {name: np.asarray(line, dtype=np.float64) for name, line in lines.items()}
    if len(values) > MOST or any(line.shape != at.shape for line in values.values()):
        raise ValueError(
            f"There can be {MOST} curves, each of {len(at)} values; "
            f"these are {[line.shape for line in values.values()]}."
        )
    colours, hue = scales.theme(dark), scales.sequential(dark)
    figure = go.Figure()
    if band is not None:
        least, most = (np.asarray(edge, dtype=np.float64) for edge in band)
        figure.add_scatter(x=at, y=least, mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False)
        figure.add_scatter(
            **{"x": at, "y": most, "mode": "lines", "line": {"width": 0}, "fill": "tonexty"},
            **{"fillcolor": hue[8], "hoverinfo": "skip", "showlegend": False},
        )
    alone = len(values) == 1
    for place, (name, line) in enumerate(values.items()):
        colour = colours["accent"] if alone else scales.CATEGORIES[place]
        figure.add_scatter(
            x=at,
            y=line,
            name=escape(name),
            mode="lines" if len(at) > 24 else "lines+markers",
            line={"color": colour, "width": 2.5, "dash": DASHES[place]},
            marker={"size": 7},
            hovertemplate=f"{escape(name)}<br>%{{x}}: %{{y:.3g}}<extra></extra>",
        )
    top = (44 if title else 12) + (0 if alone else 28)
    figure.update_layout(
        **layout(title, "", dark),
        height=height,
        margin={"l": 8, "r": 16, "t": top, "b": 8},
        showlegend=not alone,
        legend={
            **{"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0},
            **{"font": {"size": 13, "color": colours["ink"]}, "itemclick": False, "itemdoubleclick": False},
        },
        dragmode=False,
    )
    side = {"gridcolor": colours["rule"], "zerolinecolor": colours["rule"], "automargin": True}
    side["fixedrange"] = True
    figure.update_xaxes(title=escape(across), **side)
    figure.update_yaxes(title=escape(up), type="log" if log else "linear", **side)
    whole = np.unique(at)
    if len(whole) <= WHOLE and (whole == whole.round()).all():  # there is no head 1.5
        figure.update_xaxes(tickvals=whole, ticktext=[f"{value:.0f}" for value in whole])
    if ticks is not None:
        figure.update_xaxes(nticks=ticks, tickangle=0)
        figure.update_yaxes(nticks=ticks)
    if mark is not None:
        figure.add_vline(x=mark, line={"color": colours["accent"], "width": 2, "dash": "dot"})
    if log:
        figure.update_yaxes(dtick=1, exponentformat="none", separatethousands=True)
    return figure
