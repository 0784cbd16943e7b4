"""Vectors of two numbers as arrows, and a sum of them laid head to tail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.columns import escape
from viz.labels import layout


@dataclass(frozen=True)
class Arrow:
    """An arrow from one point to another.

    name: what stands at its head. colour: the number of a category, or None for the ink of the page.
    thin: it is there to compare with; drawn dotted.
    """

    name: str
    start: tuple[float, float]
    end: tuple[float, float]
    colour: int | None = None
    thin: bool = False


def chain(parts: ArrayLike, names: Sequence[str]) -> list[Arrow]:
    """Vectors (terms, 2) laid head to tail from the origin; each has the category of its place."""
    ends = np.cumsum(np.atleast_2d(np.asarray(parts, dtype=float)), axis=0)
    starts = np.vstack([np.zeros((1, 2)), ends[:-1]])
    return [
        Arrow(name, (float(a[0]), float(a[1])), (float(b[0]), float(b[1])), place)
        for place, (name, a, b) in enumerate(zip(names, starts, ends, strict=True))
    ]


def plane(arrows: Sequence[Arrow], *, reach: float, title: str = "", dark: bool = False) -> go.Figure:
    """Arrows on a plane whose two axes have the same measure and go from −reach to +reach."""
    colours = scales.theme(dark)
    figure = go.Figure()
    for arrow in arrows:
        colour = colours["ink"] if arrow.colour is None else scales.CATEGORIES[arrow.colour]
        figure.add_trace(
            go.Scatter(
                x=[arrow.start[0], arrow.end[0]],
                y=[arrow.start[1], arrow.end[1]],
                mode="lines+markers",
                line={
                    "color": colour,
                    "width": 1.5 if arrow.thin else 4,
                    "dash": "dot" if arrow.thin else "solid",
                },
                marker={
                    "symbol": "arrow",
                    "angleref": "previous",
                    "size": [0, 9 if arrow.thin else 16],
                    "color": colour,
                    "opacity": 1,
                },
                hovertemplate=f"{escape(arrow.name)} (%{{x:.2f}}, %{{y:.2f}})<extra></extra>",
            )
        )
        if arrow.name:
            away = np.subtract(arrow.end, arrow.start)
            length = float(np.linalg.norm(away)) or 1.0
            figure.add_annotation(
                x=arrow.end[0],
                y=arrow.end[1],
                text=escape(arrow.name),
                showarrow=False,
                xshift=14 * away[0] / length,
                yshift=14 * away[1] / length,
                font={"size": 15, "color": colour if arrow.colour is None else colours["ink"]},
            )
    figure.update_layout(**layout(title, "", dark), height=460, showlegend=False)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 56 if title else 8, "b": 8})
    axis = {
        "range": [-reach, reach],
        "gridcolor": colours["rule"],
        "zerolinecolor": colours["quiet"],
        "zerolinewidth": 1,
        "dtick": 1,
        "constrain": "domain",
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(scaleanchor="x", **axis)
    return figure
