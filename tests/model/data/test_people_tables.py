"""Any table, in any way of writing it down: whatever is read is what was written, or is counted and named."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from model.data.columns import propose
from model.data.headers import find_header
from model.data.looks import look
from model.data.names import is_name
from model.data.rows import Row
from tests.model.table_files import ods, sheet

KOREAN = "나는 차를 좋아해 학교에 가요 뭐해 ㅋㅋ ㅠㅠ 오늘 날씨 좋네 그래 정말 고마워 이게 뭐야 책을 읽어요"
ENGLISH = "I like tea today we go to school what is this thank you she reads a book really well yes no"


def sentences(words: str, ends: str) -> st.SearchStrategy[str]:
    several = st.lists(st.sampled_from(words.split()), min_size=2, max_size=6).map(" ".join)
    return st.tuples(several, st.sampled_from(ends.split())).map("".join)


korean = sentences(KOREAN, ". ? ! … ~ ㅋㅋ. 😀. ①. …?")
english = sentences(ENGLISH, '. ? ! , , "." ;. \'s. |x. …')
pairs = st.lists(st.tuples(english, korean), min_size=3, max_size=12, unique=True)


def read(path: Path, **told: Any) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    found = look([path], told)
    return [pair for part in found.parts for pair in part.pairs], found.report()["tables"][0]


@settings(max_examples=150)
@given(
    pairs=pairs,
    delimiter=st.sampled_from("\t,;|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949"]),
    end=st.sampled_from(["\n", "\r\n"]),
    header=st.sampled_from(
        [(), ("en", "ko"), ("영어", "한국어"), ("source", "target"), ("English", "번역문")]
    ),
)
def test_a_text_is_read_whatever_its_delimiter_quoting_encoding_and_line_ends(
    pairs: list[tuple[str, str]],
    delimiter: str,
    quoting: Any,
    encoding: str,
    end: str,
    header: tuple[str, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Nothing is said: delimiter, encoding and header are found, and no pair is another one."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(
        [header, *pairs] if header else pairs
    )
    content = written.getvalue()
    if encoding == "cp949":
        content = content.replace("😀", "ㅎㅎ").replace("'", "′")
        assume(sum(ord(character) > 127 for character in content) >= 20)
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content.encode(encoding))
    got, table = read(path)
    expected = (
        [(a.replace("'", "′"), b.replace("😀", "ㅎㅎ")) for a, b in pairs] if encoding == "cp949" else pairs
    )
    assert table["header"] == bool(header)
    assert table["delimiter"] == delimiter
    assert got == list(dict.fromkeys(expected))
    assert table["rows"] == len(pairs)


@settings(max_examples=80)
@example(rows=[["a", "a", "a", "a"], ["a", "a", "a", "a"]], delimiter="\t")
@given(
    rows=st.lists(
        st.lists(st.sampled_from(["", "a", "가", '"', "x y"]), min_size=1, max_size=4), max_size=12
    ),
    delimiter=st.sampled_from("\t,"),
)
def test_every_row_is_a_pair_or_counted_whatever_its_width(
    rows: list[list[str]], delimiter: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [["en", "ko"], ["Go.", "가."], *rows]
    path = tmp_path_factory.getbasetemp() / "ragged.txt"
    path.write_text("\n".join(delimiter.join(row) for row in lines), encoding="utf-8")
    got, table = read(path, header=True, delimiter=delimiter, source="en", target="ko")
    assert table["rows"] == len(got) + sum(tally["count"] for tally in table["set_aside"].values())
    whole = {(row[0], row[1]) for row in lines[1:] if len(row) == 2}
    assert all(
        pair in whole or any(pair == tuple(map(str.strip, row[:2])) for row in lines) for pair in got
    ) or any('"' in cell for row in rows for cell in row)


@settings(max_examples=25, deadline=None)
@given(
    pairs=pairs,
    title=st.booleans(),
    first=st.booleans(),
    numbered=st.booleans(),
    kind=st.sampled_from(["xlsx", "ods"]),
)
def test_a_spreadsheet_is_read_wherever_its_table_begins(
    pairs: list[tuple[str, str]],
    title: bool,
    first: bool,
    numbered: bool,
    kind: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rows: list[Any] = [("번호", "영어", "한국어") if numbered else ("영어", "한국어")]
    rows += [(str(i), *pair) if numbered else pair for i, pair in enumerate(pairs)]
    rows = [("말뭉치 2024",), *rows] if title else rows
    sheets: dict[str, list[Any]] = {"자료": rows} if first else {"설명": [("읽어 보세요",)], "자료": rows}
    path = tmp_path_factory.getbasetemp() / f"any.{kind}"
    if kind == "ods":
        ods(path, sheets)
    else:
        (_, one), *more = sheets.items()
        sheet(path, one, **dict(more))
    got, table = read(path)
    assert got == pairs
    assert table["rows_above"] == ([1] if title else [])


@settings(max_examples=60)
@given(
    pairs=pairs, form=st.sampled_from(["lines", "list", "nested", "rows", "translation"]), ascii=st.booleans()
)
def test_json_is_read_in_every_form(
    pairs: list[tuple[str, str]], form: str, ascii: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    records: Any = [{"id": i, "en": a, "ko": b} for i, (a, b) in enumerate(pairs)]
    if form == "translation":
        records = [{"translation": {"en": a, "ko": b}} for a, b in pairs]
    if form in ("lines", "translation"):
        content = "".join(json.dumps(record, ensure_ascii=ascii) + "\n" for record in records)
    else:
        told = {"nested": {"version": 1, "data": records}, "rows": pairs}.get(form, records)
        content = json.dumps(told, ensure_ascii=ascii)
    path = tmp_path_factory.getbasetemp() / ("any.jsonl" if form in ("lines", "translation") else "any.json")
    path.write_text(content, encoding="utf-8")
    assert read(path)[0] == pairs


# Which columns, and whether they have names


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (("en", "ko"), ("Go.", "가."), (0, 1)),
        (("SID", "원문", "번역문"), ("1", "가.", "Go."), (1, 2)),
        (("번역문", "원문"), ("Go.", "가."), (1, 0)),
        (("target", "id", "source"), ("가.", "1", "Go."), (2, 0)),
        (("한국어 원문", "영어 번역문", "비고"), ("가.", "Go.", "없음"), (0, 1)),
        (("날짜", "발화자", "한국어(원문)", "English (target)"), ("2024-01-01", "A", "가.", "Go."), (2, 3)),
        (("url", "Text A", "Text B"), ("http://x.y/z", "Go.", "가."), (1, 2)),
        (("question", "answer"), ("뭐해?", "놀아."), (0, 1)),
        (("en-US", "ko-KR"), ("Go.", "가."), (0, 1)),
        (("korean_sentence", "english_sentence"), ("가.", "Go."), (0, 1)),
        (("A", "B", "C", "D"), ("12", "Go.", "34", "가."), (1, 3)),
        (("level", "en", "ko"), ("쉬움", "Go.", "가."), (1, 2)),
    ],
)
def test_columns_are_proposed_by_their_names_and_by_what_they_hold(
    header: tuple[str, ...], row: tuple[str, ...], expected: tuple[int, int]
) -> None:
    assert propose(header, [[*row]] * 3) == expected


def test_a_column_of_a_few_categories_is_no_text() -> None:
    body = [["일상", f"문장 {i}입니다.", "A", f"This is sentence {i}."] for i in range(100)]
    assert propose(["A", "B", "C", "D"], body) == (1, 3)
    assert propose(["A", "B"], [["같아", f"{i}"] for i in range(100)]) == (0, 1)


@pytest.mark.parametrize(
    ("first", "body", "is_there"),
    [
        (["ko", "en"], [["가.", "Go."]], True),
        (["가.", "Go."], [["나.", "Me."]], False),
        (["Source text", "Target text"], [["Go.", "Va."]], True),
        (["Pas de", "No way"], [["Moi", "Me"], ["Toi", "You"]], False),
        (["Answer me.", "Réponds."], [["Go.", "Va."]], False),
        (["id", "text", "translation"], [["1", "Go.", "Va."]], True),
        (["nr", "a", "b"], [["1", "Go.", "Va."], ["2", "Me.", "Moi."]], True),
        (["1", "Go.", "Va."], [["2", "Me.", "Moi."]], False),
        (["x", "go", "가"], [["x", "me", "나"], ["y", "you", "너"]], False),
        (["Lorem", "Ipsum"], [["This is a long one.", "Das ist lang."]] * 5, True),
    ],
)
def test_a_first_row_of_names_is_told_from_a_pair(
    first: list[str], body: list[list[str]], is_there: bool
) -> None:
    assert find_header([Row(n, cells) for n, cells in enumerate([first, *body])]).is_there == is_there


def test_names_are_known_in_english_and_korean() -> None:
    for name in (
        "원문",
        "번역문",
        "Source",
        "ko",
        "KO-KR",
        "한국어",
        "영어(번역)",
        "english_text",
        "SID",
        "출처",
    ):
        assert is_name(name), name
    for cell in ("가방", "Go.", "No!", "Pas de chance", "나는 학교에 간다", "it is", ""):
        assert not is_name(cell), cell
