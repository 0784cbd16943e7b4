"""Vectors as arrows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz import scales
from viz.plane import Arrow, chain, plane


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
