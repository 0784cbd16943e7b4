"""Feed-forward and mixture of experts against naive loops over the tokens."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from model.networks.feed_forward import FeedForward, MixtureOfExperts


def test_feed_forward_is_equation_2() -> None:
    ffn = FeedForward(6, 10)
    x = torch.randn(2, 3, 6)
    hidden = torch.clamp(x @ ffn.W_1.weight.T + ffn.W_1.bias, min=0)
    torch.testing.assert_close(ffn(x), hidden @ ffn.W_2.weight.T + ffn.W_2.bias)


def one_by_one(moe: MixtureOfExperts, x: Tensor) -> Tensor:
    """Shazeer et al. 2017, eq. 1, 3 and 5, token by token; for k = 1 Fedus et al. 2022, eq. 2."""
    y = torch.zeros_like(x)
    for where in torch.cartesian_prod(*[torch.arange(n) for n in x.shape[:-1]]).view(-1, x.dim() - 1):
        token = x[tuple(where)]
        logits = moe.W_g.weight @ token
        kept = sorted(range(len(logits)), key=lambda i: -logits[i].item())[: moe.k]
        among = kept if moe.k > 1 else range(len(logits))
        for i in kept:
            gate = logits[i].exp() / sum(logits[j].exp() for j in among)
            y[tuple(where)] += gate * moe.experts[i](token)
    return y


@given(st.integers(1, 5), st.data(), st.integers(0, 1000))
def test_mixture_is_its_sum_over_the_chosen_experts(experts: int, data: st.DataObject, seed: int) -> None:
    k = data.draw(st.integers(1, experts))
    torch.manual_seed(seed)
    moe = MixtureOfExperts(4, 6, experts, k)
    x = torch.randn(2, 3, 4)
    with torch.no_grad():
        torch.testing.assert_close(moe(x), one_by_one(moe, x))


@pytest.mark.parametrize("k", [1, 2, 4])
def test_gate_and_experts_all_learn(k: int) -> None:
    torch.manual_seed(0)
    moe = MixtureOfExperts(4, 6, 4, k)
    moe(torch.randn(64, 4)).square().sum().backward()
    for name, parameter in moe.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_an_impossible_choice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the number of experts \(experts\), 2, not 3"):
        MixtureOfExperts(4, 6, 2, 3)
    with pytest.raises(ValueError, match="not 0"):
        MixtureOfExperts(4, 6, 2, 0)
