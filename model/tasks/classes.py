"""Classes that a model which only reads gives to texts, or to each of their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from model.capture.checkpoint import Checkpoint

BATCH = 256


@torch.no_grad()
def classify(m: Checkpoint, rows: Sequence[Sequence[int]]) -> list[NDArray[np.int64]]:
    """The likeliest class of each text, int64 (), or where the model answers at each token, int64 (tokens,).

    rows: the ids of each text; none may be empty.
    """
    found: list[NDArray[np.int64]] = [np.zeros((), np.int64)] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))  # so that batches hold little padding
    model: Any = m.model
    for begin in range(0, len(order), BATCH):
        part = order[begin : begin + BATCH]
        lengths = torch.tensor([len(rows[i]) for i in part])
        mask = (torch.arange(int(lengths.max())) < lengths[:, None]).long()
        ids = torch.zeros_like(mask)
        ids[mask.bool()] = torch.tensor([i for place in part for i in rows[place]])
        ids, mask = ids.to(model.device), mask.to(model.device)
        classes = model(input_ids=ids, attention_mask=mask).logits.argmax(-1).cpu().numpy()
        for place, row in zip(part, classes, strict=True):
            found[place] = row[: len(rows[place])] if row.ndim else row
    return found
