"""Shares of shared n-grams as bars, the counts at their ends."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from viz import scales
from viz.bars import lying

ROOM = 64  # pixels for the counts of a whole bar


def shares(
    values: Sequence[float],
    names: Sequence[str],
    written: Sequence[str],
    *,
    held: int,
    dark: bool = False,
) -> go.Figure:
    """values: each from 0 to 1. written: what stands at the ends. held: the bar that is filled.

    Raises ValueError where there is not one of each.
    """
    hue = scales.sequential(dark)
    fills = [hue[scales.STEPS // (2 if i == held else 5)] for i in range(len(values))]
    return lying(values, names, written, fills, end=1.0, room=ROOM, dark=dark)
