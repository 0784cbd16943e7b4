"""python -m model.data.sheet_reader FILE SHEET ROWS: the cells of a spreadsheet as lines of JSON.

Run by `model.data.sheets` as a process of its own, so that what makes calamine end ends nothing else. A line
is {"sheet", "hidden"}, then [number, cells] for each of its rows; or a word that says why there is nothing.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import datetime, time
from itertools import islice

import python_calamine as calamine

MEMORY = 4_000_000_000  # bytes of addresses
SECONDS = 300  # of the processor
WIDEST = 500  # columns


def spell(value: object) -> str:
    """A cell as it is read: 3 and not 3.0, a day without its midnight."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return str(value.date())
    return str(value)


def tell(told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")


def main(path: str, wanted: str, most: int) -> None:
    try:
        book = calamine.load_workbook(path)
    except calamine.PasswordError:
        return tell("password")
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, OSError):
        return tell("damaged")
    with book:
        sheets = [one for one in book.sheets_metadata if one.typ == calamine.SheetTypeEnum.WorkSheet]
        for sheet in sheets:
            if wanted and sheet.name != wanted:
                continue
            try:
                page = book.get_sheet_by_name(sheet.name)
            except (calamine.CalamineError, calamine.ZipError, calamine.XmlError):
                return tell("damaged")
            tell({"sheet": sheet.name, "hidden": sheet.visible != calamine.SheetVisibleEnum.Visible})
            # calamine gives the empty rows above the first cell, and leaves the empty columns beside it out.
            left = [""] * (page.start or (0, 0))[1]
            rows = enumerate(page.iter_rows(), start=1)
            filled = (told for told in rows if any(value != "" for value in told[1]))
            for number, row in islice(filled, most or None):
                tell([number, [*left, *map(spell, row)][:WIDEST]])


if __name__ == "__main__":
    with suppress(ImportError, ValueError, OSError):  # not every system has limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
