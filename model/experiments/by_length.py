"""How much of what it reads a network still writes right, as texts grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch

from model.capture.checkpoint import Checkpoint
from model.capture.encode import encode, encode_written, start_token
from model.capture.forward import Row, forward


@torch.no_grad()
def share_exact(m: Checkpoint, pairs: Sequence[tuple[str, str]]) -> float:
    """The share of pairs (read, to be written) that a translator writes right to the last token, greedily.

    One pass over the right texts tells: the first wrong token comes after right ones only.
    """
    return float(np.mean([all(row) for row in right_tokens(m, pairs)]))


@torch.no_grad()
def right_tokens(m: Checkpoint, pairs: Sequence[tuple[str, str]]) -> list[list[bool]]:
    """For each pair, which tokens of what is to be written, its end among them, come out right where all
    before them are right.
    """
    wanted = [encode_written(m, target, source) for source, target in pairs]
    rows = [
        Row(encode(m, source), [start_token(m), *ids[:-1]])
        for (source, _), ids in zip(pairs, wanted, strict=True)
    ]
    best = cast(Any, forward(m, rows, logits=True)).logits.argmax(-1).cpu().tolist()
    return [
        [one == other for one, other in zip(ids, found, strict=False)]
        for ids, found in zip(wanted, best, strict=True)
    ]
