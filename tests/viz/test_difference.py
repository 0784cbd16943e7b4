"""The difference of a row between two sentences: who stands for whom, and by how much."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.viz.traces import pronouns
from viz import difference, scales
from viz.difference import align

WORDS = st.lists(st.sampled_from(["the", "animal", "it", "was", "tired"]), max_size=12)


def test_a_swapped_word_stands_for_the_other() -> None:
    assert align(["too", "tired", "."], ["too", "wide", "."]) == [(0, 0), (1, 1), (2, 2)]


def test_sentences_of_different_length_meet_where_they_agree() -> None:
    one, other = ["the", "animal", "was", "tired"], ["the", "old", "animal", "was", "wide", "too"]
    assert align(one, other) == [(0, 0), (None, 1), (1, 2), (2, 3), (3, 4), (None, 5)]


@given(WORDS, WORDS)
def test_every_token_is_there_once_and_in_order(one: list[str], other: list[str]) -> None:
    pairs = align(one, other)
    assert [i for i, _ in pairs if i is not None] == list(range(len(one)))
    assert [j for _, j in pairs if j is not None] == list(range(len(other)))


def test_what_is_more_goes_up_in_amber_and_what_is_less_down_in_blue() -> None:
    tired, wide = pronouns()["encoder"], pronouns("wide")["encoder"]
    rows = tired.weights[1, 3, 8], wide.weights[1, 3, 8]
    figure = difference(*rows, tired.key_tokens, wide.key_tokens, title="wide")
    more, less = figure.data
    up, down = dict(zip(more.x, more.y, strict=True)), dict(zip(less.x, less.y, strict=True))
    assert up["street"] == pytest.approx(rows[1][6] - rows[0][6])
    assert down["animal"] == pytest.approx(rows[1][1] - rows[0][1])
    assert "tired | wide" in {**up, **down}
    assert more.marker.color == scales.diverging()[-1]
    assert less.marker.color == scales.diverging()[0]
    assert figure.layout.yaxis.range == (-1.08, 1.08)
    assert [name.rstrip("\u200b") for name in figure.layout.xaxis.categoryarray[:3]] == [
        "The",
        "animal",
        "did",
    ]


@given(WORDS, WORDS)
def test_the_bars_sum_to_the_difference_of_the_rows(one: list[str], other: list[str]) -> None:
    rng = np.random.default_rng(len(one) * 13 + len(other))
    first, second = rng.random(len(one), np.float32), rng.random(len(other), np.float32)
    figure = difference(first, second, one, other, dark=True)
    drawn = sum(float(np.sum(bars.y)) for bars in figure.data)
    assert drawn == pytest.approx(float(second.sum() - first.sum()), abs=1e-4)
    assert sum(len(bars.x) for bars in figure.data) == len(align(one, other))


def test_a_row_that_does_not_fit_its_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="one weight for each of 2 tokens"):
        difference(np.zeros(3), np.zeros(2), ["a", "b"], ["a", "b"])
