"""Rows of a spreadsheet: .xlsx, .xls, .ods, any sheet of it, through calamine.

calamine reads in a process of its own (`model.data.sheet_reader`) with a limit to its memory: a file of a few
kilobytes can claim a cell far out, and the process that makes room for all between does not survive it.
Formulas are not run; a cell has what the program that wrote the file last saw there. Knows no torch.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.data.rows import Row, count_filled
from model.errors import Refusal

LARGEST_UNPACKED = 500_000_000  # bytes of all that is inside
MOST_MEMBERS = 10_000
BEGINNING = 200  # rows that tell whether a sheet holds a table


@dataclass(frozen=True)
class Sheet:
    """One sheet. is_hidden: so that a person does not see it. beginning: its first rows."""

    name: str
    is_hidden: bool
    beginning: tuple[Row, ...]


def find_sheets(path: Path, name: str) -> tuple[Sheet, ...]:
    """Every sheet with cells, in order. name: of the file, for people. Raises Refusal where there is none."""
    guard(path, name)
    sheets: list[Sheet] = []
    for told in ask(path, name, "", BEGINNING):
        if isinstance(told, dict):
            sheets.append(Sheet(told["sheet"], told["hidden"], ()))
        else:
            last = sheets[-1]
            sheets[-1] = Sheet(last.name, last.is_hidden, (*last.beginning, Row(told[0], told[1])))
    if not sheets:
        raise damaged(name)
    return tuple(sheets)


def choose_sheet(sheets: Sequence[Sheet], name: str, wanted: str = "") -> str:
    """The sheet that is wanted, else the first one that holds a table, a hidden one only where no other does.

    Raises Refusal where it is not there.
    """
    if wanted and wanted not in [sheet.name for sheet in sheets]:
        raise Refusal(
            "{name} has no sheet {sheet}; it has {sheets}.",
            name=name,
            sheet=wanted,
            sheets=", ".join(sheet.name for sheet in sheets),
        )
    order = sorted(sheets, key=lambda sheet: (not holds_table(sheet), sheet.is_hidden))
    return wanted or order[0].name


def holds_table(sheet: Sheet) -> bool:
    """Whether at least two rows, and most of those with anything in them, have at least two texts."""
    filled = [row for row in sheet.beginning if any(row.cells)]
    texts = [sum(any(map(str.isalpha, cell)) for cell in row.cells) for row in filled]
    return sum(count >= 2 for count in texts) >= max(2, len(filled) / 2)


def read_rows(path: Path, name: str, sheet: str) -> Iterator[Row]:
    """Every row of a sheet that has something in it, with its number in the sheet."""
    guard(path, name)
    for told in ask(path, name, sheet, 0):
        if not isinstance(told, dict) and count_filled(told[1]):
            yield Row(told[0], told[1])


def guard(path: Path, name: str) -> None:
    """Refuses an archive that would unpack to more than a table needs."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise Refusal(
            "{name} unpacks to more than {most} MB; save it as .csv.",
            name=name,
            most=LARGEST_UNPACKED // 1_000_000,
        )


def ask(path: Path, name: str, sheet: str, rows: int) -> Iterator[Any]:
    """What the other process tells: {"sheet", "hidden"} and then its rows, [number, cells].

    sheet: only this one; "" = all. rows: of each at most; 0 = all. Raises Refusal where it cannot go on.
    """
    command = [sys.executable, "-m", "model.data.sheet_reader", str(path), sheet, str(rows)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        encoding="utf-8",
        errors="surrogatepass",
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                told = json.loads(line)
                if isinstance(told, str):
                    raise refuse(told, name)
                yield told
            if process.wait():
                raise Refusal(
                    "{name} is damaged, or needs more memory than a table of its size; save it as .csv.",
                    name=name,
                )
        finally:
            process.kill()


def refuse(why: str, name: str) -> Refusal:
    """The sentence for the one word with which the other process gives up."""
    if why == "password":
        return Refusal("{name} has a password; save it without one.", name=name)
    return damaged(name)


def damaged(name: str) -> Refusal:
    return Refusal("{name} is damaged, or no table.", name=name)
