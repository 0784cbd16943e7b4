"""Tables written to files, in the forms that people have them in."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook

ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
    "<office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body></office:document-content>"
)
CELL = '<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


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


def ods(path: Path, sheets: Mapping[str, Sequence[Sequence[str]]]) -> Path:
    """An OpenDocument spreadsheet of texts."""
    told = ""
    for name, rows in sheets.items():
        cells = [[CELL.format(text=escape(cell)) for cell in row] for row in rows]
        lines = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in cells)
        told += f'<table:table table:name="{name}">{lines}</table:table>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS.format(sheets=told))
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest '
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return path


def tmx(
    units: Sequence[Sequence[tuple[str, str]]], encoding: str = "UTF-8", attribute: str = "xml:lang"
) -> str:
    """A translation memory. units: the (language, segment as XML) of each."""
    told = "".join(
        "<tu>" + "".join(f'<tuv {attribute}="{code}"><seg>{seg}</seg></tuv>' for code, seg in unit) + "</tu>"
        for unit in units
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4">'
        f'<header srclang="en" datatype="plaintext"/><body>{told}</body></tmx>'
    )


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """A zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
