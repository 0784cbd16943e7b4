"""Vectors as arrows in a plane: sums head to tail, keys around a query, and how a vector moves to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from viz import scales
from viz.columns import em, escape, fit
from viz.labels import layout, visible

SIDE = 440  # pixels for which labels are kept apart; a figure may become wider
LETTER = 15  # pixels of a label's type
LONGEST = 9  # em of a label
NAMES = 5  # keys with the largest products have their names at their arrows; others are pointed at

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]


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
        draw_arrow(figure, arrow.start, arrow.end, colour, arrow.thin, escape(arrow.name))
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
                font={"size": LETTER, "color": colour if arrow.colour is None else colours["ink"]},
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


def draw_arrow(
    figure: go.Figure,
    start: Sequence[float],
    end: Sequence[float],
    colour: str,
    thin: bool,
    told: str,
    dash: str = "dot",
) -> None:
    """One arrow. told: what its hover box says before the coordinates; dash: of a thin one."""
    figure.add_trace(
        go.Scatter(
            x=[start[0], end[0]],
            y=[start[1], end[1]],
            mode="lines+markers",
            line={"color": colour, "width": 1.5 if thin else 4, "dash": dash if thin else "solid"},
            marker={
                "symbol": "arrow",
                "angleref": "previous",
                "size": [0, 9 if thin else 16],
                "color": colour,
                "opacity": 1,
            },
            hovertemplate=f"{told} (%{{x:.2f}}, %{{y:.2f}})<extra></extra>",
        )
    )


def turn_into_plane(q: ArrayLike, keys: ArrayLike) -> Floats:
    """Keys (keys, width) as points (keys, 2) of a half-plane in which q (width,) lies along the first axis.

    Each key is turned around q into that half-plane. So its length, its angle with q, and with both its
    product q·k are exact; how far two keys lie apart is not. Where q is 0 only the lengths are.
    """
    q, keys = np.asarray(q, dtype=np.float64), np.atleast_2d(np.asarray(keys, dtype=np.float64))
    length = float(np.linalg.norm(q))
    along = keys @ q / length if length else np.zeros(len(keys))
    across = np.sqrt(np.maximum((keys**2).sum(axis=1) - along**2, 0))
    return np.stack([along, across], axis=1)


def around_query(
    q: ArrayLike,
    keys: ArrayLike,
    query: str,
    names: Sequence[str],
    chosen: int,
    *,
    across: str,
    dark: bool = False,
) -> go.Figure:
    """q and all keys as arrows, each key turned into q's plane; the axis below counts q·k.

    query, names: what stands at q's arrow and at the keys'. chosen: the key that is spoken of, with its foot
    on q's line. across: what the axis is called. Raises ValueError where there is not one name a key.
    """
    points = turn_into_plane(q, keys)
    if len(names) != len(points):
        raise ValueError(f"{len(points)} keys need as many names, not {len(names)}.")
    colours = scales.theme(dark)
    length = float(np.linalg.norm(np.asarray(q, dtype=np.float64)))
    left, right = min(0.0, float(points[:, 0].min())), max(length, float(points[:, 0].max()))
    top = float(points[:, 1].max(initial=0)) or 1.0
    unit = max((right - left), top, 1e-6)
    figure = go.Figure()
    products = points[:, 0] * length
    order = np.argsort(-products, kind="stable")
    for i in [*(j for j in order[::-1] if j != chosen), chosen]:
        told = f"{escape(visible(names[i]))}: q·k = {products[i]:.2f}".replace("-", "−")
        colour = colours["accent"] if i == chosen else colours["quiet"]
        draw_arrow(figure, (0, 0), points[i], colour, i != chosen, told, "solid")
    draw_arrow(figure, (0, 0), (length, 0), colours["ink"], False, escape(visible(query)))
    foot = [[points[chosen, 0]] * 2, [points[chosen, 1], 0]]
    line = {"color": colours["accent"], "width": 1.5, "dash": "dot"}
    figure.add_trace(go.Scatter(x=foot[0], y=foot[1], mode="lines", line=line, hoverinfo="skip"))
    margin = 0.14 * unit
    span = (left - margin, right + 1.6 * margin)
    scale = SIDE / (span[1] - span[0])
    heads = [(query, (length, 0.0), colours["ink"])]
    heads += [(names[chosen], tuple(points[chosen]), colours["accent"])]
    heads += [(names[i], tuple(points[i]), colours["quiet"]) for i in order[:NAMES] if i != chosen]
    for name, place, colour in keep_apart(heads, scale):
        figure.add_annotation(
            x=place[0],
            y=place[1],
            text=escape(fit(name, LONGEST)),
            showarrow=False,
            xanchor="left",
            xshift=7,
            yshift=11,
            font={"size": LETTER, "color": colour},
        )
    figure.update_layout(**layout("", "", dark), height=400, showlegend=False)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    ticks = find_ticks(span[0] * length, span[1] * length)
    figure.update_xaxes(
        range=list(span),
        tickvals=[tick / length if length else 0 for tick in ticks],
        ticktext=[f"{tick:g}".replace("-", "−") for tick in ticks],
        gridcolor=colours["rule"],
        zerolinecolor=colours["quiet"],
        title={"text": escape(across), "standoff": 6},
        automargin=True,
        constrain="domain",
    )
    figure.update_yaxes(
        range=[-0.06 * unit, top + margin],
        visible=False,
        scaleanchor="x",
    )
    return figure


def find_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers between two, at equal distances, 0 among them; no more than so many."""
    width = max(high - low, 1e-9)
    power = 10.0 ** np.floor(np.log10(width / most))
    step = next(size * power for size in (1, 2, 5, 10, 20) if width / (size * power) <= most)
    return [
        float(round(i * step, 10)) for i in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)
    ]


