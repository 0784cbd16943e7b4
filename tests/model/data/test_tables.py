"""Tables in every form and encoding that people have, and files that are none."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data import sheets, tables
from model.data.tables import Reading, Table, read, values
from model.errors import Refusal
from tests.model.table_files import ods, pack, put, sheet, text

HEADER = ("한국어", "영어", "난이도")
ROWS = [
    ("안녕하세요, 반갑습니다.", 'He said "hello"; twice.', "쉬움"),
    ("가방이 어디 있어요?", "Where is the bag?", "어려움"),
    ("3.5", "a|b", "쉬움"),
]


def cells(table: Table) -> list[tuple[str, ...]]:
    return [tuple(row.cells) for row in table.rows()]


def refusal(path: Path, *chosen: Reading) -> str:
    with pytest.raises(Refusal) as refused:
        list(read(path, *chosen).rows())
    assert re.fullmatch(r"[^\n]+\.", str(refused.value))
    assert refused.value.template.format(**refused.value.values) == str(refused.value)
    return str(refused.value)


# What is read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", ["\t", ",", ";", "|"])
def test_text_in_every_encoding_and_with_every_separator(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    path = put(tmp_path / "table.txt", text([HEADER, *ROWS], separator), encoding)
    found = read(path)
    assert found.header == HEADER
    assert cells(found) == ROWS
    assert [row.number for row in found.rows()] == [2, 3, 4]
    assert found.delimiter == separator
    assert found.encoding
    assert found.encoding.name.replace("-sig", "") in (encoding.replace("-sig", ""), "utf-16")


@settings(max_examples=60)
@given(
    content=st.binary(max_size=300) | st.text(max_size=200).map(lambda told: told.encode("utf-8", "replace"))
)
def test_any_file_is_a_table_or_refused(content: bytes, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(content)
    try:
        table = read(path)
        rows = list(table.rows())
    except Refusal:
        return
    assert rows
    assert len(set(table.header)) == len(table.header) >= 2
    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))


def test_columns_without_a_name_or_with_anothers(tmp_path: Path) -> None:
    path = put(tmp_path / "t.csv", "a,,a, b  c ,a\n1,2,3,4,5\n")
    assert read(path, Reading(header=True)).header == ("a", "B", "a (2)", "b c", "a (3)")
    assert read(path, Reading(header=False)).header == ("A", "B", "C", "D", "E")
    assert tables.letters_of(25) + tables.letters_of(26) + tables.letters_of(701) + tables.letters_of(
        702
    ) == ("ZAAZZAAA")


def test_an_excel_sheet_the_first_or_the_one_that_is_named(tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "t.xlsx",
        [(), HEADER, *ROWS, (None, None), ("x", 3.0, date(2024, 1, 2)), ("y", 2.5, True), ("z", "é", 1e20)],
        other=[("a", "b"), ("=1+1", datetime(2024, 1, 2, 3, 4))],
    )
    found = read(path)
    assert (found.sheet, found.sheets, found.header) == ("first", ("first", "other"), HEADER)
    assert cells(found) == [*ROWS, ("x", "3", "2024-01-02"), ("y", "2.5", "True"), ("z", "é", "1e+20")]
    assert [row.number for row in found.rows()] == [3, 4, 5, 7, 8, 9]
    # A formula is not run, and nobody has seen what it comes to.
    other = read(path, Reading(sheet="other", header=True))
    assert cells(other) == [("", "2024-01-02 03:04:00")]
    assert refusal(path, Reading(sheet="third")) == "t.xlsx has no sheet third; it has first, other."


def test_the_sheet_with_the_table_is_found_and_a_hidden_one_only_where_there_is_no_other(
    tmp_path: Path,
) -> None:
    pairs = [("원문", "번역문"), *(row[:2] for row in ROWS)]
    path = sheet(tmp_path / "t.xlsx", [("설명",), ("이 파일은 …",)], 자료=pairs, more=pairs)
    assert read(path).sheet == "자료"
    path = ods(tmp_path / "t.ods", {"표지": [["말뭉치 1"]], "빈": [], "자료": pairs})
    found = read(path)
    assert (found.sheet, found.sheets, found.header) == ("자료", ("표지", "빈", "자료"), ("원문", "번역문"))
    assert cells(found) == pairs[1:]


def test_cells_far_from_the_corner_keep_their_rows_and_columns(tmp_path: Path) -> None:
    rows = [(), (), (None, None, "말뭉치 2024"), (None, None, "en", "ko"), (None, None, "Go.", "가.")]
    found = read(sheet(tmp_path / "t.xlsx", [*rows, (None, None, "I see.", "그렇군요.")]))
    assert found.header == ("A", "B", "en", "ko")
    assert found.above == (3,)
    assert [(row.number, *row.cells) for row in found.rows()] == [
        (5, "", "", "Go.", "가."),
        (6, "", "", "I see.", "그렇군요."),
    ]


def test_what_a_sheet_says_of_its_size_need_not_be_so(tmp_path: Path) -> None:
    path = sheet(tmp_path / "t.xlsx", [HEADER, *ROWS])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    for said in (b"A1:A1", b"A1:XFD1048576"):
        members[name] = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="%s"' % said, members[name])
        assert cells(read(pack(path, members))) == ROWS


# What is not


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty."),
        (b"\n\n", "is empty."),
        (b"one\ntwo\nthree\n", "has only one column; pairs need two."),
        (b"a,b\n", "has no rows under its first one, which names the columns."),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0",
            "is no text that can be read; save it as UTF-8, or",
        ),
        (b"\xff\xfea", "is no text that can be read; save it as UTF-8, or as .xlsx."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is damaged, or no table."),
        (b"PK\x03\x04 and then nothing", "is damaged, or no table."),
        (b"a,b\n" + b"x" * 2_000_000 + b",y\n", "is damaged, or no table."),
        (b"\x1f\x8b and then nothing", "is damaged, or no table."),
        (b'<?xml version="1.0"?><tmx><body><tu>', "is damaged, or no translation memory."),
        (b"<tmx><body/></tmx>", "has no units with texts in two languages."),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    said = refusal(path, Reading(header=True)) if content == b"a,b\n" else refusal(path)
    assert said.startswith(f"t.csv {reason}")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.csv") == "none.csv cannot be read: No such file or directory."
    assert refusal(tmp_path).endswith("cannot be read: Is a directory.")


def test_what_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "t.csv", text([HEADER, *ROWS], ","))
    book = sheet(tmp_path / "t.xlsx", [HEADER, *ROWS])
    with monkeypatch.context() as patch:
        patch.setattr(tables, "MOST_ROWS", 2)
        for file in (path, book):
            assert refusal(file) == f"{file.name} has more than 2 rows."
    with monkeypatch.context() as patch:
        patch.setattr(tables, "LARGEST", 50)
        assert refusal(path) == "t.csv is larger than 0 MB."
    with monkeypatch.context() as patch:
        patch.setattr(tables, "MOST_COLUMNS", 2)
        assert refusal(path) == "t.csv has more than 2 columns."
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            member.write(bytes(30_000_000))
    assert bomb.stat().st_size < 100_000
    monkeypatch.setattr(sheets, "LARGEST_UNPACKED", 20_000_000)
    assert refusal(bomb) == "bomb.xlsx unpacks to more than 20 MB; save it as .csv."


@pytest.mark.parametrize("member", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_a_damaged_excel_file_is_refused(tmp_path: Path, member: str) -> None:
    path = sheet(tmp_path / "t.xlsx", [HEADER, *ROWS])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for content in (b"<not xml", None):
        changed = {name: content if name == member else kept for name, kept in members.items()}
        pack(path, {name: kept for name, kept in changed.items() if kept is not None})
        assert refusal(path) == "t.xlsx is damaged, or no table."
    path.write_bytes(path.read_bytes()[:-200])
    assert refusal(path) == "t.xlsx is damaged, or no table."


def test_a_reader_that_ends_ends_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for nothing: it stops in the middle, and that is told; what was read is not taken for all."""
    path = sheet(tmp_path / "t.xlsx", [HEADER, *ROWS])
    stopped = tmp_path / "stopped.py"
    stopped.write_text('import os\nprint(\'{"sheet": "s", "hidden": false}\', flush=True)\nos.abort()\n')
    real = sheets.subprocess.Popen
    monkeypatch.setattr(
        sheets.subprocess, "Popen", lambda command, **more: real([command[0], str(stopped)], **more)
    )
    assert refusal(path) == (
        "t.xlsx is damaged, or needs more memory than a table of its size; save it as .csv."
    )


# What is told of a table


def test_the_values_of_a_column_are_told_the_commonest_first(tmp_path: Path) -> None:
    rows = [("1", "x"), ("2", " x "), ("3", "y"), ("4", "x"), ("5", "z" * 700), ("6", "")]
    table = read(put(tmp_path / "t.csv", text([("n", "kind"), *rows], ",")), Reading(header=True))
    assert values(table, "kind") == [("x", 3), ("y", 1), ("z" * 600, 1), ("", 1)]
    assert values(table, "kind", most=1) == [("x", 3)]
    with pytest.raises(Refusal, match="has no column kinds; it has n, kind"):
        values(table, "kinds")


def test_a_tab_separates_whatever_else_every_row_has(tmp_path: Path) -> None:
    found = read(put(tmp_path / "t.tsv", "a, b, c\td\n1, 2, 3\t4\n5, 6, 7\t8\n"), Reading(header=True))
    assert cells(found) == [("1, 2, 3", "4"), ("5, 6, 7", "8")]
