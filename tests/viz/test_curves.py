"""Curves: what is drawn is what was given, and curves differ in more than colour."""

from __future__ import annotations

import numpy as np
import pytest

from viz.curves import MOST, curves


def test_each_curve_is_drawn_with_its_own_dash() -> None:
    x = np.arange(30)
    lines = {f"<b>{i}</b>": np.sin(x + i) for i in range(MOST)}
    figure = curves(x, lines, title="waves", across="position", up="value")
    assert len(figure.data) == MOST
    for trace, line in zip(figure.data, lines.values(), strict=True):
        np.testing.assert_array_equal(trace.y, line)
        assert "<b>" not in trace.name
    assert len({trace.line.dash for trace in figure.data}) == MOST
    assert len({trace.line.color for trace in figure.data}) == MOST
    assert figure.layout.showlegend


def test_a_single_curve_with_its_band() -> None:
    x = np.arange(5)
    figure = curves(x, {"mean": x}, band=(x - 1, x + 1), dark=True)
    np.testing.assert_array_equal(figure.data[0].y, x - 1)
    np.testing.assert_array_equal(figure.data[1].y, x + 1)
    np.testing.assert_array_equal(figure.data[2].y, x)
    assert not figure.layout.showlegend


def test_a_logarithmic_axis() -> None:
    figure = curves([1, 2], {"lengths": [6.28, 62800.0]}, log=True)
    assert figure.layout.yaxis.type == "log"


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="each of 3 values"):
        curves([1, 2, 3], {"short": [1, 2]})
    with pytest.raises(ValueError, match=f"There can be {MOST} curves"):
        curves([1], {str(i): [1] for i in range(MOST + 1)})


def test_places_that_are_whole_numbers_are_named_as_such() -> None:
    figure = curves([1, 2, 3, 4], {"a": [1.0, 2.0, 3.0, 4.0]})
    assert list(figure.layout.xaxis.ticktext) == ["1", "2", "3", "4"]
    assert curves([0.5, 1.5], {"a": [1.0, 2.0]}).layout.xaxis.tickvals is None
