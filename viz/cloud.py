"""Vectors as points of a plane: many words faintly, some of them by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from viz import scales
from viz.columns import escape, fit
from viz.labels import layout, visible
from viz.plane import keep_apart

HEIGHT = 290  # pixels
SIDE = 380  # pixels for which names are kept apart; a figure may become wider
LONGEST = 8  # em of a name
CLEAR = 0.6  # how much of a figure its points reach over, in type of the size that `keep_apart` goes by
AIR = 0.09  # around the points, as a share of how far they reach

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane on which vectors are spread most widely.

    mean: (width,). axes: (2, width), at right angles, of length 1. share: how much of all variance lies in
    it.
    """

    mean: Floats
    axes: Floats
    share: float

    def place(self, vectors: ArrayLike) -> Floats:
        """Where vectors (vectors, width) stand on it: (vectors, 2)."""
        found: Floats = (np.asarray(vectors, dtype=np.float64) - self.mean) @ self.axes.T
        return found


def find_plane(vectors: ArrayLike) -> Plane:
    """The first two principal components of vectors (vectors, width); width 2 at least.

    Pearson 1901, “On Lines and Planes of Closest Fit to Systems of Points in Space”. Which way an axis points
    is free: here its largest number is above 0, so that pictures stay as they are.
    """
    table = np.asarray(vectors, dtype=np.float64)
    mean = table.mean(0)
    away = table - mean
    squares, axes = np.linalg.eigh(away.T @ away)  # the least first
    first = axes.T[:-3:-1]
    first = first * np.sign(first[np.arange(2), np.abs(first).argmax(1)])[:, None]
    total = float(squares.sum())
    return Plane(mean, first, float(squares[-2:].sum()) / total if total > 0 else 1.0)


def cloud(
    points: ArrayLike,
    names: Sequence[str],
    chosen: int,
    near: Mapping[int, float],
    *,
    dark: bool = False,
) -> go.Figure:
    """Points (words, 2), all faint but for the chosen word and some others, which have their names.

    near: the others, by place, with a number from 0 to 1 that says how full their colour is.
    Raises ValueError where there is not one name a point.
    """
    table = np.asarray(points, dtype=np.float64)
    if table.shape != (len(names), 2):
        raise ValueError(f"{len(names)} names need as many points, not an array of shape {table.shape}.")
    colours, hue = scales.theme(dark), scales.sequential(dark)
    figure = go.Figure()
    marked = [chosen, *(place for place in near if place != chosen)]
    others = [place for place in range(len(names)) if place not in marked]
    said = np.array([escape(visible(name)) for name in names])
    figure.add_scatter(
        **{"x": table[others, 0], "y": table[others, 1], "mode": "markers", "text": said[others]},
        marker={"size": 5, "color": colours["quiet"], "opacity": 0.35},
        hovertemplate="%{text}<extra></extra>",
    )
    fills = [hue[round((scales.STEPS - 1) * 0.7 * min(max(near[place], 0.0), 1.0))] for place in marked[1:]]
    figure.add_scatter(
        **{"x": table[marked[1:], 0], "y": table[marked[1:], 1], "mode": "markers", "text": said[marked[1:]]},
        marker={"size": 12, "color": fills, "line": {"width": 1, "color": colours["ink"]}},
        hovertemplate="%{text}<extra></extra>",
    )
    start = table[chosen]
    figure.add_scatter(
        **{"x": [start[0]], "y": [start[1]], "mode": "markers", "text": [said[chosen]]},
        marker={"size": 15, "color": colours["paper"], "line": {"width": 3, "color": colours["accent"]}},
        hovertemplate="%{text}<extra></extra>",
    )
    name_points(figure, table, names, marked, dark)
    figure.update_layout(**layout("", "", dark), height=HEIGHT, showlegend=False, dragmode=False)
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4})
    return figure


def name_points(
    figure: go.Figure, table: Floats, names: Sequence[str], marked: Sequence[int], dark: bool
) -> None:
    """The names of the marked points where they stand clear of each other, the first one first."""
    colours = scales.theme(dark)
    low, high = table.min(0), table.max(0)
    size = np.maximum(high - low, 1e-9)
    hues = [colours["accent"], *[colours["ink"]] * (len(marked) - 1)]
    wanted = [(names[place], tuple(table[place]), hue) for place, hue in zip(marked, hues, strict=True)]
    # Names are kept apart where they stand in the picture, to which each axis is stretched.
    across = CLEAR * np.array([SIDE, HEIGHT]) / size
    scaled = [(name, tuple((np.array(at) - low) * across), colour) for name, at, colour in wanted]
    kept = {(name, place) for name, place, _colour in keep_apart(scaled, 1.0)}
    for (name, at, colour), (_name, place, _same) in zip(wanted, scaled, strict=True):
        if (name, place) in kept:
            figure.add_annotation(
                **{"x": at[0], "y": at[1], "text": escape(fit(name, LONGEST)), "showarrow": False},
                **{"xanchor": "left", "xshift": 8, "yshift": 11, "font": {"size": 14, "color": colour}},
            )
    axis = {"visible": False, "fixedrange": True}
    room = AIR * size
    figure.update_xaxes(range=[low[0] - room[0], high[0] + 3 * room[0]], **axis)
    figure.update_yaxes(range=[low[1] - room[1], high[1] + 1.5 * room[1]], **axis)
