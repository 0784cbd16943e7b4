"""A panel says where its numbers stand, and refuses what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from viz.board import Axis, numbered_axis, panel
from viz.board.panel import ends

ROWS, COLUMNS = Axis("queries", ("a", "b")), Axis("keys", ("x", "y", "z"))


def test_a_vector_is_a_matrix_of_one_row() -> None:
    one = panel("q", "q", [1, 2, 3], Axis("query", ("it",)), COLUMNS)
    assert one.values.shape == (1, 3)
    assert one.values.dtype == np.float32


def test_places_without_a_name_are_counted_from_one() -> None:
    assert numbered_axis("features", 3, "features →") == Axis("features", ("1", "2", "3"), "features →")
    assert len(numbered_axis("features", 0)) == 0


@pytest.mark.parametrize(
    ("values", "allowed", "what"),
    [
        (np.zeros((3, 2)), None, r"values of the panel scores have shape \(3, 2\)"),
        (np.zeros(6), None, r"values of the panel scores have shape \(1, 6\)"),
        (np.zeros((2, 3)), np.ones((3, 2), dtype=bool), r"allowed of the panel scores have shape \(3, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused(values: np.ndarray, allowed: np.ndarray | None, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        panel("scores", "Scores", values, ROWS, COLUMNS, allowed=allowed)


@given(arrays.arrays(np.float32, (2, 3), elements=st.floats(width=32)))
def test_a_scale_ends_at_the_largest_number_in_size(values: np.ndarray) -> None:
    (end,) = ends([panel("a", "a", values, ROWS, COLUMNS)])
    finite = [abs(float(value)) for value in values.ravel() if np.isfinite(value)]
    assert end == (max(finite, default=0) or 1)


@pytest.mark.parametrize("end", [0.0, -1.0, float("inf"), float("nan")])
def test_a_scale_ends_at_a_number_above_zero(end: float) -> None:
    one = panel("a", "a", np.ones((2, 3)), ROWS, COLUMNS)
    two = panel("b", "b", np.ones((2, 3)), ROWS, COLUMNS, end=2.5)
    bad = panel("c", "c", np.ones((2, 3)), ROWS, COLUMNS, end=end)
    assert ends([one, two, bad]) == (1.0, 2.5, 1.0)
