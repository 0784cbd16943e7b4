"""Dropout: how much is dropped, what becomes of the rest, and that nothing follows from its neighbour."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from model.networks.dropout import Dropout


@settings(max_examples=30)
@given(
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=3), p=st.sampled_from([0.1, 0.5, 0.9, 1 - 1e-9])
)
def test_a_number_is_dropped_or_divided_by_the_share_that_is_kept(shape: list[int], p: float) -> None:
    x = torch.rand(shape) + 1
    y = Dropout(p)(x)
    assert y.shape == x.shape
    kept = y != 0
    torch.testing.assert_close(y[kept], x[kept] / (1 - p))


@pytest.mark.parametrize("p", [0.05, 0.1, 0.3, 0.5])
def test_the_share_is_p_and_neighbours_are_independent(p: float) -> None:
    torch.manual_seed(0)
    dropped = (Dropout(p)(torch.ones(400_000)) == 0).double()
    assert dropped.mean() == pytest.approx(p, abs=0.003)
    for apart in (1, 2, 3, 4, 5, 8):
        pairs = torch.stack([dropped[:-apart], dropped[apart:]])
        assert abs(float(torch.corrcoef(pairs)[0, 1])) < 0.01


def test_the_gradient_goes_where_the_numbers_went() -> None:
    x = torch.rand(5, 7, requires_grad=True)
    y = Dropout(0.4)(x)
    y.sum().backward()
    torch.testing.assert_close(x.grad, (y / x).detach())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_precision_stays(dtype: torch.dtype) -> None:
    assert Dropout(0.3)(torch.ones(9, dtype=dtype)).dtype == dtype


def test_the_seed_decides() -> None:
    layer, x = Dropout(0.5), torch.ones(1000)
    torch.manual_seed(3)
    first, second = layer(x), layer(x)
    torch.manual_seed(3)
    assert torch.equal(layer(x), first)
    assert not torch.equal(first, second)


def test_nothing_is_dropped_where_nothing_is_learned() -> None:
    x = torch.ones(100)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x
    assert isinstance(Dropout(0.5), nn.Dropout)  # so that whoever looks for dropout finds it
