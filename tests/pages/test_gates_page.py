"""The Gates page, run by Streamlit's own test runner, on networks with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import load
from model.analysis.recurrence import count_parameters, hold_each, unroll
from pages.common import checkpoints
from tests.model.recurrents import FORMS, save_networks
from tests.pages.running import run, stage_answer
from tests.pages.sentences import SENTENCES
from viz.columns import percent

PAGE = "gates.py"
TEXT = "the film was not good because it was very bad"
GATED = sorted(name for name in FORMS if not name.endswith("rnn"))


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


def chosen(app: AppTest) -> tuple[str, float, int]:
    """The gate, what it is held at, and the place at which."""
    state = app.session_state
    return state["gate"], float(state["held_at"]), int(state["token"])


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", GATED)
def test_every_network_with_gates_is_shown(offered: Path, name: str, language: str) -> None:
    for more in ({}, {"shown_units": "units", "grus": "true", "formula": "true"}):
        app = run(PAGE, language, checkpoint=name, text=TEXT, **more)
        assert not app.exception
        assert not app.error
        assert stage_answer(app)


def test_it_opens_with_the_first_network_that_has_gates(offered: Path) -> None:
    app = run(PAGE, "en")
    assert app.selectbox(key="checkpoint").value == "sentiment-gru"
    app = run(PAGE, "ko", checkpoint="tagger-rnn")
    assert not app.exception
    assert "tagger-rnn" in stage_answer(app)
    app.button(key="fits tagger-lstm").click().run()
    assert app.query_params["checkpoint"] == "tagger-lstm"
    assert not app.exception


def test_an_elman_network_has_no_gates(offered: Path) -> None:
    assert stage_answer(run(PAGE, "en", checkpoint="tagger-rnn")).startswith("tagger-rnn has no gates")
    assert "is no recurrent network" in stage_answer(run(PAGE, "en", checkpoint="pronouns"))


def test_it_opens_on_the_gate_and_the_word_that_move_the_answer_most(offered: Path) -> None:
    app = run(PAGE, "en", checkpoint="sentiment-lstm", text=TEXT)
    m = load(offered / "sentiment-lstm")
    moved = {
        gate: hold_each(m, TEXT, "encoder", gate, 0.0, 0).moved[:-1] for gate in ("input", "forget", "output")
    }
    gate, value, step = chosen(app)
    assert value == 0
    assert gate == max(moved, key=lambda gate: float(moved[gate].max()))
    assert step == int(moved[gate].max(1).argmax())
    assert not {"gate", "held_at", "token"} & set(app.query_params)


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("name", ["sentiment-lstm", "tagger-gru"])
def test_what_is_said_of_the_held_gate_is_true_of_any_sentence(offered: Path, name: str, text: str) -> None:
    app = run(PAGE, "en", checkpoint=name, text=text)
    gate, value, step = chosen(app)
    m = load(offered / name)
    held = hold_each(m, text, "encoder", gate, value, 0)
    place = int(app.session_state["answered"]) if len(held.places) > 1 else 0
    said = stage_answer(app)
    before, after = held.before[place], held.after[step, place]
    old, new = held.labels[int(before.argmax())], held.labels[int(after.argmax())]
    moved = float(held.moved[step, place])
    if old != new:
        assert (
            f"turns from {old} ({percent(float(before.max()))}) to {new} ({percent(float(after.max()))})"
            in said
        )
    else:
        assert ("hardly anything changes" in said) == (moved < 0.02)
        assert percent(float(after[int(before.argmax())])) in said
    _probabilities, mean = held.compare(step, place)
    if np.isnan(mean):
        assert "random" not in said
    else:
        assert (
            f"moves {percent(moved)} of the probability; at a random other word it is {percent(mean)}" in said
        )
    [run_, *others] = unroll(m, text).runs
    changes = np.sqrt(np.square(run_.changes) + sum(np.square(one.changes) for one in others))
    told = next(one.value for one in app.markdown if "moves the state most" in one.value)
    assert f"= {changes.max():.2f}, {changes.mean():.2f} in the mean" in told
    word = run_.steps and unroll(m, text).tokens.texts[int(changes.argmax())]
    assert told.replace("\\", "").startswith(f"“{word}”")


def test_a_gate_is_chosen_closed_and_opened(offered: Path) -> None:
    app = run(PAGE, "en", checkpoint="tagger-lstm", text=TEXT)
    gate = next(group for group in app.button_group if group.label == "Gate")
    gate.set_value("candidate").run()
    value = next(group for group in app.button_group if group.label == "Held")
    value.set_value("1").run()
    app.selectbox(key="token").set_value(3).run()
    assert not app.exception
    assert (app.query_params["gate"], app.query_params["held_at"]) == ("candidate", "1")
    assert app.query_params["token"] == "4"
    assert stage_answer(app).startswith("Candidate held at 1 at “not”")
    app.selectbox(key="answered").set_value(9).run()
    assert app.query_params["answered"] == "10"
    assert "at “bad”" in stage_answer(app)
    again = run(PAGE, "en", **{key: str(app.query_params[key]) for key in app.query_params if key != "lang"})
    assert stage_answer(again) == stage_answer(app)


def test_of_an_encoder_decoder_either_half_is_chosen(offered: Path) -> None:
    for kind, layer in (("encoder", "1"), ("decoder", "2")):
        app = run(PAGE, "en", checkpoint="writer-lstm", text=TEXT, kind=kind, layer=layer)
        assert not app.exception
        assert not app.error
        assert stage_answer(app)


def test_a_gru_has_three_quarters_of_an_lstms_numbers(offered: Path) -> None:
    for inputs, units, directions in ((12, 16, 1), (32, 7, 2)):
        counts = {cell: count_parameters(cell, inputs, units, directions) for cell in ("rnn", "gru", "lstm")}
        assert counts["gru"] * 4 == counts["lstm"] * 3
        assert counts["rnn"] * 4 == counts["lstm"]
    app = run(PAGE, "en", checkpoint="tagger-lstm", text=TEXT, grus="true")
    [one] = unroll(load(offered / "tagger-lstm"), TEXT).runs
    told = next(text.value for text in app.markdown if "three blocks of rows" in text.value)
    assert f"an LSTM {one.parameters:,}: 0.75 ×" in told
    assert any("tagger-gru" in text.value.replace("\\", "") for text in app.markdown)


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
        {"gate": "reset", "held_at": "7", "token": "0"},
        {"gate": "<b>", "token": "999999", "answered": "999999"},
        {"kind": "cross", "layer": "9", "shown_units": "none", "held_at": "0.5"},
    ],
)
def test_strange_links_are_passed_over(offered: Path, query: dict[str, str]) -> None:
    app = run(PAGE, "en", checkpoint="tagger-lstm", text=TEXT, **query)
    assert not app.exception
    assert not app.error
    assert stage_answer(app)
