"""Tables in every form and encoding that people have, and files that are none."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data import tables
from model.data.tables import as_tsv, clean, read, values
from model.errors import Refusal
from tests.model.table_files import put, sheet, text

HEADER = ("한국어", "영어", "난이도")
ROWS = [
    ("안녕하세요, 반갑습니다.", 'He said "hello"; twice.', "쉬움"),
    ("가방이 어디 있어요?", "Where is the bag?", "어려움"),
    ("3.5", "a|b", "쉬움"),
]


def refusal(path: Path, **more: Any) -> str:
    with pytest.raises(Refusal) as refused:
        read(path, **more)
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
    assert found.count == 3
    assert list(found.rows()) == ROWS
    assert found.separator == separator
    assert found.encoding.replace("-sig", "") in (encoding.replace("-sig", ""), "utf-16")


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n\t"), max_size=30)


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(cells, cells, cells).filter(any), min_size=1, max_size=8))
def test_whatever_cells_hold_is_read(rows: list[tuple[str, str, str]], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    table = tables.Table(put(path, text([HEADER, *rows], ",")), HEADER, len(rows), "utf-8", ",")
    assert list(table.rows()) == rows


@settings(max_examples=60)
@given(
    content=st.binary(max_size=300) | st.text(max_size=200).map(lambda told: told.encode("utf-8", "replace"))
)
def test_any_file_is_a_table_or_refused(content: bytes, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(content)
    try:
        table = read(path)
    except Refusal:
        return
    rows = list(table.rows())
    assert len(rows) == table.count > 0
    assert {len(row) for row in rows} == {len(table.header)}
    assert len(set(table.header)) == len(table.header) >= 2


def test_between_tabs_quotation_marks_are_letters_unless_a_cell_is_in_a_pair(tmp_path: Path) -> None:
    rows = ['"Go!" he said.\tx', '"Go!\tx', 'An inch is 1".\tx', '"He said ""go""."\tx', '""\tx', '"\tx']
    found = read(put(tmp_path / "t.tsv", "a\tb\n" + "\n".join(rows)))
    told = [row[0] for row in found.rows()]
    assert told == ['"Go!" he said.', '"Go!', 'An inch is 1".', 'He said "go".', "", '"']


def test_cells_of_several_lines_empty_rows_and_rows_of_another_width(tmp_path: Path) -> None:
    path = put(tmp_path / "t.csv", 'a,b,c\r\n\r\n"one\ntwo",2\r\n,,\r\n1,2,3,4\r\n')
    assert list(read(path).rows()) == [("one\ntwo", "2", ""), ("1", "2", "3")]


def test_columns_without_a_name_or_with_anothers(tmp_path: Path) -> None:
    path = put(tmp_path / "t.csv", "a,,a, b  c ,a\n1,2,3,4,5\n")
    assert read(path).header == ("a", "B", "a (2)", "b c", "a (3)")


def test_an_excel_sheet_the_first_or_the_one_that_is_named(tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "t.xlsx",
        [(), HEADER, *ROWS, (None, None), ("x", 3.0, date(2024, 1, 2)), ("y", 2.5, True)],
        other=[("a", "b"), ("=1+1", "c")],
    )
    found = read(path)
    assert (found.sheet, found.sheets, found.header, found.count) == ("first", ("first", "other"), HEADER, 5)
    assert list(found.rows()) == [*ROWS, ("x", "3", "2024-01-02 00:00:00"), ("y", "2.5", "True")]
    # A formula is not run, and nobody has seen what it comes to.
    assert list(read(path, "other").rows()) == [("", "c")]
    assert refusal(path, sheet="third") == "t.xlsx has no sheet third; it has first, other."


def test_what_a_sheet_says_of_its_size_need_not_be_so(tmp_path: Path) -> None:
    path = sheet(tmp_path / "t.xlsx", [HEADER, *ROWS])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    for said in (b"A1:A1", b"A1:XFD1048576"):
        members[name] = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="%s"' % said, members[name])
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        assert list(read(path).rows()) == ROWS


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
            "is no text in UTF-8, UTF-16 or CP949; save it as",
        ),
        ("a,b\né,ç\n".encode("latin-1"), "is no text in UTF-8, UTF-16 or CP949; save it as UTF-8, or as .xl"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel file or has a password; save it as .xlsx"),
        (b"PK\x03\x04 and then nothing", "is damaged, or no table."),
        (b"a,b\n" + b"x" * 200_000 + b",y\n", "is damaged, or no table."),
        (b'a,b\n"' + b"x\n" * 100_000, "is damaged, or no table."),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    assert refusal(path).startswith(f"t.csv {reason}")


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
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            member.write(bytes(30_000_000))
    assert bomb.stat().st_size < 100_000
    monkeypatch.setattr(tables, "LARGEST_UNPACKED", 20_000_000)
    assert refusal(bomb) == "bomb.xlsx unpacks to more than 20 MB; save it as .csv."


@pytest.mark.parametrize("member", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_a_damaged_excel_file_is_refused(tmp_path: Path, member: str) -> None:
    path = sheet(tmp_path / "t.xlsx", [HEADER, *ROWS])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for content in (b"<not xml", None):
        with zipfile.ZipFile(path, "w") as archive:
            for name, kept in members.items():
                if name != member or content:
                    archive.writestr(name, content if name == member and content else kept)
        assert refusal(path) == "t.xlsx is damaged, or no table."
    path.write_bytes(path.read_bytes()[:-200])
    assert refusal(path) == "t.xlsx is damaged, or no table."


# What is told and kept of a table


def test_the_values_of_a_column_are_told_the_commonest_first(tmp_path: Path) -> None:
    rows = [("1", "x"), ("2", " x "), ("3", "y"), ("4", "x"), ("5", "z" * 700), ("6", "")]
    table = read(put(tmp_path / "t.csv", text([("n", "kind"), *rows], ",")))
    assert values(table, "kind") == [("x", 3), ("y", 1), ("z" * 600, 1), ("", 1)]
    assert values(table, "kind", most=1) == [("x", 3)]
    with pytest.raises(Refusal, match="has no column kinds; it has n, kind"):
        values(table, "kinds")


tricky = st.text("ab가,;|\t\n\"' ", max_size=12)
names = st.lists(tricky.map(clean).filter(bool), min_size=2, max_size=3, unique=True)


@settings(max_examples=100)
@given(data=st.data(), header=names)
def test_a_table_kept_as_text_is_the_same_table(
    data: st.DataObject, header: list[str], tmp_path_factory: Any
) -> None:
    """Whatever separators and quotation marks its cells hold; its white space is made even."""
    row = st.lists(tricky, min_size=len(header), max_size=len(header)).filter(
        lambda cells: any(map(clean, cells))
    )
    rows = data.draw(st.lists(row, min_size=1, max_size=8))
    path = tmp_path_factory.getbasetemp() / "kept.csv"
    table = tables.Table(put(path, text([header, *rows], ",")), tuple(header), len(rows), "utf-8", ",")
    kept = read(as_tsv(table))
    assert kept.header == table.header
    assert list(kept.rows()) == [tuple(map(clean, row)) for row in rows]


def test_a_tab_separates_whatever_else_every_row_has(tmp_path: Path) -> None:
    found = read(put(tmp_path / "t.tsv", "a, b, c\td\n1, 2, 3\t4\n5, 6, 7\t8\n"))
    assert list(found.rows()) == [("1, 2, 3", "4"), ("5, 6, 7", "8")]
