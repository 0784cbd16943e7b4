"""A text as words in sentences, who stands near whom in it, and what plain counting makes of that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.errors import Refusal
from model.text.particles import split_particles
from model.text.words import Word, find_starts, is_letter, normalise

FEWEST_WORDS, FEWEST_KINDS = 100, 10  # of a text from which something can be learned
MOST_WORDS, MOST_KINDS = 120_000, 2_000  # that are read; of kinds the most frequent
RAREST = ((20_000, 5), (2_000, 2))  # in a text of so many words, a word of the vocabulary stands as often
LONGEST = 40  # letters of a word
_WIDE_MARKS = "。！？、，；：「」『』（）《》"  # which a word may touch in a text with spaces
_ENDS = re.compile(r"(?<=[.!?…。！？])")  # of a sentence

Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Text:
    """A text that is learned from.

    words: its vocabulary, the most frequent first. counts: int64 (words,), how often each stands in it. ids:
    int64 (tokens,), the text, word by word. sentence: int64 (tokens,), which sentence each token is of.
    left_out: how many tokens are of words that are too rare for the vocabulary.
    """

    words: tuple[str, ...]
    counts: Ids
    ids: Ids
    sentence: Ids
    left_out: int = 0

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each word stands in the vocabulary."""
        return {word: place for place, word in enumerate(self.words)}


def split_sentence(text: str) -> tuple[Word, ...]:
    """The words of a text as they are looked up, in order: no marks, no Korean particles, no capitals.

    start, end: where each stands. In scripts without spaces ICU says where words end.
    """
    starts = find_starts(text)
    if starts.unspaced:
        ends = (*starts.places[1:], len(text))
        found = tuple(
            Word(text[start:end].rstrip(), start, end, number)
            for number, (start, end) in enumerate(zip(starts.places, ends, strict=True))
        )
    else:
        found = split_particles(text)
    return tuple(
        word._replace(text=normalise(word.text.strip(_WIDE_MARKS))[:LONGEST])
        for word in found
        if not word.particle and any(map(is_letter, word.text))
    )


def split_sentences(lines: Iterable[str]) -> Iterator[list[str]]:
    """The sentences of lines of text, as lists of words; a line end is a sentence's, too."""
    for sentence in split_lines(lines):
        if words := [word.text for word in split_sentence(sentence)]:
            yield words


def split_lines(lines: Iterable[str]) -> Iterator[str]:
    """The sentences of lines of text as they stand there."""
    for line in lines:
        yield from _ENDS.split(line)


def read_text(lines: Iterable[str]) -> Text:
    """Lines of text as what can be learned from.

    Raises Refusal, one plain sentence, where there are no words, too few, or always the same ones.
    """
    sentences: list[list[str]] = []
    total = 0
    for words in split_sentences(lines):
        sentences.append(words[: MOST_WORDS - total])
        total += len(sentences[-1])
        if total >= MOST_WORDS:
            break
    counted = Counter(word for words in sentences for word in words)
    if not total:
        raise Refusal("The text has no words; write or paste some.")
    if total < FEWEST_WORDS:
        raise Refusal(
            "The text has {count} words; {fewest} are needed at least to learn from.",
            count=total,
            fewest=FEWEST_WORDS,
        )
    rarest = next((least for words, least in RAREST if total >= words), 1)
    kept = [(word, count) for word, count in counted.most_common(MOST_KINDS) if count >= rarest]
    if len(kept) < FEWEST_KINDS:
        raise Refusal(
            "The text has only {count} different words that are frequent enough; {fewest} are needed at "
            "least.",
            count=len(kept),
            fewest=FEWEST_KINDS,
        )
    places = {word: place for place, (word, _count) in enumerate(kept)}
    pairs = [
        (places[word], number) for number, words in enumerate(sentences) for word in words if word in places
    ]
    ids, sentence = np.array(pairs, dtype=np.int64).T
    if not (sentence[1:] == sentence[:-1]).any():
        raise Refusal("Every sentence of the text has one word; words are learned from those beside them.")
    return Text(tuple(places), np.array([count for _word, count in kept]), ids, sentence, total - len(ids))


def find_pairs(ids: Ids, sentence: Ids, window: int) -> tuple[Ids, Ids]:
    """Every token with each one that stands no more than `window` places away in its sentence.

    Returns centres and contexts, int64 (pairs,) each; every pair is there both ways round.
    """
    centres, contexts = [], []
    for away in range(1, window + 1):
        near = sentence[away:] == sentence[:-away]
        left, right = ids[:-away][near], ids[away:][near]
        centres += [left, right]
        contexts += [right, left]
    return np.concatenate(centres), np.concatenate(contexts)


def count_pairs(text: Text, window: int) -> NDArray[np.float64]:
    """How often each word (rows) stands near each other one (columns): float64 (words, words), symmetric."""
    size = len(text.words)
    centres, contexts = find_pairs(text.ids, text.sentence, window)
    counted = np.bincount(centres * size + contexts, minlength=size * size)
    return counted.reshape(size, size).astype(np.float64)


def weigh_pairs(counts: NDArray[np.float64]) -> NDArray[np.float32]:
    """Positive pointwise mutual information of counted pairs (words, words): max(0, log p(a,b) / p(a)p(b)).

    Church and Hanks 1990, “Word Association Norms, Mutual Information, and Lexicography”; that negatives are
    cut off: Levy and Goldberg 2014, “Neural Word Embedding as Implicit Matrix Factorization”, §3.2.
    """
    rows = counts.sum(1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(counts * counts.sum() / (rows * rows.T))
    return np.nan_to_num(np.maximum(information, 0), nan=0.0).astype(np.float32)


def find_cosines(vectors: NDArray[np.floating], word: int) -> NDArray[np.float64]:
    """The cosine of each vector (words, width) with that of one word: float64 (words,); 0 where one is 0."""
    table = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(table, axis=1)
    product = table @ table[word]
    scale = lengths * lengths[word]
    found: NDArray[np.float64] = np.divide(product, scale, out=np.zeros_like(product), where=scale > 0)
    return found


def find_nearest(vectors: NDArray[np.floating], word: int, most: int) -> tuple[tuple[int, float], ...]:
    """The words whose vectors point most nearly where that of one does, itself left out, with their cosines.

    None whose cosine is not above 0.
    """
    cosines = find_cosines(vectors, word)
    order = [int(i) for i in np.argsort(-cosines, kind="stable") if i != word][:most]
    return tuple((i, float(cosines[i])) for i in order if cosines[i] > 0)
