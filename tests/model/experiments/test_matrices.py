"""The experiments with attention, against NumPy and against the models that they look into."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model import load, trace
from model.capture.encode import encode
from model.experiments.matrices import (
    BASIS,
    PLANE_KEYS,
    PLANE_VALUES,
    bare,
    combination,
    count_selves,
    draw_attention,
    entering,
    find_equals,
    measure_distance,
    most_different,
    on_circle,
    on_itself,
    spread,
    widths,
)
from model.trace import Stack, Tokens
from tests.model.capture.test_recording import checkpoint
from tests.model.families import FAMILIES, OTHERS, TEXT


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """Over the last axis, as the textbook writes it."""
    grown = np.exp(scores - scores.max(-1, keepdims=True))
    return cast(NDArray[Any], grown / grown.sum(-1, keepdims=True))


@pytest.mark.parametrize("d_k", [1, 4, 64, 1024])
def test_the_spread_of_a_dot_product_is_the_root_of_its_width(d_k: int) -> None:
    found = spread(d_k, seed=1)
    assert found.dots.std() == pytest.approx(np.sqrt(d_k), rel=0.1)
    assert found.scaled.std() == pytest.approx(1, rel=0.1)
    assert found.dots.mean() == pytest.approx(0, abs=0.1 * np.sqrt(d_k))
    np.testing.assert_allclose(found.sharp, softmax(found.dots.reshape(-1, 10)), atol=1e-4)
    np.testing.assert_allclose(found.soft, softmax(found.dots.reshape(-1, 10) / np.sqrt(d_k)), atol=1e-4)


def test_the_dot_products_are_those_of_the_vectors_that_were_drawn() -> None:
    chance = np.random.default_rng(3)
    q = chance.standard_normal((20, 1, 1, 8), np.float32)[:, 0, 0]
    k = chance.standard_normal((20, 1, 10, 8), np.float32)[:, 0]
    found = spread(8, seed=3, draws=20)
    np.testing.assert_allclose(found.dots.reshape(20, 10), np.einsum("nd,nkd->nk", q, k), atol=1e-5)


def test_without_scaling_wide_keys_saturate_the_softmax() -> None:
    wide, narrow = spread(1024), spread(1)
    assert wide.sharp.max(1).mean() > 0.9
    assert wide.soft.max(1).mean() == pytest.approx(spread(64).soft.max(1).mean(), abs=0.05)
    assert wide.soft.max(1).mean() < 0.4
    np.testing.assert_array_equal(narrow.sharp, narrow.soft)


def test_another_seed_is_another_draw_and_the_same_seed_the_same() -> None:
    assert (spread(4, 0).dots == spread(4, 0).dots).all()
    assert (spread(4, 0).dots != spread(4, 1).dots).any()
    with pytest.raises(ValueError, match="at least one"):
        spread(0)


@pytest.mark.parametrize("name", FAMILIES)
def test_what_enters_is_what_the_first_attention_is_given(name: str) -> None:
    """Against a hook on the module itself, and against the table of the ids."""
    m = checkpoint(name)
    found = entering(m, TEXT)
    given: list[torch.Tensor] = []
    first = next(module for module in m.kinds if m.kinds[module] == next(iter(m.layers)))

    def hook(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given.append(args[0] if args else kwargs["hidden_states"])

    handle = first.register_forward_pre_hook(hook, with_kwargs=True)
    trace(m, TEXT)
    handle.remove()
    at_the_door = next(x for x in given if x.shape[1] == len(found.placed))
    np.testing.assert_allclose(found.placed, at_the_door[0].detach(), atol=1e-5)
    ids = encode(m, TEXT)
    table = cast(torch.nn.Embedding, m.model.get_input_embeddings()).weight[ids]
    if name != "gemma2" and name != "gemma3":  # whose table scales by itself
        np.testing.assert_allclose(found.bare, table.detach(), atol=1e-6)
    else:
        np.testing.assert_allclose(found.bare, table.detach() * 32**0.5, rtol=1e-2)


def test_a_compact_model_scales_its_vectors_and_adds_positions() -> None:
    m = load("checkpoints/pronouns")
    found = entering(m, TEXT)
    embedding = cast(Any, m.model).encoder.embedding
    ids = torch.tensor([encode(m, TEXT)])
    np.testing.assert_allclose(found.placed, embedding(ids)[0].detach(), atol=1e-5)
    waves = embedding.positions(torch.arange(ids.shape[1])).numpy()
    np.testing.assert_allclose(found.placed - found.bare, waves, atol=1e-4)


@pytest.mark.parametrize("name", OTHERS)
def test_a_model_that_gives_its_weights_only_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="weights only"):
        entering(checkpoint(name), TEXT)


def test_without_learned_weights_a_word_looks_at_itself() -> None:
    m = load("checkpoints/pronouns")
    found = bare(entering(m, TEXT).bare)
    assert on_itself(found.weights) > 0.8
    stack = trace(m, TEXT).encoder
    assert stack is not None
    assert all(on_itself(weights) < 0.4 for weights in stack.weights[0])
    assert on_itself([[0.5, 0.5], [1.0, 0.0]]) == 0.25


@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_the_value_width_changes_the_output_and_not_the_weights(
    n: int, d_k: int, d_v: int, other: int
) -> None:
    x = np.random.default_rng(n).normal(size=(n, 6))
    one, two = widths(x, d_k, d_v), widths(x, d_k, other)
    np.testing.assert_array_equal(one.head.weights, two.head.weights)
    assert (one.head.q.shape, one.head.k.shape, one.head.v.shape) == ((n, d_k), (n, d_k), (n, d_v))
    assert one.head.output.shape == (n, d_v)
    assert one.output.shape == (n, 6)
    maps = draw_attention(6, 1, 0, d_k, d_v)
    w_q, w_k, w_v, w_o = (w.weight.detach().numpy().T for w in (maps.W_Q, maps.W_K, maps.W_V, maps.W_O))
    weights = softmax((x @ w_q) @ (x @ w_k).T / np.sqrt(d_k))
    np.testing.assert_allclose(one.output, weights @ (x @ w_v) @ w_o, atol=1e-5)


@given(st.floats(-360, 360))
def test_the_projections_on_an_orthonormal_basis_add_up_to_the_vector(degrees: float) -> None:
    x = on_circle(degrees)
    assert np.linalg.norm(x) == pytest.approx(1, abs=1e-6)
    found = combination(x, BASIS, BASIS)
    assert found.error < 1e-6
    np.testing.assert_allclose(found.coefficients, BASIS @ x, atol=1e-6)
    np.testing.assert_allclose(BASIS @ BASIS.T, np.eye(2), atol=1e-6)


@given(st.floats(-360, 360))
def test_with_softmax_the_combination_is_attention(degrees: float) -> None:
    x = on_circle(degrees)
    plain, soft = (combination(x, PLANE_KEYS, PLANE_VALUES, softmax=s) for s in (False, True))
    np.testing.assert_allclose(plain.total, (PLANE_KEYS @ x) @ PLANE_VALUES, atol=1e-5)
    weights = softmax(PLANE_KEYS @ x / np.sqrt(2))
    np.testing.assert_allclose(soft.coefficients, weights, atol=1e-6)
    np.testing.assert_allclose(soft.total, weights @ PLANE_VALUES, atol=1e-5)
    np.testing.assert_allclose(soft.parts.sum(0), soft.total, atol=1e-6)
    np.testing.assert_array_equal(soft.x, x)


@given(st.integers(2, 5), st.integers(1, 6), st.integers(0, 99))
def test_heads_are_apart_by_the_total_variation_of_their_rows(heads: int, n: int, seed: int) -> None:
    weights = np.random.default_rng(seed).dirichlet(np.ones(n), size=(heads, n))
    pairs = [(a, b) for a in range(heads) for b in range(heads) if a < b]
    rows = [np.maximum(weights[a, i] - weights[b, i], 0).sum() for a, b in pairs for i in range(n)]
    assert measure_distance(weights) == pytest.approx(np.mean(rows), abs=1e-9)


def test_alike_and_nothing_in_common() -> None:
    assert measure_distance(np.stack([np.eye(3)] * 4)) == 0
    assert measure_distance(np.stack([np.eye(3), np.eye(3)[::-1]])) == pytest.approx(2 / 3)
    assert measure_distance(np.eye(3)[None]) == 0


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 99))
def test_the_pair_that_is_told_is_the_one_furthest_apart(heads: int, n: int, seed: int) -> None:
    """Against a look at every pair of every layer, by another formula."""
    weights = np.random.default_rng(seed).dirichlet(np.ones(n), size=(3, heads, n)).astype(np.float32)
    tokens = Tokens.of([f"t{i}" for i in range(n)])
    stack = Stack("encoder", weights, tokens, tokens, (0, 1, 4))
    every = {
        (layer, a, b): float(np.maximum(weights[i, a] - weights[i, b], 0).sum(-1).mean())
        for i, layer in enumerate(stack.layers)
        for a in range(heads)
        for b in range(a + 1, heads)
    }
    found = most_different([stack])
    if heads == 1:
        assert found is None
        return
    assert found is not None
    assert found.distance == pytest.approx(max(every.values()), abs=1e-6)
    assert every[found.layer, *found.heads] == pytest.approx(found.distance, abs=1e-6)
    assert found.usual == pytest.approx(np.mean(list(every.values())), abs=1e-6)
    one, other = (weights[stack.layers.index(found.layer), head] for head in found.heads)
    apart = np.maximum(one - other, 0).sum(-1)
    assert found.there == pytest.approx(apart.max(), abs=1e-6)
    assert apart[found.query] == pytest.approx(found.there, abs=1e-6)
    of_layer = most_different([stack], 4)
    assert of_layer is not None
    assert of_layer.layer == 4
    assert of_layer.distance == pytest.approx(
        max(value for (layer, _a, _b), value in every.items() if layer == 4), abs=1e-6
    )


def test_special_tokens_are_no_query_to_open_on() -> None:
    weights = np.stack([np.eye(3), np.array([[0, 1, 0], [0, 0.9, 0.1], [0, 0, 1]])])[None].astype(np.float32)
    tokens = Tokens.of(["<s>", "a", "b"], special=["<s>"])
    found = most_different([Stack("encoder", weights, tokens, tokens, (0,))])
    assert found is not None
    assert found.query == 1


def test_a_query_whose_heads_look_at_words_is_more_telling() -> None:
    one = [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    other = [[1, 0, 0], [1, 0, 0], [0, 0, 1]]  # the second looks at the special token, the third at a word
    weights = np.array([[one, other]], dtype=np.float32)
    tokens = Tokens.of(["<s>", "a", "b"], special=["<s>"])
    found = most_different([Stack("encoder", weights, tokens, tokens, (0,))])
    assert found is not None
    assert (found.query, found.there) == (2, 1)


def test_equal_vectors_are_found_and_get_equal_weights() -> None:
    x = np.random.default_rng(1).normal(size=(5, 8)).astype(np.float32)
    x[3] = x[1]
    assert find_equals(x) == [[1, 3]]
    weights = bare(x).weights
    np.testing.assert_array_equal(weights[:, 1], weights[:, 3])
    np.testing.assert_array_equal(weights[1], weights[3])
    assert count_selves(x) == sum(x[i] @ x[i] >= (x @ x[i]).max() * (1 - 1e-6) for i in range(5))
    assert count_selves([[1.0, 0.0], [3.0, 0.0]]) == 1  # a longer vector that points the same way
    m = load("checkpoints/pronouns")
    assert [0, 4] in find_equals(entering(m, TEXT_WITH_THE_TWICE).bare)


TEXT_WITH_THE_TWICE = "The animal didn't the street."
