"""Which words a checkpoint has met in training, and how often: a table beside its weights."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from model.data import lines
from model.text.unspaced import find_segments
from model.text.words import Word, find_starts, normalise, split_words

Span = tuple[int, int]  # the first character and the one after the last
FILE = "words.tsv"
EDITION = 2  # of the tables: what stands in the row of the empty word
LARGEST = 20_000_000  # bytes


def count(texts: Iterable[str]) -> Counter[str]:
    """How often each word occurs, in lower case; in a script without spaces as ICU finds them."""
    return Counter(normalise(word.text) for text in texts for word in counted_words(text))


def counted_words(text: str) -> Iterator[Word]:
    """The words of a text as they are counted; in a script without spaces each has a number of its own."""
    places = find_starts(text).places
    segments = find_segments(text)
    last, number = -1, -1
    for word in split_words(text):
        inner: tuple[int, ...] = ()
        if any(segment.start < word.end and word.start < segment.end for segment in segments):
            inner = places[bisect_right(places, word.start) : bisect_left(places, word.end)]
        for span in pairwise((word.start, *inner, word.end)):
            number += word.number != last or span[0] != word.start
            last = word.number
            yield Word(text[slice(*span)], *span, number)


def save(folder: Path, counts: Mapping[str, int]) -> None:
    """Writes the table, the commonest first."""
    rows = [("", EDITION), *sorted(counts.items(), key=lambda row: (-row[1], row[0]))]
    (folder / FILE).write_text("".join(f"{word}\t{n}\n" for word, n in rows), encoding="utf-8")


def read(folder: Path) -> dict[str, int] | None:
    """The table of a checkpoint's folder; None where it has none, or one that cannot be read."""
    path = folder / FILE
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        found = {word: int(n) for word, n in map(lines.cut, path.read_text(encoding="utf-8").splitlines())}
    except (OSError, ValueError):
        return None
    return found if found.pop("", 1) >= EDITION else _part(found)


def _part(counts: Mapping[str, int]) -> dict[str, int]:
    """A table of the first edition, in which scripts without spaces were not cut into words, as today's."""
    parted: Counter[str] = Counter()
    for entry, n in counts.items():
        for word in (w.text for w in counted_words(entry)) if find_segments(entry) else (entry,):
            parted[word] += n
    return dict(parted)


def occurrences(counts: Mapping[str, int], text: str) -> list[tuple[str, int]]:
    """Each word of a text, marks left out, and how often it occurred in training."""
    words = (word.text for word in counted_words(text) if any(c.isalnum() for c in word.text))
    return [(word, counts.get(normalise(word), 0)) for word in words]


def times(
    counts: Mapping[str, int], text: str, parts: Iterable[str], spans: Iterable[Span | None] | None = None
) -> list[int]:
    """How often each part of a text occurred in training: like the rarest word that it lies in or holds.

    parts: of the text, in order; they need not be words as they are counted (didn't is two of those, the
    halves of part-time are one). spans: where each stands, where that is known; else it is looked for.
    """
    words = list(counted_words(text))
    parts = list(parts)
    found, end = [], 0
    for part, span in zip(parts, [None] * len(parts) if spans is None else spans, strict=True):
        start = text.find(part, end)
        if span is None and start >= 0:
            span = start, start + len(part)
        if span is None:  # the tokenizer wrote it otherwise
            inside = [word.text for word in counted_words(part)]
        else:
            end = span[1]
            inside = [word.text for word in words if word.start < span[1] and span[0] < word.end]
        found.append(min((counts.get(normalise(word), 0) for word in inside), default=0))
    return found
