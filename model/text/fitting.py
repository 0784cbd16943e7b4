"""Which tokenizer goes with a person's texts: of what kind, of how many pieces, with which normalization.

Words are tokens only where there are few different ones and every text comes back from them as it was; a
writing without spaces between words has none that could be seen. Else a token is a piece of SentencePiece,
and what is too rare to be a piece of its own is written as its bytes.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal, get_args

from model.errors import Refusal
from model.text.scripts import is_unspaced
from model.text.tokenizer import (
    NORMALIZATIONS,
    CompactTokenizer,
    Method,
    Normalization,
    normaliser,
    train_tokenizer,
)
from model.text.words import normalise, split_words

Kind = Literal["auto", "words", "unigram", "bpe", "characters"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SIZED = ("auto", "unigram", "bpe")  # kinds whose number of pieces can be set
SETTINGS = ("tokenizer", "pieces", "normalization")

PIECES = 8000
FEWEST_PIECES, MOST_PIECES = 262, 64_000  # one beside the special ones and the bytes; a vocabulary to train
CHARACTERS = 4000  # that are pieces of their own
LEAST_COVERED = 0.98  # of all characters in a text; less SentencePiece does not take
BYTES = 300  # pieces for the bytes, and some more
FEW_WORDS = 1000  # with no more different words than that, words are tokens


@dataclass(frozen=True)
class Wanted:
    """What is set of a tokenizer. kind: "auto" is words or unigram, whichever the texts bear.

    pieces: how many there are to be; None = as many as the texts bear, up to PIECES.
    """

    kind: Kind = "auto"
    pieces: int | None = None
    normalization: Normalization = "identity"


def wanted(settings: Mapping[str, Any]) -> Wanted:
    """What settings say ("tokenizer", "pieces", "normalization"). Raises Refusal for what cannot be."""
    kind, pieces = settings.get("tokenizer", "auto"), settings.get("pieces")
    normalization = settings.get("normalization", "identity")
    if kind not in KINDS:
        raise Refusal("The tokenizer must be one of {names}.", names=", ".join(KINDS))
    if normalization not in NORMALIZATIONS:
        raise Refusal("The normalization must be one of {names}.", names=", ".join(NORMALIZATIONS))
    if pieces is not None and kind not in SIZED:
        raise Refusal("The number of pieces can be set for {names} alone.", names=", ".join(SIZED))
    if pieces is not None and not (type(pieces) is int and FEWEST_PIECES <= pieces <= MOST_PIECES):
        raise Refusal(
            "The number of pieces must be a whole number from {least} to {most}.",
            least=FEWEST_PIECES,
            most=f"{MOST_PIECES:,}",
        )
    if kind == "words" and normalization != "identity":
        raise Refusal("Words are looked up by rules of their own; normalization is for pieces alone.")
    return Wanted(kind, pieces, normalization)


def fit_tokenizer(
    wish: Wanted, texts: Sequence[str], folder: Path, others: Iterable[str] | None = None
) -> CompactTokenizer:
    """A tokenizer as wanted, learned from texts and saved in folder.

    others: texts that are not learned from and have to come back as well; None where texts are themselves
    only a sample, so that nobody knows whether all come back, and words are not chosen unasked.
    Raises Refusal where there is nothing to learn from, or the texts do not bear so many or so few pieces.
    """
    if wish.kind == "words":
        if not count_words(texts, 1):
            raise Refusal("There is no word in the texts.")
        return train_tokenizer(texts, folder, "word")
    if wish == Wanted() and others is not None:
        by_word = fit_words(texts, folder, others)
        if by_word is not None:
            return by_word
    count = Counter(chain.from_iterable(map(normaliser(wish.normalization), texts)))
    method: Method = {"characters": "char", "bpe": "bpe"}.get(wish.kind, "unigram")  # type: ignore[assignment]
    room = CHARACTERS if wish.pieces is None else min(CHARACTERS, max(1, wish.pieces - BYTES))
    needed, coverage = common(count, room)
    exactly = wish.pieces is not None
    size = wish.pieces if wish.pieces is not None else needed + BYTES
    if wish.kind != "characters" and not exactly:
        size = max(size, min(PIECES, size + count_words(texts, 4 * PIECES) // 4))
    return train_tokenizer(
        texts, folder, method, size, coverage=coverage, normalization=wish.normalization, exactly=exactly
    )


def fit_words(texts: Sequence[str], folder: Path, others: Iterable[str]) -> CompactTokenizer | None:
    """A tokenizer of words, where there are few different ones and every text comes back; else None."""
    if not 0 < count_words(texts, FEW_WORDS + 1) <= FEW_WORDS or any(map(is_unspaced, texts)):
        return None
    found = train_tokenizer(texts, folder, "word")
    return found if all(comes_back(found, text) for text in {*texts, *others}) else None


def comes_back(tokenizer: CompactTokenizer, text: str) -> bool:
    """Whether a text that was cut into tokens is the same again when they are joined."""
    return tokenizer.convert_tokens_to_string(tokenizer.tokenize(text)) == text


def count_words(texts: Iterable[str], enough: int) -> int:
    """How many different words there are, as they are looked up; none is looked for beyond enough."""
    words: set[str] = set()
    for text in texts:
        words.update(normalise(word.text) for word in split_words(text))
        if len(words) >= enough:
            break
    return len(words)


def common(characters: Counter[str], most: int) -> tuple[int, float]:
    """How many characters are to be pieces, and which share of the text they make up.

    All, or about `most` of the commonest, where these are as much of the text as has to be covered.
    """
    total, covered = characters.total(), 0
    for place, (_, count) in enumerate(characters.most_common(), start=1):
        covered += count
        if place >= most and covered / total >= LEAST_COVERED:
            return place, covered / total
    return len(characters), 1.0


def count_apart(texts: Iterable[str]) -> int:
    """How many texts have letters whose marks are written apart: the same letters are other characters."""
    return sum(not unicodedata.is_normalized("NFC", text) for text in texts)
