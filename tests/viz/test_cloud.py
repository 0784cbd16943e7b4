"""Points of a plane: which plane, which points are marked, and whose names stand there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.bars import bars
from viz.cloud import cloud, find_plane


@given(st.integers(0, 1000), st.integers(2, 12), st.integers(2, 6))
def test_the_plane_is_that_of_the_two_largest_eigenvalues(seed: int, count: int, width: int) -> None:
    """Against the eigenvectors of the covariance."""
    vectors = np.random.default_rng(seed).standard_normal((count, width))
    plane = find_plane(vectors)
    values, _axes = np.linalg.eigh(np.cov(vectors.T))
    assert plane.share == pytest.approx(values[-2:].sum() / values.sum())
    placed = plane.place(vectors)
    assert sorted(placed.var(0, ddof=1)) == pytest.approx(sorted(values[-2:]), abs=1e-9)
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-9)


def test_vectors_that_are_all_alike_have_a_plane() -> None:
    plane = find_plane(np.ones((4, 3)))
    assert plane.share == 1
    assert np.isfinite(plane.place(np.ones((4, 3)))).all()


@pytest.mark.parametrize("dark", [False, True])
def test_the_chosen_and_the_near_are_marked_and_named(dark: bool) -> None:
    points = np.array([[0, 0], [10, 10], [0, 10], [10, 0.0]])
    figure = cloud(points, ["<b>one</b>", "two", "three", "four"], 0, {1: 0.9, 0: 1.0}, dark=dark)
    faint, near, chosen = figure.data
    assert list(faint.text) == ["three", "four"]
    assert list(near.text) == ["two"]
    assert list(chosen.text) == ["&lt;b&gt;one&lt;/b&gt;"]
    assert [note.text for note in figure.layout.annotations] == ["&lt;b&gt;one&lt;/b&gt;", "two"]


def test_names_that_would_cover_each_other_are_left_out() -> None:
    points = np.array([[0, 0], [0.01, 0], [9, 9], [5, 5]])
    figure = cloud(points, ["a", "b", "c", "d"], 0, {1: 1.0, 2: 0.5})
    assert [note.text for note in figure.layout.annotations] == ["a", "c"]


def test_points_need_as_many_names() -> None:
    with pytest.raises(ValueError, match="2 names need as many points"):
        cloud([[0, 0]], ["a", "b"], 0, {})


def test_bars_can_be_compared_with_a_level() -> None:
    figure = bars([0.2, 0.8], ["a", "b"], level=(0.5, "<all> alike"))
    assert figure.layout.shapes[0].y0 == 0.5
    assert figure.layout.annotations[0].text == "&lt;all&gt; alike"
    assert not bars([0.2], ["a"]).layout.shapes
