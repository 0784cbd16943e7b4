"""Positions against the papers' formulas and against transformers."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LlamaConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb
from transformers.models.mpt.modeling_mpt import build_mpt_alibi_tensor

from model.networks import masks, positions


@given(st.integers(1, 40), st.integers(1, 17))
def test_sinusoids_are_the_papers_formula(length: int, d_model: int) -> None:
    expected = torch.tensor(
        [
            [
                math.cos(pos / 10000 ** ((i - 1) / d_model))
                if i % 2
                else math.sin(pos / 10000 ** (i / d_model))
                for i in range(d_model)
            ]
            for pos in range(length)
        ]
    )
    torch.testing.assert_close(
        positions.sinusoids(torch.arange(length), d_model), expected, atol=1e-5, rtol=0
    )


def test_sinusoids_have_no_longest_text_and_take_places_in_batches() -> None:
    places = torch.tensor([[0, 5], [90_000, 7]])
    table = positions.Sinusoidal(8)(places)
    assert table.shape == (2, 2, 8)
    torch.testing.assert_close(table[1, 1], positions.sinusoids(torch.tensor(7), 8))


def test_learned_positions_end_with_a_plain_sentence() -> None:
    learned = positions.Learned(4, 8)
    torch.testing.assert_close(learned(torch.tensor([3, 0])), learned.vectors[[3, 0]])
    with pytest.raises(ValueError, match="5 tokens, but this model has learned 4 positions"):
        learned(torch.arange(5))
    torch.testing.assert_close(learned(torch.tensor([3]), 3), learned.vectors[[3]])
    with pytest.raises(ValueError, match="5 tokens, but this model has learned 4 positions"):
        learned(torch.tensor([3]), 4)  # a text with padding: places count the tokens, the limit counts all


def test_rotary_is_llamas() -> None:
    q, k = torch.randn(2, 2, 3, 7, 16)  # each (batch, heads, length, d_k)
    places = torch.arange(7)
    llama = LlamaRotaryEmbedding(LlamaConfig(hidden_size=32, num_attention_heads=2))
    theirs = apply_rotary_pos_emb(q, k, *llama(q, places[None]))
    cos, sin = positions.rotary(places, 16)
    torch.testing.assert_close(positions.rotate(q, cos, sin), theirs[0])
    torch.testing.assert_close(positions.rotate(k, cos, sin), theirs[1])


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 200), st.integers(1, 12))
def test_rotary_scores_depend_only_on_the_distance(i: int, j: int, shift: int, half: int) -> None:
    generator = torch.Generator().manual_seed(i + 51 * j)
    q, k = torch.randn(2, 1, 2 * half, generator=generator, dtype=torch.float64)

    def score(i: int, j: int) -> torch.Tensor:
        places = torch.tensor([i, j], dtype=torch.float64)
        cos, sin = positions.rotary(places, 2 * half)
        return positions.rotate(q, cos[:1], sin[:1]) @ positions.rotate(k, cos[1:], sin[1:]).T

    torch.testing.assert_close(score(i, j), score(i + shift, j + shift))


def test_rotary_turns_lengths_into_nothing_else() -> None:
    x = torch.randn(5, 8)
    turned = positions.rotate(x, *positions.rotary(torch.arange(5), 8))
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1))
    torch.testing.assert_close(turned[0], x[0])
    with pytest.raises(ValueError, match="even, not 5"):
        positions.rotary(torch.arange(3), 5)


@pytest.mark.parametrize("heads", range(1, 21))
def test_alibi_is_blooms_and_mpts(heads: int) -> None:
    ours = positions.alibi(heads, 6)
    visible = masks.causal(6)
    scores = torch.randn(heads, 6, 6)

    def weights(bias: torch.Tensor) -> torch.Tensor:
        return (scores + bias).masked_fill(~visible, -math.inf).softmax(-1)

    # Theirs differ from the paper's bias by a constant in each row, which the softmax takes out.
    bloom = build_alibi_tensor(torch.ones(1, 6), heads, torch.float32)
    torch.testing.assert_close(weights(ours), weights(bloom))
    torch.testing.assert_close(weights(ours), weights(build_mpt_alibi_tensor(heads, 6)))


def test_alibi_is_the_papers() -> None:
    # Press et al. 2022, §3: for 8 heads the slopes are 1/2, 1/4, …, 1/256.
    assert positions.alibi_slopes(8).tolist() == [2.0**-i for i in range(1, 9)]
    assert torch.equal(positions.alibi(8, 5, begin=3), positions.alibi(8, 5)[:, 3:])
    bias = positions.alibi(8, 5)
    for i in range(5):
        for j in range(5):
            assert bias[2, i, j] == -abs(i - j) / 8
