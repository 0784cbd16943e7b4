"""Texts and their translations from a file: one pair a line, tabs between the columns, their names first."""

from __future__ import annotations

import csv
from pathlib import Path

Pair = tuple[str, str]


def read(path: Path, source: str, target: str) -> list[Pair]:
    """The pairs of a file's two columns, without white space around them; lines that lack one are left out.

    Raises ValueError where the file cannot be read, has no such columns, or no pair in them.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            rows, columns = list(table), table.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as a table with tabs: {error}.") from error
    for column in (source, target):
        if column not in columns:
            raise ValueError(f"{path} has no column {column!r}: its first line must name {source}, {target}.")
    cells = (((row[source] or "").strip(), (row[target] or "").strip()) for row in rows)
    pairs = [(a, b) for a, b in cells if a and b]
    if not pairs:
        raise ValueError(f"{path} has no line with both a {source} and a {target} text.")
    return pairs
