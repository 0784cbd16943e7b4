"""Tables of a person's own: TSV, CSV and XLSX files, read row by row.

A table is never held in memory: whoever needs its rows reads the file again. Formulas are not
run; a cell has what the program that wrote the file last saw there. Knows no torch.
"""

from __future__ import annotations

import codecs
import csv
import itertools
import os
import zipfile
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from model.data.lines import cut
from model.errors import Refusal

LARGEST = 200_000_000  # bytes of a file
LARGEST_UNPACKED = 500_000_000  # bytes of all that is inside an XLSX file
MOST_ROWS = 2_000_000
MOST_COLUMNS = 500
LONGEST_VALUE = 600  # characters
SNIFFED = 50  # rows that tell how columns are separated
SEPARATORS = ("\t", ",", ";", "|")
ZIP = b"PK\x03\x04"  # how .xlsx files begin
OLD = b"\xd0\xcf\x11\xe0"  # and .xls ones, and those with a password
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table in a file.

    header: the columns' names, each another. count: how many rows there are under it. encoding, separator:
    of a text file. is_quoted: cells may stand in pairs of quotation marks, which are then none of their text.
    sheet: of an XLSX file, and all that it has.
    """

    path: Path
    header: tuple[str, ...]
    count: int
    encoding: str = ""
    separator: str = ""
    is_quoted: bool = True
    sheet: str = ""
    sheets: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Every row under the header, as wide as the header."""
        width = len(self.header)
        with reading(self.path):
            rows = sheet_rows(self.path, self.sheet) if self.sheet else text_rows(self)
            with closing(rows):
                next(rows)
                for row in rows:
                    yield (*row[:width], *[""] * (width - len(row)))

    def column(self, name: str) -> int:
        """The place of a column. Raises Refusal where there is none of this name."""
        if name not in self.header:
            raise Refusal(
                "{name} has no column {column}; it has {columns}.",
                name=self.path.name,
                column=name,
                columns=", ".join(self.header),
            )
        return self.header.index(name)


def read(path: str | Path, sheet: str = "") -> Table:
    """The table in a file, after a look at all of it. sheet: of an XLSX file; the first unless given.

    Raises Refusal for what is no table, or too large a one.
    """
    path = Path(path)
    with reading(path):
        size = path.stat().st_size
        if size > LARGEST:
            raise Refusal("{name} is larger than {most} MB.", name=path.name, most=LARGEST // 1_000_000)
        with path.open("rb") as file:
            start = file.read(len(ZIP))
        if start.startswith(ZIP):
            table = read_sheet(path, sheet)
        elif start.startswith(OLD):
            raise Refusal(
                "{name} is an old Excel file or has a password; save it as .xlsx without one, or as .csv.",
                name=path.name,
            )
        else:
            table = read_text(path)
    if not table.header:
        raise Refusal("{name} is empty.", name=path.name)
    if len(table.header) < 2:
        raise Refusal("{name} has only one column; pairs need two.", name=path.name)
    if not table.count:
        raise Refusal("{name} has no rows under its first one, which names the columns.", name=path.name)
    return table


def read_between_tabs(path: str | Path) -> Table:
    """The table in a file of which it is known that it is UTF-8 with tabs and no quoting, of any size.

    Raises Refusal where it is not, or is empty.
    """
    path = Path(path)
    with reading(path):
        if not is_in(path, "utf-8-sig"):
            raise Refusal("{name} is no text in UTF-8; save it as UTF-8.", name=path.name)
        bare = Table(path, (), 0, "utf-8-sig", "\t", is_quoted=False)
        with closing(text_rows(bare)) as rows:
            table = replace(bare, header=header_of(rows), count=sum(1 for _ in rows))
    if not table.header:
        raise Refusal("{name} is empty.", name=path.name)
    return table


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong with a file in here is told in one plain sentence."""
    from openpyxl.utils.exceptions import InvalidFileException

    # All that zipfile, csv and openpyxl raise; what both of its XML parsers raise is a SyntaxError.
    damaged = (
        zipfile.BadZipFile,
        InvalidFileException,
        SyntaxError,
        KeyError,
        TypeError,
        EOFError,
        csv.Error,
        ValueError,
        IndexError,
        AttributeError,
        NotImplementedError,
    )
    try:
        yield
    except Refusal:
        raise
    except OSError as error:
        raise Refusal(
            "{name} cannot be read: {what}.", name=path.name, what=error.strerror or str(error)
        ) from error
    except damaged as error:
        raise Refusal("{name} is damaged, or no table.", name=path.name) from error


# Text files


def read_text(path: Path) -> Table:
    """The table in a TSV or CSV file."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        beginning = list(itertools.islice(lines(file, path), SNIFFED))
    separator = separator_of(beginning)
    bare = Table(path, (), 0, encoding, separator)
    rows = text_rows(bare)
    return Table(path, header_of(rows), count_rows(rows, path), encoding, separator)


def encoding_of(path: Path) -> str:
    """UTF-8, UTF-16 or CP949, by the mark that the file begins with or by what all of it can be.

    Raises Refusal where it is none of them.
    """
    with path.open("rb") as file:
        start = file.read(1 << 16)
    for mark, name in MARKS.items():
        if start.startswith(mark):
            return find_encoding(path, [name])
    if b"\0" in start:  # every other byte of plain letters, in UTF-16
        even, odd = start[::2].count(0), start[1::2].count(0)
        return find_encoding(path, ["utf-16-le" if odd > even else "utf-16-be"])
    return find_encoding(path, ["utf-8", "cp949"])


def find_encoding(path: Path, names: Iterable[str]) -> str:
    """The first encoding that all of the file is in. Raises Refusal where there is none."""
    for name in names:
        if is_in(path, name):
            return name
    raise Refusal(
        "{name} is no text in UTF-8, UTF-16 or CP949; save it as UTF-8, or as .xlsx.", name=path.name
    )


def is_in(path: Path, encoding: str) -> bool:
    """Whether all of a file is text in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                if "\0" in decoder.decode(part):
                    return False  # text has no NUL
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def separator_of(beginning: Sequence[str]) -> str:
    """What stands between columns: what cuts most rows into as many cells as the first, and into more.

    Of equals a tab, which hardly stands in a text.
    """

    def merit(separator: str) -> tuple[float, bool, int]:
        widths = [len(row) for row in parse(beginning, separator) if any(row)]
        if not widths or widths[0] < 2:
            return 0.0, False, 0
        return sum(width == widths[0] for width in widths) / len(widths), separator == "\t", widths[0]

    return max(SEPARATORS, key=merit)  # the first of equals


def lines(file: Iterable[str], path: Path) -> Iterator[str]:
    """The lines of a file. Raises Refusal where one is longer than any row of a table."""
    most = csv.field_size_limit()
    for line in file:
        if len(line) > most:
            raise Refusal("{name} is damaged, or no table.", name=path.name)
        yield line


def parse(lines: Iterable[str], separator: str, is_quoted: bool = True) -> Iterator[list[str]]:
    """Lines as rows. Between tabs a quotation mark is a letter like any other, unless a cell is in a pair."""
    if separator != "\t":
        yield from csv.reader(lines, delimiter=separator)
        return
    for row in map(cut, lines):
        yield [unquote(cell) for cell in row] if is_quoted else row


def unquote(cell: str) -> str:
    """ "She said ""no""." in quotation marks without them; what is not quoted like that as it is."""
    inside = cell[1:-1]
    if len(cell) < 2 or cell[0] != '"' or cell[-1] != '"' or '"' in inside.replace('""', ""):
        return cell
    return inside.replace('""', '"')


def text_rows(table: Table) -> Generator[Row, None, None]:
    """Every row of a text file that has something in it, the header too."""
    with table.path.open(encoding=table.encoding, newline="") as file:
        for row in parse(lines(file, table.path), table.separator, table.is_quoted):
            if any(row):
                yield tuple(row[:MOST_COLUMNS])


# XLSX files


def read_sheet(path: Path, sheet: str) -> Table:
    """The table in a sheet of an XLSX file."""
    from openpyxl import load_workbook

    guard(path)
    book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    with closing(book):
        names = tuple(found.title for found in book.worksheets)
    if not names:
        raise Refusal("{name} is damaged, or no table.", name=path.name)
    if sheet and sheet not in names:
        raise Refusal(
            "{name} has no sheet {sheet}; it has {sheets}.",
            name=path.name,
            sheet=sheet,
            sheets=", ".join(names),
        )
    sheet = sheet or names[0]
    rows = sheet_rows(path, sheet)
    return Table(path, header_of(rows), count_rows(rows, path), sheet=sheet, sheets=names)


def guard(path: Path) -> None:
    """Refuses an archive that would unpack to more than a table needs; zipfile holds it to what it says."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if len(members) > 10_000 or sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise Refusal(
            "{name} unpacks to more than {most} MB; save it as .csv.",
            name=path.name,
            most=LARGEST_UNPACKED // 1_000_000,
        )


