"""Reviews in a person's own table: which column holds texts, which their labels, and what these say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model.data import looks, tables
from model.data.looks import Look, look
from model.data.tables import Table
from model.errors import Refusal

# How people write the two labels.
POSITIVE = ("1", "1.0", "positive", "pos", "true", "긍정", "긍정적")
NEGATIVE = ("0", "0.0", "-1", "negative", "neg", "false", "부정", "부정적")
LABELS = {**dict.fromkeys(POSITIVE, 1), **dict.fromkeys(NEGATIVE, 0)}
SEEN = 200  # rows by which columns are told


def read_label(cell: str) -> int:
    """1 for a positive label, 0 for a negative one. Raises Refusal for any other."""
    found = LABELS.get(cell.strip().casefold())
    if found is None:
        raise Refusal("A label must be 1 or 0, or positive or negative, not {label}.", label=cell.strip())
    return found


def find_columns(table: Table) -> tuple[str, str]:
    """The columns of texts and of labels, by what stands in them: ("document", "label").

    Raises Refusal where no column has labels alone.
    """
    rows = [row.cells for row in table.beginning[:SEEN]]
    columns = [[row[i].strip() for row in rows if len(row) > i] for i in range(len(table.header))]
    filled = [[cell for cell in column if cell] for column in columns]
    labels = [i for i, column in enumerate(filled) if column and all(c.casefold() in LABELS for c in column)]
    if not labels:
        raise Refusal(
            "{name} has no column of labels, which say 1 or 0, or positive or negative.", name=table.name
        )
    rest = [i for i in range(len(columns)) if i not in labels[-1:]]
    letters = {i: sum(sum(map(str.isalpha, cell)) for cell in filled[i]) for i in rest}
    return table.header[max(rest, key=letters.__getitem__)], table.header[labels[-1]]


def look_at(paths: Sequence[Path], settings: Mapping[str, Any]) -> tuple[Look, set[int]]:
    """A look at tables of reviews, where a text and its label are a pair; and which labels there are.

    settings: see `model.data.looks`; the columns are found out where they are not set. Raises Refusal for
    what is no such table, and for a label that says neither.
    """
    told = dict(settings)
    if not (told.get("source") and told.get("target")):
        first = tables.read_all(paths, looks.reading_of(settings))[0]
        text, label = find_columns(first)
        told = {**told, "source": told.get("source") or text, "target": told.get("target") or label}
    found = look(paths, told)
    cells = [cell for part in found.parts for cell, _ in tables.values(part.table, part.choice.target)]
    return found, {read_label(cell) for cell in cells if cell}
