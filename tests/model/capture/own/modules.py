"""Small modules of one's own, and their attention by formulas that share no code with what is tested."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch

from model.attention import attention

WIDTH, HEADS = 16, 4


def texts(count: int, first: str = "t") -> list[str]:
    return [f"{first}{i}" for i in range(count)]


def hooks(module: nn.Module) -> int:
    return sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in module.modules())


def softmax(scores: NDArray[Any], allowed: NDArray[np.bool_] | None = None) -> NDArray[Any]:
    """By exponentials, in float64; 0 where nothing is allowed."""
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    powers = powers if allowed is None else np.where(allowed, powers, 0)
    total = powers.sum(-1, keepdims=True)
    return powers / np.where(total == 0, 1, total)


def expected(
    q: NDArray[Any], k: NDArray[Any], allowed: NDArray[np.bool_] | None = None, scale: float | None = None
) -> NDArray[Any]:
    """softmax(q kᵀ / √d), of arrays (…, tokens, d)."""
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    return softmax(np.einsum("...qd,...kd->...qk", q, k) * scale, allowed)


def heads_of(x: Tensor, linear: nn.Linear, heads: int) -> NDArray[Any]:
    """(batch, heads, tokens, d) in float64, by NumPy."""
    weight, bias = linear.weight.detach().double().numpy(), linear.bias.detach().double().numpy()
    made = x.detach().double().numpy() @ weight.T + bias
    return made.reshape(*made.shape[:2], heads, -1).transpose(0, 2, 1, 3)


class SelfAttention(nn.Module):
    """Queries, keys and values of a text, in one of the ways in which people write it.

    way: "kernel", "function", "softmax", "einsum", "flat" (batch and heads in one axis).
    """

    def __init__(
        self,
        way: str = "kernel",
        causal: bool = True,
        heads: int = HEADS,
        kv_heads: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.way, self.causal, self.heads, self.kv_heads = way, causal, heads, kv_heads or heads
        self.q = nn.Linear(WIDTH, WIDTH)
        self.k, self.v = (nn.Linear(WIDTH, WIDTH * self.kv_heads // heads) for _ in range(2))
        self.out, self.drop = nn.Linear(WIDTH, WIDTH), nn.Dropout(dropout)

    def split(self, x: Tensor, linear: nn.Linear, heads: int) -> Tensor:
        made: Tensor = linear(x)
        return made.unflatten(-1, (heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        q = self.split(x, self.q, self.heads)
        k, v = (self.split(x, one, self.kv_heads) for one in (self.k, self.v))
        made = getattr(self, f"by_{self.way}")(q, k, v, mask)
        joined: Tensor = self.out(made.transpose(1, 2).flatten(2))
        return joined

    def by_kernel(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        causal = self.causal and mask is None
        grouped = self.kv_heads != self.heads
        dropped = self.drop.p if self.training else 0.0
        return F.scaled_dot_product_attention(q, k, v, mask, dropped, causal, enable_gqa=grouped)

    def by_function(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        dropped = self.drop.p if self.training else 0.0
        causal = self.causal and mask is None
        return attention(self, q, k, v, mask, dropout=dropped, is_causal=causal)[0].transpose(1, 2)

    def scores(self, q: Tensor, k: Tensor, mask: Tensor | None) -> Tensor:
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        ahead = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(ahead, -math.inf) if self.causal else scores
        return scores if mask is None else scores.masked_fill(~mask, -1e9)

    def by_softmax(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        return self.drop(F.softmax(self.scores(q, k, mask), dim=-1)) @ v

    def by_einsum(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        weights = self.drop(self.scores(q, k, mask).softmax(3))
        return torch.einsum("bhqk, bhkd -> bhqd", weights, v)

    def by_flat(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        one, other, third = (x.flatten(0, 1) for x in (q, k, v))
        made = F.scaled_dot_product_attention(one, other, third, mask, is_causal=self.causal)
        return made.unflatten(0, q.shape[:2])


class Block(nn.Module):
    def __init__(self, way: str = "kernel", **options: Any) -> None:
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(WIDTH), SelfAttention(way, **options)
        self.mlp = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 32), nn.GELU(), nn.Linear(32, WIDTH))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + self.attention(self.norm(x), mask)
        made: Tensor = x + self.mlp(x)
        return made


class Stack(nn.Module):
    """Some blocks, one after another, in eval mode."""

    def __init__(self, way: str = "kernel", depth: int = 2, seed: int = 0, **options: Any) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.blocks = nn.ModuleList(Block(way, **options) for _ in range(depth))
        self.eval()

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        for block in self.blocks:
            x = block(x, mask)
        return x

    @torch.no_grad()
    def weights(self, x: Tensor, allowed: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """(layers, batch, heads, queries, keys), by formula. allowed: who may look at whom, else the past."""
        found = []
        for block in self.blocks:
            assert isinstance(block, Block)
            one, y = block.attention, block.norm(x)
            q, k = heads_of(y, one.q, one.heads), heads_of(y, one.k, one.kv_heads)
            k = np.repeat(k, one.heads // one.kv_heads, 1)
            past = np.tri(q.shape[2], dtype=bool) if one.causal else None
            found.append(expected(q, k, past if allowed is None else allowed))
            x = block(x, None if allowed is None else torch.from_numpy(allowed))
        return np.stack(found)


def vectors(tokens: int = 5, batch: int = 1, seed: int = 0) -> Tensor:
    return torch.randn(batch, tokens, WIDTH, generator=torch.Generator().manual_seed(seed))
