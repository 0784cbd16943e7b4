"""What each place of a sentence is told: a few dimensions as curves, all of them as colours underneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from viz import scales
from viz.columns import em, escape, fit
from viz.labels import layout, visible

HEIGHT = 450
MOST = 64  # dimensions; of more, each would be thinner than can be seen, and neighbours would blend
BEYOND = 0.995  # the share of numbers within the colours' ends, where some are far larger than the others
OUTLIER = 2.0  # times that, and the largest one would blank the others
DASHES = ("solid", "dash")


@dataclass(frozen=True)
class Curve:
    """One dimension over the places.

    at: (places,). between: (points, 2) of x and y, a finer line through the places; None = straight lines.
    colour: the number of a category. dashed: beside another curve of its colour.
    """

    name: str
    at: ArrayLike
    between: ArrayLike | None = None
    colour: int = 0
    dashed: bool = False


def end_of(values: ArrayLike) -> tuple[float, bool]:
    """Where the colours of a table end on both sides, and whether some numbers lie beyond."""
    sizes = np.abs(np.asarray(values, dtype=np.float64))
    largest = float(sizes.max(initial=0)) or 1.0
    most = float(np.quantile(sizes, BEYOND)) if sizes.size else largest
    return (most, True) if 0 < most * OUTLIER < largest else (largest, False)


def places(
    table: ArrayLike,
    words: Sequence[str],
    curves: Sequence[Curve],
    *,
    across: str,
    down: str,
    up: str = "",
    first: int = 0,
    dimensions: Sequence[int] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Curves over the places of a sentence, and below them the whole table, each place a column.

    table: (places, dimensions). words: what stands at each place, "" where nothing does. across, down, up:
    what the places, the dimensions and the values are called. first: the number of the first dimension;
    places count from 0. dimensions: which are drawn, from the top; None = the first MOST.
    Raises ValueError where there is not one word for each place, or a curve is of another length.
    """
    values = np.asarray(table, dtype=np.float32)
    count, every = values.shape
    drawn = list(range(min(every, MOST))) if dimensions is None else list(dimensions)
    values = values[:, drawn]
    width = len(drawn)
    if len(words) != count or any(np.shape(curve.at) != (count,) for curve in curves):
        raise ValueError(
            f"{count} places need as many words and values, not {len(words)} and "
            f"{[np.shape(curve.at) for curve in curves]}."
        )
    colours = scales.theme(dark)
    x = np.arange(count)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.085, row_heights=[0.53, 0.47]
    )
    for curve in curves:
        draw(figure, curve, x, words)
    end, _cut = end_of(values)
    figure.add_trace(
        go.Heatmap(
            z=values.T,
            x=x,
            y=np.arange(width),
            zmin=-end,
            zmax=end,
            colorscale=scales.plotly_scale(scales.diverging(dark)),
            showscale=False,
            xgap=2 if count <= 64 else 0,
            ygap=1 if width <= 24 else 0,
            customdata=[[[escape(visible(word)), first + i] for word in words] for i in drawn],
            hovertemplate=f"{escape(across)} %{{x}} · “%{{customdata[0]}}”<br>{escape(down)} "
            "%{customdata[1]}: %{z:.3f}<extra></extra>",
        ),
        row=2,
        col=1,
    )
    figure.update_layout(**layout("", "", dark), height=HEIGHT, dragmode=False)
    figure.update_layout(
        font={"size": 14, "color": colours["ink"]},
        margin={"l": 8, "r": 8, "t": 34, "b": 8},
        legend={
            **{"orientation": "h", "yanchor": "bottom", "y": 1.01, "xanchor": "left", "x": 0},
            **{"font": {"size": 14, "color": colours["ink"]}, "itemclick": False, "itemdoubleclick": False},
            "entrywidth": round(18 * max((em(curve.name) for curve in curves), default=1)),
        },
    )
    side: dict[str, Any] = {"fixedrange": True, "automargin": True, "zeroline": False}
    figure.update_xaxes(range=[-0.5, count - 0.5], showgrid=False, **side)
    apart = 1 if count <= 40 else 5
    numbers = {"tickvals": x[::apart], "ticktext": [str(i) for i in x[::apart]], "showticklabels": True}
    figure.update_xaxes(**numbers, tickangle=0, showgrid=count <= 40, gridcolor=colours["rule"], row=1, col=1)
    named = [escape(fit(word, 7)) if word else "" for word in words]
    figure.update_xaxes(
        **{"tickvals": x, "ticktext": named, "row": 2, "col": 1},
        **{"autotickangles": [0, 60, 90], "tickfont": {"size": 14, "color": colours["ink"]}},
    )
    figure.update_yaxes(
        title={"text": escape(up), "standoff": 4, "font": {"size": 14}},
        gridcolor=colours["rule"],
        row=1,
        col=1,
        **side,
    )
    step = max(1, -(-width // 4))
    figure.update_yaxes(
        title={"text": escape(down), "standoff": 4, "font": {"size": 14}},
        **{"autorange": "reversed", "showgrid": False, "row": 2, "col": 1},
        tickvals=np.arange(0, width, step),
        ticktext=[str(first + i) for i in drawn[::step]],
        **side,
    )
    return figure


def square(weights: ArrayLike, *, title: str, across: str, down: str, dark: bool = False) -> go.Figure:
    """Which place looks at which, as colours from 0 to 1. weights: (queries, keys); places count from 0.

    Raises ValueError where that is no matrix.
    """
    values = np.asarray(weights, dtype=np.float32)
    if values.ndim != 2:
        raise ValueError(f"The weights of places have two sides, not the shape {values.shape}.")
    colours = scales.theme(dark)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            zmin=0,
            zmax=1,
            colorscale=scales.plotly_scale(scales.sequential(dark)),
            showscale=False,
            hovertemplate="%{y} → %{x}: %{z:.2f}<extra></extra>",
        )
    )
    figure.update_layout(**layout(title, "", dark), height=HEIGHT, dragmode=False)
    figure.update_layout(font={"size": 14, "color": colours["ink"]}, margin={"l": 8, "r": 8, "t": 44, "b": 8})
    figure.update_layout(title={"font": {"size": 15}})
    side: dict[str, Any] = {"fixedrange": True, "automargin": True, "zeroline": False, "showgrid": False}
    side |= {
        "dtick": 8,
        "constrain": "domain",
        "showline": True,
        "mirror": True,
        "linecolor": colours["rule"],
    }
    figure.update_xaxes(title={"text": escape(across), "font": {"size": 14}, "standoff": 4}, **side)
    figure.update_yaxes(
        title={"text": escape(down), "font": {"size": 14}, "standoff": 4},
        autorange="reversed",
        scaleanchor="x",
        **side,
    )
    return figure


def draw(figure: go.Figure, curve: Curve, x: np.ndarray, words: Sequence[str]) -> None:
    """One dimension: its line, and a point for each place."""
    colour = scales.CATEGORIES[curve.colour % len(scales.CATEGORIES)]
    line = {"color": colour, "width": 2.5, "dash": DASHES[curve.dashed]}
    fine = None if curve.between is None else np.asarray(curve.between, dtype=np.float32)
    name = escape(curve.name)
    if fine is not None:
        figure.add_scatter(
            **{"x": fine[:, 0], "y": fine[:, 1], "mode": "lines", "line": line, "hoverinfo": "skip"},
            **{"name": name, "legendgroup": name, "row": 1, "col": 1},
        )
    figure.add_scatter(
        x=x,
        y=np.asarray(curve.at, dtype=np.float32),
        mode="markers" if fine is not None else "lines+markers",
        line=line,
        marker={"size": 7, "color": colour},
        name=name,
        legendgroup=name,
        showlegend=fine is None,
        customdata=[escape(visible(word)) for word in words],
        hovertemplate=f"{name}<br>%{{x}} · “%{{customdata}}”: %{{y:.3f}}<extra></extra>",
        row=1,
        col=1,
    )
