"""The losses of runs over their steps, where there is no film beside which they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from viz import scales
from viz.columns import escape
from viz.forming import Losses
from viz.labels import layout


def losses(
    runs: Sequence[Losses],
    *,
    across: str,
    up: str,
    seen: str,
    unseen: str,
    dark: bool = False,
    height: int = 340,
) -> go.Figure:
    """A colour for each run: its loss on what it learns from, and dashed that on what it does not.

    across, up: what the axes are called. seen, unseen: what both curves are called. height: in pixels.
    """
    colours = scales.theme(dark)
    figure = go.Figure()
    for place, run in enumerate(runs):
        colour = colours["accent"] if len(runs) == 1 else scales.CATEGORIES[place % len(scales.CATEGORIES)]
        for name, points, dash in ((seen, run.trained, "solid"), (unseen, run.checked, "dash")):
            if not points:
                continue
            steps, values = zip(*points, strict=True)
            called = name if len(runs) == 1 else f"{run.name} · {name}"
            figure.add_scatter(
                x=steps,
                y=values,
                name=escape(called),
                mode="lines" if len(steps) > 24 else "lines+markers",
                line={"color": colour, "width": 2.5, "dash": dash},
                marker={"size": 6},
                hovertemplate=f"{escape(called)}<br>%{{x}}: %{{y:.3g}}<extra></extra>",
            )
    figure.update_layout(
        **layout("", "", dark),
        height=height,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        showlegend=True,
        legend={
            **{"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0},
            **{"font": {"size": 13, "color": colours["ink"]}, "itemclick": False, "itemdoubleclick": False},
        },
        dragmode=False,
    )
    side = {"gridcolor": colours["rule"], "zerolinecolor": colours["rule"], "automargin": True}
    figure.update_xaxes(title=escape(across), fixedrange=True, **side)
    figure.update_yaxes(title=escape(up), fixedrange=True, rangemode="tozero", **side)
    return figure
