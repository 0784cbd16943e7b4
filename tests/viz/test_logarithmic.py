"""Curves over two logarithmic axes: what is drawn is what was given, and ticks are whole powers of ten."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.logarithmic import TICKS, Curve, find_ticks, logarithmic


def test_curves_and_single_points() -> None:
    x = [16, 32, 64]
    values = np.array([1.0, 1e3, np.nan])
    figure = logarithmic(
        x,
        [Curve("n²", [1, 2, 4]), Curve("<b>here</b>", values, measured=True)],
        across="n",
        up="size",
        mark=32,
    )
    line, points = figure.data
    assert (line.mode, points.mode) == ("lines", "markers")
    np.testing.assert_array_equal(points.y, values)
    assert "<b>" not in points.name
    low, high = figure.layout.xaxis.range
    assert low < np.log10(16) < np.log10(64) < high
    assert list(figure.layout.yaxis.ticktext) == ["1", "10", "10²", "10³"]


@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=9))
def test_ticks_hold_all_numbers(values: list[float]) -> None:
    ticks = find_ticks([values])["tickvals"]
    assert len(ticks) <= TICKS + 1
    assert ticks[0] <= min(values) * (1 + 1e-9)
    assert ticks[-1] * 10 ** (1 + len(ticks)) >= max(values)


def test_nothing_has_no_ticks() -> None:
    assert find_ticks([[np.nan, 0.0]]) == {}


def test_one_value_for_each_place() -> None:
    with pytest.raises(ValueError, match="has shape"):
        logarithmic([1, 2], [Curve("short", [1])], across="", up="")
