"""One row as a file has it, before anybody knows what its cells mean. Knows no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

Fault = Literal["", "quote", "broken"]
REPLACED = "\ufffd"  # in the place of what is no character


class Row(NamedTuple):
    """number: of its first line, its row in a sheet, its record or unit in the file, from 1.

    fault: "quote", a quotation mark that opens and never closes; "broken", a record that cannot be read.
    """

    number: int
    cells: Sequence[str]
    fault: Fault = ""


Rows = Callable[[], Iterator[Row]]


def clean(cell: str) -> str:
    """A cell's text in one line, without white space around it. What is no character becomes �."""
    if not cell.isascii() and not cell.isprintable():
        cell = cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(cell.split())


def count_filled(cells: Sequence[str]) -> int:
    """How many cells have something in them."""
    return sum(bool(cell.strip()) for cell in cells)


def find_width(cells: Sequence[str]) -> int:
    """How many cells there are, without empty ones behind the last that is not."""
    width = len(cells)
    while width and not cells[width - 1].strip():
        width -= 1
    return width
