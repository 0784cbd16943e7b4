"""Texts of different lengths in one batch: filled up with padding, and what attention makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.attention import listening
from model.capture.checkpoint import Checkpoint, forward
from model.capture.record import encode, named, readable, shifted
from model.capture.recorder import Recorder
from model.errors import Refusal
from model.trace import Kind, Tokens

PAD = "<pad>"  # as it is shown where the tokenizer has no name for it


@dataclass(frozen=True, eq=False)
class Batch:
    """One layer of one kind of attention in a batch of texts, all filled up to the longest.

    queries, keys: what stands along the sides, one for each text, padding included.
    real_queries, real_keys: bool (texts, queries), (texts, keys): False where there is padding.
    weights, scores: float32 (texts, heads, queries, keys), scores before the mask. mask: bool, same shape,
    True = may look: the model's own.
    """

    kind: Kind
    queries: tuple[Tokens, ...]
    keys: tuple[Tokens, ...]
    real_queries: NDArray[np.bool_]
    real_keys: NDArray[np.bool_]
    weights: NDArray[np.float32]
    scores: NDArray[np.float32]
    mask: NDArray[np.bool_]


@torch.no_grad()
def batch(
    m: Checkpoint,
    texts: Sequence[str],
    kind: Kind,
    layer: int,
    written: Sequence[Sequence[int]] = (),
    most: int | None = None,
) -> Batch:
    """One pass of several texts at once, padded on the right, each masked where it is padding.

    layer: from 0. written: the ids that an encoder-decoder wrote for each text. most: how many tokens of
    each side are kept; None = all.
    Raises ValueError for an empty or too long text, for a kind or layer that the model does not have, and
    for a model that computes attention its own way.
    """
    if m.weights_only:
        raise Refusal("{name} computes attention its own way and does not tell its scores.", name=m.name)
    if not 0 <= layer < m.layers.get(kind, 0):
        raise ValueError(f"{m.name} has no layer {layer} of {kind} attention.")
    texts = [readable(text) for text in texts]
    read = [encode(m, text)[:most] for text in texts]
    ids, real = filled(m, read)
    source = target = [shown(m, row, text, real) for row, text in zip(read, texts, strict=True)]
    real_target = real
    options: dict[str, Any] = {"attention_mask": real.long()}
    target_ids = None
    if m.architecture == "encoder-decoder":
        if len(written) != len(texts):
            raise ValueError("Each text needs the ids that were written for it.")
        rows = [shifted(m, row)[:most] for row in written]
        target_ids, real_target = filled(m, rows)
        target = [shown(m, row, text, real_target) for row, text in zip(rows, texts, strict=True)]
        options["decoder_attention_mask"] = real_target.long()
    recorder = Recorder(m.kinds, m.layers, {kind: [layer]}, ["scores"])
    with listening(recorder):
        forward(m.model, ids, target_ids, **options)
    kept = recorder.kept[kind, layer]
    weights = kept["weights"].float().cpu()
    return Batch(
        kind=kind,
        queries=tuple(source if kind == "encoder" else target),
        keys=tuple(target if kind == "decoder" else source),
        real_queries=(real if kind == "encoder" else real_target).cpu().numpy(),
        real_keys=(real_target if kind == "decoder" else real).cpu().numpy(),
        weights=weights.numpy(),
        scores=kept["scores"].float().cpu().numpy(),
        mask=kept["mask"].expand(weights.shape).cpu().numpy(),
    )


def filled(m: Checkpoint, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """The ids (texts, longest), padded on the right, and where they are no padding: bool, same shape."""
    longest = max(map(len, rows))
    pad = padding_id(m)
    ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows], device=m.model.device)
    lengths = torch.tensor([len(row) for row in rows], device=m.model.device)
    return ids, torch.arange(longest, device=m.model.device) < lengths[:, None]


def padding_id(m: Checkpoint) -> int:
    """What a text is filled up with. A model without padding of its own takes any: nobody looks at it."""
    pad = m.tokenizer.pad_token_id
    return int(pad) if isinstance(pad, int) else 0


def shown(m: Checkpoint, row: Sequence[int], text: str, real: Tensor) -> Tokens:
    """What stands behind the ids of a text, and the padding after them."""
    tokens = named(m, list(row), text)
    more = real.shape[1] - len(tokens)
    pad = str(m.tokenizer.pad_token or PAD)
    last = tokens.words[-1] if tokens.words else -1
    return Tokens(
        texts=(*tokens.texts, *[pad] * more),
        words=(*tokens.words, *range(last + 1, last + 1 + more)),
        special=(*tokens.special, *[True] * more),
        unknown=(*tokens.unknown, *[False] * more),
    )
