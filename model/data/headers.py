"""Where in a file a table begins, and whether its first row names the columns. Knows no torch."""

from __future__ import annotations

import statistics
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from model.data.names import is_name
from model.data.rows import Row, count_filled

TITLES = 20  # rows that can stand above a table
MOST_FILLED = 0.6  # of the cells that other rows have; a title has fewer
OF_ONE_KIND = 0.8  # the share of a column's cells from which on it has a kind
SHORT = 40  # characters of a name
ENDS = tuple('.?!…。？！"”')
NUMBER = "NUMBER"


class Header(NamedTuple):
    """begin: the place among the rows where the table begins. is_there: its first row names the columns.

    is_sure: its cells leave no doubt of that.
    """

    begin: int
    is_there: bool
    is_sure: bool


def find_header(rows: Sequence[Row], chosen: bool | None = None) -> Header:
    """Where a table begins. rows: the first ones of a file. chosen: what a person says of its first row."""
    begin = find_begin(rows)
    if chosen is not None:
        return Header(begin, chosen, True)
    if begin + 1 >= len(rows):
        cells = rows[begin].cells if begin < len(rows) else ()
        return Header(begin, count_filled(cells) > 0 and are_names(cells), False)
    return Header(begin, *judge(rows[begin].cells, [row.cells for row in rows[begin + 1 :]]))


def find_begin(rows: Sequence[Row]) -> int:
    """The place of the first row that is no title: it has as many cells as rows of this table have, or names.

    Names: nothing but those that columns of pairs are known by, however wide the rows under them are.
    """
    filled = [count_filled(row.cells) for row in rows]
    usual = statistics.median_low(filled[1:] or filled or [0])
    needed = max(2, ceil(MOST_FILLED * usual))
    return next(
        (
            place
            for place, count in enumerate(filled[:TITLES])
            if count >= needed or (count >= 2 and are_names(rows[place].cells))
        ),
        0,
    )


def are_names(cells: Sequence[str]) -> bool:
    """Whether every cell with something in it is a name that a column is known by."""
    return all(is_name(cell) for cell in cells if cell.strip())


def judge(first: Sequence[str], body: Sequence[Sequence[str]]) -> tuple[bool, bool]:
    """Whether the first row names the columns, and whether that is sure."""
    cells = {place: cell.strip() for place, cell in enumerate(first) if cell.strip()}
    columns = {place: [row[place].strip() for row in body if len(row) > place] for place in cells}
    kinds = {place: kind_of_column(column) for place, column in columns.items()}
    names = sum(map(is_name, cells.values()))
    others = [place for place, cell in cells.items() if kinds[place] and kind_of(cell) != kinds[place]]
    counted = any(kinds[place] == NUMBER for place in others)
    sentences = [cell for place, cell in cells.items() if kinds[place] != NUMBER and is_sentence(cell)]
    if names and (names == len(cells) or names >= 2 or others) and not sentences:
        return True, True
    if sentences:
        return False, not names
    if any(cell in columns[place] for place, cell in cells.items()):
        return False, True
    if counted and all(len(cell) <= SHORT for cell in cells.values()):
        return True, True
    if others and all(len(cell) <= SHORT for cell in cells.values()):
        return True, False
    # Names are shorter than what stands under them.
    texts = [place for place in cells if kinds[place] != NUMBER]
    longer = [is_mostly_longer(cells[place], columns[place]) for place in texts]
    return bool(texts) and all(longer), False


def is_sentence(cell: str) -> bool:
    return cell.endswith(ENDS) or cell.count(" ") >= 3 or len(cell) > SHORT


def is_mostly_longer(name: str, column: Sequence[str]) -> bool:
    """Whether the cells of a column are sentences, and those of its name a word or two."""
    filled = [cell for cell in column if cell]
    sentences = sum(map(is_sentence, filled))
    return sentences * 2 > len(filled) and statistics.fmean(map(len, filled)) > 2 * len(name)


def kind_of_column(cells: Sequence[str]) -> str:
    """The script of nearly all of a column's cells, or NUMBER; "" where they are of several kinds."""
    kinds = Counter(kind_of(cell) for cell in cells if cell)
    [(kind, count)] = kinds.most_common(1) or [("", 0)]
    return kind if count and count >= OF_ONE_KIND * kinds.total() else ""


def kind_of(cell: str) -> str:
    """The script of most of a cell's letters, by Unicode's names of them; NUMBER where it has none."""
    scripts = Counter(map(script_of, filter(str.isalpha, cell)))
    return scripts.most_common(1)[0][0] if scripts else NUMBER


@lru_cache(maxsize=1 << 14)
def script_of(letter: str) -> str:
    """The script of a letter. Kana count as Han: Japanese has both."""
    script = unicodedata.name(letter, "?").split()[0]
    return "CJK" if script in ("HIRAGANA", "KATAKANA") else script
