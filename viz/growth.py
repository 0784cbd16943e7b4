"""How long vectors are from point to point on their way: a line for each, those that are held in colour."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import labels, scales
from viz.columns import escape

DASHES = ("solid", "dash", "dot", "dashdot")


def growth(
    lengths: ArrayLike,
    lines: Sequence[str],
    points: Sequence[str],
    held: Sequence[int] = (),
    title: str = "",
    under: str = "",
    dark: bool = False,
) -> go.Figure:
    """A curve for each line over the points; the held ones are thick, in colour and named at their end.

    lengths: (lines, points), 0 and above. lines, points: what they are called. Colour is not alone: held
    lines differ in their dashes as well. Raises ValueError where the shapes do not fit.
    """
    values = np.asarray(lengths, dtype=np.float32)
    if values.shape != (len(lines), len(points)):
        raise ValueError(
            f"lengths are {values.shape}, but there are {len(lines)} lines, {len(points)} points."
        )
    colours = scales.theme(dark)
    hues = [colours["accent"], *scales.CATEGORIES]
    figure = go.Figure()
    where = np.arange(len(points))
    for line in sorted(range(len(lines)), key=lambda line: line in held):  # the held ones on top
        rank = list(held).index(line) if line in held else None
        name = escape(labels.visible(lines[line]))
        figure.add_scatter(
            x=where,
            y=values[line],
            mode="lines" if rank is None else "lines+markers",
            name=name,
            line={
                "color": colours["rule"] if rank is None else hues[rank % len(hues)],
                "width": 1.5 if rank is None else 3,
                "dash": "solid" if rank is None else DASHES[rank % len(DASHES)],
            },
            marker={"size": 7},
            customdata=[html.escape(point, quote=False) for point in points],
            hovertemplate=f"{name} · %{{customdata}}: %{{y:.2f}}<extra></extra>",
            showlegend=False,
        )
        if rank is not None:
            figure.add_annotation(
                x=where[-1],
                y=float(values[line, -1]),
                text=f"<b>{name}</b>",
                showarrow=False,
                xanchor="left",
                xshift=10,
                font={"color": hues[rank % len(hues)], "size": 14},
            )
    every = max(1, len(points) // 14)
    ticks = [at for at in range(len(points)) if at % every == 0]
    figure.update_layout(
        **labels.layout(title, under, dark), height=380, margin={"l": 8, "r": 150, "t": 64, "b": 8}
    )
    figure.update_xaxes(
        tickvals=ticks,
        ticktext=[html.escape(points[at], quote=False) for at in ticks],
        showgrid=False,
        zeroline=False,
        automargin=True,
        fixedrange=True,
        linecolor=colours["rule"],
    )
    top = float(values.max(initial=1.0))
    figure.update_yaxes(
        range=[0, top * 1.08], gridcolor=colours["rule"], zeroline=False, automargin=True, fixedrange=True
    )
    return figure
