"""What each way of telling positions looks like, in NumPy: those of the networks, and models' own tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.capture.checkpoint import Checkpoint
from model.experiments.mask_rules import weights
from model.experiments.order_invariance import tables_of
from model.networks import positions
from model.networks.pretrained import CompactModel
from model.networks.transformer import Embedding

PositionScheme = Literal["sinusoidal", "learned", "rotary", "alibi"]
SCHEMES: tuple[PositionScheme, ...] = get_args(PositionScheme)
Matrix = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ByDistance:
    """How two places meet, told by the distance between them alone.

    distances: int (n,), from the largest back to the largest ahead. mean, least, most: float64 (n,), over
    all pairs of places at that distance; where they are one, nothing but the distance counts.
    """

    distances: NDArray[np.int64]
    mean: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ByPosition:
    """What a head of the first layer would look at if tokens were nothing but their positions.

    weights: float32 (positions, positions), queries down. head: from 0.
    """

    weights: Matrix
    head: int

    def decided(self, first: int, last: int) -> float:
        """How much of its weight it gives to a single position: the mean over queries first to last − 1."""
        return float(self.weights[first:last].max(-1).mean())


def scheme_of(m: Checkpoint) -> PositionScheme | None:
    """How a model tells positions; None where it is in none of the four ways, or in none that is found."""
    if isinstance(m.model, CompactModel):
        told = m.model.config.positions
        return told if told in SCHEMES else None
    if any(path.endswith("inv_freq") for path, _ in m.model.named_buffers()):
        return "rotary"
    tables = tables_of(m.model)
    if not tables:
        return None
    if m.model.config.model_type == "roformer":  # its sinusoids turn queries and keys (Su et al. 2021)
        return "rotary"
    return "sinusoidal" if are_sinusoids(tables[0][1]) else "learned"


def are_sinusoids(table: Tensor) -> bool:
    """Whether a table (positions, width) holds sines and cosines, in whichever order of the features.

    Each pair of them is a point of the unit circle, so every row has the length √(width / 2); a row for
    padding may be 0. No table that was learned has that.
    """
    found = table.detach().float().norm(dim=-1)
    found = found[found > 0] / (table.shape[-1] / 2) ** 0.5
    return len(found) > 1 and bool(torch.allclose(found, torch.ones_like(found), atol=1e-3))


def width_of(m: Checkpoint, scheme: PositionScheme) -> int:
    """How wide a scheme is in a model: d_model, d_k for rotary (even), the number of heads for ALiBi."""
    heads = next(iter(m.heads.values()))
    config = cast(Any, m.model.config.get_text_config())
    if scheme == "alibi":
        return heads
    width = int(getattr(config, "hidden_size", 0) or tables_of(m.model)[0][1].shape[1])  # not Perceiver's
    if scheme != "rotary":
        return width
    d_k = getattr(config, "d_k", None) or getattr(config, "head_dim", None) or width // heads
    return max(2, int(d_k) // 2 * 2)


def learned_table(m: Checkpoint) -> Matrix | None:
    """The table of positions that a model has learned: (positions, width); None where it has none.

    Of a decoder and an encoder the encoder's. Rows before the first position are left out: some tables begin
    with one for padding.
    """
    for module in m.model.modules():
        if isinstance(module, positions.Learned):
            found: Matrix = module.vectors.detach().float().cpu().numpy()
            return found
    tables = tables_of(m.model)
    if not tables or are_sinusoids(tables[0][1]):
        return None
    path, table = tables[0]
    holder = m.model.get_submodule(path)
    padding = getattr(holder, "padding_idx", None)
    first = getattr(holder, "offset", 0 if padding is None else padding + 1)
    found = table.detach().float().cpu().numpy()[first:]
    return found


@torch.no_grad()
def by_position_alone(m: Checkpoint) -> ByPosition | None:
    """The head of the first layer that is most decided where to look by learned positions alone.

    A score is (x_i + p_i) W_Q · (x_j + p_j) W_K / √d_k; what is left of it without the tokens x is
    p_i W_Q · p_j W_K / √d_k. None for a model that learned no positions, or whose first layer reads something
    else than this sum.
    """
    if not isinstance(m.model, CompactModel) or m.model.config.norm != "after":
        return None
    for stack in m.model.modules():
        embedding = getattr(stack, "embedding", None)
        if isinstance(embedding, Embedding) and isinstance(embedding.positions, positions.Learned):
            break
    else:
        return None
    told: Tensor = embedding.positions.vectors.detach()
    attention = stack.layers[0].self_attention  # type: ignore[union-attr, index]
    q, k = (attention.by_head(matrix(told[None]))[0] for matrix in (attention.W_Q, attention.W_K))
    scores = (q @ k.transpose(-1, -2) / attention.d_k**0.5).float().cpu().numpy()
    count = len(told)
    causal = "decoder" in m.layers and "encoder" not in m.layers
    may = np.tril(np.ones((count, count), dtype=bool)) if causal else np.ones((count, count), dtype=bool)
    found = weights(scores, np.broadcast_to(may, scores.shape))
    every = [ByPosition(one, head) for head, one in enumerate(found)]
    # Where nobody looks ahead, the first position has no choice.
    return max(every, key=lambda one: one.decided(1, count)) if count > 1 else None


def table(scheme: PositionScheme, count: int, width: int, m: Checkpoint | None = None) -> Matrix:
    """What each place is told: float32 (count, width).

    sinusoidal: what is added to the embeddings. learned: the model's own table, as far as it goes, or random
    vectors as training would start from. rotary: the cosine of the angle by which each feature is turned.
    alibi: what each head (columns) adds to a score at a distance of so many places.
    """
    places = torch.arange(count)
    if scheme == "sinusoidal":
        found: Matrix = positions.sinusoids(places, width).numpy()
    elif scheme == "rotary":
        found = positions.rotary(places, width)[0].numpy()
    elif scheme == "alibi":
        found = positions.alibi(width, count)[:, 0].T.numpy()
    else:
        own = None if m is None else learned_table(m)
        if own is not None:
            return own[:count]
        generator = torch.Generator().manual_seed(0)
        found = (torch.randn(count, width, generator=generator) * 0.5**0.5).numpy()
    return found


def wavelengths(scheme: PositionScheme, width: int) -> NDArray[np.float64]:
    """After how many places each pair of features comes round again: (pairs,), 2π · 10000^(2i/width).

    Only sinusoids and rotary positions have some. Raises ValueError for the others.
    """
    one = torch.ones(())
    if scheme == "sinusoidal":
        pair = positions.sinusoids(one, width)[: width // 2 * 2].reshape(-1, 2)
        sin, cos = pair[:, 0], pair[:, 1]
    elif scheme == "rotary":
        cos, sin = (half[: width // 2] for half in positions.rotary(one, width))
    else:
        raise ValueError(f"Positions that are {scheme} have no wavelengths.")
    found: NDArray[np.float64] = (2 * math.pi / torch.atan2(sin, cos).double()).numpy()
    return found


def slopes(heads: int) -> NDArray[np.float64]:
    """How steeply each head's bias falls with the distance: (heads,)."""
    found: NDArray[np.float64] = positions.alibi_slopes(heads).double().numpy()
    return found


