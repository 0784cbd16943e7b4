"""Telling a Transformer the order of its tokens: sinusoids, learned vectors, rotation, linear biases.

Sinusoids and learned vectors are added to the embeddings. Rotation and linear biases act inside
self-attention, where only the distance between query and key counts.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from model.errors import Refusal
from model.networks import masks

Scheme = Literal["sinusoidal", "learned", "rotary", "alibi", "none"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)


def sinusoids(places: Tensor, d_model: int) -> Tensor:
    """Sines and cosines of wavelengths from 2π to 10000·2π (§3.5): places (…) -> (…, d_model).

    PE(pos, 2i) = sin(pos / 10000^(2i/d_model)), PE(pos, 2i+1) = cos(the same angle).
    """
    even = torch.arange(0, d_model, 2, device=places.device)  # 2i
    angles = places[..., None] * torch.exp(even * (-math.log(10000.0) / d_model))
    pairs = torch.stack([angles.sin(), angles.cos()], dim=-1)  # (…, d_model / 2, 2)
    return pairs.flatten(-2)[..., :d_model]


class Sinusoidal(nn.Module):
    """The paper's sinusoids, for texts of any length."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.d_model = d_model

    def forward(self, places: Tensor, before: int = 0) -> Tensor:
        return sinusoids(places, self.d_model)


class Learned(nn.Module):
    """One learned vector for each place (§3.5, table 3 row E). Raises ValueError past the last one.

    before: how many tokens of the text stand before those whose places are given.
    """

    def __init__(self, max_positions: int, d_model: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(max_positions, d_model))

    def forward(self, places: Tensor, before: int = 0) -> Tensor:
        count = before + places.shape[-1]
        if count > len(self.vectors):
            raise Refusal(
                "A text has {count} tokens, but this model has learned {most} positions (max_positions). "
                "Shorten the text, or have a model learn more positions.",
                count=count,
                most=len(self.vectors),
            )
        return self.vectors[places]


def check_rotary(d_k: int) -> None:
    """Raises ValueError for an odd d_k."""
    if d_k % 2:
        raise Refusal(
            "Rotary positions turn pairs of features, so the width of a key (d_k) must be even, not {width}.",
            width=d_k,
        )


def rotary(places: Tensor, d_k: int, base: float = 10000.0) -> tuple[Tensor, Tensor]:
    """The angles of rotary positions as (cos, sin), each (…, d_k), for places (…).

    Su et al. 2021, "RoFormer", eq. 15: pair i of a query or key turns by place · base^(-2i/d_k).
    Feature i is paired with i + d_k/2, as in GPT-NeoX and Llama. Raises ValueError for an odd d_k.
    """
    check_rotary(d_k)
    even = torch.arange(0, d_k, 2, device=places.device)
    angles = places[..., None] * base ** (-even / d_k)  # (…, d_k / 2)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn queries or keys by their places' angles: x (…, length, d_k), cos and sin (length, d_k).

    A turned query times a turned key depends on the distance between them, and on no place.
    """
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


def alibi_slopes(num_heads: int) -> Tensor:
    """How steeply each head's attention falls with distance: (heads,).

    Press et al. 2022, "Train Short, Test Long", §3: for n heads, a power of 2, the geometric series
    that starts at 2^(-8/n) with this same ratio. For other n, as in the authors' code: the slopes of
    the power of 2 below n, then every other slope of the power of 2 above.
    """
    power = 2 ** math.floor(math.log2(num_heads))
    slopes = [2 ** (-8 * i / power) for i in range(1, power + 1)]
    between = [2 ** (-4 * i / power) for i in range(1, 2 * power + 1, 2)]
    return torch.tensor((slopes + between)[:num_heads])


def alibi(num_heads: int, length: int, device: torch.device | None = None, begin: int = 0) -> Tensor:
    """Linear biases added to the scores: -slope · |i - j|, (heads, queries, keys); see `masks` for begin.

    Press et al. 2022 look back only; here the biases fall alike to both sides, and a decoder's causal mask
    leaves their half. An encoder with nothing else cannot tell a text from its mirror image.
    """
    return -alibi_slopes(num_heads).to(device)[:, None, None] * masks.distance(length, device, begin)
