"""Whether two outputs of a model are the same, and whether numbers are weights of attention."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-6, torch.bfloat16: 5e-2, torch.float16: 1e-2}


def agree(one: Sequence[Tensor], other: Sequence[Tensor], dtype: torch.dtype) -> bool:
    """Whether two outputs are the same but for rounding in this dtype."""
    tolerance = TOLERANCE.get(dtype, 5e-2)
    return len(one) == len(other) and all(
        a.shape == b.shape
        and bool(a.isfinite().all())
        and float((a - b).abs().max()) <= tolerance * max(1.0, float(b.abs().max()))
        for a, b in zip(one, other, strict=True)
    )


def are_weights(given: Tensor) -> bool:
    """Whether they are those of attention: none below 0, rows that sum to 1 or to a share of it."""
    return bool((given >= -1e-6).all()) and bool((given.float().sum(-1) <= 1 + 1e-3).all())


def look_back(weights: Tensor) -> bool:
    """Whether nobody looks ahead; columns behind the text's own are not looked at."""
    return not bool((weights[..., : weights.shape[-2]].triu(1) > 1e-6).any())
