"""One head taken apart, against PyTorch's attention and against the pass that it was taken from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812

from model import load, trace
from model.analysis.head import attend, head
from model.trace import Trace
from tests.model.capture.test_recording import checkpoint
from tests.model.families import TEXT


@given(st.integers(1, 6), st.integers(1, 7), st.integers(1, 9), st.integers(1, 5), st.integers(0, 99))
def test_one_call_is_pytorchs(queries: int, keys: int, d_k: int, d_v: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    q, k, v = (chance.normal(size=size) for size in ((queries, d_k), (keys, d_k), (keys, d_v)))
    mask = chance.random((queries, keys)) < 0.7
    mask[:, 0] = True
    found = attend(q, k, v, mask)
    query, key, value = (torch.tensor(x, dtype=torch.float32) for x in (q, k, v))
    expected = F.scaled_dot_product_attention(query, key, value, torch.from_numpy(mask))
    np.testing.assert_allclose(found.output, expected, atol=1e-5)
    np.testing.assert_allclose(found.dots, q @ k.T, atol=1e-4)
    np.testing.assert_allclose(found.scores, q @ k.T / np.sqrt(d_k), atol=1e-4)
    np.testing.assert_allclose(found.weights.sum(-1), 1, atol=1e-5)
    assert (found.weights[~mask] == 0).all()
    for i in range(queries):
        np.testing.assert_allclose(found.weigh_values(i).sum(0), found.output[i], atol=1e-5)
    assert found.is_scaled_only


@pytest.fixture(scope="module")
def recorded() -> Trace:
    text = "The animal didn't cross the street because it was too tired."
    return trace(load("checkpoints/pronouns"), text, record=("scores", "qkv", "output"))


@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
def test_a_head_of_a_pass_is_what_one_call_on_its_matrices_gives(recorded: Trace, kind: str) -> None:
    stack = recorded[kind]  # type: ignore[index]
    for layer in stack.layers:
        for number in range(stack.heads):
            of_pass = head(stack, layer, number)
            alone = attend(of_pass.q, of_pass.k, of_pass.v, of_pass.mask)
            for name in ("dots", "scores", "weights", "output"):
                np.testing.assert_allclose(getattr(of_pass, name), getattr(alone, name), atol=1e-5)
            assert of_pass.is_scaled_only


def test_a_position_bias_is_told_apart_from_the_scaling() -> None:
    stack = trace(checkpoint("t5"), TEXT, record=("scores", "qkv", "output")).encoder
    assert stack is not None
    found = head(stack, 0, 0)
    assert found.scaling == 1
    assert not found.is_scaled_only


def test_what_was_not_recorded_cannot_be_taken_apart(recorded: Trace) -> None:
    stack = trace(load("checkpoints/pronouns"), "The dog was tired.").encoder
    assert stack is not None
    assert recorded.encoder is not None
    with pytest.raises(ValueError, match="More must be recorded"):
        head(stack, 0, 0)
    for layer, number in ((2, 0), (0, 4), (-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="There is no head"):
            head(recorded.encoder, layer, number)


@pytest.mark.parametrize(
    "shapes", [((2, 3), (4, 2), (4, 3)), ((2, 3), (4, 3), (5, 3)), ((3,), (4, 3), (4, 3))]
)
def test_matrices_must_fit(shapes: tuple[tuple[int, ...], ...]) -> None:
    q, k, v = (np.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match="q must be"):
        attend(q, k, v)


def test_what_q_and_k_agree_on_adds_up(recorded: Trace) -> None:
    assert recorded.encoder is not None
    found = head(recorded.encoder, 1, 2)
    for i in range(len(found.q)):
        np.testing.assert_allclose(found.products(i).sum(-1), found.dots[i], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.added, 0, atol=1e-4)


def test_what_the_model_adds_to_the_scores_is_its_position_bias() -> None:
    m = checkpoint("t5")
    stack = trace(m, TEXT, record=("scores", "qkv", "output")).encoder
    assert stack is not None
    table = m.model.encoder.block[0].layer[0].SelfAttention  # type: ignore[union-attr, index]
    bias = table.compute_bias(len(stack.queries), len(stack.keys))[0].detach().numpy()
    for layer in stack.layers:  # T5 makes it once and adds it in every layer
        for number in range(stack.heads):
            np.testing.assert_allclose(head(stack, layer, number).added, bias[number], atol=1e-4)
