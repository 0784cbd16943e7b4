"""Weights as bytes, by rows and all alike: within the error that is stated, and as they always were."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from model.traces.levels import quantise, restore

shares = arrays(
    np.float32, array_shapes(min_dims=1, max_dims=3, max_side=6), elements=st.floats(0, 1, width=32)
)


@given(shares)
def test_a_byte_is_the_rounded_square_root(weights: Any) -> None:
    """Against decimal numbers, one at a time; two bytes are right where the root lies between them."""
    for weight, level in zip(weights.ravel(), quantise(weights).ravel(), strict=True):
        root = 255 * Decimal(float(weight)).sqrt()
        assert abs(Decimal(int(level)) - root) <= Decimal("0.5001")


@given(shares, st.floats(2**-20, 1, width=32))
def test_a_row_of_small_weights_is_kept_as_a_row_of_large_ones(weights: Any, scale: float) -> None:
    if not weights.max():
        return
    weights = weights / weights.max(axis=-1, keepdims=True).clip(2**-100)
    small = (weights * np.float32(2**-9)).astype(np.float32)  # a power of two: nothing is rounded
    largest = small.max(axis=-1, keepdims=True)
    levels = quantise(small, largest)
    np.testing.assert_array_equal(levels, quantise(weights, weights.max(axis=-1, keepdims=True)))
    back = restore(levels, largest)
    with np.errstate(invalid="ignore"):
        root = np.nan_to_num(np.sqrt(small / largest))
    assert (np.abs(back - small) <= largest * (root / 255 + 1 / 510**2) * (1 + 1e-4)).all()
    np.testing.assert_allclose(back.max(axis=-1), largest[..., 0], rtol=1e-6)


def test_a_long_row_keeps_its_sum_and_its_small_weights() -> None:
    scores = np.exp(np.random.default_rng(0).normal(size=(64, 512)) * 2)
    weights = (scores / scores.sum(axis=-1, keepdims=True)).astype(np.float32)
    largest = weights.max(axis=-1, keepdims=True)
    back = restore(quantise(weights, largest), largest)
    np.testing.assert_allclose(back.sum(axis=-1), 1, atol=0.005)
    assert ((back > 0) | (weights < 8e-6)).mean() > 0.99


def test_every_byte_comes_back_as_itself() -> None:
    """So a film that is read and saved again is the same."""
    levels = np.arange(256, dtype=np.uint8)
    assert restore(levels).dtype == np.float32
    np.testing.assert_array_equal(quantise(restore(levels)), levels)
    np.testing.assert_array_equal(quantise(restore(levels, 0.3), 0.3), levels)


@pytest.mark.parametrize("largest", [1.0, np.float32(0)])
def test_what_is_no_weight_becomes_the_nearest_byte(largest: float) -> None:
    strange = np.array([np.nan, -1.0, 0.0, np.inf, 2.0], np.float32)
    expected = [0, 0, 0, 255, 255]
    with np.errstate(all="raise"):
        assert quantise(strange, largest).tolist() == expected
