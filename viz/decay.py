"""What becomes of a number with the distance: curves on a logarithmic axis, with spread and baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.columns import entry_width, escape, raise_ten
from viz.curves import DASHES
from viz.labels import layout

LEAST = 0.01  # smaller numbers are written as powers of ten
APART = 44  # pixels between the axis and what stands at a height, for type that grows
TICKS = 9  # on the axis upwards, at most


@dataclass(frozen=True, eq=False)
class Decay:
    """name: of the curve. values, least, most: (places,), above 0: its mean and its spread.

    expected: what theory expects at each place; None where it says nothing.
    """

    name: str
    values: ArrayLike
    least: ArrayLike | None = None
    most: ArrayLike | None = None
    expected: ArrayLike | None = None


def write_power(number: float) -> str:
    """With two digits, as a power of ten where it is far from 1: 0.46, 23, 3.0·10⁻³⁴."""
    if number == 0 or not math.isfinite(number):
        return "∞" if math.isinf(number) else f"{number:.0f}"
    if LEAST <= abs(number) < 1000:
        digits = max(0, 1 - math.floor(math.log10(abs(number)) + 1e-9))
        return f"{number:.{digits}f}"
    mantissa, exponent = f"{number:.1e}".split("e")
    return f"{mantissa}·{raise_ten(int(exponent))}"


def decay(
    x: ArrayLike,
    curves: Sequence[Decay],
    *,
    reach: tuple[int, int],
    title: str = "",
    across: str = "",
    up: str = "",
    expected: str = "",
    mark: tuple[float, str] | None = None,
    dark: bool = False,
    height: int = 400,
) -> go.Figure:
    """Curves over x (places,).

    reach: the powers of ten at which the axis upwards ends, whatever the curves are: what leaves it is cut
    off. across, up: what the axes are called. expected: what the baselines are called. mark: a height that
    is pointed out, and what it is called. Raises ValueError where a curve does not have one value a place,
    and for more curves than can be told apart.
    """
    at = np.asarray(x, dtype=np.float64)
    if len(curves) > len(DASHES) or any(np.shape(curve.values) != at.shape for curve in curves):
        raise ValueError(
            f"There can be {len(DASHES)} curves, each of {len(at)} values; "
            f"these are {[np.shape(curve.values) for curve in curves]}."
        )
    colours = scales.theme(dark)
    figure = go.Figure()
    for place, curve in enumerate(curves):
        hue = scales.CATEGORIES[place]
        if curve.least is not None and curve.most is not None:
            quiet = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
            figure.add_scatter(x=at, y=clip(curve.least, reach), **quiet)
            figure.add_scatter(
                x=at, y=clip(curve.most, reach), fill="tonexty", fillcolor=f"{pale(hue, 0.22)}", **quiet
            )
    shown = False
    for curve in curves:
        if curve.expected is not None:
            figure.add_scatter(
                **{"x": at, "y": clip(curve.expected, reach), "mode": "lines", "hoverinfo": "skip"},
                line={"color": colours["quiet"], "width": 1.5, "dash": "dot"},
                name=escape(expected),
                showlegend=not shown,
                legendrank=2000,
            )
            shown = True
    for place, curve in enumerate(curves):
        values = np.asarray(curve.values, dtype=np.float64)
        figure.add_scatter(
            x=at,
            y=values,
            name=escape(curve.name),
            mode="lines",
            line={"color": scales.CATEGORIES[place], "width": 3, "dash": DASHES[place]},
            text=[write_power(float(value)) for value in values],
            hovertemplate=f"{escape(curve.name)}<br>%{{x}}: %{{text}}<extra></extra>",
        )
    if mark is not None:
        figure.add_hline(y=mark[0], line={"color": colours["accent"], "width": 1, "dash": "dash"})
        figure.add_annotation(
            **{"x": 0, "xref": "paper", "xanchor": "left", "xshift": APART},
            **{"y": math.log10(mark[0]), "yanchor": "top", "showarrow": False, "text": escape(mark[1])},
            font={"size": 13, "color": colours["accent"]},
        )
    figure.update_layout(**layout(title, "", dark), height=height, dragmode=False, showlegend=len(curves) > 1)
    figure.update_layout(
        margin={"l": 8, "r": 16, "t": (40 if title else 8) + (30 if len(curves) > 1 else 0), "b": 8},
        legend={
            **{"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0},
            **{"font": {"size": 14, "color": colours["ink"]}, "itemclick": False, "itemdoubleclick": False},
            "entrywidth": entry_width([*(curve.name for curve in curves), *[expected] * shown]),
            "traceorder": "normal",  # areas would turn it around
        },
    )
    side = {"gridcolor": colours["rule"], "zeroline": False, "automargin": True, "fixedrange": True}
    figure.update_xaxes(title=escape(across), **side)
    powers = choose_powers(*reach)
    figure.update_yaxes(
        title={"text": escape(up), "standoff": 24},
        type="log",
        range=list(reach),
        tickvals=[10.0**power for power in powers],
        ticktext=[raise_ten(power) for power in powers],
        **side,
    )
    return figure


def choose_powers(low: int, high: int) -> list[int]:
    """Round powers of ten between two, 0 among them where it lies there."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if (high - low) / step <= TICKS)
    return [power for power in range(low, high + 1) if power % step == 0]


def clip(values: ArrayLike, reach: tuple[int, int]) -> np.ndarray:
    """The values, as far as a little beyond the axis: Plotly fills no area to a place far outside."""
    low, high = (10.0 ** (end + beyond) for end, beyond in zip(reach, (-5, 5), strict=True))
    return np.clip(np.asarray(values, dtype=np.float64), low, high)


def pale(hue: str, share: float) -> str:
    """A colour "#rrggbb" of which so much is seen."""
    red, green, blue = (int(hue[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
