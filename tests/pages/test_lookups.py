"""A page looks at each folder once a run, and what changed in one of them costs nothing but its own work."""

from __future__ import annotations

import ast
import gc
import os
import shutil
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import model
from model import load, trace
from model.decode import decoding
from model.tasks import find
from model.traces import film
from model.training import estimate
from model.training.folder import Run, Status, begin, end, tell
from pages.common import checkpoints, effects, filmed
from pages.common.request import Chosen, Request
from pages.parts.train.begin import costs
from tests.pages.running import ROOT, run

pytestmark = pytest.mark.usefixtures("runs")

TEXT = "The chair didn't fit through the gate because it was too wide."
SHIPPED = checkpoints.FOLDER


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def put(folder: Path, checkpoint: str) -> Path:
    """Has a folder hold a shipped checkpoint, written now."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SHIPPED / checkpoint, folder)
    os.utime(folder / "config.json")
    return folder


def options(app: AppTest) -> list[str]:
    return list(app.selectbox(key="checkpoint").options)


# Once a run


@pytest.fixture
def looks(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the folder of runs was listed ("scandir ."), and each file in it looked at ("stat a/b")."""
    seen: Counter[str] = Counter()

    def count(name: str) -> None:
        call: Callable[..., Any] = getattr(os, name)

        def counted(path: Any = ".", *more: Any, **named: Any) -> Any:
            if isinstance(path, str | os.PathLike) and os.fspath(path).startswith(str(runs)):
                seen[f"{name} {os.path.relpath(os.fspath(path), runs)}"] += 1
            return call(path, *more, **named)

        monkeypatch.setattr(os, name, counted)

    for name in ("stat", "scandir", "listdir"):
        count(name)
    return seen


