"""Attention as a reader finds it in a trace, word by word; it's is two words here, it and 's."""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from model.text.words import split_words
from model.trace import Stack


def words_of(stack: Stack, text: str) -> tuple[list[str], list[list[int]]]:
    """The words of a text in lower case, and where each one's tokens stand, without special and blank ones.

    Words that a token runs through are one.
    """
    said = zip(stack.query_tokens, stack.queries.special, strict=True)
    typed = [(place, piece) for place, (piece, special) in enumerate(said) if not special and piece != "␣"]
    letters = "".join(piece for _, piece in typed).lower()
    ends = [0, *accumulate(len(piece) for _, piece in typed)]
    parted = {0, *accumulate(len(word.text) for word in split_words(text))}
    assert letters == "".join(word.text for word in split_words(text)).lower()
    spans = list(pairwise(end for end in ends if end in parted))
    return (
        [letters[start:stop] for start, stop in spans],
        [
            [place for (place, _), at in zip(typed, ends, strict=False) if start <= at < stop]
            for start, stop in spans
        ],
    )


def merged(stack: Stack, groups: list[list[int]]) -> NDArray[np.float32]:
    """(layers, heads, words, words): the keys of a word summed, its queries averaged."""
    keys = np.stack([stack.weights[..., group].sum(-1) for group in groups], -1)
    return np.stack([keys[:, :, group].mean(2) for group in groups], 2)
