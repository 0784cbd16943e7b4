"""Runs among the checkpoints on offer, and a checkpoint as one file: saved, sent, opened, refused."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from model import load, trace
from model.decode.decoding import write
from model.tasks import find
from model.traces import film
from model.training import archive
from model.training.folder import Run, Status, begin, tell
from pages.common import checkpoints, examples
from pages.common.request import Chosen, Request
from pages.parts.train import files
from tests.pages.running import run

pytestmark = pytest.mark.usefixtures("runs")

TIRED = "The animal didn't cross the street because it was too tired."
SHIPPED = [
    *("en-fr", "pronouns", "pronouns-1-head", "pronouns-8-heads", "pronouns-experts", "pronouns-ko"),
    *("pronouns-shortcut", "repeat", "repeat-positions", "reverse-attention", "reverse-lstm"),
    *("reverse-luong", "reverse-rnn", "reverse-transformer", "sentiment-lstm", "sentiment-lstm-ko"),
    *("tagger-lstm", "tagger-lstm-ko"),
]
Finished = Callable[..., Path]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def finished(runs: Path) -> Finished:
    """Makes a finished run of a shipped checkpoint. age: seconds since it ended."""

    def make(name: str, checkpoint: str = "pronouns", age: float = 100.0) -> Path:
        shutil.copytree(checkpoints.FOLDER / checkpoint, runs / name)
        told = (runs / name / "config.json").stat().st_mtime - age
        os.utime(runs / name / "config.json", (told, told))
        return runs / name

    return make


def options(app: AppTest) -> list[str]:
    return list(app.selectbox(key="checkpoint").options)


def captions(app: AppTest) -> str:
    return " ".join(str(caption.value) for caption in app.caption).replace("\\", "")


def test_only_what_is_shipped_where_nothing_was_trained() -> None:
    assert list(checkpoints.find_offered()) == SHIPPED


def test_runs_follow_what_is_shipped_the_newest_first(runs: Path, finished: Finished) -> None:
    old, new, mine = finished("b-old", age=300), finished("a-new", age=100), finished("mine", age=200)
    offered = checkpoints.find_offered()
    assert list(offered) == [*SHIPPED, "a-new", "mine", "b-old"]
    assert [offered[name] for name in ("a-new", "mine", "b-old")] == [new, mine, old]


def test_a_run_of_a_shipped_name_is_told_apart(finished: Finished) -> None:
    folder = finished("pronouns", "pronouns-shortcut")
    assert checkpoints.find_offered()["runs/pronouns"] == folder
    assert checkpoints.folder("pronouns") == checkpoints.FOLDER / "pronouns"
    assert checkpoints.folder("runs/pronouns") == folder
    assert checkpoints.name_of(folder) == "runs/pronouns"
    assert checkpoints.name_of(folder / "resume") == str(folder / "resume")


@pytest.mark.parametrize(
    ("state", "is_there"),
    [("waiting", False), ("training", False), ("measuring", False), ("failed", False), ("stopped", True)],
)
def test_a_run_is_on_offer_when_it_no_longer_learns(
    runs: Path, state: Any, is_there: bool, finished: Finished
) -> None:
    begin(runs / "run", Run("reverse", 60))
    tell(runs / "run", Status.now(state, 30, 60))
    assert "run" not in checkpoints.find_offered()  # nothing is saved yet
    saved = finished("other")
    for path in saved.iterdir():
        shutil.copy(path, runs / "run")
    assert ("run" in checkpoints.find_offered()) == is_there


def test_half_unpacked_and_strange_folders_are_not_on_offer(runs: Path, finished: Finished) -> None:
    finished(".unpacking-1")
    (runs / ".slots").mkdir()
    (runs / "empty").mkdir()
    (runs / "config.json").write_text("{}")
    assert list(checkpoints.find_offered()) == SHIPPED


@pytest.mark.parametrize("page", ["explore.py", "translate.py", "attention.py"])
def test_every_page_offers_a_run_at_once(page: str, finished: Finished) -> None:
    app = run(page, "en")
    assert options(app) == SHIPPED
    finished("20250101-120000-pronouns", "pronouns-shortcut")
    app.run()
    assert options(app) == [*SHIPPED, "20250101-120000-pronouns"]
    app.selectbox(key="checkpoint").set_value("20250101-120000-pronouns").run()
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="checkpoint").value == "20250101-120000-pronouns"
    assert "no finished run" not in captions(app)


def test_a_link_names_a_run(finished: Finished) -> None:
    finished("mine", "pronouns-shortcut")
    text = "The chair didn't fit through the gate because it was too wide."
    app = run("translate.py", "en", checkpoint="mine", text=text)
    expected = write(load("checkpoints/pronouns-shortcut"), text).text
    assert str(app.subheader[0].value).replace("\\", "") == expected
    assert "no finished run" not in captions(app)


def test_a_run_of_another_task_begins_with_its_own_texts(finished: Finished) -> None:
    """English examples would be noise to it; what a person typed stays."""
    folder = finished("mine")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "task": "reverse"}))
    texts = ["h e a d", "m o d e l l i n g " * 4]
    film.save(
        folder, film.add_snapshot(None, 0, [trace(load(folder), text) for text in texts], ["d a e h", "x"])
    )
    app = run("explore.py", "en", checkpoint="mine")
    assert app.text_input(key="text").value == "h e a d"
    assert app.text_input(key="beside").value == texts[1]
    assert app.menu_button(key="examples").options == ["h e a d", " ".join(texts[1].split())]
    app.selectbox(key="checkpoint").set_value("pronouns").run()
    assert app.text_input(key="text").value == examples.WIDE
    app.selectbox(key="checkpoint").set_value("mine").run()
    assert app.text_input(key="text").value == "h e a d"
    app.text_input(key="text").set_value("d o g").run()
    app.selectbox(key="checkpoint").set_value("pronouns").run()
    assert app.text_input(key="text").value == "d o g"
    assert not app.exception


@pytest.mark.parametrize("settings", ["null", '{"language": "ko"}', '{"language": 7}', "[1]"])
def test_examples_are_those_of_what_the_task_was_set_to(finished: Finished, settings: str) -> None:
    folder = finished("mine")
    (folder / "config.json").write_text(f'{{"task": "sentiment", "task_settings": {settings}}}')
    (folder / film.FILE).unlink()
    found = [example.text for example in examples.of(str(folder))]
    if settings in ("null", '{"language": "ko"}'):
        assert found == [probe.source for probe in find("sentiment", json.loads(settings)).probes()]
    else:
        assert found == [example.text for example in examples.EXAMPLES]


@pytest.mark.parametrize("config", ["[]", "{", '{"task": 3}', '{"task": "nothing"}'])
def test_a_strange_config_leaves_the_english_examples(finished: Finished, config: str) -> None:
    folder = finished("mine")
    (folder / "config.json").write_text(config)
    (folder / film.FILE).unlink()
    assert examples.of(str(folder)) == examples.EXAMPLES


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "There is no finished run"), ("ko", "끝난 학습 결과 20250101-120000-reverse")],
)
def test_a_run_that_was_removed_gives_way_to_the_default(language: str, words: str) -> None:
    app = run("translate.py", language, checkpoint="20250101-120000-reverse")
    assert not app.exception
    assert not app.error
    assert words in captions(app)
    assert checkpoints.DEFAULT in captions(app)
    expected = write(load(checkpoints.FOLDER / checkpoints.DEFAULT), TIRED).text
    assert str(app.subheader[0].value).replace("\\", "") == expected


def test_a_run_that_is_removed_while_it_is_looked_at(finished: Finished) -> None:
    folder = finished("mine", "pronouns-shortcut")
    app = run("translate.py", "en", checkpoint="mine")
    assert "no finished run" not in captions(app)
    shutil.rmtree(folder)
    app.run()
    assert not app.exception
    assert not app.error
    assert f"There is no finished run mine here; this is {checkpoints.DEFAULT}." in captions(app)
    app.selectbox(key="checkpoint").set_value("pronouns-shortcut").run()
    assert "no finished run" not in captions(app)


def test_a_path_can_still_be_typed(tmp_path: Path, finished: Finished) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(finished("mine"), elsewhere)
    app = run("explore.py", "en", checkpoint=str(elsewhere))
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("name", ["../..", "a\0b", "x" * 5000, "<b>", "/", "~", "runs/", "runs/nothing"])
def test_strange_names_are_refused_in_one_sentence(name: str) -> None:
    app = run("explore.py", "en", checkpoint=name)
    assert not app.exception
    assert len(app.error) == 1


def test_another_checkpoint_in_the_same_folder_is_noticed(finished: Finished) -> None:
    text = "The chair didn't fit through the gate because it was too wide."

    def weights() -> Any:
        return checkpoints.trace(Request(Chosen("mine"), text))["encoder"].weights

    folder = finished("mine", age=500)
    assert checkpoints.load("mine") is checkpoints.load("mine")
    before, first = weights(), checkpoints.write(Request(Chosen("mine"), text))
    assert weights() is before
    shutil.rmtree(folder)
    finished("mine", "pronouns-shortcut", age=100)
    assert weights().shape != before.shape or (weights() != before).any()
    assert (
        checkpoints.write(Request(Chosen("mine"), text)).steps
        == write(load(checkpoints.FOLDER / "pronouns-shortcut"), text).steps
    )
    assert checkpoints.write(Request(Chosen("mine"), text)) is not first


def page() -> None:
    """A page with both controls, and the choice of a checkpoint below."""
    import streamlit as st

    from pages.common import checkpoints
    from pages.parts.train import files

    files.download(st.session_state.get("saved", "pronouns"))
    files.upload()
    st.write(checkpoints.choose())


def opened(name: str, content: bytes) -> AppTest:
    """The page after a file was sent to it."""
    app = AppTest.from_function(page, default_timeout=60).run()
    app.file_uploader[0].set_value((name, content, "application/zip")).run()
    assert not app.exception
    return app


def test_a_file_is_opened_and_chosen(runs: Path) -> None:
    app = opened("anything.zip", archive.pack(checkpoints.FOLDER / "pronouns-shortcut"))
    assert not app.error
    assert [path.name for path in runs.iterdir()] == ["pronouns-shortcut"]
    assert "runs/pronouns-shortcut is here now" in captions(app)
    assert app.markdown[0].value == "runs/pronouns-shortcut"
    app.selectbox(key="checkpoint").set_value("pronouns").run()
    assert app.markdown[0].value == "pronouns"  # what was opened once is not opened again
    assert len(list(runs.iterdir())) == 1
    app.file_uploader[0].set_value(None).run()
    assert "is here now" not in captions(app)


def test_the_next_page_has_what_was_opened(runs: Path) -> None:
    """As it is where the controls stand on a page that asks for no checkpoint."""
    app = run("train.py", "en")
    app.session_state["checkpoint"] = "pronouns-shortcut"
    app.switch_page("pages/translate.py").run()
    assert app.selectbox(key="checkpoint").value == "pronouns-shortcut"


def test_the_file_gives_its_name_where_there_is_no_folder_in_it(runs: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for path in (checkpoints.FOLDER / "pronouns").iterdir():
            file.write(path, path.name)
    app = opened("my model.zip", packed.getvalue())
    assert app.markdown[0].value == "my-model"


def zipped(**changed: bytes | None) -> bytes:
    """A shipped checkpoint in which files are others; None: left out."""
    content: dict[str, bytes | None] = {
        path.name: path.read_bytes() for path in (checkpoints.FOLDER / "pronouns").iterdir()
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, data in (content | changed).items():
            if data is not None:
                file.writestr(name, data)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no zip", "is no zip file"),
        (zipped()[:100_000], "cut short"),
        (zipped(**{"optimizer.pt": pickle.dumps({})}), "can hold a pickle"),
        (zipped(**{"../up.json": b"{}"}), "leads out of the archive"),
        (zipped(**{"model.safetensors": b"weights"}), "The weights of mine are damaged"),
        (zipped(**{"model.safetensors": pickle.dumps({})}), "The weights of mine are damaged"),
        (zipped(**{"config.json": b"{}"}), "The config.json of mine does not say its model_type"),
        (zipped(**{"config.json": b'{"model_type": "evil"}'}), "mine is a model of type evil"),
        (zipped(**{"sentencepiece.model": None}), "The tokenizer of mine is missing: copy tokenizer.json"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_cannot_be_used_is_refused_where_it_was_sent(
    runs: Path, content: bytes, words: str, language: str
) -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["lang"] = language
    app.run().file_uploader[0].set_value(("mine.zip", content, "application/zip")).run()
    assert not app.exception
    said = [str(error.value).replace("\\", "") for error in app.error]
    assert len(said) == 1
    assert (words in said[0]) == (language == "en")
    assert str(runs) not in said[0]
    assert not runs.exists() or not list(runs.iterdir())
    assert app.markdown[0].value == checkpoints.DEFAULT
    app.run()
    assert len(app.error) == 1


def test_what_is_saved_opens_again(runs: Path, finished: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    """The button's own packing, on a machine with a run, opened on one without."""
    folder = finished("mine", "pronouns-shortcut")
    given: dict[str, Any] = {}

    def button(label: str, data: Callable[[], bytes], file_name: str, *more: Any, **style: Any) -> None:
        given.update(data=data, file_name=file_name)

    with monkeypatch.context() as patch:
        patch.setattr(files.st, "download_button", button)
        files.download("mine")
    assert given["file_name"] == "mine.zip"
    packed = given["data"]()
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(runs)
    app = opened("renamed.zip", packed)
    assert app.markdown[0].value == "mine"
    assert {path.name: path.read_bytes() for path in (runs / "mine").iterdir()} == content


def test_only_a_checkpoint_on_this_machine_can_be_saved(runs: Path) -> None:
    app = AppTest.from_function(page, default_timeout=60).run()
    assert [button.label for button in app.download_button] == ["Save as one file"]
    for name in ("nothing", str(runs)):
        app.session_state["saved"] = name
        app.run()
        assert not app.exception
        assert not app.download_button
        assert len(app.error) == 1
