"""A person's own table on the Train page: sent, kept, its columns chosen, and what is no table."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from model.data.looks import look
from model.tasks import find
from model.training import jobs
from tests.pages.running import run, stage_answer

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
    assert "40 pairs can be learned from Set aside: 1 with an empty cell (row 42)" in said
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


def test_the_steps_on_show_are_those_of_a_run_on_this_table(runs: Path) -> None:
    """A table of this size is learned from in other steps than the task has by itself."""
    kept = runs / ".tables" / ("ef" * 8)
    kept.mkdir(parents=True)
    rows = "".join(f"I see {i}.\t나는 {i} 본다.\n" for i in range(2400))
    (kept / "mine.txt").write_text(rows, encoding="utf-8")
    app = run("train.py", "en", task="pairs", table=kept.name, options="true")
    assert not app.exception
    steps = find("pairs").with_data([kept / "mine.txt"]).recipe.max_steps
    assert steps != find("pairs").recipe.max_steps
    assert app.number_input(key="set_steps").value == steps
    app.button(key="train").click().run()
    [job] = jobs.jobs()
    assert job.run
    assert job.run.max_steps is None


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


def test_a_sheet_is_sent_and_kept_as_it_is(runs: Path) -> None:
    """What stands in its cells is learned: commas, quotation marks; that white space is made even is told."""
    rows: list[list[object]] = [["원문", "번역문"]]
    rows += [[f'"질문", {i}', f"answer,\t{i}\n;'"] for i in range(12)]
    app = run("train.py", "ko", task="pairs")
    app.file_uploader(key="own table").set_value(("대화.xlsx", sheet(rows), "application/zip")).run()
    assert not app.exception
    assert not app.error
    [kept] = (runs / ".tables").iterdir()
    assert [path.name for path in kept.iterdir()] == ["대화.xlsx"]
    assert app.query_params["table"] == kept.name
    found = look([kept / "대화.xlsx"], {})
    assert list(found.parts[0].pairs) == [(f'"질문", {i}', f"answer, {i} ;'") for i in range(12)]
    assert found.parts[0].counts.notes["spaces"].count == 12
    assert run("train.py", "ko", task="pairs", table=kept.name).selectbox(key="column_source").value == "원문"


def test_two_texts_are_sent_together(runs: Path) -> None:
    app = run("train.py", "en", task="pairs")
    lines = [(f"I see {i}.", f"나는 {i} 본다.") for i in range(20)]
    sent = [
        (f"corpus.{name}", "\n".join(pair[place] for pair in lines).encode(), "text/plain")
        for place, name in enumerate(("en", "ko"))
    ]
    app.file_uploader(key="own table").set_value(sent).run()
    assert not app.exception
    assert not app.error
    assert any("20 pairs can be learned from" in caption.value for caption in app.caption)
    assert (app.selectbox(key="column_source").value, app.selectbox(key="column_target").value) == (
        "en",
        "ko",
    )
    app.button(key="train").click().run()
    [job] = jobs.jobs()
    assert job.run
    assert [Path(path).name for path in job.run.data] == ["corpus.en", "corpus.ko"]


def test_what_was_found_out_can_be_said_otherwise_and_taken_back(runs: Path) -> None:
    kept = runs / ".tables" / ("ab" * 8)
    kept.mkdir(parents=True)
    rows = [f"Well, I see {i}.\t음, {i} &amp; 본다." for i in range(20)]
    (kept / "mine.txt").write_text("\n".join(["Foo\tBar", *rows]), encoding="utf-8")
    app = run("train.py", "en", task="pairs", table=kept.name)
    assert not app.exception
    said = " ".join(caption.value for caption in app.caption).replace("\\", "")
    assert "The first row of mine.txt is taken for the names of the columns. Is it a pair?" in said
    assert "20 pairs can be learned from" in said
    assert "20 with HTML entities (rows 2, 3, 4, 5, 6, …)" in said
    assert not [button for button in app.button if button.key == "undo table"]
    app.selectbox(key="table_header").set_value("pair").run()
    app.selectbox(key="table_entities").set_value("undone").run()
    assert not app.exception
    assert any("21 pairs can be learned from" in caption.value for caption in app.caption)
    assert app.dataframe[0].value.iloc[1, 1] == "음, 0 & 본다."
    again = run("train.py", "en", **app.query_params)  # by its link
    assert any("21 pairs can be learned from" in caption.value for caption in again.caption)
    again.button(key="train").click().run()
    [job] = jobs.jobs()
    assert job.run
    assert {name: job.run.settings[name] for name in ("header", "entities")} == {
        "header": False,
        "entities": True,
    }
    app.button(key="undo table").click().run()
    assert not app.exception
    assert any("20 pairs can be learned from" in caption.value for caption in app.caption)
    assert not [name for name in app.query_params if name.startswith("table_")]


def test_a_doubtful_encoding_is_said_and_another_can_be_chosen(runs: Path) -> None:
    kept = runs / ".tables" / ("cd" * 8)
    kept.mkdir(parents=True)
    rows = [f"Yes {i}\tOui {i}" for i in range(20)]
    (kept / "mine.tsv").write_bytes("\n".join([*rows, "Hi\t안녕"]).encode("cp949"))
    app = run("train.py", "en", task="pairs", table=kept.name)
    [warning] = app.warning
    assert "is read as CP949 (EUC-KR); it could be" in warning.value
    app.selectbox(key="table_encoding").set_value("gb18030").run()
    assert not app.exception
    assert not app.warning  # it was said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 no archive", "대화.xlsx is damaged, or no table."),
        (sheet([["one"], ["two"]]), "대화.xlsx has only one column; pairs need two."),
        (b"", "대화.xlsx"),
        (b"\xd0\xcf\x11\xe0 old", "대화.xlsx is damaged, or no table."),
    ],
)
def test_what_is_no_table_is_refused_by_its_own_name(runs: Path, content: bytes, words: str) -> None:
    app = run("train.py", "en", task="pairs")
    app.file_uploader(key="own table").set_value(("대화.xlsx", content, "application/zip")).run()
    assert not app.exception
    [error] = app.error
    assert words in str(error.value).replace("\\", "")
    assert not stage_answer(app), "the refusal says what is to be done"
    assert app.button(key="train").disabled


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
    assert all(button.disabled for button in app.button if button.key == "train")
    assert stage_answer(app) == "Upload a table first."


def test_train_is_to_be_pressed_only_where_it_can_be(runs: Path) -> None:
    """Two pairs are too few to learn from; of twenty the answer says what to press."""
    for count, said in ((2, ""), (20, "Press Train: from the first step on")):
        kept = runs / ".tables" / f"{count:016d}.tsv"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text("en\tko\n" + "".join(f"I see {i}.\t나는 {i} 본다.\n" for i in range(count)))
        app = run("train.py", "en", task="pairs", table=kept.name)
        assert not app.exception
        assert stage_answer(app)[:35] == said[:35]
        assert len(app.error) == (not said)
        assert app.button(key="train").disabled == (not said)
