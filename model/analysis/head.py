"""One head taken apart: every number on the way from queries and keys to what is fetched.

All come out of `model.attention.attention`: of a model's pass, or of one call on matrices of one's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from model.attention import attention
from model.listening import Call, Seen, listening
from model.trace import Stack

Matrix = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Head:
    """Attention(Q, K, V) = softmax(Q Kᵀ / √d_k) V (Vaswani et al. 2017, eq. 1), step by step. All float32.

    q: (queries, d_k). k: (keys, d_k). v: (keys, d_v).
    dots: (queries, keys), q·k. scaling: what they are multiplied by, 1 / √d_k as a rule.
    scores: the same after scaling, and after what else the model adds (a position bias) or bends (softcap).
    mask: bool (queries, keys), True = may look. weights: (queries, keys), the softmax of the allowed scores.
    output: (queries, d_v), each query's values, weighted and summed.
    """

    q: Matrix
    k: Matrix
    v: Matrix
    dots: Matrix
    scaling: float
    scores: Matrix
    mask: NDArray[np.bool_]
    weights: Matrix
    output: Matrix

    def weigh_values(self, query: int) -> Matrix:
        """(keys, d_v): what each key gives to one query; their sum is its output, unless it is silenced."""
        return self.weights[query, :, None] * self.v

    def products(self, query: int) -> Matrix:
        """(keys, d_k): q times each key, feature by feature; a row's sum is that key's q·k."""
        return self.q[query] * self.k

    @property
    def added(self) -> Matrix:
        """(queries, keys): what the model puts into the scores beside q·k scaled; 0 as a rule."""
        return self.scores - self.dots * self.scaling

    @property
    def is_scaled_only(self) -> bool:
        """Whether the scores are q·k scaled, and nothing else."""
        return bool(np.allclose(self.dots * self.scaling, self.scores, rtol=1e-3, atol=1e-4))


def attend(
    q: ArrayLike,
    k: ArrayLike,
    v: ArrayLike,
    mask: ArrayLike | None = None,
    scaling: float | None = None,
) -> Head:
    """One call of the attention function on one head's matrices.

    q: (queries, d_k), k: (keys, d_k), v: (keys, d_v); mask: bool (queries, keys), True = may look.
    scaling: 1 / √d_k unless given. Raises ValueError where the shapes do not fit.
    """
    q, k, v = (np.asarray(array, dtype=np.float32) for array in (q, k, v))
    if any(array.ndim != 2 for array in (q, k, v)) or q.shape[1] != k.shape[1] or len(k) != len(v):
        raise ValueError(
            "q must be (queries, d_k), k (keys, d_k) and v (keys, d_v); "
            f"these are {q.shape}, {k.shape}, {v.shape}."
        )
    return of(call(q, k, v, None if mask is None else np.asarray(mask, dtype=bool), scaling))


def of(seen: Seen, head: int = 0) -> Head:
    """One head of a call that was heard, of the batch's first text."""
    told = (seen.q, seen.k, seen.v, seen.scores, seen.weights, seen.output)
    q, k, v, scores, weights, output = (
        cast(torch.Tensor, part)[0, head].detach().float().cpu().numpy() for part in told
    )
    mask = cast(torch.Tensor, seen.mask).expand(seen.weights.shape)[0, head].cpu().numpy()
    return Head(q, k, v, dots(q, k, v), cast(float, seen.scaling), scores, mask, weights, output)


def head(stack: Stack, layer: int, head: int) -> Head:
    """One head of a recorded pass; layer and head from 0.

    Raises ValueError where scores, q, k, v and output were not recorded.
    """
    if layer not in stack.layers or not 0 <= head < stack.heads:
        raise ValueError(f"There is no head {head} of a layer {layer} in this record.")
    place = stack.layers.index(layer)
    if (
        stack.scores is None
        or stack.mask is None
        or stack.scaling is None
        or stack.q is None
        or stack.k is None
        or stack.v is None
        or stack.output is None
    ):
        raise ValueError('More must be recorded to take a head apart: record=("scores", "qkv", "output").')
    q, k, v = stack.q[place, head], stack.k[place, head], stack.v[place, head]
    return Head(
        q=q,
        k=k,
        v=v,
        dots=dots(q, k, v),
        scaling=float(stack.scaling[place]),
        scores=stack.scores[place, head],
        mask=stack.mask[place, head],
        weights=stack.weights[place, head],
        output=stack.output[place, head],
    )


def dots(q: Matrix, k: Matrix, v: Matrix) -> Matrix:
    """(queries, keys): q·k, the scores of the attention function where it scales by 1."""
    found: Matrix = cast(torch.Tensor, call(q, k, v, None, 1.0).scores)[0, 0].numpy()
    return found


class Ear:
    """Hears every call of the attention function, whatever module makes it, in order."""

    def __init__(self) -> None:
        self.heard: list[Seen] = []

    def hear(self, module: torch.nn.Module, shape: tuple[int, int, int, int]) -> Call:
        return Call(record=self.heard.append)


def call(q: Matrix, k: Matrix, v: Matrix, mask: NDArray[np.bool_] | None, scaling: float | None) -> Seen:
    """What one call of the attention function did; axes that the matrices lack in front are 1."""
    ear = Ear()
    query, key, value = (torch.tensor(x)[(None,) * (4 - x.ndim)] for x in (q, k, v))
    allowed = None if mask is None else torch.tensor(mask)[None, None]
    with listening(ear):
        attention(torch.nn.Identity(), query, key, value, allowed, scaling)
    return ear.heard[0]
