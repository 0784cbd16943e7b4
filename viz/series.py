"""A series of numbers: what a model conditions on to predict one, the whole of it, and how models err."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from viz import scales
from viz.bars import lying
from viz.columns import escape
from viz.labels import layout

HEIGHT, WHOLE = 270, 176  # pixels
UNDER, LINE = 44, 28  # pixels below a stretch, and of a line of type on the largest screens
AIR = 0.06  # what is left free above and below, as a share of the range of what is shown
BELOW = 0.5  # the room under the series in which its links are drawn, as such a share
POINTS = 25  # of an arc
SIDE = {"fixedrange": True, "zeroline": False, "automargin": True, "ticks": ""}  # of each axis
ROOM = 1.22  # how much wider than the stretch the picture is, for the numbers at its end


def write_number(number: float) -> str:
    """With three digits, in powers of ten where it is very large or very small: 13.9, 1,204, 2.1 × 10⁹."""
    if number == 0:
        return "0"
    if 1e-3 <= abs(number) < 1e6:
        places = max(2 - int(np.floor(np.log10(abs(number)))), 0)
        return f"{number:,.{places}f}".replace("-", "−")
    digits, power = f"{number:.2e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits} × 10{raised}".replace("-", "−")


@dataclass(frozen=True, eq=False)
class Conditioned:
    """A stretch of a series, and what a model sees of it.

    values: (times,), NaN where nothing is known. begins: what the first time is called. at: the place of the
    first predicted number. predicted: (steps,), what the model says from there on. weights: by place, how
    much the last prediction moves with what stands there; at `at` and behind, these are predictions
    themselves. states: (times, width) of a state for each of the times, NaN where none is told; None = the
    model has none.
    """

    values: NDArray[np.float64]
    begins: int
    at: int
    predicted: NDArray[np.float64]
    weights: Mapping[int, float]
    states: NDArray[np.float32] | None = None

    @property
    def last(self) -> int:
        """The place of the last prediction."""
        return self.at + len(self.predicted) - 1

    @property
    def seen(self) -> NDArray[np.float64]:
        """What the model goes by at every place: (times,), its own predictions where it has no more."""
        found = self.values.copy()
        found[self.at : self.last + 1] = self.predicted
        return found


def conditioned(
    shown: Conditioned,
    *,
    reach: tuple[float, float],
    strongest: float,
    came: str,
    says: str,
    dark: bool = False,
) -> go.Figure:
    """The stretch, its last prediction beside what came, and links from all that the prediction depends on.

    reach: the least and the largest number that pictures beside one another are to show. strongest: the
    weight whose link is the thickest, of all of them. came, says: what a point is called in its hover box.
    """
    low, high = reach
    span = (high - low) or 1.0
    floor = low - AIR * span
    colours = scales.theme(dark)
    where = shown.begins + np.arange(len(shown.values))
    across = {
        "range": [where[0] - 0.8, where[0] + ROOM * (where[-1] - where[0])],
        **{"showgrid": False, "nticks": 5, "tickangle": 0, "tickformat": "d"},
    }
    ends = floor - BELOW * span, high + 2 * AIR * span
    upright = {
        "range": ends,
        "gridcolor": colours["rule"],
        "tickvals": find_ticks(low, high),
        "tickformat": "~s" if max(abs(low), abs(high)) >= 1e4 else "",
    }
    figure = go.Figure(  # told at once: each change of a figure that stands takes Plotly far longer
        layout={
            **layout("", "", dark),
            **{"height": HEIGHT, "showlegend": False, "dragmode": False},
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": SIDE | across,
            "yaxis": SIDE | upright,
            "annotations": write_ends(shown, where, ends, (came, says), dark),
        }
    )
    if shown.states is None:
        draw_arcs(figure, shown, where, floor, BELOW * span, strongest, dark)
    else:
        draw_states(figure, shown, where, floor, BELOW * span, strongest, dark)
    draw_numbers(figure, shown, where, came, says, dark)
    return figure


def find_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Round numbers within two, at equal distances."""
    width = max(high - low, 1e-300)
    power = 10.0 ** np.floor(np.log10(width / most))
    step = next(size * power for size in (1, 2, 5, 10, 20) if width / (size * power) <= most)
    return [float(i * step) for i in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


def draw_numbers(
    figure: go.Figure,
    shown: Conditioned,
    where: NDArray[np.int_],
    came: str,
    says: str,
    dark: bool,
) -> None:
    """The series, filled where the model goes by it, and what was predicted."""
    colours, fill = scales.theme(dark), scales.sequential(dark)[scales.STEPS // 2]
    used = np.array([place in shown.weights for place in range(len(where))])
    known = shown.values
    before, behind = slice(0, shown.at), slice(max(shown.at - 1, 0), None)
    for part, dash in ((before, "solid"), (behind, "dot")):
        figure.add_scatter(
            **{"x": where[part], "y": known[part], "mode": "lines", "hoverinfo": "skip"},
            line={"color": colours["quiet"], "width": 1.5, "dash": dash},
        )
    past = np.arange(len(where)) < shown.at
    # What has not come yet is a ring, what the model goes by is filled.
    for places, marker in (
        (past & used, {"size": 9, "color": fill, "line": {"width": 1, "color": colours["ink"]}}),
        (past & ~used, {"size": 6, "color": colours["quiet"]}),
        (~past, {"size": 9, "color": colours["paper"], "line": {"width": 2, "color": colours["ink"]}}),
    ):
        figure.add_scatter(
            **{"x": where[places], "y": known[places], "mode": "markers", "marker": marker},
            hovertemplate=f"%{{x}}: %{{y:.4g}} {escape(came)}<extra></extra>",
        )
    figure.add_scatter(
        x=[where[shown.last]] * 2,
        y=[shown.predicted[-1], known[shown.last]],
        mode="lines",
        line={"color": colours["accent"], "width": 2, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=where[shown.at : shown.last + 1],
        y=shown.predicted,
        mode="lines+markers",
        line={"color": colours["accent"], "width": 2},
        marker={"symbol": "diamond", "size": [8] * (len(shown.predicted) - 1) + [13], "opacity": 1},
        hovertemplate=f"%{{x}}: %{{y:.4g}} {escape(says)}<extra></extra>",
    )


def write_ends(
    shown: Conditioned,
    where: NDArray[np.int_],
    reach: Sequence[float],
    names: tuple[str, str],
    dark: bool,
) -> list[dict[str, object]]:
    """What came and what was predicted last, as numbers beside their points, clear of each other.

    reach: of the picture's upright axis.
    """
    colours = scales.theme(dark)
    numbers = float(shown.values[shown.last]), float(shown.predicted[-1])
    apart = abs(numbers[0] - numbers[1]) / (reach[1] - reach[0]) * (HEIGHT - UNDER)
    push = max(LINE - apart, 0) / 2
    first_is_higher = numbers[0] > numbers[1]
    return [
        {
            **{"x": where[shown.last], "y": number, "showarrow": False, "xanchor": "left", "xshift": 9},
            **{"yanchor": "middle", "yshift": push if first_is_higher == (place == 0) else -push},
            "text": escape(write_number(number)),
            "hovertext": escape(name),
            "font": {"size": 14, "color": colours["ink"] if place == 0 else colours["accent"]},
        }
        for place, (number, name) in enumerate(zip(numbers, names, strict=True))
    ]


def colour_of(weight: float, dark: bool) -> str:
    """Amber for a weight above 0, blue for one below."""
    hues = scales.diverging(dark)
    return hues[-1] if weight >= 0 else hues[0]


def draw_arcs(
    figure: go.Figure,
    shown: Conditioned,
    where: NDArray[np.int_],
    floor: float,
    depth: float,
    strongest: float,
    dark: bool,
) -> None:
    """A link from each number that the last prediction depends on, under the series."""
    farthest = len(where)  # alike in every picture, so that a link of one length is as deep everywhere
    along = np.linspace(0, 1, POINTS)
    links = []
    for place, weight in sorted(shown.weights.items()):
        x = where[place] + (where[shown.last] - where[place]) * along
        bend = 0.88 * depth * np.sqrt((shown.last - place) / farthest)
        links.append(make_link(x, floor - bend * 4 * along * (1 - along), weight, strongest, dark))
    figure.add_traces(links)
    stem = [floor, float(shown.predicted[-1])]
    draw_stem(figure, float(where[shown.last]), stem, dark)


def make_link(x: ArrayLike, y: ArrayLike, weight: float, strongest: float, dark: bool) -> dict[str, object]:
    """One link, as thick as its weight is large."""
    share = min(abs(weight) / strongest, 1.0) if strongest else 0.0
    return {
        **{"type": "scatter", "x": x, "y": y, "mode": "lines", "opacity": 0.3 + 0.7 * share},
        "line": {"color": colour_of(weight, dark), "width": 1 + 5 * share},
        "text": [f"{weight:+.2f}".replace("-", "−")] * len(np.atleast_1d(x)),
        "hovertemplate": "%{text}<extra></extra>",
    }


def draw_stem(figure: go.Figure, x: float, y: Sequence[float], dark: bool) -> None:
    """From the links up to what is predicted by them."""
    figure.add_scatter(
        **{"x": [x, x], "y": list(y), "mode": "lines+markers", "hoverinfo": "skip"},
        line={"color": scales.theme(dark)["accent"], "width": 1.5},
        marker={"symbol": "arrow", "angleref": "previous", "size": [0, 10], "standoff": 7},
    )


def draw_states(
    figure: go.Figure,
    shown: Conditioned,
    where: NDArray[np.int_],
    floor: float,
    depth: float,
    strongest: float,
    dark: bool,
) -> None:
    """The state at each time, a column of its numbers; each reads the number before and its last self."""
    assert shown.states is not None
    colours = scales.theme(dark)
    top, bottom = floor - 0.22 * depth, floor - 0.92 * depth
    width = shown.states.shape[1]
    upright = np.linspace(bottom, top, width + 1)
    figure.add_heatmap(
        x=where,
        y=(upright[1:] + upright[:-1]) / 2,
        z=shown.states.T,
        **{"zmin": -1, "zmax": 1, "colorscale": scales.plotly_scale(scales.diverging(dark))},
        **{"showscale": False, "xgap": 2, "hoverongaps": False},
        hovertemplate="h, %{x}: %{z:.2f}<extra></extra>",
    )
    links = []
    for place in range(shown.last):
        if np.isfinite(shown.seen[place]) and np.isfinite(shown.states[place + 1]).all():
            ends = [where[place], where[place + 1]], [floor, top]
            links.append(make_link(*ends, shown.weights.get(place, 0.0), strongest, dark))
    figure.add_traces(links)
    told = np.flatnonzero(np.isfinite(shown.states).all(axis=1))
    figure.add_scatter(
        **{"x": [where[told[0]] - 0.5, where[shown.last] + 0.5], "y": [bottom - 0.05 * depth] * 2},
        **{"mode": "lines+markers", "hoverinfo": "skip", "line": {"color": colours["quiet"], "width": 1.5}},
        marker={"symbol": "arrow", "angleref": "previous", "size": [0, 9]},
    )
    figure.add_annotation(
        **{"x": where[told[0]] - 0.7, "y": (top + bottom) / 2, "text": "h", "showarrow": False},
        **{"xanchor": "right", "font": {"size": 14, "color": colours["ink"]}},
    )
    draw_stem(figure, float(where[shown.last]), [top, float(shown.predicted[-1])], dark)


def whole(
    values: ArrayLike,
    begins: int,
    learned: int,
    at: int,
    *,
    before: str,
    held_out: str,
    dark: bool = False,
) -> go.Figure:
    """All of a series (times,), the part that is held out shaded, and where one stands in it.

    begins: what the first time is called. learned: how many numbers are learned from; before, held_out: what
    they and the others are called. at: the place that is pointed out.
    """
    colours = scales.theme(dark)
    numbers = np.asarray(values, dtype=np.float64)
    where = begins + np.arange(len(numbers))
    split = float(where[learned]) - 0.5
    reach = {"type": "rect", "x0": split, "x1": float(where[-1]) + 0.5, "line": {"width": 0}}
    here = {"type": "line", "x0": float(where[at]), "x1": float(where[at])}
    full = {"yref": "y domain", "y0": 0, "y1": 1}
    above = {"y": 1, "yref": "paper", "yanchor": "bottom", "xanchor": "left", "showarrow": False}
    return go.Figure(
        {
            "type": "scatter",
            **{"x": where, "y": numbers, "mode": "lines"},
            "line": {"color": colours["quiet"], "width": 1.5},
            "hovertemplate": "%{x}: %{y:.4g}<extra></extra>",
        },
        layout={
            **layout("", "", dark),
            **{"height": WHOLE, "showlegend": False, "dragmode": False},
            "margin": {"l": 8, "r": 8, "t": 26, "b": 8},
            "xaxis": SIDE | {"showgrid": False, "tickformat": "d", "tickangle": 0},
            "yaxis": SIDE | {"gridcolor": colours["rule"], "nticks": 4},
            "shapes": [
                {**reach, **full, "fillcolor": scales.sequential(dark)[2], "layer": "below"},
                {**here, **full, "line": {"color": colours["accent"], "width": 2}},
            ],
            "annotations": [
                {"x": x, **above, "text": escape(text), "font": {"size": 14, "color": colours["ink"]}}
                for x, text in ((float(where[0]), before), (split, held_out))
            ],
        },
    )


def errors(
    sizes: ArrayLike,
    names: Sequence[str],
    written: Sequence[str],
    best: int,
    *,
    title: str = "",
    dark: bool = False,
) -> go.Figure:
    """How models err, as bars one under the other; the first is what they are to be compared with.

    sizes: (models,), 0 and above. written: the numbers at the bars' ends. best: the bar that is filled.
    """
    values = np.asarray(sizes, dtype=np.float64)
    hue = scales.sequential(dark)
    fills = [hue[4] if not i else hue[scales.STEPS // 5] for i in range(len(values))]
    fills[best] = hue[scales.STEPS // 2]
    most = float(values.max(initial=0)) or 1.0
    first = float(values[0])
    return lying(values, names, written, fills, end=most * 1.3, title=title, level=first, dark=dark)
