"""Which pairs of nouns no training sentence contains, and which of them a head is chosen on."""

from __future__ import annotations

import zlib

# Never in training, in any order, so that everyone can check the claim.
SHOWN = [
    {"animal", "street"}, {"dog", "road"}, {"truck", "bridge"}, {"trophy", "suitcase"}, {"cat", "cake"},
]  # fmt: skip


def number(a: str, b: str) -> int:
    """A number that a pair of nouns always has, in either order, on every machine."""
    return zlib.crc32(" ".join(sorted((a, b))).encode())


def is_held_out(a: str, b: str) -> bool:
    """True for pairs that no training sentence contains: the shown ones, and one in ten."""
    return {a, b} in SHOWN or number(a, b) % 10 == 0


def for_choosing(a: str, b: str) -> bool:
    """True for the quarter of the held-out pairs on which a head is chosen; the others measure it."""
    return {a, b} not in SHOWN and number(a, b) // 10 % 4 == 0
