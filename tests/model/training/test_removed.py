"""A run that was removed is kept for a while and can be put back."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from model.errors import Refusal
from model.training import jobs
from model.training.folder import MADE_BY, Run, Status, begin, begun_with, seconds_left, tell

SHIPPED = Path(__file__).parents[3] / "checkpoints"


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEADLIGHT_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def made(name: str, start: str | None = None) -> Path:
    folder = jobs.runs_folder() / name
    begin(folder, Run("reverse", 100, start=start))
    tell(folder, Status("stopped", 50, 100, time.time()))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_removed_comes_back_as_it_was() -> None:
    folder = made("a")
    before = contents(folder)
    gone = jobs.remove(folder)
    assert jobs.jobs() == []
    assert not folder.exists()
    assert jobs.removed() == [gone]
    assert jobs.restore(gone) == folder
    assert contents(folder) == before
    assert [job.name for job in jobs.jobs()] == ["a"]
    assert jobs.removed() == []


def test_the_last_one_removed_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name in enumerate(("a", "b", "c")):
        monkeypatch.setattr(jobs.time, "time", lambda place=place: 1_000_000 + place)
        jobs.remove(made(name))
    assert [gone.name for gone in jobs.removed()] == ["c", "b", "a"]


def test_a_run_of_the_same_name_is_not_written_over() -> None:
    gone = jobs.remove(made("a"))
    again = made("a")
    (again / "mine").write_text("x")
    with pytest.raises(Refusal, match="run of this name already exists"):
        jobs.restore(gone)
    assert (again / "mine").read_text() == "x"
    assert jobs.removed() == [gone]


def test_after_a_while_it_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    old = jobs.remove(made("a"))
    now = time.time()
    monkeypatch.setattr(jobs.time, "time", lambda: now + jobs.KEPT + 5)
    jobs.remove(made("b"))
    assert [gone.name for gone in jobs.removed()] == ["b"]
    with pytest.raises(Refusal, match="no longer there"):
        jobs.restore(old)


def test_strange_files_among_the_removed_are_passed_over(runs: Path) -> None:
    gone = jobs.remove(made("a"))
    (runs / jobs.REMOVED / "notes.txt").write_text("x")
    (runs / jobs.REMOVED / "12x y").mkdir()
    assert jobs.removed() == [gone]


# What a run says of how it began


def test_a_run_that_goes_tells_what_it_began_with() -> None:
    assert begun_with(made("a", str(SHIPPED / "pronouns"))) == "pronouns"
    assert begun_with(made("b")) is None


@pytest.mark.parametrize(
    ("name", "begun"), [("en-fr", "en-fr-fifth"), ("pronouns", None), ("pronouns-ko", None), ("repeat", None)]
)
def test_a_checkpoint_tells_it_on_its_card(name: str, begun: str | None) -> None:
    assert begun_with(SHIPPED / name) == begun


@pytest.mark.parametrize(
    ("line", "begun"),
    [
        ("copy --output x --from 'my run' --max-steps 3", "my run"),
        ("copy --output x --from", None),
        ("copy 'never closed --from y", None),
        ("pairs --credit 'taken --from here' --output x", None),
    ],
)
def test_a_strange_card_tells_nothing(tmp_path: Path, line: str, begun: str | None) -> None:
    (tmp_path / "README.md").write_text(f"# x\n\n{MADE_BY}{line}\n")
    assert begun_with(tmp_path) == begun


def test_the_line_is_the_one_that_a_run_writes() -> None:
    assert f"    {Run('copy', start='/x/y').command()}".startswith(MADE_BY)


# How long it will take


def lines(*timed: tuple[int, float]) -> list[dict[str, float]]:
    return [{"step": step, "seconds": seconds} for step, seconds in timed]


def test_a_steady_run_needs_what_is_left_of_it() -> None:
    steady = lines(*((step, 0.5 * step) for step in range(10, 101, 10)))
    assert seconds_left(steady, 400) == pytest.approx(150)
    assert seconds_left(steady, 100) == 0


def test_a_slow_beginning_does_not_count() -> None:
    """Most snapshots are taken in the first steps."""
    slow = lines((1, 20.0), (50, 40.0), (100, 45.0), (200, 55.0))
    assert seconds_left(slow, 400) == pytest.approx(20)


@pytest.mark.parametrize(
    "told", [[], lines((1, 0.2)), [{"step": 50, "loss": 1.0}], [{"step": 50, "seconds": None}]]
)
def test_where_little_is_known_nothing_is_told(told: list[dict[str, float]]) -> None:
    assert seconds_left(told, 100) is None


@pytest.mark.skipif(not os.access(SHIPPED, os.R_OK), reason="no checkpoints")
def test_a_recorded_run_is_foretold_within_a_factor_of_one_and_a_half() -> None:
    """The pace of the run that is shipped, by its examples a second; looks came on top of it, evenly."""
    from model.training.folder import metrics

    taken, at = [], 0.0
    before = 0
    for line in metrics(SHIPPED / "pronouns"):
        if "examples_per_second" in line:
            at += 64 * (line["step"] - before) / line["examples_per_second"]
            before = line["step"]
        else:
            at += 1.5
        taken.append((line["step"], at))
    for place in range(len(taken)):
        left = seconds_left(lines(*taken[: place + 1]), 2600)
        if left and taken[place][0] < 2400:
            assert 1 / 1.5 < left / (taken[-1][1] - taken[place][1]) < 1.5, taken[place]
