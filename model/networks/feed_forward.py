"""The feed-forward half of a layer: one network for every token, or a mixture of experts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.errors import Refusal


def check_experts(experts: int, experts_per_token: int) -> None:
    """Raises ValueError where a token cannot have so many of the experts."""
    if not 1 <= experts_per_token <= experts:
        raise Refusal(
            "The experts for each token (experts_per_token) must be between 1 and the number of experts "
            "(experts), {most}, not {count}.",
            most=experts,
            count=experts_per_token,
        )


class FeedForward(nn.Module):
    """FFN(x) = max(0, x W_1 + b_1) W_2 + b_2 (§3.3, eq. 2), for each token alone."""

    def __init__(self, d_model: int, d_ff: int) -> None:
        super().__init__()
        self.W_1 = nn.Linear(d_model, d_ff)
        self.W_2 = nn.Linear(d_ff, d_model)

    def forward(self, x: Tensor) -> Tensor:
        """(…, d_model) -> (…, d_model)"""
        y: Tensor = self.W_2(self.W_1(x).relu())
        return y


class MixtureOfExperts(nn.Module):
    """y = Σ G(x)_i E_i(x): a gate sends each token to a few of many feed-forward networks.

    Shazeer et al. 2017, "Outrageously Large Neural Networks", eq. 1: the gate keeps the k largest of
    x W_g and takes the softmax over them (eq. 3 and 5, without the noise and the balancing loss).
    With k = 1 that softmax would always be 1 and teach the gate nothing, so the chosen expert's share
    among all experts is kept instead (Fedus et al. 2022, "Switch Transformers", eq. 2).
    """

    def __init__(self, d_model: int, d_ff: int, experts: int, experts_per_token: int) -> None:
        super().__init__()
        check_experts(experts, experts_per_token)
        self.k = experts_per_token
        self.W_g = nn.Linear(d_model, experts, bias=False)
        self.experts = nn.ModuleList(FeedForward(d_model, d_ff) for _ in range(experts))

    def gate(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Each token's experts and what they count: (tokens, d_model) -> two of (tokens, k)."""
        shares, chosen = self.W_g(x).softmax(-1).topk(self.k)
        if self.k > 1:
            shares = shares / shares.sum(-1, keepdim=True)  # the softmax over the k kept ones
        return shares, chosen

    def forward(self, x: Tensor) -> Tensor:
        """(…, d_model) -> (…, d_model). Each expert works only on the tokens sent to it."""
        tokens = x.flatten(0, -2)  # (tokens, d_model)
        shares, chosen = self.gate(tokens)
        y = torch.zeros_like(tokens)
        for i, expert in enumerate(self.experts):
            token, rank = (chosen == i).nonzero(as_tuple=True)
            y = y.index_add(0, token, shares[token, rank, None] * expert(tokens[token]))
        return y.view_as(x)