def keep_apart(
    labels: Sequence[tuple[str, tuple[float, ...], str]], scale: float
) -> list[tuple[str, tuple[float, ...], str]]:
    """Of (text, place, colour) those that stand clear of the ones before them. scale: pixels of a unit."""
    boxes: list[Box] = []
    kept = []
    for name, place, colour in labels:
        x, y = place[0] * scale + 7, place[1] * scale + 11
        box = (x - 2, y - 0.75 * LETTER, x + em(fit(name, LONGEST)) * LETTER + 4, y + 0.75 * LETTER)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in boxes):
            continue
        boxes.append(box)
        kept.append((name, place, colour))
    return kept


@dataclass(frozen=True)
class Turn:
    """Two vectors beside a third, each turned around that one into a plane (see `turn_into_plane`).

    start, end: where they end there, before and after something was added. goal: how long the third is; it
    lies along the first axis. So their lengths, their angles with it and their distances from its end are
    exact; how far the two lie apart is not.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    goal: float

    @property
    def angles(self) -> tuple[float, float]:
        """The angles with the third, in degrees."""
        before, after = (float(np.degrees(np.arctan2(y, x))) for x, y in (self.start, self.end))
        return before, after

    @property
    def distances(self) -> tuple[float, float]:
        """The distances from the third."""
        before, after = (float(np.hypot(x - self.goal, y)) for x, y in (self.start, self.end))
        return before, after


def measure_turn(start: ArrayLike, added: ArrayLike, goal: ArrayLike) -> Turn:
    """What adding a vector does to the angle with another; all (width,)."""
    start, added, goal = (np.asarray(x, dtype=np.float64) for x in (start, added, goal))
    before, after = turn_into_plane(goal, [start, start + added])
    return Turn(
        (float(before[0]), float(before[1])),
        (float(after[0]), float(after[1])),
        float(np.linalg.norm(goal)),
    )


def turning(turn: Turn, start: str, end: str, goal: str, *, dark: bool = False) -> go.Figure:
    """The two vectors and the one that they may turn towards, with their angles.

    start, end, goal: what stands at the three arrows.
    """
    colours = scales.theme(dark)
    figure = go.Figure()
    parts = [
        ((turn.goal, 0.0), goal, colours["ink"], False),
        (turn.start, f"{start} {turn.angles[0]:.1f}°", colours["quiet"], True),
        (turn.end, f"{end} {turn.angles[1]:.1f}°", colours["accent"], False),
    ]
    for place, name, colour, thin in parts:
        draw_arrow(figure, (0, 0), place, colour, thin, escape(name), "solid")
    arc = np.radians(np.linspace(*turn.angles, 40))
    radius = 0.45 * min(np.hypot(*turn.start), np.hypot(*turn.end))
    figure.add_trace(
        go.Scatter(
            x=radius * np.cos(arc),
            y=radius * np.sin(arc),
            mode="lines+markers",
            line={"color": colours["accent"], "width": 2},
            marker={
                "symbol": "arrow",
                "angleref": "previous",
                "size": [0] * (len(arc) - 1) + [11],
                "color": colours["accent"],
                "opacity": 1,
            },
            hoverinfo="skip",
        )
    )
    reach = max(turn.goal, float(np.hypot(*turn.start)), float(np.hypot(*turn.end)), 1e-6)
    clear = abs(turn.start[1] - turn.end[1]) > 0.09 * reach or abs(turn.start[0] - turn.end[0]) > 0.5 * reach
    lower = turn.start if turn.start[1] < turn.end[1] else turn.end
    for place, name, colour, _thin in parts:
        sinks = not clear and place == lower and place[1] > 0
        figure.add_annotation(
            x=place[0],
            y=place[1],
            text=escape(name),
            showarrow=False,
            yshift=-16 if place[1] == 0 or sinks else 16,
            xshift=22 if sinks else 0,
            font={"size": LETTER + 1, "color": colour},
            bgcolor=colours["paper"],
        )
    left, right = min(0.0, turn.start[0], turn.end[0]), max(turn.goal, turn.start[0], turn.end[0])
    top = max(turn.start[1], turn.end[1])
    side = 0.24 * max(right - left, top, 1e-6)
    figure.update_layout(**layout("", "", dark), height=380, showlegend=False)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(range=[left - 1.2 * side, right + side], visible=False, constrain="domain")
    figure.update_yaxes(range=[-0.45 * side, top + 0.5 * side], visible=False, scaleanchor="x")
    return figure
