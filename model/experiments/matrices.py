"""Experiments with attention on matrices of one's own: each changes one thing, and everything is counted.

What is random comes from a seed, so that the same experiment gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from model.analysis.head import Ear, Head, Matrix, attend, call, of
from model.capture.checkpoint import Checkpoint
from model.capture.checks import check_size, check_vectors
from model.capture.encode import read_texts, readable, readable_pair, start_token
from model.capture.forward import Row, forward
from model.capture.observers import Linear, Observer, Place
from model.listening import Seen, listening
from model.networks.transformer import Embedding, MultiHeadAttention
from model.trace import Kind, Stack

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
def entering(m: Checkpoint, text: str, pair: str | None = None) -> Entering:
    """The vectors of a text, or of a pair of texts, at the door of the first layer of the half that reads.

    Raises ValueError for a text that cannot be read or is far too long, and where the model computes
    attention its own way.
    """
    check_vectors(m)
    read_ids, types, tokens = read_texts(m, readable(text), readable_pair(pair))
    kind = next(iter(m.layers))
    check_size(m, {kind: (tokens, tokens)}, {kind: (0,)})
    ids = torch.tensor([read_ids], device=m.model.device)
    table = cast(nn.Embedding, m.model.get_input_embeddings())
    scale = next((part.scale for part in m.model.modules() if isinstance(part, Embedding)), 1.0)
    door = Door()
    forward(m, Row(read_ids, [start_token(m)] if "cross" in m.layers else None, types), [door])
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


def bare(x: ArrayLike) -> Head:
    """Attention without W_Q, W_K and W_V: the vectors x (tokens, width) are queries, keys and values.

    Nothing is masked, so that equal vectors get equal weights wherever they stand.
    """
    return attend(x, x, x)


def find_equals(x: ArrayLike) -> list[list[int]]:
    """The places of the vectors (tokens, width) that are equal, wherever there are several."""
    met: dict[bytes, list[int]] = {}
    for place, vector in enumerate(np.ascontiguousarray(x, dtype=np.float32)):
        met.setdefault(vector.tobytes(), []).append(place)
    return [places for places in met.values() if len(places) > 1]


def count_selves(x: ArrayLike) -> int:
    """How many vectors (tokens, width) have no larger product with any other than with themselves, |x|²."""
    x = np.asarray(x, dtype=np.float64)
    products = x @ x.T
    return int((products.diagonal() >= products.max(axis=1) * (1 - 1e-6)).sum())


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


def pair_distances(weights: ArrayLike) -> NDArray[np.float64]:
    """How differently each two heads look: (heads, queries, keys) -> (heads, heads).

    The total variation distance, half the sum of the differences of two rows, as a mean over the queries: 0
    where two look alike, 1 where they have nothing in common.
    """
    heads = np.nan_to_num(np.asarray(weights, dtype=np.float64))
    found = np.zeros((len(heads), len(heads)))
    for one, other in combinations(range(len(heads)), 2):
        apart = np.abs(heads[one] - heads[other]).sum(axis=-1, dtype=np.float64).mean() / 2
        found[one, other] = found[other, one] = apart
    return found


def measure_distance(weights: ArrayLike) -> float:
    """The mean distance of all pairs of heads (see `pair_distances`); 0 for a single head."""
    found = pair_distances(weights)
    pairs = found[np.triu_indices(len(found), 1)]
    return float(pairs.mean()) if pairs.size else 0.0


@dataclass(frozen=True)
class Pair:
    """Two heads of one layer, all from 0: how far apart they look, and a query that shows it.

    distance: see `pair_distances`. usual: that of two heads of one layer, on average over all of a model.
    there: how far apart they look from that query alone.
    """

    kind: Kind
    layer: int
    heads: tuple[int, int]
    distance: float
    usual: float
    query: int
    there: float


def most_different(
    stacks: Iterable[Stack], layer: int | None = None, kind: Kind | None = None
) -> Pair | None:
    """The two heads of one layer that look most differently; None where no layer has two.

    layer, kind: in these alone; the usual distance is of all layers in any case. The query is the word, where
    there is one, from which they give most to different words: special tokens are left out.
    """
    best: tuple[float, Stack, int, tuple[int, int]] | None = None
    every: list[float] = []
    for stack in stacks:
        for place, number in enumerate(stack.layers):
            found = pair_distances(stack.weights[place])
            rows, columns = np.triu_indices(len(found), 1)
            pairs = found[rows, columns]
            every.extend(pairs.tolist())
            if not pairs.size or layer not in (None, number) or kind not in (None, stack.kind):
                continue
            at = int(pairs.argmax())
            if best is None or pairs[at] > best[0]:
                best = float(pairs[at]), stack, number, (int(rows[at]), int(columns[at]))
    if best is None:
        return None
    distance, stack, number, heads = best
    one, other = (np.nan_to_num(stack.weights[stack.layers.index(number), head]) for head in heads)
    apart = np.abs(one.astype(np.float64) - other) / 2
    words, keys = (~np.array(tokens.special, dtype=bool) for tokens in (stack.queries, stack.keys))
    telling = apart[:, keys].sum(axis=1)  # to look at a special token is to look at nothing in particular
    query = int(np.where(words, telling, -1).argmax() if words.any() else telling.argmax())
    return Pair(stack.kind, number, heads, distance, float(np.mean(every)), query, float(apart[query].sum()))