def meetings(scheme: PositionScheme, told: Matrix) -> NDArray[np.float64]:
    """How each place meets each other place: float64 (places, places), queries down, keys across.

    told: the table of the scheme. Of what is added, the dot product of the two vectors; rotary: q·k of one
    query and one key (`vectors`), each turned to its place. Raises ValueError for ALiBi; see `bias_weights`.
    """
    if scheme == "alibi":
        raise ValueError("Linear biases belong to a head; see the weights that they give.")
    if scheme != "rotary":
        return told.astype(np.float64) @ told.T.astype(np.float64)
    places = np.arange(len(told))
    return np.stack([multiply_rotated(told.shape[1], np.full_like(places, i), places) for i in places])


def multiply_rotated(width: int, query: Any, key: Any) -> NDArray[np.float64]:
    """q·k where the query is turned to one place and the key to another: float64, of any shape.

    query, key: the places. q and k are the same random vectors (width,) each time.
    """
    generator = torch.Generator().manual_seed(2)
    q, k = torch.randn(2, width, generator=generator, dtype=torch.float64)
    turned = [
        positions.rotate(x, *positions.rotary(torch.as_tensor(places).double(), width))
        for x, places in ((q, query), (k, key))
    ]
    found: NDArray[np.float64] = (turned[0] * turned[1]).sum(-1).numpy()
    return found


def by_distance(matrix: NDArray[np.float64]) -> ByDistance:
    """A matrix (places, places) told by the distance key - query."""
    count = len(matrix)
    distances = np.arange(1 - count, count)
    diagonals = [np.diagonal(matrix, d) for d in distances]
    mean, least, most = (np.array([of(d) for d in diagonals]) for of in (np.mean, np.min, np.max))
    return ByDistance(distances, mean, least, most)


def bias_weights(told: Matrix) -> Matrix:
    """The weights that each head's linear bias gives by itself, back from a last query: (distances, heads).

    told: the table of ALiBi, (distances, heads).
    """
    found: Matrix = weights(told.T, np.ones_like(told.T, dtype=bool)).T
    return found


def cosines(table: NDArray[np.float32]) -> NDArray[np.float64]:
    """How alike the vectors of each two places are, from −1 to 1.

    table: (places, dimensions). Gives (places, places); a vector of zeros is like none.
    """
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    found: NDArray[np.float64] = unit.astype(np.float64) @ unit.T
    return found
