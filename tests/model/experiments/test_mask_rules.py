"""Masks on scores against naive loops and the textbook's softmax."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from model.experiments.mask_rules import RULES, build_mask, row, weights, zero_after_softmax

sizes = st.integers(1, 7)


@st.composite
def scored(draw: st.DrawFn) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    shape = draw(sizes), draw(sizes)
    scores = draw(arrays.arrays(np.float32, shape, elements=st.floats(-20, 20, width=32)))
    return scores, draw(arrays.arrays(np.bool_, shape))


def softmax(scores: NDArray[Any]) -> NDArray[np.float64]:
    powers = np.exp(scores.astype(np.float64) - scores.max(-1, keepdims=True))
    found: NDArray[np.float64] = powers / powers.sum(-1, keepdims=True)
    return found


@given(st.sets(st.sampled_from(RULES)), st.lists(sizes, min_size=1, max_size=3), sizes, st.integers(0, 7))
def test_rules_hold_together(rules: set[Any], lengths: list[int], width: int, begins: int) -> None:
    keys = max(lengths)
    real = np.arange(keys) < np.array(lengths)[:, None]
    found = build_mask(rules, real, width=width, begins=begins)
    for text, length in enumerate(lengths):
        for i in range(keys):
            for j in range(keys):
                told = {
                    "padding": j < length,
                    "causal": j <= i,
                    "window": abs(i - j) <= width,
                    "prefix": j < begins or j <= i,
                }
                assert found[text, i, j] == all(told[rule] for rule in rules)


def test_a_target_looks_at_its_source() -> None:
    real = np.array([[True] * 4, [True, True, False, False]])
    found = build_mask(["padding", "window"], real, queries=5, width=1)
    assert found.shape == (2, 5, 4)
    assert found[1].tolist() == [[True, True, False, False]] * 5
    assert found[0, 0].tolist() == [True, True, False, False]
    assert build_mask([], real, queries=5).all()
    for rule in ("causal", "prefix"):
        with pytest.raises(ValueError, match="no mask"):
            build_mask([cast(Any, rule)], real, queries=5)
    with pytest.raises(ValueError, match="no mask 'look'"):
        build_mask([cast(Any, "look")], real)


@given(scored())
def test_before_the_softmax_rows_sum_to_1_and_after_it_they_do_not(case: Any) -> None:
    scores, mask = case
    before, after = weights(scores, mask), zero_after_softmax(scores, mask)
    assert not before[~mask].any()
    assert not after[~mask].any()
    np.testing.assert_allclose(after, softmax(scores) * mask, atol=1e-6)
    np.testing.assert_allclose(before.sum(-1), mask.any(-1), atol=1e-5)
    for scored_row, seen, found in zip(scores, mask, before, strict=True):
        if seen.any():
            np.testing.assert_allclose(found[seen], softmax(scored_row[seen]), atol=1e-5)


@given(scored())
def test_the_three_ways_differ_only_where_nothing_is_left(case: Any) -> None:
    for scores, mask in zip(*case, strict=True):
        found = row(scores, mask)
        if mask.any():
            np.testing.assert_allclose(found.infinite, found.ours, atol=1e-6)
            np.testing.assert_allclose(found.finite, found.ours, atol=1e-6)
        else:
            assert np.isnan(found.infinite).all()
            assert not found.ours.any()
            np.testing.assert_allclose(found.finite.sum(), 1, atol=1e-5)


def test_a_finite_mask_makes_an_empty_row_even() -> None:
    found = row(np.array([3.0, -2.0, 0.5, 1.0]), np.zeros(4, dtype=bool))
    np.testing.assert_allclose(found.finite, 0.25)  # −10⁹ swallows scores of this size in float32


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3\), but the mask is \(3, 2\)"):
        weights(np.zeros((2, 3)), np.ones((3, 2), dtype=bool))
