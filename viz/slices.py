"""A width cut into equal slices, one for each head."""

from __future__ import annotations

import plotly.graph_objects as go

from viz import scales
from viz.columns import escape
from viz.labels import layout

NAMED = 24  # of more slices than these no names are written


def slices(count: int, width: int, *, names: str, across: str, dark: bool = False) -> go.Figure:
    """`count` slices of `width` each beside each other, on an axis of features.

    names: what a slice is called, with the places {head}, {first} and {last}, counted from 1.
    across: what the axis is called.
    """
    colours = scales.theme(dark)
    hues = scales.sequential(dark)
    figure = go.Figure()
    for i in range(count):
        name = names.format(head=i + 1, first=i * width + 1, last=(i + 1) * width)
        figure.add_trace(
            go.Bar(
                x=[width],
                base=[i * width],
                y=[0],
                width=[0.8],
                orientation="h",
                marker={
                    "color": hues[6 if i % 2 else 3],
                    "line": {"color": colours["paper"], "width": 2 if count <= 64 else 0},
                },
                text=str(i + 1) if count <= NAMED else "",
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                textfont={"size": 15, "color": colours["ink"]},
                hovertemplate=f"{escape(name)}<extra></extra>",
            )
        )
    figure.update_layout(**layout("", "", dark), height=150, barmode="overlay", showlegend=False)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_yaxes(visible=False, range=[-0.5, 0.5])
    ticks = sorted({0, width, *(round(count * part) * width for part in (0.25, 0.5, 0.75, 1))})
    figure.update_xaxes(
        range=[0, count * width],
        tickvals=ticks,
        showgrid=False,
        zeroline=False,
        title=across,
        automargin=True,
    )
    return figure
