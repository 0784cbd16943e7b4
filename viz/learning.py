"""How a run learns: its loss beside other runs', and how strongly each head does its job, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.columns import escape
from viz.curves import DASHES
from viz.labels import layout

FORMED = 0.5  # from this strength on a head is said to do its job


@dataclass(frozen=True)
class Learning:
    """The reports of one run. name: of the run. Steps and losses are of one length each."""

    name: str
    steps: Sequence[int]
    losses: Sequence[float | None]
    checked_steps: Sequence[int] = ()
    checked_losses: Sequence[float | None] = ()


def learning(
    runs: Sequence[Learning],
    *,
    max_steps: int = 0,
    title: str = "",
    across: str = "step",
    trained: str = "training",
    checked: str = "validation",
    dark: bool = False,
) -> go.Figure:
    """The loss of runs over their steps: on what is learned from a line, on the validation data a dotted one.

    max_steps: how far the axis reaches at least. trained, checked: what the two are called.
    """
    colours = scales.theme(dark)
    figure = go.Figure()
    for place, run in enumerate(runs):
        hue = colours["accent"] if not place else scales.CATEGORIES[(place - 1) % len(scales.CATEGORIES)]
        of = f" · {escape(run.name)}" if len(runs) > 1 else ""
        for name, steps, losses, style in (
            (trained, run.steps, run.losses, {"mode": "lines", "line": {"color": hue, "width": 2.5}}),
            (
                checked,
                run.checked_steps,
                run.checked_losses,
                {
                    "mode": "lines+markers",
                    "line": {"color": hue, "width": 1.5, "dash": "dot"},
                    "marker": {"size": 6, "symbol": "circle-open", "color": hue},
                },
            ),
        ):
            if len(steps):
                label = escape(name) + of
                hover = f"%{{x}}: %{{y:.3f}}<extra>{label}</extra>"
                figure.add_scatter(x=list(steps), y=list(losses), name=label, hovertemplate=hover, **style)
    furthest = max([max_steps, *(step for run in runs for step in run.steps)])
    figure.update_layout(**layout(title, "", dark), **_frame(colours, 300, bool(title)))
    side = {"gridcolor": colours["rule"], "zeroline": False, "automargin": True, "fixedrange": True}
    figure.update_xaxes(title=escape(across), range=[0, furthest or 1], **side)
    figure.update_yaxes(rangemode="tozero", **side)
    return figure


def forming(
    steps: ArrayLike,
    strengths: ArrayLike,
    *,
    chosen: Sequence[tuple[int, int]] = (),
    at: int | None = None,
    title: str = "",
    under: str = "",
    across: str = "step",
    head: str = "layer {layer} · head {head}",
    dark: bool = False,
) -> go.Figure:
    """How strongly each head does its job over the steps of a run; those that come to do it are named.

    steps: (snapshots,), rising. strengths: (snapshots, layers, heads), 0 to 1. chosen: (layer, head), in
        colour. at: the snapshot on show, from 0. head: how a head is named.
    The axis of steps is logarithmic, since much happens early. Raises ValueError where the shapes do not fit.
    """
    when, values = np.asarray(steps, dtype=np.float64), np.asarray(strengths, dtype=np.float64)
    if values.ndim != 3 or when.shape != values.shape[:1]:
        raise ValueError(f"{when.shape} steps do not fit strengths of {values.shape}.")
    colours = scales.theme(dark)
    places = np.log1p(when)  # the first snapshot is at step 0
    figure = go.Figure()
    every = [(layer, number) for layer in range(values.shape[1]) for number in range(values.shape[2])]
    rank = {which: place for place, which in enumerate(chosen)}
    for which in sorted(every, key=lambda which: which in rank):  # the chosen ones on top
        line = values[:, which[0], which[1]]
        name = escape(head.format(layer=which[0] + 1, head=which[1] + 1))
        hue = colours["accent"] if rank.get(which) == 0 else scales.CATEGORIES[rank.get(which, 0) % 7]
        figure.add_scatter(
            x=places,
            y=line,
            customdata=when.astype(int),
            mode="lines",
            name=name,
            line={
                "color": hue if which in rank else colours["quiet"],
                "width": 3 if which in rank else 1.2,
                "dash": DASHES[rank.get(which, 0) % len(DASHES)],
            },
            opacity=1 if which in rank else 0.55,
            hovertemplate=f"{name}<br>{escape(across)} %{{customdata}}: %{{y:.2f}}<extra></extra>",
        )
    for which in rank or ():
        line = values[:, which[0], which[1]]
        reached = np.flatnonzero(line >= FORMED)
        if len(reached):
            first = int(reached[0])
            figure.add_annotation(
                x=places[first],
                y=line[first],
                text=f"<b>{escape(head.format(layer=which[0] + 1, head=which[1] + 1))}</b>",
                font={"size": 13, "color": colours["ink"]},
                **{"showarrow": True, "arrowhead": 0, "arrowcolor": colours["quiet"], "ax": -46, "ay": -28},
            )
    if at is not None and len(places):
        figure.add_vline(x=float(places[at]), line={"color": colours["accent"], "width": 1.5, "dash": "dot"})
    figure.update_layout(**layout(title, under, dark), **_frame(colours, 260, bool(title)))
    figure.update_layout(showlegend=False)
    ticks = [
        step for step in (0, 1, 10, 100, 1000, 10_000, 100_000) if step <= (when[-1] if len(when) else 0)
    ]
    side = {"gridcolor": colours["rule"], "zeroline": False, "automargin": True, "fixedrange": True}
    figure.update_xaxes(
        title=escape(across), tickvals=np.log1p(ticks), ticktext=[f"{step:,}" for step in ticks], **side
    )
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%", **side)
    return figure


def _frame(colours: dict[str, str], height: int, titled: bool) -> dict[str, object]:
    """Size, margins and legend of both figures."""
    return {
        "height": height + (24 if titled else 0),
        "margin": {"l": 8, "r": 12, "t": 62 if titled else 34, "b": 8},
        "dragmode": False,
        "legend": {
            **{"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0},
            **{"font": {"size": 13, "color": colours["ink"]}, "itemclick": False, "itemdoubleclick": False},
        },
    }
