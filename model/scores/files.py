"""The texts of some columns of a table, to be measured against each other. Knows no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from model.data.rows import Row, clean
from model.data.tables import Table, read_all
from model.errors import Refusal

MOST = 20_000  # rows


@dataclass(frozen=True)
class Texts:
    """header: the names of the columns. rows: the texts, each row as wide as the header, in one line each.

    left_out: how many rows have a fault, a cell more than the header, or no reference; they are measured
    nowhere.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int

    def column(self, name: str) -> list[str]:
        """The texts of a column."""
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def having(self, name: str) -> Texts:
        """The rows that have something in this column; the others are left out.

        Raises Refusal where none has.
        """
        place = self.header.index(name)
        rows = tuple(row for row in self.rows if row[place])
        if not rows:
            raise Refusal("The column {column} has no reference.", column=name)
        return replace(self, rows=rows, left_out=self.left_out + len(self.rows) - len(rows))


def read_texts(paths: Sequence[Path]) -> Texts:
    """One table, or two texts line by line. Raises Refusal for what is neither, or has too many rows."""
    tables = read_all(paths)
    if len(tables) > 1:
        raise Refusal("These are {count} tables; one is measured at a time.", count=len(tables))
    return take(tables[0])


def take(table: Table) -> Texts:
    """The rows that can be measured; an empty cell is a translation that is missing, and counts."""
    rows: list[tuple[str, ...]] = []
    left_out = 0
    for row in table.rows():
        if len(rows) == MOST:
            raise Refusal("{name} has more than {most} rows.", name=table.name, most=f"{MOST:,}")
        texts = fit(row, len(table.header))
        if texts is None:
            left_out += 1
        else:
            rows.append(texts)
    return Texts(table.header, tuple(rows), left_out)


def fit(row: Row, width: int) -> tuple[str, ...] | None:
    """A row's texts; None where it cannot be read, or has more of them than there are columns."""
    cells = [clean(cell) for cell in row.cells]
    if row.fault or any(cells[width:]):
        return None
    return tuple(cells[:width] + [""] * (width - len(cells)))
