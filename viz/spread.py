"""How widely numbers are spread: one outline above the other on one axis, so that their widths compare."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from viz import scales
from viz.columns import escape
from viz.labels import layout

BINS = 161


def spread(samples: Mapping[str, ArrayLike], *, end: float, title: str = "", dark: bool = False) -> go.Figure:
    """The densities of samples, one row each, all on an axis from −end to +end.

    samples: what each is called -> its numbers. Each row is as high as it has room; what lies beyond the end
    is counted in its last bin, so that nothing is lost.
    Raises ValueError where there is no sample, or an empty one.
    """
    rows = {name: np.asarray(values, dtype=np.float32).ravel() for name, values in samples.items()}
    if not rows or any(not len(values) for values in rows.values()):
        raise ValueError("A spread needs at least one sample, and each some numbers.")
    colours, hue = scales.theme(dark), scales.sequential(dark)
    figure = make_subplots(rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.16)
    edges = np.linspace(-end, end, BINS + 1)
    for row, (name, values) in enumerate(rows.items(), start=1):
        density, _ = np.histogram(values.clip(-end, end), edges, density=True)
        figure.add_trace(
            go.Scatter(
                x=((edges[:-1] + edges[1:]) / 2).astype(np.float32),
                y=density.astype(np.float32),
                mode="lines",
                line={"color": colours["accent"], "width": 1.5, "shape": "hvh"},
                fill="tozeroy",
                fillcolor=hue[8],
                hovertemplate="%{x:.0f}<extra></extra>",
            ),
            row=row,
            col=1,
        )
        figure.add_annotation(
            text=escape(name),
            **{"xref": "paper", "x": 0, "xanchor": "left", "yref": f"y{row if row > 1 else ''} domain"},
            **{"y": 1.02, "yanchor": "bottom", "showarrow": False},
            font={"size": 15, "color": colours["ink"]},
        )
    figure.update_layout(**layout(title, "", dark), height=70 + 130 * len(rows), showlegend=False, bargap=0)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 56 if title else 32, "b": 8})
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, rangemode="tozero")
    figure.update_xaxes(
        range=[-end, end], gridcolor=colours["rule"], zerolinecolor=colours["quiet"], zerolinewidth=1
    )
    figure.update_xaxes(showticklabels=True)
    return figure
