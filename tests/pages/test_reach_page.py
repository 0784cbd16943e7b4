"""How far does it reach?, run by Streamlit's own test runner: every scale of W, every fold, any sentence."""

from __future__ import annotations

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import load
from model.experiments import reach
from model.experiments.clipping import clip_one_step
from model.experiments.reach import NETWORKS
from model.experiments.reach_of_text import MOST, leave_out, measure_text
from pages.common import links
from pages.parts.reach import beginning, folds
from pages.parts.reach.telling import LITTLE, MUCH, tell
from tests.pages.running import run, stage_answer
from tests.pages.sentences import SENTENCES
from viz.columns import percent
from viz.decay import write_power

PAGE = "reach.py"
FOLDS = ("theory", "forgetting", "ways", "clipping", "left_out", "formula")
NAMES = {
    "sigmoid": "RNN (sigmoid)",
    "tanh": "RNN (tanh)",
    "relu": "RNN (ReLU)",
    "lstm": "LSTM",
    "gru": "GRU",
    "transformer": "Transformer",
}
pytestmark = pytest.mark.usefixtures("pronouns")


def left_out(app: AppTest) -> list[str]:
    return [line.value for line in app.caption if "has no meaning here" in line.value]


def texts(app: AppTest) -> str:
    return " ".join(str(one.value) for one in (*app.markdown, *app.caption)).replace("\\", "")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("part", ["init", "trained"])
def test_every_part_opens_with_all_its_folds(part: str, language: str) -> None:
    app = run(PAGE, language, part=part, **dict.fromkeys(FOLDS, "true"))
    assert not app.exception
    assert not app.error
    assert re.search(r"\d", stage_answer(app))
    assert len(app.get("plotly_chart")) == (6 if part == "init" else 2)


def measured(gain: float) -> dict[str, float]:
    """What is left 100 words back, of each network."""
    return {
        network: float(np.exp(np.log(found.kept[:, 99]).mean()))
        for network in NETWORKS
        for found in [reach.measure(network, gain if network != "transformer" else 1.0)]
    }


@pytest.mark.parametrize("gain", beginning.GAINS)
def test_what_is_said_is_true_at_every_scale(gain: float) -> None:
    answer = stage_answer(run(PAGE, "en", gain=f"{gain:g}"))
    kept = measured(gain)
    recurrent = {network: kept[network] for network in NETWORKS if network != "transformer"}
    least, most = (pick(recurrent, key=recurrent.__getitem__) for pick in (min, max))
    assert answer.startswith(f"W × {gain:g}")
    assert write_power(recurrent[least]) in answer
    assert write_power(recurrent[most]) in answer
    assert f"{write_power(kept['transformer'])}." in answer
    assert NAMES[least] in answer
    assert ("all five recurrent networks have vanished" in answer) == (max(recurrent.values()) < LITTLE)
    assert (f"{NAMES[most]} has exploded" in answer) == (recurrent[most] > MUCH)
    if "all five" not in answer:
        assert (f"{NAMES[least]} has vanished" in answer) == (recurrent[least] < LITTLE)


@pytest.mark.parametrize("seed", range(20))
def test_the_sentence_follows_any_numbers(seed: int) -> None:
    """Twenty sets of numbers that no network gave."""
    draw = np.random.default_rng(seed)
    shares = dict(zip(NETWORKS, 10 ** draw.uniform(-6 + seed / 4, 6, len(NETWORKS)), strict=True))
    found = {network: reach.Reach(np.r_[1.0, np.ones(98), share][None]) for network, share in shares.items()}
    said = tell(found, NAMES, 3.0)  # type: ignore[arg-type]
    recurrent = {network: share for network, share in shares.items() if network != "transformer"}
    least, most = (pick(recurrent, key=recurrent.__getitem__) for pick in (min, max))
    assert ("all five" in said) == (recurrent[most] < LITTLE)
    assert ("no recurrent network has vanished" in said) == (recurrent[least] >= LITTLE)
    assert (f"**{NAMES[least]} has vanished**" in said) == (recurrent[least] < LITTLE <= recurrent[most])
    if "exploded" in said:
        assert recurrent[most] > MUCH
    for number in (recurrent[least], recurrent[most], shares["transformer"]):
        assert write_power(number) in said


def test_the_link_holds_the_scale_and_comes_back() -> None:
    app = run(PAGE, "en")
    assert "gain" not in app.query_params
    app.select_slider(key="gain").set_value("4").run()
    assert app.query_params["gain"] == "4"
    again = run(PAGE, "en", gain="4")
    assert stage_answer(again) == stage_answer(app)
    assert not left_out(again)
    app.select_slider(key="gain").set_value("1").run()
    assert "gain" not in app.query_params


