"""The merges of a byte-pair encoding, played on a text in the order in which the library learned them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from model.text.subwords.learning import Learned
from model.text.subwords.record import plain

LONGEST = 1000  # characters of a text that is played

Pair = tuple[str, str]
Word = tuple[tuple[int, tuple[str, ...]], ...]  # its pieces, each time with the step from which they stand


@dataclass(frozen=True)
class Merge:
    """One merge that changes the text.

    rank: how many merges were learned up to this one, itself included. left, right: the pair.
    count: how often the pair stood in the text just before, and was merged.
    """

    rank: int
    left: str
    right: str
    count: int


@dataclass(frozen=True)
class Film:
    """How a text falls into fewer and fewer pieces.

    text: what is played, at most LONGEST characters. merges: those that change it, in order.
    pieces: how many pieces there are before the first of them and after each: len(merges) + 1 numbers.
    start: how many pieces the vocabulary had before the first merge was learned.
    """

    text: str
    merges: tuple[Merge, ...]
    pieces: tuple[int, ...]
    start: int
    _words: tuple[
        tuple[tuple[int, tuple[str, ...]], ...], ...
    ]  # of each word: from which step on, its pieces

    def at(self, step: int) -> tuple[tuple[str, ...], ...]:
        """The pieces of each word after `step` of the merges (0 = the characters)."""
        return tuple(
            next(pieces for since, pieces in reversed(word) if since <= step) for word in self._words
        )

    def fresh(self, step: int) -> tuple[tuple[bool, ...], ...]:
        """Which of the pieces `at` this step the last merge has made."""
        return tuple(self._flag_made(word, step) for word in self._words)

    @staticmethod
    def _flag_made(word: Word, step: int) -> tuple[bool, ...]:
        now = next(i for i in reversed(range(len(word))) if word[i][0] <= step)
        since, pieces = word[now]
        if not now or since < step:
            return (False,) * len(pieces)
        flags, before = [], iter(word[now - 1][1])
        for piece in pieces:
            whole = next(before)
            flags.append(whole != piece)
            while len(whole) < len(piece):
                whole += next(before)
        return tuple(flags)


def film(learned: Learned, text: str) -> Film:
    """The merges of a byte-pair tokenizer, played on a text.

    As in the library, the pair that was learned first is merged first, and the leftmost of equals. After the
    last merge the pieces are those of `learned.cut`, but for characters never met, which stay whole here.
    Raises ValueError where the tokenizer has no merges.
    """
    if learned.kind != "bpe":
        raise ValueError(f"A {learned.kind} tokenizer has no merges to play.")
    rank = {pair: number for number, pair in enumerate(learned.merges, 1)}
    text = plain(text)[:LONGEST].rstrip()
    words = [list(word) for word in learned.words(text)]
    states: list[list[tuple[int, tuple[str, ...]]]] = [[(0, tuple(word))] for word in words]
    merges: list[Merge] = []
    pieces = [sum(map(len, words))]
    lowest = [min(_ranks(word, rank), default=0) for word in words]
    while any(lowest):
        now = min(filter(None, lowest))
        left, right = learned.merges[now - 1]
        count = 0
        for i, word in enumerate(words):
            if lowest[i] != now:
                continue
            while lowest[i] == now:
                place = list(pairwise(word)).index((left, right))
                word[place : place + 2] = [left + right]
                count += 1
                lowest[i] = min(_ranks(word, rank), default=0)
            states[i].append((len(merges) + 1, tuple(word)))
        merges.append(Merge(now, left, right, count))
        pieces.append(pieces[-1] - count)
    return Film(
        text=text,
        merges=tuple(merges),
        pieces=tuple(pieces),
        start=len(learned.vocabulary) - len(learned.merges),
        _words=tuple(map(tuple, states)),
    )


def _ranks(word: list[str], rank: dict[Pair, int]) -> Iterator[int]:
    return (rank[pair] for pair in pairwise(word) if pair in rank)


def counts(learned: Learned, text: str) -> tuple[int, ...]:
    """How often each merge's pair stood in the text that it was learned from when it was chosen."""
    words: Counter[str] = Counter()
    for line in map(plain, text.splitlines()):
        words.update(learned.words(line))
    pieces = [list(word) for word in words]
    times = list(words.values())
    found: Counter[Pair] = Counter()
    where: defaultdict[Pair, set[int]] = defaultdict(set)
    for i, word in enumerate(pieces):
        for pair in pairwise(word):
            found[pair] += times[i]
            where[pair].add(i)
    result = []
    for pair in learned.merges:
        result.append(found[pair])
        for i in where.pop(pair, set()):
            for old in pairwise(pieces[i]):
                found[old] -= times[i]
            pieces[i] = _merge(pieces[i], pair)
            for new in pairwise(pieces[i]):
                found[new] += times[i]
                where[new].add(i)
    return tuple(result)


def _merge(word: list[str], pair: Pair) -> list[str]:
    """A word with every occurrence of a pair merged, from the left."""
    merged: list[str] = []
    i = 0
    while i < len(word):
        if tuple(word[i : i + 2]) == pair:
            merged.append(pair[0] + pair[1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return merged
