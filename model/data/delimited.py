"""Rows of a text file with something between its columns: .tsv, .csv, .txt, in quotation marks or not.

The rows are cut by Python's csv, in its strict mode, one at a time: a quotation mark that never closes spoils
the row that it stands in, which says so, and not the rest of the file. Knows no torch.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.data.rows import Row
from model.errors import Refusal

SEPARATORS = ("\t", ",", ";", "|", " ||| ")  # the last one is what word aligners read
SNIFFED = 300  # rows that tell how columns are separated
FEWEST = 0.5  # of these rows have to be cut into equally many cells
LONGEST_RECORD = 200  # lines of one row, with line breaks in quotation marks
LONGEST_LINE = 131_072  # characters, which is the most that csv takes in a cell


@dataclass(frozen=True)
class Form:
    """How a text file is written.

    separator: between columns; "" where there is one column. width: most rows have it. is_quoted: cells may
    stand in quotation marks, which are then none of their text.
    """

    encoding: str
    separator: str
    width: int = 0
    is_quoted: bool = True


def find_form(path: Path, name: str, encoding: str, separator: str = "") -> Form:
    """How a file is written, by its first rows. separator: what a person says stands between the columns.

    Of several that cut equally many rows alike one is taken that hardly stands in a text.
    """
    with path.open(encoding=encoding, newline="") as file:
        beginning = list(itertools.islice(lines(file, name), SNIFFED))
    filled = sum(bool(line.strip()) for line in beginning)
    if not separator and filled and sum("\t" in line.strip() for line in beginning) > FEWEST * filled:
        separator = "\t"  # it hardly stands in a text, however ragged the rows
    if separator:
        return Form(encoding, separator, common_width(cut_rows(beginning, separator))[0])
    best, merit = Form(encoding, "", 1), (FEWEST, False, 0.0, 0)
    for found in SEPARATORS:
        width, share = common_width(cut_rows(beginning, found))
        told = (share, found in ("\t", " ||| "), -count_spaced(beginning, found), width)
        if width > 1 and told > merit:
            best, merit = Form(encoding, found, width), told
    return best


def count_spaced(lines: Iterable[str], separator: str) -> int:
    """How often a space stands behind a separator, as it does behind the commas of prose."""
    return sum(line.count(separator + " ") for line in lines)


def common_width(rows: Iterable[Row]) -> tuple[int, float]:
    """The width that most rows have, the larger of equals, and their share."""
    widths = Counter(len(row.cells) for row in rows if any(row.cells))
    width = max(widths, key=lambda width: (widths[width], width), default=0)
    return width, widths[width] / max(1, widths.total())


def read_rows(path: Path, name: str, form: Form) -> Iterator[Row]:
    """Every row that has something in it, with the number of its first line."""
    with path.open(encoding=form.encoding, newline="") as file:
        told = lines(file, name)
        if not form.separator:
            rows: Iterator[Row] = (Row(n, [line.rstrip("\r\n")]) for n, line in enumerate(told, start=1))
        elif form.is_quoted:
            rows = cut_rows(told, form.separator, form.width)
        else:
            rows = (Row(n, split(line, form.separator)) for n, line in enumerate(told, start=1))
        for row in rows:
            if row.fault or any(row.cells):
                yield row


def lines(file: Iterable[str], name: str) -> Iterator[str]:
    """The lines of a file. Raises Refusal where one is longer than any row of a table."""
    for line in file:
        if len(line) > LONGEST_LINE:
            raise Refusal("{name} is damaged, or no table.", name=name)
        yield line


def split(line: str, separator: str) -> list[str]:
    """A line's cells, where a quotation mark is a letter like any other."""
    return line.rstrip("\r\n").split(separator)


def cut_rows(lines: Iterable[str], separator: str, width: int = 0) -> Iterator[Row]:
    """Lines as rows, of one line each or, within quotation marks, of several. width: which most rows have."""
    waiting: deque[str] = deque()  # lines that were looked at ahead, and are still to be read
    rest = iter(lines)
    number = 1
    while True:
        line = waiting.popleft() if waiting else next(rest, None)
        if line is None:
            return
        if '"' not in line:
            yield Row(number, line.rstrip("\r\n").split(separator))
            number += 1
            continue
        row, taken = read_quoted(number, line, separator, width, waiting, rest)
        yield row
        number += taken


def read_quoted(
    number: int, line: str, separator: str, width: int, waiting: deque[str], rest: Iterator[str]
) -> tuple[Row, int]:
    """A row that begins with this line, in which a quotation mark stands, and how many lines it takes up.

    waiting, rest: the lines behind it; those that are looked at in vain are left in waiting.
    """
    alone = split(line, separator)
    cells, is_open = parse([line], separator)
    if not is_open or len(separator) > 1:
        return Row(number, cells or unquote_all(alone, separator)), 1
    # Between tabs a mark may be a letter, so that a line which is whole as it is stays a row; but for a last
    # cell of several lines, behind which no whole line comes.
    is_whole = separator == "\t" and len(alone) == width
    if is_whole and not alone[-1].startswith('"'):
        return Row(number, unquote_all(alone, separator)), 1
    together, looked = [line], 0
    while len(together) < LONGEST_RECORD:
        if looked == len(waiting):
            following = next(rest, None)
            if following is None:
                break
            waiting.append(following)
        following = waiting[looked]
        looked += 1
        if is_whole and len(split(following, separator)) >= width:
            break
        together.append(following)
        if '"' not in following:
            continue
        cells, is_open = parse(together, separator)
        if cells and (not width or len(cells) == width):
            for _ in together[1:]:
                waiting.popleft()
            return Row(number, cells), len(together)
        if not is_open:
            break
    return Row(number, unquote_all(alone, separator), "" if separator == "\t" else "quote"), 1


def parse(lines: Sequence[str], separator: str) -> tuple[list[str], bool]:
    """The cells of one row, strictly, or none where its marks are not in order; whether one is open."""
    if len(separator) > 1:  # csv knows only characters
        return [], False
    try:
        rows = list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error as error:
        return [], "end of data" in str(error)
    return (rows[0], False) if len(rows) == 1 else ([], False)


def unquote_all(cells: Sequence[str], separator: str) -> list[str]:
    """Cells of which some stand in a pair of marks and others have marks that are letters."""
    return [unquote(cell) for cell in cells] if separator == "\t" else list(cells)


def unquote(cell: str) -> str:
    """ "She said ""no""." in quotation marks without them; what is not quoted like that as it is."""
    inside = cell[1:-1]
    if len(cell) < 2 or cell[0] != '"' or cell[-1] != '"' or '"' in inside.replace('""', ""):
        return cell
    return inside.replace('""', '"')