@pytest.mark.parametrize("value", ["7", "four", "-1", "1e400", ""])
def test_a_scale_that_is_none_is_told(value: str) -> None:
    app = run(PAGE, "en", gain=value)
    assert not app.exception
    assert stage_answer(app).startswith("W × 1")
    assert left_out(app)


def test_a_part_that_is_none_is_told() -> None:
    app = run(PAGE, "en", part="nowhere")
    assert not app.exception
    assert stage_answer(app).startswith("W × 1")
    assert left_out(app)


def test_theory_says_what_was_measured_beside_what_it_expects() -> None:
    app = run(PAGE, "en", theory="true", gain="3")
    [table] = app.table
    found = reach.measure("relu", 3.0)
    assert found.theory is not None
    row = table.value[table.value.iloc[:, 0] == "RNN (ReLU)"].iloc[0]
    assert float(row["measured"]) == pytest.approx(float(np.median(found.factor)), abs=6e-4)
    assert float(row["ρ(W) · √mean φ′²"]) == pytest.approx(float(np.median(found.theory.by_square)), abs=6e-4)


def test_forget_biases() -> None:
    said = texts(run(PAGE, "en", forgetting="true"))
    for bias in folds.BIASES:
        kept = reach.measure("lstm", 1.0, bias)
        assert write_power(float(kept.typical[99] / kept.typical[0])) in said


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_steps_are_counted(layers: int) -> None:
    app = run(PAGE, "en", ways="true", layers=str(layers))
    [table] = app.table
    assert [list(row) for row in table.value.to_numpy()] == [
        [str(away), str(away + layers), str(layers)] for away in folds.LONGER
    ]


@pytest.mark.parametrize("limit", folds.LIMITS)
def test_what_is_said_of_clipping_is_true_for_every_limit(limit: float) -> None:
    app = run(PAGE, "en", clipping="true", limit=f"{limit:g}")
    assert not left_out(app)
    said, found = texts(app), clip_one_step(limit)
    assert ("nothing is clipped" in said) == (found.norm <= limit)
    assert ("still too far" in said) == (found.norm > limit and found.loss_clipped >= found.loss)
    assert write_power(found.norm) in said
    assert write_power(found.loss_plain) in said
    if found.norm > limit:
        assert write_power(found.loss_clipped) in said


def test_a_word_left_out_at_initialisation() -> None:
    said = texts(run(PAGE, "en", left_out="true"))
    changes = reach.leave_out("lstm")
    assert write_power(float(np.median(changes[:, 0]))) in said
    assert write_power(float(np.median(changes[:, -1]))) in said


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_said_of_a_sentence_is_true(text: str) -> None:
    app = run(PAGE, "en", part="trained", text=text, left_out="true")
    assert not app.exception
    m = load("checkpoints/pronouns")
    found = measure_text(m, text)
    answer = stage_answer(app)
    told = re.match(
        r"The state behind “(.+?)” owes most to “(.+?)”(?:, (\d+) words (before|later)| itself)", answer
    )
    assert told is not None
    rows = [place for place, word in enumerate(found.words) if word == told[1]]
    strongest = {place: int(found.shares[place].argmax()) for place in rows}
    fits = [
        place
        for place in rows
        if (strongest[place] == place and told[3] is None)
        or (
            told[3]
            and abs(strongest[place] - place) == int(told[3])
            and (strongest[place] < place) == (told[4] == "before")
        )
    ]
    assert any(found.words[strongest[place]] == told[2] for place in fits)
    assert any(percent(float(found.shares[place].max())) in answer for place in fits)
    words = [special for special in found.specials if not special]
    if len(words) > 1:
        changes = leave_out(m, text)
        assert write_power(float(changes.changes.max())) in texts(app)
    else:
        assert len(app.error) == 1


def test_the_word_that_is_asked_is_in_the_link() -> None:
    app = run(PAGE, "en", part="trained", token="2", text="The animal was tired.")
    assert "behind “animal”" in stage_answer(app)
    app = run(PAGE, "en", part="trained", token="99", text="The animal was tired.")
    assert left_out(app)


def test_strange_texts_are_refused_in_one_sentence_or_read_as_far_as_they_are_shown() -> None:
    app = run(PAGE, "ko", part="trained")
    app.text_input(key="text").set_value("  ").run()
    assert not app.exception
    assert len(app.error) == 1
    app.text_input(key="text").set_value("word " * 1000).run()
    assert not app.exception
    assert not app.error
    assert any(str(MOST) in line.value for line in app.caption)


def test_from_one_part_to_the_other_and_back() -> None:
    app = run(PAGE, "en", gain="2")
    app.segmented_control(key="part").set_value("trained").run()
    assert not app.exception
    assert app.query_params["part"] == "trained"
    assert stage_answer(app).startswith("The state behind")
    app.segmented_control(key="part").set_value("init").run()
    assert stage_answer(app).startswith("W × ")
    assert links.VERSION not in app.query_params
