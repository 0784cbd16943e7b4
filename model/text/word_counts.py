"""Which words a checkpoint has met in training, and how often: a table beside its weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from model.data import lines
from model.text.words import Word, normalise, split_words

FILE = "words.tsv"
LARGEST = 20_000_000  # bytes


def count(texts: Iterable[str]) -> Counter[str]:
    """How often each word occurs, in lower case."""
    return Counter(normalise(word.text) for text in texts for word in split_words(text))


def save(folder: Path, counts: Mapping[str, int]) -> None:
    """Writes the table, the commonest first."""
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    (folder / FILE).write_text("".join(f"{word}\t{n}\n" for word, n in rows), encoding="utf-8")


def read(folder: Path) -> dict[str, int] | None:
    """The table of a checkpoint's folder; None where it has none, or one that cannot be read."""
    path = folder / FILE
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        return {word: int(n) for word, n in map(lines.cut, path.read_text(encoding="utf-8").splitlines())}
    except (OSError, ValueError):
        return None


def occurrences(counts: Mapping[str, int], text: str) -> list[tuple[Word, int]]:
    """Each word of a text, marks left out, and how often it occurred in training."""
    words = (word for word in split_words(text) if any(c.isalnum() for c in word.text))
    return [(word, counts.get(normalise(word.text), 0)) for word in words]


def times(counts: Mapping[str, int], text: str, parts: Iterable[str]) -> list[int]:
    """How often each part of a text occurred in training: like the rarest word that it lies in or holds.

    parts: of the text, in order; they need not be words as they are counted (didn't is two of those, the
    halves of part-time are one).
    """
    words = split_words(text)
    found, end = [], 0
    for part in parts:
        start = text.find(part, end)
        if start < 0:  # the tokenizer wrote it otherwise
            inside = [word.text for word in split_words(part)]
        else:
            end = start + len(part)
            inside = [word.text for word in words if word.start < end and start < word.end]
        found.append(min((counts.get(normalise(word), 0) for word in inside), default=0))
    return found
