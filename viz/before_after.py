"""Probabilities as they are, after a change, and after the same change elsewhere: bars beside each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.columns import em, escape, fit, percent
from viz.labels import layout, tell_apart, visible

ROW, ABOVE = 64, 84  # pixels
NAME = 9.0  # em of an answer
LINE = 25  # pixels of a line over the bars
TYPE = 19  # pixels of the type on the largest screens, for which room is left


def before_after(
    labels: Sequence[str],
    bars: Sequence[tuple[str, ArrayLike]],
    *,
    dark: bool = False,
) -> go.Figure:
    """For each label, from the top, a bar of each kind, its number behind it.

    bars: up to three, what each kind is called -> (labels,), probabilities: as it is, changed, changed
    elsewhere. Raises ValueError where there is not one number a label.
    """
    colours, hues = scales.theme(dark), scales.sequential(dark)
    fills = (hues[8], colours["accent"], colours["quiet"])
    names = tell_apart(escape(fit(visible(label), NAME)) for label in labels)
    left = round(TYPE * max(map(em, names), default=1)) + 12
    figure = go.Figure()
    for place, ((name, values), fill) in enumerate(zip(bars, fills, strict=False)):
        shares = [float(value) for value in np.asarray(values, dtype=np.float64)]
        if len(shares) != len(names):
            raise ValueError(f"{len(names)} labels need as many numbers, not {len(shares)}.")
        figure.add_bar(
            **{"x": shares, "y": names, "name": escape(name), "orientation": "h"},
            marker={"color": fill, "line": {"width": 1, "color": colours["quiet"]}},
            text=[f"\u2002{percent(share)}" for share in shares],  # type grows, the places of texts do not
            **{"textposition": "outside", "cliponaxis": False, "textangle": 0, "constraintext": "none"},
            textfont={"size": 14, "color": colours["ink"]},
            hovertemplate=f"{escape(name)} · %{{y}}:%{{text}}<extra></extra>",
        )
        # Plotly's own legend is cut off where type grows.
        figure.add_annotation(
            text=f'<span style="color:{fill}">■</span> {escape(name)}',
            **{"x": 0, "xref": "paper", "xanchor": "left", "xshift": -left, "align": "left"},
            **{"y": 1, "yref": "paper", "yanchor": "bottom", "yshift": LINE * (len(bars) - 1 - place) + 2},
            **{"showarrow": False, "font": {"size": 14, "color": colours["ink"]}},
        )
    figure.update_layout(**layout("", "", dark), height=ABOVE + ROW * len(names), barmode="group")
    figure.update_layout(
        font={"size": 14, "color": colours["ink"]},
        margin={"l": left, "r": 4 * TYPE, "t": LINE * len(bars) + 12, "b": 8},
        bargap=0.25,
        showlegend=False,
        dragmode=False,
    )
    figure.update_xaxes(range=[0, 1], visible=False, fixedrange=True)
    figure.update_yaxes(
        autorange="reversed", fixedrange=True, automargin=False, showgrid=False, ticklabelstandoff=6
    )
    return figure
