"""Which words of a text the tokenizer's pieces belong to, for any split of the text into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import accumulate
from unicodedata import category, normalize

import numpy as np
from numpy.typing import NDArray

from model.text.words import Word
from model.trace import Tokens

Shares = NDArray[np.float32]


def find_shares(tokens: Tokens, words: Sequence[Word]) -> Shares:
    """How much of each token stands in each word: float32 (tokens, words).

    tokens: of a text. words: of the same text, in order. A row sums to 1, and to 0 where a token is special
    or stands in no word. Letters are compared without case, accents and white space, which tokenizers change;
    what still differs from the text (an unknown piece) is taken to stand where its neighbours leave room.
    """
    letters, owners = spell((word.text, place) for place, word in enumerate(words))
    spelt, pieces = spell(
        (text, place)
        for place, (text, special) in enumerate(zip(tokens.texts, tokens.special, strict=True))
        if not special
    )
    shares = np.zeros((len(tokens), len(words)), np.float32)
    for at, letter in pair_letters(spelt, letters):
        shares[pieces[at], owners[letter]] += 1
    for place in range(1, len(tokens)):  # the rest of a character that began in the piece before
        goes_on = tokens.words[place] == tokens.words[place - 1] and not tokens.special[place]
        if goes_on and not shares[place].any() and not any(c.isalnum() for c in tokens.texts[place]):
            shares[place] = shares[place - 1]
    found: Shares = shares / np.maximum(shares.sum(1, keepdims=True), 1)
    return found


def join_written(tokens: Tokens, words: Sequence[Word]) -> Tokens:
    """The same tokens, those of one written word as one: 아이유 and 는, read apart, are of 아이유는.

    tokens, words: as in `find_shares`; words of one number are one. What is of one word already stays so.
    """
    shares = find_shares(tokens, words)
    own = [words[int(row.argmax())].number if row.any() else None for row in shares]
    apart = [0] * len(tokens)
    for place in range(1, len(tokens)):
        one = tokens.words[place] == tokens.words[place - 1]
        apart[place] = not (one or (own[place] is not None and own[place] == own[place - 1]))
    return replace(tokens, words=tuple(accumulate(apart)))


def spell(texts: Iterable[tuple[str, int]]) -> tuple[str, list[int]]:
    """The letters of numbered texts in a row, as they are compared, and the number that each comes from."""
    letters: list[str] = []
    owners: list[int] = []
    for text, owner in texts:
        kept = [
            letter
            for letter in normalize("NFKD", text).casefold()
            if not letter.isspace() and category(letter) != "Mn"
        ]
        letters += kept
        owners += [owner] * len(kept)
    return "".join(letters), owners


def pair_letters(one: str, other: str) -> Iterable[tuple[int, int]]:
    """Which letters of two spellings of a text are the same ones, as pairs of their places, in order."""
    if one == other:
        return zip(range(len(one)), range(len(other)), strict=True)
    return pair_differing(one, other)


def pair_differing(one: str, other: str) -> Iterable[tuple[int, int]]:
    """The same where they differ: what stands between equal letters is spread evenly over its counterpart."""
    for kind, start, stop, begin, end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind in ("equal", "replace"):
            for at in range(start, stop):
                yield at, begin + (at - start) * (end - begin) // (stop - start)
