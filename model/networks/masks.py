"""Who may look at whom: boolean attention masks, True = may look.

Every mask can be broadcast to (batch, heads, queries, keys), so masks are combined with "and". A query
that may look at nothing gets a row of zeros from `model.attention`, never a row of NaN. `length` counts the
keys; the queries are the tokens from place `begin` on: all of them, or where a cache keeps the keys of those
before, the last.
"""

from __future__ import annotations

import torch
from torch import Tensor


def padding(mask: Tensor) -> Tensor:
    """Nobody looks at padding: (batch, keys) of 1/0 or True/False -> (batch, 1, 1, keys).

    Raises ValueError for another shape, and for floats: in an additive mask 0 would mean the opposite.
    """
    if mask.dim() != 2 or mask.is_floating_point():
        raise ValueError(
            "A padding mask must be (batch, keys) of bool or whole numbers, 1 for a token and 0 for padding; "
            f"this one is {tuple(mask.shape)} of {str(mask.dtype).removeprefix('torch.')}."
        )
    return mask.bool()[:, None, None, :]


def causal(length: int, device: torch.device | None = None, begin: int = 0) -> Tensor:
    """Nobody looks ahead (§3.2.3): (queries, keys), the query at place i sees the keys up to i."""
    return torch.ones(length - begin, length, dtype=torch.bool, device=device).tril(begin)


def window(length: int, width: int, device: torch.device | None = None, begin: int = 0) -> Tensor:
    """Everybody looks near: (queries, keys), the query at place i sees the keys i - width to i + width."""
    return distance(length, device, begin) <= check_width(width)


def prefix(lengths: Tensor, length: int) -> Tensor:
    """Everybody sees the beginning, the rest is causal: (batch, 1, queries, keys).

    lengths: (batch,) how many tokens each text's beginning has. The prefix language model of
    Raffel et al. 2020, "Exploring the Limits of Transfer Learning" (T5), figure 4.
    """
    begins = torch.arange(length, device=lengths.device) < lengths[:, None]  # (batch, keys)
    return begins[:, None, None, :] | causal(length, lengths.device)


def cross_window(queries: int, source: Tensor, width: int, begin: int = 0) -> Tensor:
    """A target step looks near its own place in the source: (batch, 1, queries, keys).

    queries: how many steps, the first of them at place `begin`. source: the source's padding mask (batch,
    keys). Step t sees the source tokens t - width … t + width, counted without padding. A step past the end
    of its source stays at the last token, so that every step sees something wherever the source holds a
    token.
    """
    check_width(width)
    places = place(source)[:, None, :]  # (batch, 1, keys)
    steps = torch.arange(begin, begin + queries, device=source.device)[None, :, None]  # (1, queries, 1)
    steps = steps.minimum(places.amax(-1, keepdim=True))  # (batch, queries, 1)
    return ((steps - places).abs() <= width)[:, None] & padding(source)


def combine(*masks: Tensor | None) -> Tensor | None:
    """May look where every mask allows it; None is a mask that forbids nothing."""
    combined = None
    for mask in masks:
        if mask is not None:
            combined = mask if combined is None else combined & mask
    return combined


def place(mask: Tensor) -> Tensor:
    """Each token's place in its text, from 0, wherever the padding stands: (batch, length) -> same.

    Padding gets the place of the token before it (0 at the beginning); nobody looks at it anyway.
    """
    return (mask.long().cumsum(-1) - 1).clamp(min=0)


def distance(length: int, device: torch.device | None = None, begin: int = 0) -> Tensor:
    """How far key j is from the query at place i: |i - j|, (queries, keys)."""
    places = torch.arange(length, device=device)
    return (places[begin:, None] - places).abs()


def check_width(width: int) -> int:
    """The width of a window, or a ValueError where it would leave nothing to look at."""
    if width < 0:
        raise ValueError(f"A window's width must be 0 (the token itself) or more, not {width}.")
    return width
