"""A task, a page and a measure, each laid into a folder of its own, and nothing else is told of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model import load, trace
from pages.common import menu

ROOT = Path(__file__).resolve().parents[1]
SENTENCE = "The dog slept because it was tired."

TASK = '''
"""A letter, again and again: what comes next is what was there first."""

from dataclasses import dataclass

from model.networks.config import CompactConfig
from model.tasks import Probe, Progress, Recipe, Task, config_of
from model.text.tokenizer import train_tokenizer

LETTERS = "abcdefgh"


@dataclass(frozen=True)
class EchoTask(Task):
    name: str = "echo"
    title: str = "An echo"
    recipe: Recipe = Recipe(max_steps=20, batch_size=8, learning_rate=1e-3, warmup_steps=2)

    def tokenizer(self, folder):
        return train_tokenizer([" ".join(LETTERS)], folder, "word")

    def config(self, tokenizer):
        sizes = {"d_model": 16, "num_heads": 2, "d_ff": 16, "encoder_layers": 0, "decoder_layers": 1}
        return config_of(tokenizer, self, **sizes)

    def sources(self, seed):
        return [" ".join(letter * 5) for letter in LETTERS] * 4

    def examples(self, tokenizer, seed):
        rows = [tokenizer(text)["input_ids"] for text in self.sources(seed)]
        return [{"input_ids": row, "labels": row} for row in rows]

    def validation(self, tokenizer, seed):
        return self.examples(tokenizer, seed)[:8]

    def probes(self):
        return (Probe("a a a a"),)

    def job(self, m):
        return None

    def progress(self, m):
        return Progress({"loudness": 0.5})

    def choose(self, m):
        return None

    def read(self, path):
        raise ValueError("An echo reads no file.")

    def score(self, m, told=None):
        return {"loudness": 0.5}

    def card(self):
        return "Letters."


TASKS = (EchoTask(),)
'''
PAGE = '''
"""Lens: a page in a folder of its own."""

import streamlit as st

from pages.common import ask, entry
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.parts.lens import grinding

PAGE = Page(title=N_("Lens"), group=N_("Optics"))
entry.through_app()

st.title(_("What is a lens?"))
asked = ask.sentence()
st.write(grinding.ground(asked.checkpoint.name))
'''
PART = '''
"""A part of the page."""


def ground(name):
    return f"ground for {name}"
'''
MEASURE = '''
"""How much a head gives to the first token."""

from model.analysis.measures import Measure


class First(Measure):
    name, title, unit, told = "first", "Weight on the first token", "of 1", "How much the first one gets."

    def of(self, weights, place, first):
        return weights[..., 0]


MEASURES = (First,)
'''
ADDED = {
    "model/tasks/echo/__init__.py": TASK,
    "pages/parts/lens/__init__.py": "",
    "pages/parts/lens/page.py": PAGE,
    "pages/parts/lens/grinding.py": PART,
    "model/analysis/measures/first/__init__.py": MEASURE,
}

# What a person sees in the app: the menu, and three of its pages in both languages.
SEEN = """
import json
from streamlit.testing.v1 import AppTest
from pages.common import menu

def opened(script, **query):
    app = AppTest.from_file("app.py", default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    app.switch_page(script).run()
    texts = [element.value for kind in (app.title, app.markdown, app.caption) for element in kind]
    wrong = [error.value for kind in (app.exception, app.error) for error in kind]
    choices = {one.key: list(one.options) for one in (*app.button_group, *app.selectbox)}
    return {"texts": texts, "wrong": wrong, "choices": choices, "chosen": dict(app.query_params)}

seen = {"menu": {group: [page.title for page in pages] for group, pages in menu.group_pages().items()}}
for language in ("en", "ko"):
    asked = {"lang": language, "checkpoint": "pronouns", "text": SENTENCE}
    seen["lens " + language] = opened("pages/parts/lens/page.py", **asked)
    seen["train " + language] = opened("pages/train.py", lang=language, task="echo")
    seen["explore " + language] = opened("pages/explore.py", **asked, measured="true", measure="first")
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house with three more folders."""
    folder = tmp_path_factory.mktemp("house")
    for name in ("model", "pages", "viz", "locale", ".streamlit"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", folder)
    (folder / "checkpoints").symlink_to(ROOT / "checkpoints")
    for name, text in ADDED.items():
        path = folder / name
        assert path.parent.name in ("echo", "lens", "first")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.lstrip(), encoding="utf-8")
    return folder


def python(tree: Path, *arguments: str) -> str:
    """What Python says in the tree, whose modules it imports."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    told = {**outside, "HEADLIGHT_RUNS": str(tree / "runs")}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=tree, env=told, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def seen(tree: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        python(tree, "-c", f"SENTENCE = {SENTENCE!r}\n{SEEN}").splitlines()[-1]
    )
    assert [name for name, page in found.items() if page.get("wrong")] == []
    return found


def test_the_task_is_listed_and_learned(tree: Path) -> None:
    assert "echo" in python(tree, "-m", "model.training", "--help").split("Tasks:")[1]
    python(
        tree, "-m", "model.training", "echo", "--output", "runs/echo", "--max-steps", "4", "--threads", "1"
    )
    assert json.loads(python(tree, "-m", "model.evaluate", "runs/echo")) == {"loudness": 0.5}
    assert "# An echo" in (tree / "runs" / "echo" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_task_is_offered_on_the_train_page(seen: dict[str, Any], language: str) -> None:
    page = seen[f"train {language}"]
    assert page["choices"]["task"][-1] == "An echo"
    assert page["chosen"]["task"] in ("echo", ["echo"])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_is_in_the_menu_and_opens(seen: dict[str, Any], language: str) -> None:
    assert [*seen["menu"]] == [*menu.GROUPS, "Optics"]
    assert seen["menu"]["Optics"] == ["Lens"]
    assert {"What is a lens?", "ground for pronouns"} <= set(seen[f"lens {language}"]["texts"])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_measure_is_on_explore_with_its_number(seen: dict[str, Any], language: str) -> None:
    page = seen[f"explore {language}"]
    assert page["choices"]["measure"][-1] == "Weight on the first token"
    assert "How much the first one gets." in page["texts"]
    record = trace(load(ROOT / "checkpoints" / "pronouns"), SENTENCE)
    numbers = [float(n) for kind in record.kinds for n in record[kind].weights[..., 0].mean(-1).flat]
    most, least = f"{max(numbers):.2f} of 1", f"{min(numbers):.2f} of 1"
    assert any(most in text and least in text for text in page["texts"]), (most, least, page["texts"])
