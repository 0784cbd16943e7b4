"""The page One word after another, run by Streamlit's own test runner, on networks with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model import load
from model.analysis.recurrence import unroll
from model.unrolled import Unrolled
from pages.common import checkpoints
from pages.parts.unrolled.steps import find_opening
from tests.model.recurrents import FORMS, save_networks
from tests.pages.running import run, stage_answer
from tests.pages.sentences import SENTENCES
from viz.columns import percent

PAGE = "unrolled.py"
TEXT = "the film was not good because it was very bad"


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_networks(tmp_path_factory.mktemp("networks"))


@pytest.fixture
def offered(networks: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The networks are on offer as if they were shipped, beside a checkpoint that is none."""
    found = {name: checkpoints.FOLDER / name for name in ("en-fr", "pronouns")} | {
        name: networks / name for name in sorted(FORMS)
    }
    monkeypatch.setattr(checkpoints.Lookup, "offered", found)
    monkeypatch.setattr(checkpoints, "find_shipped", lambda: ["en-fr", "pronouns"])
    return networks


def record(networks: Path, name: str, text: str) -> Unrolled:
    return unroll(load(networks / name), text)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_it_opens_with_the_first_network_that_fits(offered: Path, language: str) -> None:
    app = run(PAGE, language)
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="checkpoint").value == "sentiment-gru"
    assert stage_answer(app)


def test_where_no_network_is_there_it_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {name: checkpoints.FOLDER / name for name in ("en-fr", "pronouns")}
    monkeypatch.setattr(checkpoints.Lookup, "offered", found)
    monkeypatch.setattr(checkpoints, "find_shipped", lambda: ["en-fr", "pronouns"])
    for language in ("en", "ko"):
        app = run(PAGE, language, checkpoint="pronouns")
        assert not app.exception
        assert not app.error
        assert "pronouns" in stage_answer(app)
        assert "model.training" in app.code[0].value


def test_a_checkpoint_that_does_not_fit_is_told_and_another_offered(offered: Path) -> None:
    app = run(PAGE, "en", checkpoint="pronouns")
    assert stage_answer(app).startswith("pronouns is no recurrent network")
    app.button(key="fits tagger-lstm").click().run()
    assert not app.exception
    assert app.query_params["checkpoint"] == "tagger-lstm"
    assert "is tagged" in stage_answer(app)


def test_a_link_and_a_choice_stay_though_they_do_not_fit(offered: Path) -> None:
    app = run(PAGE, "en", checkpoint="tagger-lstm", text=TEXT)
    app.selectbox(key="checkpoint").set_value("pronouns").run()
    assert "is no recurrent network" in stage_answer(app)
    assert app.selectbox(key="checkpoint").value == "pronouns"


def test_what_is_answered_is_a_switch_between_checkpoints(offered: Path) -> None:
    app = run(PAGE, "en", checkpoint="sentiment-lstm", text=TEXT)
    switch = next(group for group in app.button_group if group.label == "What it answers")
    switch.set_value("many").run()
    assert not app.exception
    assert app.query_params["checkpoint"] == "tagger-gru"
    switch = next(group for group in app.button_group if group.label == "What it answers")
    switch.set_value("writes").run()
    assert app.query_params["checkpoint"] == "writer-gru"