def test_a_run_of_explore_looks_at_each_folder_once(
    runs: Path, looks: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(runs / "mine", "pronouns")
    put(runs / "other", "pronouns")
    begin(runs / "stopped", Run("pronouns", 60))
    for path in (SHIPPED / "pronouns").iterdir():
        shutil.copy(path, runs / "stopped")
    tell(runs / "stopped", Status.now("stopped", 30, 60))
    asked: list[Path] = []
    status = checkpoints.status

    def counted(folder: Path) -> Status:
        asked.append(folder)
        return status(folder)

    monkeypatch.setattr(checkpoints, "status", counted)
    app = run("explore.py", "en", checkpoint="mine")
    assert options(app)[-3:] == ["stopped", "other", "mine"]
    for again in (lambda: app.run(), lambda: app.text_input(key="text").set_value(TEXT).run()):
        looks.clear()
        asked.clear()
        again()
        assert not app.exception
        assert not app.error
        assert looks["scandir ."] + looks["listdir ."] == 1
        assert [looks[f"stat {name}/config.json"] for name in ("mine", "other", "stopped")] == [1, 1, 1]
        assert [looks[f"stat {name}/resume/run.json"] for name in ("mine", "other")] == [1, 1]
        assert asked == [runs / "stopped"]
        assert looks["stat mine/film.safetensors"] == 1
        assert not any(look.startswith(("scandir mine", "listdir mine")) for look in looks)


def test_what_ended_or_was_removed_meanwhile_is_seen_in_the_next_run(runs: Path) -> None:
    begin(runs / "learning", Run("pronouns", 60))
    for path in (SHIPPED / "pronouns").iterdir():
        shutil.copy(path, runs / "learning")
    tell(runs / "learning", Status.now("training", 30, 60))
    put(runs / "mine", "pronouns")
    app = run("explore.py", "en", checkpoint="mine")
    shipped = options(app)[:-1]
    assert options(app) == [*shipped, "mine"]
    end(runs / "learning")
    assert set(options(app.run())) == {*shipped, "mine", "learning"}
    shutil.rmtree(runs / "mine")
    app.run()
    assert not app.exception
    assert options(app)[-1] == "learning"
    assert "There is no finished run mine here" in " ".join(str(caption.value) for caption in app.caption)


def restless() -> None:
    """A page that runs twice in a row, on one thread, and puts something on offer while it runs."""
    import shutil

    import streamlit as st

    from model.training import jobs
    from pages.common import checkpoints

    before = list(checkpoints.find_offered())
    if "made" not in st.session_state:
        st.session_state["made"] = before
        shutil.copytree(checkpoints.FOLDER / "repeat", jobs.runs_folder() / "new")
        st.session_state["still"] = list(checkpoints.find_offered())
        st.rerun()
    st.session_state["after"] = before
    shutil.copytree(checkpoints.FOLDER / "repeat", jobs.runs_folder() / "newer")
    checkpoints.look_again()
    st.session_state["again"] = list(checkpoints.find_offered())


def test_a_run_begins_with_a_look_of_its_own() -> None:
    app = AppTest.from_function(restless, default_timeout=30).run()
    assert not app.exception
    made, still, after, again = (app.session_state[key] for key in ("made", "still", "after", "again"))
    assert still == made
    assert set(after) == {*made, "new"}
    assert set(again) == {*made, "new", "newer"}


# Its own work


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """How often each work was done for the checkpoint of a folder, by the name of both."""
    seen: Counter[tuple[str, str]] = Counter()

    def count(module: Any, name: str) -> None:
        work: Callable[..., Any] = getattr(module, name)

        def counted(what: Any, *more: Any, **named: Any) -> Any:
            seen[name, Path(getattr(what, "name", what)).name] += 1
            return work(what, *more, **named)

        monkeypatch.setattr(module, name, counted)

    count(model, "load")
    count(model, "trace")
    count(decoding, "write")
    return seen


def ask(name: str) -> Request:
    return Request(Chosen(name), TEXT)


def weights(name: str) -> np.ndarray:
    return checkpoints.trace(ask(name))["encoder"].weights


def test_a_changed_checkpoint_costs_its_own_work_alone(runs: Path, done: Counter[tuple[str, str]]) -> None:
    put(runs / "one", "pronouns")
    put(runs / "other", "pronouns")
    wrote = checkpoints.write(ask("other"))
    before, kept = weights("one"), weights("other")
    passages = [effects.passage(ask(name)) for name in ("one", "other")]
    old = weakref.ref(checkpoints.load("one"))
    assert done == {(what, name): 1 for what in ("load", "write", "trace") for name in ("one", "other")}
    done.clear()
    put(runs / "one", "pronouns-shortcut")
    expected = trace(load(SHIPPED / "pronouns-shortcut"), TEXT)["encoder"].weights
    assert expected.shape != before.shape or (expected != before).any()
    done.clear()
    for _again in range(2):
        np.testing.assert_array_equal(weights("one"), expected)
        assert weights("other") is kept
        assert checkpoints.write(ask("other")) is wrote
    assert effects.passage(ask("one")) is not passages[0]
    assert effects.passage(ask("other")) is passages[1]
    assert done == {("load", "one"): 1, ("write", "one"): 1, ("trace", "one"): 1}
    gc.collect()
    assert old() is None  # nobody keeps what will not be asked for again


def test_every_page_shows_the_new_weights_and_no_other_page_works_again(
    runs: Path, done: Counter[tuple[str, str]]
) -> None:
    put(runs / "one", "pronouns")
    put(runs / "other", "pronouns")
    one, other = (run("translate.py", "en", checkpoint=name, text=TEXT) for name in ("one", "other"))
    put(runs / "one", "pronouns-shortcut")
    expected = decoding.write(load(SHIPPED / "pronouns-shortcut"), TEXT).text
    assert str(one.subheader[0].value).replace("\\", "") != expected
    done.clear()
    for app in (other, one, other):
        app.run()
        assert not app.exception
        assert not app.error
    assert str(one.subheader[0].value).replace("\\", "") == expected
    assert {name for _work, name in done} == {"one"}
    assert done["load", "one"] == done["trace", "one"] == 1


def test_a_film_of_the_same_steps_is_another_film(runs: Path) -> None:
    folder = put(runs / "mine", "pronouns")
    made = film.add_snapshot(None, 0, [trace(load(folder), TEXT)], [None])
    film.save(folder, made)
    shown = filmed.read(folder)
    assert shown
    first = filmed._trace(str(folder), filmed.read_mtime(folder), 0, 0)["encoder"].weights
    film.save(folder, film.add_snapshot(None, 0, [trace(load(SHIPPED / "pronouns-shortcut"), TEXT)], [None]))
    later = filmed.read_mtime(folder) + 1_000_000
    os.utime(folder / film.FILE, ns=(later, later))
    second = filmed._trace(str(folder), filmed.read_mtime(folder), 0, 0)["encoder"].weights
    assert first.shape != second.shape or (first != second).any()


@pytest.mark.parametrize("cache", [st.cache_resource, st.cache_data])
def test_what_is_kept(runs: Path, cache: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_kept", [])
    put(runs / "one", "repeat")
    put(runs / "other", "repeat")
    seen: list[tuple[str, int]] = []

    @checkpoints.keep(3, cache)
    def work(name: str, number: int, _unhashed: Any = None) -> list[int]:
        seen.append((Path(name).name, number))
        if number < 0:
            raise ValueError(number)
        return [number]

    assert work("one", 1, object()) == work("one", 1, object()) == work(str(runs / "one"), 1) == [1]
    assert seen == [("one", 1)]  # by whatever name it goes, and whatever stands for nothing
    assert (work("one", 1) is work("one", 1)) == (cache is st.cache_resource)
    work("other", 1)
    work("one", 2)
    assert seen == [("one", 1), ("other", 1), ("one", 2)]
    os.utime(runs / "one" / "config.json", ns=(0, 1_000_000_000))
    work("other", 1)
    assert len(seen) == 3
    work("one", 2)
    assert seen[3:] == [("one", 2)]
    os.utime(runs / "one" / "config.json", ns=(0, 2_000_000_000))
    work("one", 2)
    os.utime(runs / "one" / "config.json", ns=(0, 1_000_000_000))  # what was forgotten does not come back
    work("one", 2)
    assert seen[4:] == [("one", 2), ("one", 2)]
    for number in range(3):
        work("other", 10 + number)
    work("one", 2)  # the oldest has made room
    assert seen[-1] == ("one", 2)
    [results] = checkpoints._kept
    assert len(results.calls) == 3  # as many as can be kept
    for _again in range(2):
        with pytest.raises(ValueError, match="-1"):
            work("one", -1)
    assert seen[-2:] == [("one", -1)] * 2


def test_what_a_run_costs_is_asked_anew_where_it_begins_with_another_checkpoint(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(runs / "mine", "repeat")
    asked: list[Run] = []

    def counted(wanted: Run) -> estimate.Outline:
        asked.append(wanted)
        return estimate.Outline(1, find("repeat").recipe, "word", 1)

    monkeypatch.setattr(estimate, "outline", counted)
    wanted = Run("repeat", 17, start=str(folder))
    for _again in range(2):
        costs(wanted)
    assert len(asked) == 1
    os.utime(folder / "config.json", ns=(0, 1_000_000_000))
    costs(wanted)
    assert len(asked) == 2


def cached(path: Path) -> Iterator[ast.FunctionDef]:
    """The functions of a file that have Streamlit's own caches."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            marks = [ast.unparse(mark) for mark in node.decorator_list]
            if any(mark.startswith("st.cache") for mark in marks):
                yield node


def test_no_work_on_a_checkpoint_is_kept_under_its_name_alone() -> None:
    found = [node for path in (ROOT / "pages").rglob("*.py") for node in cached(path)]
    assert found
    for node in found:
        assert "checkpoints." not in ast.unparse(node), node.name
        assert "model.load(" not in ast.unparse(node), node.name
