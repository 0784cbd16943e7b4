"""Weights as codes of one byte: a cell for each whole percent, so few differ and what is said is right.

A person reads whole percents, so that is how finely weights are told: code n + 1 stands for n %, for what is
nearer to it than to n - 1 or n + 1, and rounded to whole percents a weight is the same before and after. It
is wrong by at most half a percent (0.005). Code 1 is what is nearer to 0 % than to 1 %, and gets, in each
row, an equal part of what the others leave of the row's sum. Code 0 is exactly 0: masked, or cut.

Where a head's largest weight is small, percents would be too coarse to be drawn: its cells are a third as
wide, or a ninth, …, until `STEPS` of them reach the largest. A third of a cell ends where the cell does, so
whole percents stay right. The first `FINE` cells are of that width, those above whole percents again. Special
tokens, which often take most, do not count as the largest, and of a pair of texts the block counts that has
the smallest. A row whose weights are all small has finer cells still.

What the pieces of a word give and get is added up, and so would be their errors. So for each pair of words of
which one is in pieces one more byte tells where in their cells the pieces lie on the whole, to a ninth. (A
single piece of them may be wrong by as much as its cell is wide, one percent.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.trace import Stack

STEPS = 24.0  # cells that reach a head's largest weight, at least
ROW_STEPS = 1.5  # the same of each row by itself
FINEST = 5  # so often cells are divided by 3, at most
FINE = (3**FINEST - 1) // 2  # cells of the finer width; 121.5 of any of them end at half a percent
PARTS = 9  # of a cell, where pieces are added up


class Codes(NamedTuple):
    """codes: uint8 (heads, queries, keys). scales: uint8 (heads, queries), how often a row's cells are
    divided by 3. parts: uint8 (count,), of each pair of words in pieces that has a code above 1, in order: in
    which ninth of their cells its weights lie.
    """

    codes: NDArray[np.uint8]
    scales: NDArray[np.uint8]
    parts: NDArray[np.uint8]


def encode(weights: NDArray[np.float32], stack: Stack) -> Codes:
    """Weights (heads, queries, keys) of one layer of a stack, 0 to 1, as codes."""
    scales = find_scales(weights, stack)
    thirds = 3.0**scales
    fine = np.rint(weights * (100 * thirds).astype(np.float32)[..., None])
    codes = (np.minimum(fine, FINE) + 1).astype(np.uint8)
    above = np.nonzero(fine > FINE)
    whole = np.rint(100 * weights[above]) - np.floor((FINE + 0.5) / thirds[above[:2]]) + FINE
    codes[above] = (whole + 1).astype(np.uint8)
    codes[weights <= 0] = 0
    blocks = Blocks(stack)
    if not blocks.any:
        return Codes(codes, scales, np.zeros(0, np.uint8))
    middles, widths = measure_cells(codes, scales)
    # What is next to nothing is taken for the mean of it in its row, as `decode` will.
    small = codes == 1
    share = (weights * small).sum(axis=-1) / np.maximum(small.sum(axis=-1), 1)
    off = blocks.sum((weights - np.where(small, share[..., None], middles)).astype(np.float64))
    room = blocks.sum(widths)
    told = blocks.joined & (room > 0)
    parts = np.floor(PARTS * (off[told] / room[told] + 0.5)).clip(0, PARTS - 1)
    return Codes(codes, scales, parts.astype(np.uint8))


def decode(found: Codes, stack: Stack, sums: NDArray[np.float32] | float = 1.0) -> NDArray[np.float32]:
    """The weights that codes stand for, float32 (heads, queries, keys). sums: of the rows."""
    codes, scales, parts = found
    weights, widths = measure_cells(codes, scales)
    blocks = Blocks(stack)
    if blocks.any:
        told = blocks.joined & (blocks.sum(widths) > 0)
        shift = np.zeros(told.shape)
        shift[told] = (parts + 0.5) / PARTS - 0.5
        weights += widths * blocks.spread(shift)
    small = codes == 1
    left = np.asarray(sums) - weights.sum(axis=-1)
    most = 0.005 / 3.0**scales
    share = (left / np.maximum(small.sum(axis=-1), 1)).clip(most / 64, most)
    return np.where(small, share[..., None], weights).astype(np.float32)


def measure_cells(
    codes: NDArray[np.uint8], scales: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle of each weight's cell, and its width; 0 where the code is 0 or 1."""
    thirds = 3.0 ** scales[..., None]
    numbers = codes.astype(np.float64) - 1
    above = np.floor((FINE + 0.5) / thirds) - FINE
    middles = np.where(numbers <= FINE, numbers / thirds, numbers + above)
    widths = np.where(numbers <= FINE, 1 / thirds, 1.0)
    told = codes > 1
    return np.where(told, middles / 100, 0), np.where(told, widths / 100, 0)


class Blocks:
    """The weights between all pieces of two words, for each pair of words.

    joined: bool (words, words), whether one of the two is in several pieces; any: whether any is.
    """

    def __init__(self, stack: Stack) -> None:
        sides = [tokens.groups() for tokens in (stack.queries, stack.keys)]
        self.starts = [[group[0] for group in groups] for groups in sides]
        self.counts = [np.array([len(group) for group in groups], dtype=int) for groups in sides]
        self.joined = np.multiply.outer(*self.counts) > 1
        self.any = bool(self.joined.any())

    def sum(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(heads, queries, keys) -> (heads, words, words)"""
        rows = np.add.reduceat(values, self.starts[0], axis=1)
        found: NDArray[np.float64] = np.add.reduceat(rows, self.starts[1], axis=2)
        return found

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(heads, words, words) -> (heads, queries, keys)"""
        rows = np.repeat(values, self.counts[0], axis=1)
        found: NDArray[np.float64] = np.repeat(rows, self.counts[1], axis=2)
        return found


def find_scales(weights: NDArray[np.float32], stack: Stack) -> NDArray[np.uint8]:
    """How often the cells of each row are divided by 3: uint8 (heads, queries)."""
    plain = [~np.array(tokens.special, dtype=bool) for tokens in (stack.queries, stack.keys)]
    rows, columns = (side if side.any() else np.ones(len(side), dtype=bool) for side in plain)
    # The largest of each row in each text's columns, then that of each head in each block.
    parts = [np.array(side.segments or (0,) * len(side)) for side in (stack.queries, stack.keys)]
    of_texts = [
        weights.max(axis=-1, initial=0, where=columns & (parts[1] == part)) for part in set(parts[1].tolist())
    ]
    blocks = [
        own.max(axis=-1, initial=0, where=rows & (parts[0] == part))
        for own in of_texts
        for part in set(parts[0].tolist())
    ]
    largest = np.min([np.where(block > 0, block, 1) for block in blocks] or [np.ones(len(weights))], axis=0)
    own = np.max(of_texts or [np.zeros(weights.shape[:2])], axis=0)
    of_heads, of_rows = (
        np.ceil(np.log(steps / 100 / np.where(most > 0, most, 1)) / np.log(3) - 1e-6)
        for steps, most in ((STEPS, largest[:, None]), (ROW_STEPS, own))
    )
    return np.maximum(of_heads, of_rows).clip(0, FINEST).astype(np.uint8)
