"""Texts in lines, with tabs between the cells where there are several: the one way that lines are cut.

Between tabs every quotation mark is a letter. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def cut(line: str) -> list[str]:
    """The cells of a line."""
    return line.rstrip("\r\n").split("\t")


def read(path: Path) -> list[str]:
    """The lines of a text, without white space around them. Raises ValueError where it cannot be read."""
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8.") from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error


def rows(path: Path, columns: int) -> Iterator[tuple[int, list[str]]]:
    """The number of each line, from 1, and its cells, without white space around them.

    Raises ValueError where the text cannot be read, and where a line has other than this many columns.
    """
    for number, line in enumerate(read(path), start=1):
        cells = [cell.strip() for cell in cut(line)]
        if len(cells) != columns:
            raise ValueError(
                f"Line {number} of {path} needs {columns} columns between tabs, not {len(cells)}."
            )
        yield number, cells
