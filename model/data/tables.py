"""Tables that people have, in whatever file, read row by row.

A table is never held in memory: whoever needs its rows reads the file again. What is found out about a file
(its encoding, what separates columns, where the table begins, whether its first row names them) can be said
instead, in a Reading. Each kind of file has a module beside this one. Knows no torch.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Literal

from model.data import aligned, archives, delimited, records, sheets, tmx
from model.data.archives import Member
from model.data.encodings import Encoding, find_encoding, is_in
from model.data.headers import find_header
from model.data.rows import Row, Rows, clean, find_width
from model.errors import Refusal

LARGEST = 500_000_000  # bytes of a file
MOST_ROWS = 5_000_000
MOST_COLUMNS = 500
LONGEST_VALUE = 600  # characters
BEGINNING = 1000  # rows by which a table is judged
OLD = b"\xd0\xcf\x11\xe0"  # how .xls files begin, and .xlsx ones with a password
JSON = (".json", ".jsonl", ".ndjson")
TABS = (".csv", ".tsv", ".tab")

Kind = Literal["text", "sheet", "lines of JSON", "JSON", "TMX", "aligned"]


@dataclass(frozen=True)
class Reading:
    """How a file is to be read, where a person says it; "" and None are found out.

    sheet: of a spreadsheet. encoding: of a text. delimiter: between its columns. header: whether the first
    row names the columns.
    """

    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    header: bool | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """A table in a file.

    name: of the file, for people. header: the columns' names, each another: those of the file, or A, B, C
    where it has none. has_header: its first row names them; is_sure: without a doubt. beginning: its first
    rows. skip: how many rows stand before the first one. above: the numbers of those that are titles.
    encoding, delimiter: of a text file. sheet: of a spreadsheet, and all that it has.
    """

    name: str
    kind: Kind
    header: tuple[str, ...]
    raw: Rows = field(repr=False)
    has_header: bool = True
    is_sure: bool = True
    skip: int = 1
    above: tuple[int, ...] = ()
    beginning: tuple[Row, ...] = field(default=(), repr=False)
    encoding: Encoding | None = None
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    keep: object = field(default=None, repr=False)

    def rows(self) -> Iterator[Row]:
        """Every row under the header that has something in it, as it is: of any width, or with a fault."""
        with reading(self.name), closing(self.raw()) as rows:  # type: ignore[type-var]
            for count, row in enumerate(islice(rows, self.skip, None)):
                if count >= MOST_ROWS:
                    raise Refusal("{name} has more than {most} rows.", name=self.name, most=f"{MOST_ROWS:,}")
                yield row

    def column(self, name: str) -> int:
        """The place of a column. Raises Refusal where there is none of this name."""
        if name not in self.header:
            raise Refusal(
                "{name} has no column {column}; it has {columns}.",
                name=self.name,
                column=name,
                columns=", ".join(self.header),
            )
        return self.header.index(name)


def read(path: str | Path, chosen: Reading | None = None) -> Table:
    """The one table of a file. Raises Refusal for what is no table, too large a one, or several."""
    found = read_all([Path(path)], chosen)
    if len(found) > 1:
        raise Refusal("{name} holds more than one table.", name=Path(path).name)
    return found[0]


def read_all(paths: Sequence[Path], chosen: Reading | None = None) -> list[Table]:
    """The tables of some files, archives unpacked; two texts of one column each, line by line, are one table.

    Only their beginnings are looked at. Raises Refusal for what is no table, or too large a one.
    """
    members = [member for path in paths for member in take_in(path)]
    told = chosen or Reading()
    if len(members) == 2 and (together := find_aligned(members[0], members[1], told)):
        return [together]
    return [check(find_table(member, told)) for member in members]


def take_in(path: Path) -> list[Member]:
    """The files behind a path. Raises Refusal where it cannot be read or is too large."""
    with reading(path.name):
        if path.stat().st_size > LARGEST:
            raise Refusal("{name} is larger than {most} MB.", name=path.name, most=LARGEST // 1_000_000)
        return archives.unpack(path, path.name)


def find_table(member: Member, chosen: Reading) -> Table:
    """The table in a file, by what the file holds and not by how it is called."""
    path, name = member.path, member.name
    with reading(name):
        with path.open("rb") as file:
            start = file.read(1000)
        if start.startswith((archives.ZIP, OLD)):
            table = of_sheet(path, name, chosen)
        elif tmx.is_tmx(start):
            languages = tmx.find_languages(path, name)
            table = of_records(name, "TMX", languages, partial(tmx.read_rows, path, name, languages))
        else:
            table = of_text(path, name, chosen)
        return replace(table, keep=member.keep)


def of_text(path: Path, name: str, chosen: Reading) -> Table:
    encoding = find_encoding(path, name, chosen.encoding)
    with path.open(encoding=encoding.name) as file:
        first = file.read(1000).lstrip()[:1]
    if not chosen.delimiter and (name.lower().endswith(JSON) or (first and first in "{[")):
        try:
            return replace(of_json(path, name, encoding.name), encoding=encoding)
        except Refusal:
            if name.lower().endswith(JSON):
                raise
    form = delimited.find_form(path, name, encoding.name, chosen.delimiter)
    table = of_rows(name, "text", partial(delimited.read_rows, path, name, form), chosen)
    return replace(table, encoding=encoding, delimiter=form.separator)


def of_json(path: Path, name: str, encoding: str) -> Table:
    by_line = name.lower().endswith(JSON[1:]) or records.is_lines(path, encoding)
    columns = records.find_columns(path, name, encoding, by_line)
    raw = partial(records.read_rows, path, name, encoding, by_line, columns)
    kind: Kind = "lines of JSON" if by_line else "JSON"
    return of_rows(name, kind, raw, Reading()) if columns is None else of_records(name, kind, columns, raw)


def of_sheet(path: Path, name: str, chosen: Reading) -> Table:
    found = sheets.find_sheets(path, name)
    sheet = sheets.choose_sheet(found, name, chosen.sheet)
    table = of_rows(name, "sheet", partial(sheets.read_rows, path, name, sheet), chosen)
    return replace(table, sheet=sheet, sheets=tuple(one.name for one in found))


def of_records(name: str, kind: Kind, columns: tuple[str, ...], raw: Rows) -> Table:
    """A table whose columns are named in each of its rows."""
    return Table(name, kind, columns, raw, skip=0, beginning=tuple(islice(raw(), BEGINNING)))


def of_rows(name: str, kind: Kind, raw: Rows, chosen: Reading) -> Table:
    """A table whose columns are named in its first row, or nowhere."""
    seen = list(islice(raw(), BEGINNING))
    whole = [row for row in seen if not row.fault]
    if not whole:
        raise Refusal("{name} is empty.", name=name)
    begin, is_there, is_sure = find_header(whole, chosen.header)
    first = whole[begin]
    skip = seen.index(first) + is_there
    beginning = tuple(row for row in seen[skip:] if not row.fault)
    width = find_columns(first.cells if is_there else (), beginning)
    names = name_columns(first.cells[:width] if is_there else [""] * width)
    above = tuple(row.number for row in whole[:begin])
    return Table(name, kind, names, raw, is_there, is_sure, skip, above, beginning)


def find_columns(named: Sequence[str], beginning: Sequence[Row]) -> int:
    """How many columns a table has: as many as are named and as most rows have, without empty ones.

    named: the cells of its header. Where that is shorter than most rows, it is what counts, and they are too
    wide.
    """
    usual = delimited.common_width(beginning)[0]
    used = max((find_width(row.cells) for row in beginning if len(row.cells) == usual), default=0)
    if named and len(named) != usual:
        return find_width(named)
    return max(find_width(named), used)


def find_aligned(one: Member, other: Member, chosen: Reading) -> Table | None:
    """The table that two texts are together, line by line, where neither has columns of its own."""
    sides: list[aligned.Side] = []
    for member in (one, other):
        with reading(member.name):
            with member.path.open("rb") as file:
                start = file.read(1000)
            if start.startswith((archives.ZIP, OLD)) or tmx.is_tmx(start) or not start.strip():
                return None
            if member.name.lower().endswith((*TABS, *JSON)):
                return None
            encoding = find_encoding(member.path, member.name, chosen.encoding)
            form = delimited.find_form(member.path, member.name, encoding.name)
            if form.separator == "\t" or chosen.delimiter:
                return None
            sides.append((member.path, member.name, encoding.name))
    aligned.check_lengths(sides[0], sides[1])
    names = aligned.name_columns(one.name, other.name)
    raw = partial(aligned.read_rows, sides[0], sides[1])
    table = of_records(f"{one.name}, {other.name}", "aligned", names, raw)
    return check(replace(table, encoding=encoding, keep=(one.keep, other.keep)))


def check(table: Table) -> Table:
    """The table, where it is one. Raises Refusal where it has no two columns or no row."""
    if len(table.header) < 2:
        raise Refusal("{name} has only one column; pairs need two.", name=table.name)
    if len(table.header) > MOST_COLUMNS:
        raise Refusal("{name} has more than {most} columns.", name=table.name, most=MOST_COLUMNS)
    if not table.beginning:
        raise Refusal("{name} has no rows under its first one, which names the columns.", name=table.name)
    return table


def name_columns(cells: Iterable[str]) -> tuple[str, ...]:
    """The names in a row, made different where they are not; a column without one has its letters."""
    names: list[str] = []
    for place, cell in enumerate(cells):
        name = clean(cell) or letters_of(place)
        same = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({same + 1})" if name in names else name)
    return tuple(names)


def letters_of(place: int) -> str:
    """A column's letters, as spreadsheets have them: A, …, Z, AA, …"""
    before, last = divmod(place, 26)
    return (letters_of(before - 1) if before else "") + chr(ord("A") + last)


