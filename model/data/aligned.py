"""Two files that say the same line by line, as Moses and OPUS have them: one table. Knows no torch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path, PurePath

from model.data.rows import Row
from model.errors import Refusal

Side = tuple[Path, str, str]  # a file, its name for people, its encoding


def name_columns(one: str, other: str) -> tuple[str, str]:
    """What the two names of the files do not share: corpus.en and corpus.ko are "en" and "ko"."""
    parts = [PurePath(name).name.split(".") for name in (one, other)]
    if len(parts[0]) == len(parts[1]):
        apart = [pair for pair in zip(*parts, strict=True) if pair[0] != pair[1]]
        if apart:
            return ".".join(a for a, _ in apart), ".".join(b for _, b in apart)
    return "A", "B"


def check_lengths(one: Side, other: Side) -> None:
    """Raises Refusal where one has more lines than the other, for then no line can be trusted."""
    counts = [sum(1 for _ in read_lines(side)) for side in (one, other)]
    if counts[0] != counts[1]:
        raise Refusal(
            "{one} has {first} lines and {other} {second}; files that belong together have as many.",
            one=one[1],
            first=f"{counts[0]:,}",
            other=other[1],
            second=f"{counts[1]:,}",
        )


def read_rows(one: Side, other: Side) -> Iterator[Row]:
    """Each line of the one beside that of the other."""
    for number, cells in enumerate(zip_longest(read_lines(one), read_lines(other), fillvalue=""), start=1):
        if any(cells):
            yield Row(number, cells)


def read_lines(side: Side) -> Iterator[str]:
    with side[0].open(encoding=side[2]) as file:
        for line in file:
            yield line.rstrip("\n")
