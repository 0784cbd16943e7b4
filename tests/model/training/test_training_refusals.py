"""What training refuses, before anything is learned and anything is written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from model.errors import Refusal
from model.tasks import find, tasks
from model.training.folder import Run, begin, status
from model.training.report import Report
from model.training.run import train

SHIPPED = Path(__file__).parents[3] / "checkpoints"


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty; choose another folder"):
        train(Run("pronouns"), tmp_path)
    with pytest.raises(ValueError, match="is not empty; choose another folder"):
        train(Run("pronouns"), tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_there_must_be_something_to_go_on_with(tmp_path: Path) -> None:
    finished = tmp_path / "finished"
    shutil.copytree(SHIPPED / "pronouns", finished)
    for folder in (tmp_path, tmp_path / "missing", finished):
        with pytest.raises(ValueError, match="There is no interrupted run in"):
            train(Run("pronouns"), folder, resume=True)


def test_a_run_goes_on_with_its_own_task(tmp_path: Path) -> None:
    begin(tmp_path, Run("pronouns", 9))
    with pytest.raises(ValueError, match="is of the task pronouns, not pronouns-shortcut"):
        train(Run("pronouns-shortcut"), tmp_path, resume=True)


def test_an_unknown_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no task called 'poetry'; there are copy, en-fr, pairs"):
        train(Run("poetry"), tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert all(find(name).name == name for name in tasks())


@pytest.mark.parametrize("steps", [0, -1])
def test_no_steps_are_refused(tmp_path: Path, steps: int) -> None:
    with pytest.raises(ValueError, match=f"at least 1 step, not {steps}"):
        train(Run("pronouns", steps), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("task", "text", "reason"),
    [
        ("pronouns", None, "There is no file .* to be measured on"),
        ("pronouns", b"\xff", "is no text in UTF-8"),
        ("pronouns", "It is here.\tIl est là.", "Line 1 of .* needs 4 columns between tabs, not 2"),
        ("pronouns-ko", "", "needs an even number of lines"),
        ("reverse", " \n", "has no string to be measured on"),
        ("repeat", "do re mi", "must say two syllables or more twice"),
        ("pairs", "en\tko\n\tx\n", "has no pair to be measured on"),
        ("en-fr", None, "There is no file .* to be measured on"),
        ("en-fr", b"\xff", "is no text in UTF-8"),
        ("en-fr", "en\tde\nGo!\tLos!\n", "has no column fr; it has en, de"),
    ],
)
def test_a_file_that_nothing_can_be_measured_on_is_refused_before_anything_is_learned(
    tmp_path: Path, task: str, text: str | bytes | None, reason: str
) -> None:
    table, test = tmp_path / "table.tsv", tmp_path / "test.tsv"
    table.write_text("en\tfr\n" + "".join(f"{i}\t{i}!\n" for i in range(20)), encoding="utf-8")
    if text is not None:
        test.write_bytes(text if isinstance(text, bytes) else text.encode())
    data = (str(table),) if task in ("pairs", "en-fr") else ()
    with pytest.raises(ValueError, match=reason):
        train(Run(task, data=data, test=str(test)), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("was_there", [True, False])
def test_what_is_refused_before_the_first_step_can_be_corrected(tmp_path: Path, was_there: bool) -> None:
    table, output = tmp_path / "table.tsv", tmp_path / "new"
    table.write_text("en\tfr\n" + "".join(f"{i}\t{i}!\n" for i in range(20)), encoding="utf-8")
    if was_there:
        output.mkdir()
    few = {"positions": "learned", "max_positions": 1}
    many = {"tokenizer": "bpe", "pieces": 2000, "normalization": "nfc"}
    for wrong, reason in (
        (many, "The texts are too few for 2000 pieces"),
        ({"num_heads": 3}, "a multiple of"),
        (few, "but this model has learned 1 positions"),
    ):
        with pytest.raises(Refusal, match=reason):
            train(Run("pairs", 1, data=(str(table),), settings=wrong), output)
        assert output.is_dir() == was_there
        assert not was_there or not list(output.iterdir())
    small = {"d_model": 8, "num_heads": 1, "d_ff": 8, "batch_size": 4}
    assert train(Run("pairs", 1, data=(str(table),), settings=small), output)
    assert (output / "config.json").is_file()


def test_a_refusal_takes_nothing_from_a_run_that_was_begun_before(tmp_path: Path) -> None:
    """As the app begins its runs, which show why they failed."""
    output = tmp_path / "new"
    begin(output, Run("reverse", 1, settings={"num_heads": 3}))
    with pytest.raises(Refusal, match="a multiple of"):
        train(Run("reverse"), output, resume=True)
    assert status(output).state == "failed"


def test_a_run_that_came_to_a_step_stays_where_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(report: Report, *_: Any, **__: Any) -> None:
        raise Refusal("No.")

    monkeypatch.setattr(Report, "on_step_end", fail)
    with pytest.raises(Refusal, match=r"No\."):
        train(Run("reverse", 2, settings={"d_model": 8, "num_heads": 1, "d_ff": 8}), tmp_path / "new")
    assert status(tmp_path / "new").state == "failed"
