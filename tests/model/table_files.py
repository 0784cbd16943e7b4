"""Tables written to files, in the forms that people have them in."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook


def text(rows: list[Any], separator: str) -> str:
    """The rows as Python's own writer has them; between tabs, without quotation marks."""
    if separator == "\t":
        return "".join("\t".join(row) + "\n" for row in rows)
    written = StringIO()
    csv.writer(written, delimiter=separator).writerows(rows)
    return written.getvalue()


def put(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def sheet(path: Path, rows: list[Any], **more: list[Any]) -> Path:
    """An XLSX file. more: its other sheets."""
    book = Workbook()
    for name, content in {"first": rows, **more}.items():
        page = book.create_sheet(name)
        for row in content:
            page.append(row)
    del book["Sheet"]
    book.save(path)
    return path
