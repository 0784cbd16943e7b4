"""Codes give weights back so that what is said of them is right, whatever the weights and the words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.trace import Stack
from tests.viz.traces import paired, pieces, pronouns, stack, tokens
from viz.linked.codes import FINE, FINEST, decode, encode, find_scales


def coded(one: Stack) -> np.ndarray:
    """All layers of a stack, there and back."""
    layers = [decode(encode(layer, one), one, layer.sum(axis=-1)) for layer in one.weights]
    return np.stack(layers)


def sharp(length: int, heat: float, seed: int) -> Stack:
    """A stack whose heads are peaked (heat above 1) or spread."""
    side = tokens([f"w{i}" for i in range(length)])
    made = stack("encoder", side, side, layers=1, heads=4, seed=seed)
    weights = made.weights.astype(np.float64) ** heat
    return replace(made, weights=(weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.floats(0.1, 6), st.integers(0, 10_000))
def test_whole_percents_are_the_same_before_and_after(length: int, heat: float, seed: int) -> None:
    one = sharp(length, heat, seed)
    found, percents = coded(one), 100 * one.weights.astype(np.float64)
    assert np.abs(found - one.weights).max() <= 0.005 + 1e-6
    sure = np.abs(percents % 1 - 0.5) > 1e-3  # at a border float32 may fall to either side
    np.testing.assert_array_equal(np.rint(100 * found)[sure], np.rint(percents)[sure])


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 40), st.floats(0.1, 6), st.integers(0, 10_000))
def test_rows_keep_their_sum(length: int, heat: float, seed: int) -> None:
    one = sharp(length, heat, seed)
    found = coded(one)
    off = np.abs(found.sum(axis=-1) - 1)
    few = (encode(one.weights[0], one).codes == 1).sum(axis=-1) == 0  # nobody who could take the rest
    assert (off[0][~few] <= 0.005 * length).all()
    assert (off <= 0.005 * length + 1e-5).all()


def test_small_weights_keep_the_sum_of_a_long_row() -> None:
    row = np.full((1, 1, 200), 0.001, dtype=np.float32)
    row[..., 0] = 0.801
    one = Stack("cross", row[None], tokens(["q"]), tokens([f"w{i}" for i in range(200)]), (0,))
    assert coded(one)[0, 0, 0, 1:].sum() == pytest.approx(0.199, abs=0.005)


def test_what_is_cut_stays_exactly_nothing_and_what_is_not_stays_more() -> None:
    one = pronouns()["decoder"]
    assert ((coded(one) == 0) == (one.weights == 0)).all()


@pytest.mark.parametrize("one", [pieces()["encoder"], paired()["encoder"], pronouns()["cross"]])
def test_words_are_right_where_their_pieces_are_added_up(one: Stack) -> None:
    merged = one.by_words().weights
    found = replace(one, weights=coded(one)).by_words().weights
    assert np.abs(found - merged).max() <= 0.006


def test_cells_get_finer_with_the_largest_weight_that_is_no_special_token_s() -> None:
    side = tokens([f"w{i}" for i in range(100)], special={0})
    weights = np.full((1, 2, 100, 100), 0.002, dtype=np.float32)
    weights[..., 0] = 1 - 0.002 * 99
    weights[0, 1, 3, 5] = 0.5
    one = Stack("encoder", weights, side, side, (0,))
    scales = find_scales(weights[0], one)
    assert scales[0].min() > 1  # all that is shown is 0.2 %
    assert scales[1, 3] == 0
    assert scales.max() <= FINEST
    assert np.abs(coded(one)[0, 0, :, 1:] - 0.002).max() < 0.0002
    np.testing.assert_allclose(coded(one)[0, 0, :, 0], 0.802, atol=0.005)


def test_every_fine_width_ends_at_half_a_percent() -> None:
    for scale in range(FINEST + 1):
        border = (FINE + 0.5) / 3**scale
        assert border % 1 == pytest.approx(0.5)
