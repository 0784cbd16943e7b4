"""Experiments with attention on matrices of one's own: each changes one thing, and everything is counted.

What is random comes from a seed, so that the same experiment gives the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from model.analysis.head import Ear, Head, Matrix, attend, call, of
from model.attention import Seen, listening
from model.capture.checkpoint import Checkpoint
from model.capture.checks import check_size, check_vectors
from model.capture.encode import encode, name_tokens, readable, start_token
from model.capture.forward import Row, forward
from model.capture.observers import Linear, Observer, Place
from model.experiments.costs import head_width
from model.networks.transformer import Embedding, MultiHeadAttention

DRAWS, KEYS = 500, 10  # of the experiment on the variance


@dataclass(frozen=True, eq=False)
class Spread:
    """Queries and keys with features of N(0, 1), and what √d_k does to them.

    dots, scaled: float32 (draws · keys,), q·k, and q·k / √d_k.
    sharp, soft: (draws, keys), the softmax of each; a row is one query among its own keys.
    """

    d_k: int
    dots: Matrix
    scaled: Matrix
    sharp: Matrix
    soft: Matrix

    @property
    def deviation(self) -> float:
        """The standard deviation of q·k."""
        return float(self.dots.std())

    @property
    def deviation_scaled(self) -> float:
        """The standard deviation of q·k / √d_k."""
        return float(self.scaled.std())

    @property
    def largest_sharp(self) -> float:
        """How much the softmax of q·k gives to its largest on average."""
        return float(self.sharp.max(axis=1).mean())

    @property
    def largest_soft(self) -> float:
        """How much the softmax of q·k / √d_k gives to its largest on average."""
        return float(self.soft.max(axis=1).mean())


def spread(d_k: int, seed: int = 0, draws: int = DRAWS, keys: int = KEYS) -> Spread:
    """Random queries, each with keys of its own, through the attention function with √d_k and without.

    q·k is a sum of d_k products with mean 0 and variance 1 each, so its variance is d_k (Vaswani et al. 2017,
    footnote 4). Raises ValueError for a width below 1.
    """
    if d_k < 1:
        raise ValueError(f"A key has at least one feature, not {d_k}.")
    chance = np.random.default_rng(seed)
    q = chance.standard_normal((draws, 1, 1, d_k), np.float32)
    k = chance.standard_normal((draws, 1, keys, d_k), np.float32)
    v = np.zeros((draws, 1, keys, 1), np.float32)
    sharp, soft = call(q, k, v, None, 1.0), call(q, k, v, None, None)
    return Spread(
        d_k,
        cast(Tensor, sharp.scores).flatten().numpy(),
        cast(Tensor, soft.scores).flatten().numpy(),
        sharp.weights[:, 0, 0].numpy(),
        soft.weights[:, 0, 0].numpy(),
    )


@dataclass(frozen=True, eq=False)
class Entering:
    """What enters the first layer's attention. bare, placed: float32 (tokens, d_model).

    bare: the token vectors as the model's first table has them (times √d_model in a compact model), without
    positions. placed: what the first attention really reads, with positions and norm where the model has
    them there.
    """

    bare: Matrix
    placed: Matrix


@torch.no_grad()
def entering(m: Checkpoint, text: str) -> Entering:
    """The vectors of a text at the door of the first layer of the half that reads.

    Raises ValueError for a text that cannot be read or is far too long, and where the model computes
    attention its own way.
    """
    check_vectors(m)
    text = readable(text)
    read_ids = encode(m, text)
    kind = next(iter(m.layers))
    tokens = name_tokens(m, read_ids, text)
    check_size(m, {kind: (tokens, tokens)}, {kind: (0,)})
    ids = torch.tensor([read_ids], device=m.model.device)
    table = cast(nn.Embedding, m.model.get_input_embeddings())
    scale = next((part.scale for part in m.model.modules() if isinstance(part, Embedding)), 1.0)
    door = Door()
    forward(m, Row(read_ids, [start_token(m)] if "cross" in m.layers else None), [door])
    assert door.read is not None
    return Entering((table(ids)[0] * scale).float().cpu().numpy(), door.read.float().cpu().numpy())


class Door(Observer):
    """Keeps what the first attention reads.

    The last map before the first attention makes its keys or values, and so reads what it reads.
    """

    def __init__(self) -> None:
        self.read: Tensor | None = None
        self.is_passed = False

    def attention(self, place: Place, seen: Seen) -> None:
        self.is_passed = True

    def linear(self, place: Place, x: Tensor, linear: Linear) -> None:
        if not self.is_passed:
            self.read = x.reshape(-1, x.shape[-1])


def on_itself(weights: ArrayLike) -> float:
    """The mean weight that a token puts on itself: the mean of the diagonal of (tokens, tokens)."""
    return float(np.asarray(weights).diagonal().mean())


def difference(one: ArrayLike, other: ArrayLike) -> float:
    """The largest difference between two arrays of one shape, cell by cell."""
    return float(np.abs(np.subtract(one, other)).max(initial=0))


def bare(x: ArrayLike, mask: ArrayLike | None = None) -> Head:
    """Attention without W_Q, W_K and W_V: the vectors x (tokens, width) are queries, keys and values."""
    return attend(x, x, x, mask)


@dataclass(frozen=True, eq=False)
class Widths:
    """One head with a value width of its own.

    head: its matrices. output: float32 (tokens, d_model), what W_O makes of the head's output.
    """

    head: Head
    output: Matrix


@torch.no_grad()
def widths(x: ArrayLike, d_k: int, d_v: int, seed: int = 0) -> Widths:
    """One head with random weights on x (tokens, d_model).

    W_Q, W_K: (d_model, d_k), W_V: (d_model, d_v), W_O: (d_v, d_model). W_Q and W_K are drawn first, so that
    another d_v leaves them as they are.
    """
    x = torch.from_numpy(np.asarray(x, dtype=np.float32))[None]
    ear = Ear()
    with listening(ear):
        output = draw_attention(x.shape[-1], 1, seed, d_k, d_v)(x)
    return Widths(of(ear.heard[0]), output[0].numpy())


def draw_attention(
    d_model: int, num_heads: int, seed: int, d_k: int | None = None, d_v: int | None = None
) -> MultiHeadAttention:
    """Multi-head attention with random weights (Glorot), the same for the same seed."""
    attention = MultiHeadAttention(d_model, num_heads, d_k, d_v)
    chance = torch.Generator().manual_seed(seed)
    for matrix in (attention.W_Q, attention.W_K, attention.W_V, attention.W_O):
        nn.init.xavier_uniform_(matrix.weight, generator=chance)
    return attention


# The plane of the experiment on linear combinations, made up: two orthonormal directions; three keys that are
# not, and what stands behind them.
BASIS = np.array([[0.94, 0.342], [-0.342, 0.94]], dtype=np.float32)
BASIS /= np.linalg.norm(BASIS, axis=1, keepdims=True)
PLANE_KEYS = np.array([[1.5, 0.3], [0.6, 1.4], [-1.2, 0.5]], dtype=np.float32)
PLANE_VALUES = np.array([[0.9, -0.7], [0.5, 1.2], [-1.1, -0.4]], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Combination:
    """A sum of vectors, each taken as often as its coefficient says.

    x: (width,), what is asked with. keys: (terms, width), what it is compared with. values: (terms, width),
    what is summed. coefficients: (terms,). parts: (terms, width), coefficient times value. total: (width,).
    """

    x: Matrix
    keys: Matrix
    values: Matrix
    coefficients: Matrix
    parts: Matrix
    total: Matrix

    @property
    def error(self) -> float:
        """How far the sum is from x."""
        return float(np.linalg.norm(self.total - self.x))


def combination(x: ArrayLike, keys: ArrayLike, values: ArrayLike, softmax: bool = False) -> Combination:
    """Σ (x·kᵢ) vᵢ, or with the softmax of the scaled x·kᵢ for coefficients, which is attention.

    Where keys and values are the same orthonormal vectors, the sum without softmax is x itself.
    """
    head = attend(np.atleast_2d(x), keys, values)
    coefficients = head.weights[0] if softmax else head.dots[0]
    parts = coefficients[:, None] * head.v
    return Combination(head.q[0], head.k, head.v, coefficients, parts, parts.sum(axis=0))


def on_circle(degrees: float) -> Matrix:
    """(2,): the vector of length 1 at this angle."""
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


@torch.no_grad()
def random_heads(x: ArrayLike, heads: int, seed: int = 0) -> Matrix:
    """The weights (heads, tokens, tokens) of untrained heads on x (tokens, d_model).

    They share d_model as head_width does, and raise ValueError as it does.
    """
    x = torch.from_numpy(np.asarray(x, dtype=np.float32))[None]
    head_width(x.shape[-1], heads)
    ear = Ear()
    with listening(ear):
        draw_attention(x.shape[-1], heads, seed)(x)
    weights: Matrix = ear.heard[0].weights[0].numpy()
    return weights


def measure_distance(weights: ArrayLike) -> float:
    """How differently heads look: (heads, queries, keys) -> 0, all alike, to 1, nothing in common.

    The total variation distance, half the sum of the differences of two rows, as a mean over the queries and
    all pairs of heads. 0 for a single head.
    """
    heads = np.asarray(weights, dtype=np.float64)
    pairs = [
        np.abs(one - other).sum(axis=-1).mean() / 2
        for place, one in enumerate(heads)
        for other in heads[:place]
    ]
    return float(np.mean(pairs)) if pairs else 0.0
