"""What multi-head attention costs: multiplications, memory of the weights, and time on this machine."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

import torch
from torch import nn

from model.analysis.head import Ear
from model.attention import attention
from model.errors import Refusal
from model.listening import listening

FLOAT = 4  # bytes


def head_width(d_model: int, heads: int) -> int:
    """d_k = d_model / heads (Vaswani et al. 2017, §3.2.2). Raises ValueError where it is no whole number."""
    if heads < 1 or d_model < 1 or d_model % heads:
        raise Refusal(
            "{d_model} features cannot be shared evenly among {heads} heads; "
            "choose a number of heads that divides it.",
            d_model=d_model,
            heads=heads,
        )
    return d_model // heads


@dataclass(frozen=True)
class Cost:
    """Of one layer's self-attention over one text.

    projections: multiplications by W_Q, W_K, W_V and W_O; they grow with n and with the square of d_model.
    scores, mixing: of Q Kᵀ and of the weights times V; they grow with n².
    memory: bytes of all heads' weights, heads · n² numbers.
    """

    projections: int
    scores: int
    mixing: int
    memory: int

    @property
    def multiplications(self) -> int:
        return self.projections + self.scores + self.mixing


def cost(n: int, d_model: int, heads: int) -> Cost:
    """The cost for n tokens with head_width(d_model, heads) features a head. Raises ValueError as it does."""
    width = head_width(d_model, heads)
    return Cost(
        projections=4 * n * d_model * heads * width,
        scores=heads * n * n * width,
        mixing=heads * n * n * width,
        memory=heads * n * n * FLOAT,
    )


@torch.no_grad()
def seconds(n: int, d_model: int, heads: int, runs: int = 3) -> float:
    """How long the attention function takes here for n random tokens, its weights written down.

    The median of some runs, after one that does not count. Raises ValueError as head_width does.
    """
    chance = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(1, heads, n, head_width(d_model, heads), generator=chance) for _ in range(3))
    module, times = nn.Identity(), []
    for _ in range(runs + 1):
        with listening(Ear()):
            start = time.perf_counter()
            attention(module, q, k, v)
            times.append(time.perf_counter() - start)
    return median(times[1:])
