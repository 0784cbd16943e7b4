"""Texts of different lengths in one batch: filled up with padding, and what attention makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.capture.checkpoint import Checkpoint
from model.capture.checks import check_scores
from model.capture.encode import encode, name_tokens, readable, shift_right
from model.capture.forward import Row, forward
from model.capture.recorder import Recorder
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
    if layer not in m.layers.get(kind, ()):
        raise ValueError(f"{m.name} has no layer {layer} of {kind} attention.")
    sides, recorder = record(m, texts, kind, [layer], written, most)
    (source, real), (target, real_target) = sides
    kept = recorder.kept[kind, layer]
    weights = kept["weights"].float().cpu()
    return Batch(
        kind=kind,
        queries=tuple(source if kind == "encoder" else target),
        keys=tuple(target if kind == "decoder" else source),
        real_queries=real if kind == "encoder" else real_target,
        real_keys=real_target if kind == "decoder" else real,
        weights=weights.numpy(),
        scores=kept["scores"].float().cpu().numpy(),
        mask=kept["mask"].expand(weights.shape).cpu().numpy(),
    )


Side = tuple[list[Tokens], NDArray[np.bool_]]  # what stands there, and where it is no padding


def record(
    m: Checkpoint,
    texts: Sequence[str],
    kind: Kind,
    layers: Sequence[int],
    written: Sequence[Sequence[int]],
    most: int | None,
) -> tuple[tuple[Side, Side], Recorder]:
    """One pass of several texts; what is read and what is written, and the scores of some layers."""
    check_scores(m)
    texts = [readable(text) for text in texts]
    read = [encode(m, text)[:most] for text in texts]
    real = lengths_mask(read)
    source = target = [name_padded(m, row, text, real) for row, text in zip(read, texts, strict=True)]
    real_target = real
    rows = [Row(ids) for ids in read]
    if m.architecture == "encoder-decoder":
        if len(written) != len(texts):
            raise ValueError("Each text needs the ids that were written for it.")
        targets = [shift_right(m, row)[:most] for row in written]
        real_target = lengths_mask(targets)
        target = [name_padded(m, row, text, real_target) for row, text in zip(targets, texts, strict=True)]
        rows = [Row(ids, target_ids) for ids, target_ids in zip(read, targets, strict=True)]
    recorder = Recorder({kind: list(layers)}, ["scores"])
    forward(m, rows, [recorder])
    return ((source, real), (target, real_target)), recorder


def share_ahead(
    m: Checkpoint, text: str, kind: Kind, written: Sequence[int] = (), most: int | None = None
) -> dict[int, NDArray[np.float32]]:
    """What each head would give to later tokens if nothing kept it from it: layer -> (heads,), 0 to 1.

    The softmax of all scores of a row, summed over the keys that come after the query; the mean over the
    rows but the last, which nothing comes after. Arguments and errors as of `batch`.
    """
    _sides, recorder = record(m, [text], kind, m.layers[kind], [written], most)
    found = {}
    for layer in m.layers[kind]:
        scores = recorder.kept[kind, layer]["scores"][0].float().cpu()
        weights = scores.softmax(-1).numpy()
        ahead = np.triu(np.ones(weights.shape[-2:], dtype=np.float32), 1)
        found[layer] = (
            (weights * ahead).sum(-1)[:, :-1].mean(-1) if weights.shape[1] > 1 else weights[:, 0, 0] * 0
        )
    return found


def lengths_mask(rows: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
    """Where rows that are filled up to the longest are no padding: bool (texts, longest)."""
    lengths = np.array([len(row) for row in rows])
    found: NDArray[np.bool_] = np.arange(lengths.max()) < lengths[:, None]
    return found


def name_padded(m: Checkpoint, row: Sequence[int], text: str, real: NDArray[np.bool_]) -> Tokens:
    """What stands behind the ids of a text, and the padding after them."""
    tokens = name_tokens(m, list(row), text)
    more = real.shape[1] - len(tokens)
    pad = str(m.tokenizer.pad_token or PAD)
    last = tokens.words[-1] if tokens.words else -1
    return replace(
        tokens,
        texts=(*tokens.texts, *[pad] * more),
        words=(*tokens.words, *range(last + 1, last + 1 + more)),
        special=(*tokens.special, *[True] * more),
        unknown=(*tokens.unknown, *[False] * more),
        spelling=None if tokens.spelling is None else (*tokens.spelling, *[f" {pad}"] * more),
    )
