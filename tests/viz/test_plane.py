"""Vectors as arrows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz import scales
from viz.plane import (
    Arrow,
    around_query,
    chain,
    keep_apart,
    measure_turn,
    plane,
    turn_into_plane,
    turning,
)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=6))
def test_a_chain_ends_where_the_sum_is(parts: list[tuple[float, float]]) -> None:
    arrows = chain(parts, [""] * len(parts))
    assert arrows[0].start == (0, 0)
    for one, following in itertools.pairwise(arrows):
        assert one.end == following.start
    for arrow, part in zip(arrows, parts, strict=True):
        np.testing.assert_allclose(np.subtract(arrow.end, arrow.start), part, atol=1e-9)
    np.testing.assert_allclose(arrows[-1].end, np.sum(parts, axis=0), atol=1e-9)


@pytest.mark.parametrize("dark", [False, True])
def test_arrows_are_drawn_where_they_are(dark: bool) -> None:
    arrows = [Arrow("x", (0, 0), (1, 2)), Arrow("<i>", (1, 2), (0.5, 0), 1, thin=True)]
    figure = plane(arrows, reach=3, dark=dark)
    assert [(tuple(line.x), tuple(line.y)) for line in figure.data] == [((0, 1), (0, 2)), ((1, 0.5), (2, 0))]
    assert [line.line.dash for line in figure.data] == ["solid", "dot"]
    assert figure.data[0].line.color == scales.theme(dark)["ink"]
    assert figure.data[1].line.color == scales.CATEGORIES[1]
    assert [note.text for note in figure.layout.annotations] == ["x", "&lt;i&gt;"]
    assert figure.layout.yaxis.scaleanchor == "x"


def test_a_vector_of_nothing_is_drawn() -> None:
    assert len(plane([Arrow("0", (0, 0), (0, 0))], reach=1).data) == 1


@given(st.integers(1, 6), st.integers(2, 40), st.integers(0, 99))
def test_a_turned_key_keeps_its_length_its_angle_and_its_product(keys: int, width: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    q, k = chance.normal(size=width), chance.normal(size=(keys, width))
    points = turn_into_plane(q, k)
    along = np.array([np.linalg.norm(q), 0.0])
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), np.linalg.norm(k, axis=1), rtol=1e-6)
    np.testing.assert_allclose(points @ along, k @ q, atol=1e-6)
    assert (points[:, 1] >= 0).all()


def test_a_query_of_nothing_is_drawn() -> None:
    figure = around_query(np.zeros(3), np.eye(3), "q", ["a", "b", "c"], 0, across="q · k")
    assert len(figure.data) >= 4
    with pytest.raises(ValueError, match="3 keys need as many names"):
        around_query(np.ones(3), np.eye(3), "q", ["a"], 0, across="q · k")


def test_the_axis_below_counts_the_products() -> None:
    q, k = np.array([3.0, 4.0]), np.array([[3.0, 4.0], [-4.0, 3.0], [0.0, -2.0]])
    figure = around_query(q, k, "q", ["<b>", "b", "c"], 2, across="q · k")
    axis = figure.layout.xaxis
    for place, said in zip(axis.tickvals, axis.ticktext, strict=True):
        assert place * 5 == pytest.approx(float(said.replace("−", "-")))
    texts = [note.text for note in figure.layout.annotations]
    assert texts[:2] == ["q", "c"]
    assert "<b>" not in texts


@given(st.integers(1, 30), st.integers(0, 99))
def test_no_two_labels_stand_on_each_other(count: int, seed: int) -> None:
    places = np.random.default_rng(seed).normal(size=(count, 2))
    labels = [(f"word{i}", (float(x), float(y)), "ink") for i, (x, y) in enumerate(places)]
    kept = keep_apart(labels, 100)
    assert kept[0] == labels[0]
    boxes = [(x * 100, y * 100, x * 100 + 9 * len(name)) for name, (x, y), _ in kept]
    for one, other in itertools.combinations(boxes, 2):
        assert abs(one[1] - other[1]) >= 15 or one[2] <= other[0] or other[2] <= one[0]


@given(st.integers(2, 9), st.integers(0, 99))
def test_what_turns_keeps_its_length_its_angle_and_its_distance(width: int, seed: int) -> None:
    start, added, goal = np.random.default_rng(seed).normal(size=(3, width))
    turn = measure_turn(start, added, goal)
    for point, vector, angle, distance in zip(
        (turn.start, turn.end), (start, start + added), turn.angles, turn.distances, strict=True
    ):
        cosine = vector @ goal / np.linalg.norm(vector) / np.linalg.norm(goal)
        assert np.hypot(*point) == pytest.approx(np.linalg.norm(vector))
        assert angle == pytest.approx(np.degrees(np.arccos(cosine)), abs=1e-4)
        assert distance == pytest.approx(np.linalg.norm(vector - goal))
    figure = turning(turn, "it", "it + head", "animal")
    assert next(note.text for note in figure.layout.annotations) == "animal"


def test_a_turn_beside_nothing_is_drawn() -> None:
    assert turning(measure_turn([1, 0], [0, 2], [0, 0]), "a", "b", "c").data
