"""Rows of text files: quoted or not, of one line or several, whole or damaged."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model.data import delimited
from model.data.delimited import Form, cut_rows, find_form
from model.data.rows import Row
from tests.model.table_files import put


def cut(text: str, separator: str, width: int = 0) -> list[Row]:
    return [Row(*row) for row in cut_rows(io.StringIO(text, newline=""), separator, width)]


cells = st.text(st.sampled_from("ab가,;|\t\"' \n\r…ㅋ"), max_size=8) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)


@settings(max_examples=300)
@given(
    rows=st.lists(st.lists(cells, min_size=2, max_size=2).filter(any), min_size=1, max_size=8),
    separator=st.sampled_from(",;|\t"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_pythons_writer_writes_is_read_as_it_was(
    rows: list[list[str]], separator: str, quoting: Any, end: str
) -> None:
    """By every quoting that it has; between tabs no cell holds one, for there marks may be letters."""
    told = "".join(cell for row in rows for cell in row)
    assume(not (separator == "\t" and "\t" in told))
    assume(not (end == "\n" and "\r" in told))  # which Python's writer then leaves bare
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=separator, quoting=quoting, lineterminator=end).writerows(rows)
    found = cut(written.getvalue(), separator, 2)
    assert [list(row.cells) for row in found] == rows
    assert not any(row.fault for row in found)
    at = 1  # each begins where the rows before it end
    for row, cells in zip(found, rows, strict=True):
        assert row.number == at
        one = io.StringIO(newline="")
        csv.writer(one, delimiter=separator, quoting=quoting, lineterminator=end).writerow(cells)
        at += len(list(io.StringIO(one.getvalue(), newline="")))


@settings(max_examples=200)
@given(text=st.text(st.sampled_from('ab,"\t\n'), max_size=60), separator=st.sampled_from(",\t"))
def test_no_line_is_lost_whatever_the_marks(text: str, separator: str) -> None:
    """Every line is in one row: rows follow on one another, and their letters are the text's."""
    found = cut(text, separator, 2)
    count = len(list(io.StringIO(text, newline="")))
    numbers = [row.number for row in found]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= count for number in numbers)
    letters = [character for row in found for cell in row.cells for character in cell if character in "ab"]
    assert "".join(letters) == "".join(character for character in text if character in "ab")


def test_between_tabs_quotation_marks_are_letters_unless_a_cell_is_in_a_pair() -> None:
    rows = ['"Go!" he said.\tx', '"Go!\tx', 'An inch is 1".\tx', '"He said ""go""."\tx', '""\tx', '"\tx']
    found = cut("a\tb\n" + "\n".join(rows), "\t", 2)[1:]
    told = [row.cells[0] for row in found]
    assert told == ['"Go!" he said.', '"Go!', 'An inch is 1".', 'He said "go".', "", '"']
    assert not any(row.fault for row in found)


@pytest.mark.parametrize("separator", ["\t", ","])
def test_an_open_mark_spoils_its_own_row_alone(separator: str) -> None:
    lines = [f"row {i}{separator}줄 {i}" for i in range(300)]
    lines[2] = f'"never closed{separator}안 닫힘'
    lines[7] = f'"He said ""so"""{separator}"그렇다고\n했다"'
    found = cut("\n".join(lines), separator, 2)
    assert len(found) == 300
    assert [row.number for row in found if row.fault] == ([3] if separator == "," else [])
    assert list(found[7].cells) == ['He said "so"', "그렇다고\n했다"]
    assert list(found[2].cells) == ['"never closed', "안 닫힘"]
    assert list(found[299].cells) == ["row 299", "줄 299"]


def test_many_open_marks_do_not_take_long() -> None:
    """Each is looked at with the lines behind it, and no farther than a row can reach."""
    found = cut('"open\tx\n' * 3000 + '"open,x\n' * 3000, ",", 2)
    assert len(found) == 6000


@pytest.mark.parametrize(
    ("text", "separator", "width"),
    [
        ("a\tb\nc\td\n", "\t", 2),
        ("a;b, c\nd;e, f\n", ";", 2),
        ("Go. ||| 가.\nI see, now. ||| 그래, 알겠어.\n", " ||| ", 2),
        ('"a, b",c\n"d, e",f\n', ",", 2),
        ("one\ntwo, or not\nthree\nfour\n", "", 1),
        ("제목\n\na\tb\tc\nd\te\tf\ng\th\ti\n", "\t", 3),
        ("Yes, it is.\t네, 그래요.\nNo.\t아니요.\n", "\t", 2),
    ],
)
def test_what_separates_the_columns_is_found(text: str, separator: str, width: int, tmp_path: Path) -> None:
    found = find_form(put(tmp_path / "t.txt", text), "t.txt", "utf-8")
    assert (found.separator, found.width) == (separator, width)


def test_old_line_ends_and_empty_lines(tmp_path: Path) -> None:
    path = put(tmp_path / "t.csv", "a,b\r\rc,d\r")
    found = list(delimited.read_rows(path, "t.csv", Form("utf-8", ",", 2)))
    assert found == [Row(1, ["a", "b"]), Row(3, ["c", "d"])]
