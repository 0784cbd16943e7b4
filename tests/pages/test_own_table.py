"""A person's own table on the Train page: sent, kept, its columns chosen, and what is no table."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from model.data import pairs, tables
from model.training import jobs
from tests.pages.running import run

pytestmark = pytest.mark.usefixtures("runs")


def test_a_persons_own_pairs_are_counted_and_learned(runs: Path) -> None:
    """The file that a link names: its columns are chosen, a row with an empty cell is told of."""
    kept = runs / ".tables" / f"{'ab' * 8}.tsv"
    kept.parent.mkdir(parents=True)
    rows = [f"질문 {i}\tanswer {i}\t{'easy' if i % 2 else 'hard'}" for i in range(40)]
    kept.write_text("\n".join(["ko\ten\tlevel", *rows, "빈칸\t\teasy"]), encoding="utf-8")
    app = run("train.py", "en", task="pairs", table=kept.name)
    assert not app.exception
    assert not app.error
    said = " ".join(caption.value for caption in app.caption)
    assert "40 pairs can be learned from · 1 with an empty cell" in said
    app.selectbox(key="column_filter").set_value("level").run()
    assert any("20 pairs can be learned from" in caption.value for caption in app.caption)
    app.button(key="train").click().run()
    assert not app.exception
    [job] = jobs.jobs()
    assert job.run
    assert (job.run.task, job.run.data) == ("pairs", (str(kept),))
    assert {name: job.run.settings[name] for name in ("source", "target", "filter", "keep")} == {
        "source": "ko",
        "target": "en",
        "filter": "level",
        "keep": ["easy"],
    }


def test_the_rows_that_are_kept_are_in_the_link(runs: Path) -> None:
    kept = runs / ".tables" / f"{'ab' * 8}.tsv"
    kept.parent.mkdir(parents=True)
    rows = [f"질문 {i}\tanswer {i}\t{['easy', 'hard', 'odd'][i % 3]}" for i in range(60)]
    kept.write_text("\n".join(["ko\ten\tlevel", *rows]), encoding="utf-8")
    app = run("train.py", "en", task="pairs", table=kept.name, column_filter="level", column_keep="hard")
    assert app.multiselect(key="column_keep").value == ["hard"]
    for chosen, told in ((["hard", "odd"], ["hard", "odd"]), ([], "")):
        app.multiselect(key="column_keep").set_value(chosen).run()
        assert not app.exception
        assert app.query_params["column_keep"] == told
    app.selectbox(key="column_filter").set_value("").run()
    app.selectbox(key="column_filter").set_value("ko").run()
    assert not app.exception
    assert len(app.multiselect(key="column_keep").value) == 1


def sheet(rows: list[list[object]]) -> bytes:
    """An XLSX file."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_a_sheet_is_sent_and_kept_as_text(runs: Path) -> None:
    """What stands in its cells is learned: commas, quotation marks; white space is made even."""
    rows: list[list[object]] = [["원문", "번역문"]]
    rows += [[f'"질문", {i}', f"answer,\t{i}\n;'"] for i in range(12)]
    app = run("train.py", "ko", task="pairs")
    app.file_uploader(key="own table").set_value(("대화.xlsx", sheet(rows), "application/zip")).run()
    assert not app.exception
    assert not app.error
    [kept] = (runs / ".tables").iterdir()
    assert kept.suffix == ".tsv"
    assert app.query_params["table"] == kept.name
    table = tables.read(kept)
    assert table.header == ("원문", "번역문")
    found, left_out = pairs.read(table, *table.header)
    assert list(found) == [(f'"질문", {i}', f"answer, {i} ;'") for i in range(12)]
    assert not any(left_out.values())
    assert run("train.py", "ko", task="pairs", table=kept.name).selectbox(key="column_source").value == "원문"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 no archive", "대화.xlsx is damaged, or no table."),
        (sheet([["one"], ["two"]]), "대화.xlsx has only one column; pairs need two."),
        (b"\xd0\xcf\x11\xe0 old", "대화.xlsx is an old Excel file or has a password"),
    ],
)
def test_what_is_no_table_is_refused_by_its_own_name(runs: Path, content: bytes, words: str) -> None:
    app = run("train.py", "en", task="pairs")
    app.file_uploader(key="own table").set_value(("대화.xlsx", content, "application/zip")).run()
    assert not app.exception
    [error] = app.error
    assert words in str(error.value).replace("\\", "")


def test_a_table_that_cannot_be_kept_is_told(runs: Path) -> None:
    runs.mkdir()
    (runs / ".tables").write_text("A file stands where the folder should be.")
    app = run("train.py", "en", task="pairs")
    content = "en\tko\nI go home.\t집에 간다.\n".encode()
    app.file_uploader(key="own table").set_value(("mine.tsv", content, "text/plain")).run()
    assert not app.exception
    [error] = app.error
    assert str(error.value).replace("\\", "") == "The table cannot be kept: File exists."
    assert "table" not in app.query_params


@pytest.mark.parametrize("table", ["../../etc/passwd", "x", "abababababababab.tsv", "<b>"])
def test_a_table_that_is_not_there_is_asked_for(table: str) -> None:
    app = run("train.py", "en", task="pairs", table=table)
    assert not app.exception
    assert not app.error
    assert not [button for button in app.button if button.key == "train"]
