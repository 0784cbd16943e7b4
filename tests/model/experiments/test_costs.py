"""The costs of attention, against PyTorch's own count of what it computes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from model.analysis.head import Ear
from model.experiments.costs import cost, head_width, seconds
from model.listening import listening
from model.networks.transformer import MultiHeadAttention


@settings(max_examples=20)
@given(st.integers(1, 40), st.sampled_from([1, 2, 4, 8]), st.integers(1, 8))
def test_the_multiplications_are_those_that_pytorch_counts(n: int, heads: int, width: int) -> None:
    d_model = heads * width
    layer, ear = MultiHeadAttention(d_model, heads), Ear()
    with FlopCounterMode(display=False) as counter, listening(ear), torch.no_grad():
        layer(torch.randn(1, n, d_model))
    found = cost(n, d_model, heads)
    assert 2 * found.multiplications == counter.get_total_flops()  # a multiplication and an addition each
    assert found.memory == ear.heard[0].weights.numel() * ear.heard[0].weights.element_size()


def test_more_heads_cost_more_memory_and_no_more_multiplications() -> None:
    one, eight = cost(100, 512, 1), cost(100, 512, 8)
    assert one.multiplications == eight.multiplications
    assert 8 * one.memory == eight.memory


def test_twice_the_length_is_four_times_the_pairs() -> None:
    short, long = cost(64, 128, 4), cost(128, 128, 4)
    assert (long.scores, long.mixing, long.memory) == (4 * short.scores, 4 * short.mixing, 4 * short.memory)
    assert long.projections == 2 * short.projections


def test_heads_must_divide_the_width() -> None:
    assert head_width(512, 8) == 64
    for d_model, heads in ((512, 7), (512, 0), (0, 1), (4, 8)):
        with pytest.raises(ValueError, match="cannot be shared evenly"):
            head_width(d_model, heads)


def test_time_is_taken() -> None:
    assert 0 < seconds(16, 32, 4) < 10