def test_the_buttons_and_the_slider_go_through_the_steps(offered: Path) -> None:
    app = run(PAGE, "en", checkpoint="tagger-lstm", text=TEXT, moment="1")
    assert "nothing has been read before it" in stage_answer(app)
    assert app.button(key="turn -1").disabled
    app.button(key="turn 1").click().run()
    assert app.query_params["moment"] == "2"
    assert app.slider(key="moment").value == 2
    assert "the 1 tokens before it" in stage_answer(app)
    app.slider(key="moment").set_value(11).run()
    assert app.query_params["moment"] == "11"
    assert "no tag is asked for" in stage_answer(app)
    assert app.button(key="turn 1").disabled
    app.slider(key="moment").set_value(10).run()  # where the page opens
    assert "moment" not in app.query_params


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_said_of_the_answer_is_true_of_any_sentence(offered: Path, text: str) -> None:
    found = record(offered, "sentiment-lstm", text)
    assert found.probabilities is not None
    opening = find_opening(found)
    for place in sorted({0, opening, len(found.tokens) - 1}):
        said = stage_answer(
            run(PAGE, "en", checkpoint="sentiment-lstm", text=text, **{"moment": str(place + 1)})
        )
        now = found.probabilities[place]
        assert f"{found.labels[int(now.argmax())]}" in said
        assert percent(float(now.max())) in said
        turned = place > 0 and int(now.argmax()) != int(found.probabilities[place - 1].argmax())
        assert ("turns the answer" in said) == turned
        if place and not turned:
            little = abs(now - found.probabilities[place - 1]).max() < 0.05
            assert ("changes little" in said) == little
        assert ("the whole text" in said) == (place == len(found.tokens) - 1 and place > 0)


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("name", ["tagger-lstm", "tagger-rnn"])
def test_the_tag_that_is_told_is_the_networks(offered: Path, name: str, text: str) -> None:
    found = record(offered, name, text)
    assert found.probabilities is not None
    place = find_opening(found)
    said = stage_answer(run(PAGE, "en", checkpoint=name, text=text))
    best = int(found.probabilities[place].argmax())
    assert f"is tagged {found.labels[best]} ({percent(float(found.probabilities[place, best]))})" in said


def test_the_page_opens_where_the_answer_moves_most(networks: Path) -> None:
    found = record(networks, "sentiment-lstm", TEXT)
    assert found.probabilities is not None
    moved = np.abs(np.diff(found.probabilities[:, int(found.probabilities[-1].argmax())]))
    assert find_opening(found) == int(moved[:-1].argmax()) + 1


@pytest.mark.parametrize("name", sorted(FORMS))
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_kind_of_network_is_shown_with_its_numbers(offered: Path, name: str, language: str) -> None:
    app = run(PAGE, language, checkpoint=name, text=TEXT, computed="true", formula="true", moment="3")
    assert not app.exception
    assert not app.error
    assert stage_answer(app)
    size = next(caption.value for caption in app.caption if "U (" in caption.value or "U(" in caption.value)
    run_ = record(offered, name, TEXT).runs[0]
    assert f"{len(run_.W)} × {run_.units}" in size


def test_the_size_does_not_depend_on_the_length(offered: Path) -> None:
    told = []
    for text in ("dog", TEXT * 3):
        app = run(PAGE, "en", checkpoint="tagger-lstm", text=text)
        told.append(
            next(caption.value for caption in app.caption if "the same at every step" in caption.value)
        )
    assert told[0] == told[1]
    [one] = record(offered, "tagger-lstm", "dog").runs
    assert f"{one.parameters:,} numbers" in told[0]


def test_of_a_long_text_it_is_said_which_steps_are_drawn(offered: Path) -> None:
    app = run(PAGE, "en", checkpoint="sentiment-lstm", text="dog " * 60, moment="50")
    assert not app.exception
    assert any(caption.value == "Drawn are the steps 22 to 61 of 61." for caption in app.caption)


@pytest.mark.parametrize(
    "text", ["", "word " * 600, "🦉", "\x00\u202e\ufeff", "القطة لم تعبر", "영화는 정말 좋았다"]
)
@pytest.mark.parametrize("name", ["sentiment-lstm", "tagger-gru", "writer-gru"])
def test_any_text_is_answered(offered: Path, name: str, text: str) -> None:
    app = run(PAGE, "ko", checkpoint=name, text=text)
    assert not app.exception
    assert len(app.error) == (1 if not text or len(text) > 1000 else 0)


@pytest.mark.parametrize(
    "query",
    [
        {"moment": "0"},
        {"moment": "9999999"},
        {"moment": "<b>", "layer": "9", "computed": "maybe"},
        {"moment": "-3", "layer": "x"},
    ],
)
def test_strange_links_are_passed_over(offered: Path, query: dict[str, str]) -> None:
    app = run(PAGE, "en", checkpoint="tagger-rnn", text=TEXT, **query)
    assert not app.exception
    assert not app.error
    assert stage_answer(app)