def read_between_tabs(path: str | Path) -> Table:
    """The table in a file that is known to be UTF-8 with tabs, a header and no quoting, of any size.

    Raises Refusal where it is not, or is empty.
    """
    path = Path(path)
    with reading(path.name):
        if not is_in(path, "utf-8-sig"):
            raise Refusal("{name} is no text in UTF-8; save it as UTF-8.", name=path.name)
        form = delimited.Form("utf-8-sig", "\t", is_quoted=False)
        raw = partial(delimited.read_rows, path, path.name, form)
        header = next(iter(raw()), None)
    if header is None:
        raise Refusal("{name} is empty.", name=path.name)
    return Table(path.name, "text", name_columns(header.cells), raw)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Whatever goes wrong with a file in here is told in one plain sentence."""
    try:
        yield
    except Refusal:
        raise
    except OSError as error:
        what = error.strerror or str(error)
        raise Refusal("{name} cannot be read: {what}.", name=name, what=what) from error
    except (csv.Error, UnicodeError) as error:
        raise Refusal("{name} is damaged, or no table.", name=name) from error


def values(table: Table, column: str, most: int = 100) -> list[tuple[str, int]]:
    """What stands in a column, and how often, the commonest first. most: how many to tell."""
    place = table.column(column)
    found = Counter(value(row.cells[place]) for row in table.rows() if len(row.cells) > place)
    return found.most_common(most)


def value(cell: str) -> str:
    """A cell as rows are chosen by it: the beginning of its text."""
    return clean(cell)[:LONGEST_VALUE]


def stamp(path: Path) -> tuple[str, int, int]:
    """What changes when a file does."""
    found = os.stat(path)
    return str(path), found.st_mtime_ns, found.st_size
