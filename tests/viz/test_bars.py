"""Bars, slices and logarithmic curves: what is drawn is what was given."""

from __future__ import annotations

import numpy as np
import pytest

from viz import scales
from viz.bars import bars, lying
from viz.logarithmic import Curve, logarithmic
from viz.slices import slices


@pytest.mark.parametrize("dark", [False, True])
def test_a_bar_for_each_name(dark: bool) -> None:
    figure = bars([0.5, 2.0], ["<b>one</b>", "one"], dark=dark)
    assert list(figure.data[0].y) == [0.5, 2.0]
    assert figure.data[0].x[0] == "&lt;b&gt;one&lt;/b&gt;"
    assert figure.layout.paper_bgcolor == scales.theme(dark)["paper"]
    with pytest.raises(ValueError, match="2 names need as many values"):
        bars([1.0], ["a", "b"])


@pytest.mark.parametrize("count", [1, 8, 64])
def test_slices_lie_end_to_end(count: int) -> None:
    figure = slices(count, 32, names="head {head}: {first} to {last}", across="features")
    assert [bar.base[0] for bar in figure.data] == [32 * i for i in range(count)]
    assert all(bar.x == (32,) for bar in figure.data)
    assert figure.layout.xaxis.range == (0, 32 * count)
    assert figure.data[-1].hovertemplate.startswith(f"head {count}: {32 * count - 31} to {32 * count}")


def test_a_square_is_a_straight_line_of_slope_two() -> None:
    x = [64, 128, 256]
    figure = logarithmic(
        x,
        [Curve("n²", [n * n for n in x]), Curve("here", [1.0, 2.0, 3.0], measured=True)],
        across="n",
        up="s",
    )
    line, points = figure.data
    slopes = np.diff(np.log(line.y)) / np.diff(np.log(line.x))
    np.testing.assert_allclose(slopes, 2)
    assert (line.mode, points.mode) == ("lines", "markers")
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    with pytest.raises(ValueError, match="3 places"):
        logarithmic(x, [Curve("short", [1.0])], across="n", up="s")


def test_a_place_is_pointed_out() -> None:
    figure = logarithmic([1, 2], [Curve("a", [1, 2])], across="n", up="s", mark=2)
    assert figure.layout.shapes[0].x0 == 2


def test_bars_that_lie_need_one_of_each() -> None:
    figure = lying([1, 2], ["a", "b"], ["1", "2"], ["#111111", "#222222"], end=3, level=1.0)
    assert list(figure.data[0].x) == [1, 2]
    assert figure.layout.xaxis.range == (0, 3)
    assert len(figure.layout.shapes) == 1
    with pytest.raises(ValueError, match="as many"):
        lying([1], ["a", "b"], ["1", "2"], ["#111111", "#222222"], end=3)