def sheet_rows(path: Path, sheet: str) -> Generator[Row, None, None]:
    """Every row of a sheet that has something in it, the header too."""
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    with closing(book):
        page = book[sheet]
        page.reset_dimensions()  # what a file says of its size need not be so
        for values in itertools.islice(page.iter_rows(values_only=True), MOST_ROWS + 2):
            row = [spell(value) for value in values[:MOST_COLUMNS]]
            while row and not row[-1]:
                row.pop()
            if row:
                yield tuple(row)


def spell(value: object) -> str:
    """A cell as it is read: 3 and not 3.0."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


# Both


def header_of(rows: Iterator[Row]) -> tuple[str, ...]:
    """The names in the first row, made different where they are not; a column without one has its letters."""
    from openpyxl.utils import get_column_letter

    names: list[str] = []
    for i, cell in enumerate(next(rows, ()), start=1):
        name = " ".join(cell.split()) or get_column_letter(i)
        same = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({same + 1})" if name in names else name)
    return tuple(names)


def count_rows(rows: Generator[Row], path: Path) -> int:
    """How many rows are left. Raises Refusal where there are too many."""
    count = 0
    with closing(rows):
        for _ in rows:
            count += 1
            if count > MOST_ROWS:
                raise Refusal("{name} has more than {most} rows.", name=path.name, most=f"{MOST_ROWS:,}")
    return count


def values(table: Table, column: str, most: int = 100) -> list[tuple[str, int]]:
    """What stands in a column, and how often, the commonest first. most: how many to tell."""
    place = table.column(column)
    found = Counter(value(row[place]) for row in table.rows())
    return found.most_common(most)


def value(cell: str) -> str:
    """A cell as rows are chosen by it: the beginning of its text."""
    return clean(cell)[:LONGEST_VALUE]


def clean(cell: str) -> str:
    """A cell's text in one line, without white space around it. What is no character becomes �."""
    return " ".join(cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace").split())


def as_tsv(table: Table) -> Path:
    """A table in a text file beside its own, each cell in one line. Raises Refusal where a row is damaged."""
    path = table.path.with_suffix(".tsv")
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter="\t", lineterminator="\n")
        rows.writerow(table.header)
        rows.writerows([clean(cell) for cell in row] for row in table.rows())
    return path


def stamp(path: Path) -> tuple[str, int, int]:
    """What changes when a file does."""
    found = os.stat(path)
    return str(path), found.st_mtime_ns, found.st_size
