"""The nearest of many, over where all others lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from viz.neighbours import neighbours

SAID: dict[str, Any] = {"title": "t", "across": "cosine", "everyone": "all", "by_chance": "by chance"}


def test_bars_and_all_others_share_one_axis() -> None:
    others = np.random.default_rng(0).normal(0, 0.1, 500)
    figure = neighbours(["angry", "<b>", "angry"], [0.6, 0.5, 0.4], others, 0.35, **SAID)
    bars, spread = figure.data
    assert list(bars.x) == [0.6, 0.5, 0.4]
    assert len(set(bars.y)) == 3  # Plotly would lay equal names on one bar
    assert not any("<b>" in name for name in bars.y)
    assert np.asarray(spread.customdata).sum() == 500
    low, high = figure.layout.xaxis.range
    assert low <= others.min()
    assert high >= 1
    assert figure.layout.xaxis2.range == figure.layout.xaxis.range
    assert {shape.x0 for shape in figure.layout.shapes} == {0.35}


def test_one_number_a_name() -> None:
    with pytest.raises(ValueError, match="2 names"):
        neighbours(["a", "b"], [0.1], [0.1], 0.0, **SAID)
