"""How positions are encoded, against the papers' formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from transformers import RoFormerConfig, RoFormerForMaskedLM

from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.experiments.position_curves import (
    PositionScheme,
    bias_weights,
    by_distance,
    by_position_alone,
    learned_table,
    meetings,
    multiply_rotated,
    scheme_of,
    slopes,
    table,
    wavelengths,
    width_of,
)
from tests.model.experiments.test_order_invariance import compact
from tests.model.families import build, tokenizer
from tests.model.translators import translator

WIDE: list[PositionScheme] = ["sinusoidal", "rotary", "alibi"]


def checkpoint(name: str) -> Checkpoint:
    return prepare(build(name), tokenizer(), name)


@given(st.integers(1, 30), st.integers(1, 12))
def test_sinusoids_turn_as_the_paper_says(count: int, half: int) -> None:
    told = table("sinusoidal", count, 2 * half)
    assert told.shape == (count, 2 * half)
    lengths = wavelengths("sinusoidal", 2 * half)
    expected = [2 * math.pi * 10000 ** (2 * i / (2 * half)) for i in range(half)]
    np.testing.assert_allclose(lengths, expected, rtol=1e-4)
    places = np.arange(count)
    for i, length in enumerate(lengths):
        np.testing.assert_allclose(told[:, 2 * i], np.sin(2 * math.pi * places / length), atol=2e-3)
    np.testing.assert_allclose(wavelengths("rotary", 2 * half), expected, rtol=1e-4)


def test_the_longest_wavelength_is_almost_10000_times_2_pi() -> None:
    lengths = wavelengths("sinusoidal", 512)
    assert lengths[0] == pytest.approx(2 * math.pi)
    assert 0.9 < lengths[-1] / (10000 * 2 * math.pi) < 1
    with pytest.raises(ValueError, match="no wavelengths"):
        wavelengths("learned", 8)


@given(st.integers(2, 20), st.integers(1, 8))
def test_sinusoids_meet_by_distance_alone(count: int, half: int) -> None:
    """p_i · p_j = Σ cos((i - j) · ω): nothing else is in it."""
    found = by_distance(meetings("sinusoidal", table("sinusoidal", count, 2 * half)))
    omega = 2 * math.pi / wavelengths("sinusoidal", 2 * half)
    expected = [np.cos(d * omega).sum() for d in found.distances]
    np.testing.assert_allclose(found.mean, expected, atol=2e-3)
    np.testing.assert_allclose(found.most, found.least, atol=2e-3)
    assert found.distances.tolist() == list(range(1 - count, count))


def test_learned_positions_meet_by_more_than_distance() -> None:
    told = table("learned", 12, 8)
    assert told.shape == (12, 8)
    found = by_distance(meetings("learned", told))
    for place, d in enumerate(found.distances):
        pairs = [told[i] @ told[j] for i in range(12) for j in range(12) if j - i == d]
        assert found.mean[place] == pytest.approx(np.mean(pairs), abs=1e-5)
        assert (found.least[place], found.most[place]) == pytest.approx((min(pairs), max(pairs)), abs=1e-5)
    assert (found.most - found.least).max() > 1


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 500), st.integers(1, 16))
def test_turned_vectors_meet_by_distance_alone(query: int, key: int, shift: int, half: int) -> None:
    here, there = (
        multiply_rotated(2 * half, query, key),
        multiply_rotated(2 * half, query + shift, key + shift),
    )
    assert here == pytest.approx(there, abs=1e-3)
    pairs = complex_pairs(2 * half)
    omega = 10000 ** (-np.arange(half) / half)
    expected = (pairs[0] * np.conj(pairs[1]) * np.exp(1j * (query - key) * omega)).real.sum()
    assert here == pytest.approx(expected, abs=1e-3)


def complex_pairs(width: int) -> list[NDArray[np.complex128]]:
    """The same q and k, each pair of features as one complex number."""
    generator = torch.Generator().manual_seed(2)
    q, k = torch.randn(2, width, generator=generator, dtype=torch.float64).numpy()
    return [x[: width // 2] + 1j * x[width // 2 :] for x in (q, k)]


def test_turned_vectors_in_a_matrix() -> None:
    told = table("rotary", 9, 8)
    matrix = meetings("rotary", told)
    assert matrix.shape == (9, 9)
    assert matrix[7, 2] == pytest.approx(multiply_rotated(8, 7, 2))
    found = by_distance(matrix)
    np.testing.assert_allclose(found.least, found.most, atol=1e-5)
    angles = np.arange(9)[:, None] * 10000 ** (-np.arange(4) / 4)
    np.testing.assert_allclose(told, np.cos(np.concatenate([angles, angles], axis=1)), atol=1e-5)


def test_linear_biases() -> None:
    told = table("alibi", 6, 8)
    np.testing.assert_allclose(told, [[-d / 2 ** (h + 1) for h in range(8)] for d in range(6)])
    np.testing.assert_allclose(slopes(8), [2.0 ** -(h + 1) for h in range(8)])
    light = bias_weights(told)
    np.testing.assert_allclose(light, np.exp(told) / np.exp(told).sum(0), atol=1e-6)
    with pytest.raises(ValueError, match="belong to a head"):
        meetings("alibi", told)


@pytest.mark.parametrize(
    ("name", "scheme", "first"),
    [("bert", "learned", 0), ("gpt2", "learned", 0), ("roberta", "learned", 1), ("bart", "learned", 2)],
)
def test_the_table_of_a_model(name: str, scheme: str, first: int) -> None:
    m = checkpoint(name)
    assert scheme_of(m) == scheme
    own = learned_table(m)
    assert own is not None
    whole = next(
        module.weight for path, module in m.model.named_modules() if path.rpartition(".")[2]
        in ("position_embeddings", "wpe", "embed_positions")
    )  # fmt: skip
    np.testing.assert_array_equal(own, whole.detach().numpy()[first:])
    np.testing.assert_array_equal(table("learned", 5, 99, m), own[:5])
    assert width_of(m, "learned") == own.shape[1] == 32


def test_the_scheme_of_a_model() -> None:
    assert scheme_of(translator("pronouns")) == "sinusoidal"
    assert [width_of(translator("pronouns"), s) for s in WIDE] == [128, 32, 4]
    for scheme in ("learned", "rotary", "alibi"):
        m = compact(scheme, "b")
        assert scheme_of(m) == scheme
        assert (learned_table(m) is None) == (scheme != "learned")
    assert scheme_of(compact("none", "e")) is None
    assert scheme_of(checkpoint("llama")) == "rotary"
    assert width_of(checkpoint("llama"), "rotary") == 8
    assert scheme_of(checkpoint("t5")) is None


def test_sinusoids_that_a_model_keeps_as_a_table_are_not_learned() -> None:
    marian = checkpoint("marian")
    assert scheme_of(marian) == "sinusoidal"
    assert learned_table(marian) is None
    sizes: Any = {
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "intermediate_size": 40,
    }
    common: Any = {"vocab_size": 300, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
    model = RoFormerForMaskedLM(RoFormerConfig(**common, **sizes)).eval()
    roformer = prepare(model, tokenizer(), "roformer")
    assert scheme_of(roformer) == "rotary"
    assert width_of(roformer, "rotary") == 8
    assert learned_table(roformer) is None


@pytest.mark.parametrize("stack", ["e", "d", "b"])
def test_by_position_alone_is_attention_over_nothing_but_positions(stack: str) -> None:
    """The first layer's own attention, run on the table in place of a text."""
    m = compact("learned", stack)
    half: Any = m.model.decoder if stack == "d" else m.model.encoder
    told = half.embedding.positions.vectors[:, None]  # (positions, 1, d_model): each looked at by itself
    attention = half.layers[0].self_attention
    q, k = (
        matrix(told.transpose(0, 1)).detach().double().numpy()[0] for matrix in (attention.W_Q, attention.W_K)
    )
    found = by_position_alone(m)
    assert found
    part = slice(found.head * attention.d_k, (found.head + 1) * attention.d_k)
    scores = q[:, part] @ k[:, part].T / np.sqrt(attention.d_k)
    if stack == "d":
        scores[np.triu_indices(len(scores), 1)] = -np.inf
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    np.testing.assert_allclose(found.weights, raised / raised.sum(-1, keepdims=True), atol=1e-5)
    assert found.decided(1, 9) == pytest.approx(np.max(found.weights[1:9], axis=1).mean(), abs=1e-6)


@pytest.mark.parametrize("scheme", ["sinusoidal", "rotary", "alibi", "none"])
def test_what_learned_no_positions_looks_at_nothing_by_them(scheme: str) -> None:
    assert by_position_alone(compact(scheme, "e")) is None
    assert by_position_alone(checkpoint("gpt2")) is None  # whose first layer reads a norm of the sum
