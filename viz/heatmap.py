"""One head as a Plotly heatmap: queries down, keys across; it zooms, and saves as PNG or SVG."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz import scales
from viz.labels import LONGEST, distinct, layout


def heatmap(
    weights: ArrayLike,
    query_tokens: Sequence[str],
    key_tokens: Sequence[str],
    *,
    title: str = "",
    dark: bool = False,
    sides: str = "queries ↓ keys →",
    signed: bool = False,
) -> go.Figure:
    """The weights of one head (or several, combined) as a heatmap.

    weights: (queries, keys), 0 to 1. A row of zeros, which looks at nothing, is greyed.
    query_tokens, key_tokens: the texts along the two sides; equal texts stay rows of their own.
    sides: what the two axes are called. signed: the numbers may be below 0, and the scale has two ends.
    Raises ValueError where the weights do not have one row a query and one column a key.
    """
    values = np.array(weights, dtype=np.float32)
    if values.shape != (len(query_tokens), len(key_tokens)):
        raise ValueError(
            f"The weights have shape {values.shape}, but there are {len(query_tokens)} queries "
            f"and {len(key_tokens)} keys."
        )
    end = scales.end(float(np.nanmax(np.abs(values), initial=0)))
    values[~(values != 0).any(axis=1)] = np.nan
    colours = scales.theme(dark)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=distinct(key_tokens),
            y=distinct(query_tokens),
            zmin=-end if signed else 0,
            zmax=end,
            colorscale=scales.plotly_scale((scales.diverging if signed else scales.sequential)(dark)),
            xgap=1 if max(values.shape, default=0) <= 60 else 0,
            ygap=1 if max(values.shape, default=0) <= 60 else 0,
            hoverongaps=False,
            hovertemplate="“%{y}” → “%{x}”: %{z:.2f}<extra></extra>",
            colorbar={
                **{"orientation": "h", "x": 0, "xanchor": "left", "y": 0, "yanchor": "top"},
                **{
                    "thickness": 10,
                    "len": 0.3,
                    "outlinewidth": 0,
                    "tickvals": [-end, 0, end] if signed else [0, end / 2, end],
                },
            },
        )
    )
    reach = max((min(len(text), LONGEST) for text in key_tokens), default=0)
    top = (66 if title else 40) + round(6 * reach)  # labels over the columns lean by 45°
    figure.update_layout(
        **layout(title, sides, dark),
        height=min(top + 24 * len(query_tokens) + 56, 820),
        margin={"l": 8, "r": 8, "t": top, "b": 8},
    )
    figure.update_layout(plot_bgcolor=colours["rule"])
    side = {
        "type": "category",
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "constrain": "domain",
    }
    figure.update_xaxes(side="top", tickangle=-45, constraintoward="left", **side)
    figure.update_yaxes(autorange="reversed", scaleanchor="x", constraintoward="top", **side)
    return figure
