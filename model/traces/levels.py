"""Weights as bytes: byte = round(255 · √(weight / largest)), weight = (byte / 255)² · largest.

The square root keeps the relative precision of small weights, where a linear byte would lose whole rows of a
long text. With s = √(weight / largest) a weight is wrong by at most largest · (s / 255 + 1 / 510²); the
largest one itself is exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def quantise(weights: NDArray[np.float32], largest: NDArray[np.float32] | float = 1.0) -> NDArray[np.uint8]:
    """Weights, 0 to largest, as bytes of the same shape. Those beyond are taken for the bound, NaN for 0.

    largest: the weight of byte 255, broadcast against the weights: 1, or that of each row; 0 where all are.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.nan_to_num(weights / np.asarray(largest, np.float32)).clip(0, 1)
    return np.rint(255 * np.sqrt(shares)).astype(np.uint8)


def restore(levels: NDArray[np.uint8], largest: NDArray[np.float32] | float = 1.0) -> NDArray[np.float32]:
    """The weights that bytes stand for, float32."""
    return np.square(levels.astype(np.float32) / 255) * np.asarray(largest, np.float32)
