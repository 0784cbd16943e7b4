"""How a text falls into fewer pieces while a vocabulary grows: a curve, and where one stands on it."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from viz import scales
from viz.labels import layout


def shrinking(
    vocabulary: Sequence[int],
    pieces: Sequence[int],
    here: int,
    *,
    across: str = "pieces in the vocabulary",
    down: str = "pieces of the text",
    dark: bool = False,
) -> go.Figure:
    """The number of a text's pieces against the size of the vocabulary.

    vocabulary, pieces: one number a step each. here: the step that is marked.
    Raises ValueError where they are not equally long, or there is no such step.
    """
    if len(vocabulary) != len(pieces) or not 0 <= here < len(pieces):
        raise ValueError(
            f"{len(vocabulary)} vocabularies, {len(pieces)} counts and a step {here} do not fit."
        )
    colours = scales.theme(dark)
    hover = f"%{{x}} {across}<br>%{{y}} {down}<extra></extra>"
    figure = go.Figure(
        [
            go.Scatter(
                x=list(vocabulary),
                y=list(pieces),
                mode="lines",
                line={"shape": "hv", "color": colours["quiet"], "width": 2},
                hovertemplate=hover,
            ),
            go.Scatter(
                x=[vocabulary[here]],
                y=[pieces[here]],
                mode="markers",
                marker={"size": 13, "color": colours["accent"]},
                hovertemplate=hover,
            ),
        ]
    )
    figure.update_layout(**layout("", "", dark), height=230, showlegend=False)
    figure.update_layout(margin={"l": 8, "r": 16, "t": 16, "b": 8})
    figure.update_xaxes(
        title=across, automargin=True, showgrid=False, linecolor=colours["rule"], showline=True
    )
    figure.update_yaxes(
        title=down, automargin=True, rangemode="tozero", gridcolor=colours["rule"], zeroline=False
    )
    return figure
