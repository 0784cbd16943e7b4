"""What each place of a sentence is told, as a figure."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from viz.places import Curve, end_of, places, square

WORDS = ("The", "<b>animal</b>", "slept", "")


def numbers(found: Any) -> np.ndarray:
    """The numbers of a trace, as Plotly keeps or packs them."""
    if isinstance(found, dict):
        return np.frombuffer(base64.b64decode(found["bdata"]), dtype=found["dtype"])
    return np.asarray(found)


def drawn(**more: Any) -> Any:
    table = np.arange(24, dtype=np.float32).reshape(4, 6) - 12
    fine = np.stack([np.linspace(0, 3, 50), np.sin(np.linspace(0, 3, 50))], axis=1)
    curves = [Curve("a", table[:, 0], fine), Curve("b", table[:, 1], dashed=True)]
    return table, places(table, WORDS, curves, across="position", down="dimension", **more)


def test_each_word_stands_under_its_column() -> None:
    table, figure = drawn()
    heat = next(trace for trace in figure.data if trace.type == "heatmap")
    np.testing.assert_array_equal(numbers(heat.z).reshape(6, 4), table.T)
    assert list(figure.layout.xaxis2.ticktext) == ["The", "&lt;b&gt;animal&lt;…", "slept", ""]
    assert list(figure.layout.xaxis2.tickvals) == [0, 1, 2, 3]
    assert list(figure.layout.xaxis.ticktext) == ["0", "1", "2", "3"]  # positions count from 0


def test_a_fine_line_passes_and_the_places_are_points_on_it() -> None:
    table, figure = drawn()
    lines = [trace for trace in figure.data if trace.type == "scatter"]
    assert [trace.mode for trace in lines] == ["lines", "markers", "lines+markers"]
    np.testing.assert_array_equal(numbers(lines[1].y), table[:, 0])
    assert len({trace.name for trace in lines if trace.showlegend is not False}) == 2


@pytest.mark.parametrize("dark", [False, True])
def test_the_colours_are_even_on_both_sides_of_zero(dark: bool) -> None:
    _table, figure = drawn(dark=dark)
    heat = next(trace for trace in figure.data if trace.type == "heatmap")
    assert (heat.zmin, heat.zmax) == (-12, 12)


def test_a_few_large_numbers_do_not_blank_the_others() -> None:
    values = np.ones(1000)
    values[0] = 50
    assert end_of(values) == (1.0, True)
    assert end_of(np.ones(4)) == (1.0, False)
    assert end_of(np.zeros(4)) == (1.0, False)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="4 places"):
        places(np.zeros((4, 2)), ("a",), (), across="", down="")
    with pytest.raises(ValueError, match="4 places"):
        places(np.zeros((4, 2)), WORDS, [Curve("a", np.zeros(3))], across="", down="")


def test_the_dimensions_that_are_drawn_keep_their_numbers() -> None:
    table, figure = drawn(dimensions=[0, 2, 4, 1, 3, 5], first=1)
    heat = next(trace for trace in figure.data if trace.type == "heatmap")
    np.testing.assert_array_equal(numbers(heat.z).reshape(6, 4), table[:, [0, 2, 4, 1, 3, 5]].T)
    assert list(figure.layout.yaxis2.ticktext) == ["1", "5", "4"]


def test_who_looks_at_whom_is_square_and_queries_run_down() -> None:
    figure = square(np.eye(5), title="t", across="keys", down="queries")
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.yaxis.scaleanchor == "x"
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)
    with pytest.raises(ValueError, match="two sides"):
        square(np.zeros(3), title="", across="", down="")
