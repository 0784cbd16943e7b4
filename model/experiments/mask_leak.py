"""The leak: with the causal mask off, a word that comes later moves what was computed before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.analysis.ablation import predicts
from model.capture.checkpoint import Checkpoint
from model.capture.checks import check
from model.capture.encode import choices, encode, name_tokens, readable, shift_right
from model.capture.forward import Row, forward
from model.edits import Edit, Open
from model.errors import Refusal
from model.trace import Tokens

Unit = Literal["probability", "moved"]
OFFERED = 6  # tokens to put in


@dataclass(frozen=True)
class Reading:
    """What a decoder reads: its ids and what stands behind them.

    source: the text; ids: what an encoder reads of it, () where there is none. read: what the decoder reads.
    """

    source: str
    ids: tuple[int, ...]
    read: tuple[int, ...]
    tokens: Tokens


@dataclass(frozen=True, eq=False)
class Leak:
    """How far one token, put in another's place, moves what the model says at each place.

    place: where it was put. unit: "probability", the share of the next token's probability that went to
    other tokens (total variation distance), or "moved", of a model that predicts nothing: how far the last
    layer's vector went, as a share of its length.
    masked, open: float64 (tokens,), with the mask as the model has it, and without the decoder's.
    """

    place: int
    unit: Unit
    masked: NDArray[np.float64]
    open: NDArray[np.float64]


def reading(m: Checkpoint, source: str, written: Sequence[int] = (), most: int | None = None) -> Reading:
    """What the decoder reads: the text, or with an encoder the start token and what was written for it.

    most: how many tokens are kept; None = all. Raises ValueError for an empty or too long text, for a model
    without a decoder, and for one that computes attention its own way.
    """
    if m.architecture == "encoder":
        raise Refusal("{name} reads in both directions; it has no causal mask to take off.", name=m.name)
    check(m, [Open("decoder")])
    source = readable(source)
    ids = encode(m, source)
    if m.architecture == "decoder":
        read = ids[:most]
        return Reading(source, (), tuple(read), name_tokens(m, read, source))
    read = shift_right(m, written)[:most]
    return Reading(source, tuple(ids), tuple(read), name_tokens(m, read, source))


@torch.no_grad()
def outputs(m: Checkpoint, text: Reading, edits: Sequence[Edit] = ()) -> Tensor:
    """What the model says at each place of what the decoder reads: float64 (tokens, vocabulary).

    The probabilities of the next token; of a model that predicts nothing the last vectors (tokens, width).
    """
    row = Row(text.ids, text.read) if text.ids else Row(text.read)
    if not predicts(m):
        vectors: Tensor = forward(m, row, edits=edits)[0][0]
        return vectors.double()
    logits: Tensor = forward(m, row, edits=edits, logits=True).logits[0]
    return logits.double().softmax(-1)


def replacements(m: Checkpoint, text: Reading, place: int) -> dict[int, str]:
    """What could stand at a place instead: id -> text, the likeliest ones where the model predicts.

    Raises ValueError where there is no such place.
    """
    if not 0 <= place < len(text.read):
        raise ValueError(f"There are places 0 to {len(text.read) - 1}; there is no place {place}.")
    likely = list(dict.fromkeys(text.read))
    if place and predicts(m):
        said = outputs(m, text)[place - 1]
        likely = said.topk(min(4 * OFFERED, len(said))).indices.tolist()
    vetoed = {text.read[place], *m.tokenizer.all_special_ids, *m.language_ids}
    ids = [i for i in likely if i not in vetoed][:OFFERED]
    return choices(m, ids, text.source)


def leak(m: Checkpoint, text: Reading, place: int, token: int) -> Leak:
    """The token put in at a place, and how far that moves what is said everywhere.

    Raises ValueError where there is no such place or the model has no such token.
    """
    if not 0 <= place < len(text.read):
        raise ValueError(f"There are places 0 to {len(text.read) - 1}; there is no place {place}.")
    if not 0 <= token < m.model.config.get_text_config().vocab_size:
        raise ValueError(f"{m.name} has no token {token}.")
    changed = replace(text, read=(*text.read[:place], token, *text.read[place + 1 :]))
    unit: Unit = "probability" if predicts(m) else "moved"
    lifted: tuple[Edit, ...] = (Open("decoder"),)
    masked, free = (
        measure_movement(outputs(m, text, edits), outputs(m, changed, edits), unit) for edits in ((), lifted)
    )
    return Leak(place, unit, masked, free)


def measure_movement(before: Tensor, after: Tensor, unit: Unit) -> NDArray[np.float64]:
    """How far each output moved: float64 (tokens,). Exactly 0 where not one bit of it did."""
    if unit == "probability":
        distance = (after - before).abs().sum(-1) / 2
    else:
        distance = (after - before).norm(dim=-1) / before.norm(dim=-1).clamp(min=1e-12)
    found: NDArray[np.float64] = distance.cpu().numpy()
    return found
