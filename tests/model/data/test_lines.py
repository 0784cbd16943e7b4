"""Lines, and the cells between their tabs."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.data import lines


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1))
def test_a_line_is_cut_as_python_cuts_tables_without_quoting(line: str) -> None:
    for end in ("", "\n", "\r\n"):
        [told] = csv.reader(io.StringIO(line + end, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
        assert lines.cut(line + end) == told


def test_rows_have_their_numbers_and_cells_no_white_space_around_them(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_bytes('\ufeff"a" \t b  c\r\n1\t2\n'.encode())
    assert list(lines.rows(path, columns=2)) == [(1, ['"a"', "b  c"]), (2, ["1", "2"])]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a\tb\n\nc\td\n", "Line 2 of {path} needs 2 columns between tabs, not 1."),
        (b"a\tb\tc\n", "Line 1 of {path} needs 2 columns between tabs, not 3."),
        (b"\xff", "{path} is no text in UTF-8."),
        (None, "{path} cannot be read: No such file or directory."),
    ],
)
def test_what_has_no_such_rows_is_a_plain_sentence(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "rows.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{re.escape(said.format(path=path))}$"):
        list(lines.rows(path, columns=2))
