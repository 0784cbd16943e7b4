"""The Train page, run by Streamlit's own test runner: what is set, started, shown, and the link."""

from __future__ import annotations

import json
import time
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from model import load, trace
from model.errors import Refusal
from model.networks.config import CompactConfig
from model.networks.positions import SCHEMES
from model.scores import SHORT
from model.tasks import Recipe, tasks
from model.traces import film
from model.training import jobs
from model.training.folder import RESUME, Run, Status, begin, holding, tell
from model.training.settings import SCHEDULES, SWITCHES, config_with, learning_rates
from pages.common import filmed
from pages.parts.train import begin as begin_part
from pages.parts.train import switches
from pages.parts.train.runs import newest_step
from tests.model.made_up_pairs import chats, write_table
from tests.pages.running import run
from viz.forming import Losses

pytestmark = pytest.mark.usefixtures("runs")

SIZES = {
    name: switches.NUMBERS[name] for name in SWITCHES if isinstance(switches.NUMBERS.get(name, [0.0])[0], int)
}
FILM = "film of heads (film)"  # what the page and the browser agreed on, in the session


def made(runs: Path, name: str, state: str, step: int = 60, task: str = "reverse") -> Path:
    """A run that has come to a state, with reports and a film of six snapshots."""
    folder = runs / name
    begin(folder, Run(task, 100))
    with (folder / "metrics.jsonl").open("w") as file:
        for i in range(10, step + 1, 10):
            learned = {"loss": 3 / i, "learning_rate": 1e-3, "gradient_norm": 1.0}
            speeds = {"examples_per_second": 100.0, "tokens_per_second": 2000.0}
            file.write(json.dumps({"step": i, **learned, **speeds}) + "\n")
            samples = [["a b", "b a", "b a"], ["<b>c</b>", "x", "c"]]
            looked = {"validation_loss": 4 / i, "scores": {"exact": i / 100}, "samples": samples}
            file.write(json.dumps({"step": i, **looked}) + "\n")
    m = load("checkpoints/pronouns")
    taken = None
    for i in range(6):
        strengths = np.full((2, 4), i / 10, np.float32)
        strengths[1, 2] = i / 5
        seen = trace(m, "The animal didn't cross the street because it was too tired.")
        job = ("antecedent_weight", "encoder", strengths)
        taken = film.add_snapshot(taken, i * 10, [seen], [seen.output_text], *job)  # type: ignore[arg-type]
    assert taken
    film.save(folder, taken)
    tell(folder, Status(state, step, 100, time.time() - 60, reason="The disk is full. Make room."))  # type: ignore[arg-type]
    return folder


def words(app: AppTest) -> str:
    """Everything that stands on the page as text."""
    kinds = (app.markdown, app.caption, app.subheader, app.error, app.metric)
    return " ".join(
        str(getattr(element, "label", "")) + str(element.value) for kind in kinds for element in kind
    )


@pytest.mark.parametrize("language", ["en", "ko"])
def test_there_is_no_run_at_first(language: str) -> None:
    app = run("train.py", language, task="copy")
    assert not app.exception
    assert not app.error
    assert app.button(key="train")
    assert app.selectbox(key="run").value is None


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_new_visitor_sees_the_film_of_a_shipped_run_of_the_task_that_is_chosen(language: str) -> None:
    app = run("train.py", language)
    assert not app.exception
    assert app.selectbox(key="run").value == "pronouns"
    assert app.selectbox(key="task").value == "pronouns"
    assert app.session_state[FILM].told == len(film.read(Path("checkpoints/pronouns")).steps) - 1  # type: ignore[union-attr]
    assert not [button for button in app.button if button.key in ("remove", "go on", "stop")]


def test_a_task_that_many_networks_learn_opens_with_the_transformer(runs: Path) -> None:
    app = run("train.py", "en")
    app.selectbox(key="task").set_value("reverse").run()
    assert app.selectbox(key="run").value == "reverse-transformer"


def test_task_and_run_agree_whichever_is_chosen(runs: Path) -> None:
    made(runs, "20260101-120000-reverse", "stopped")
    made(runs, "20260101-130000-sort", "stopped", task="sort")
    app = run("train.py", "en")

    def chosen() -> tuple[str, str | None]:
        assert not app.exception
        return str(app.selectbox(key="task").value), app.selectbox(key="run").value

    assert chosen() == ("pronouns", "pronouns")
    app.selectbox(key="task").set_value("sort").run()
    assert chosen() == ("sort", "20260101-130000-sort")
    app.selectbox(key="run").set_value("20260101-120000-reverse").run()
    assert chosen() == ("reverse", "20260101-120000-reverse")
    app.selectbox(key="run").set_value("repeat").run()
    assert chosen() == ("repeat", "repeat")
    app.selectbox(key="task").set_value("copy").run()
    assert chosen() == ("copy", None)
    app.selectbox(key="task").set_value("pronouns-ko").run()
    assert chosen() == ("pronouns-ko", "pronouns-ko")
    app = run("train.py", "en", task="reverse", run="20260101-130000-sort")
    assert chosen() == ("sort", "20260101-130000-sort")


def test_a_run_is_started_with_what_was_set(runs: Path) -> None:
    app = run("train.py", "en", task="reverse", options="true", set_d_model="32", set_norm="before")
    assert app.number_input(key="set_d_model").value == 32
    app.number_input(key="set_num_heads").set_value(4).run()
    app.number_input(key="set_steps").set_value(300).run()
    app.selectbox(key="set_optimizer").set_value("adamw").run()
    assert app.query_params["set_num_heads"] == "4"
    app.button(key="train").click().run()
    assert not app.exception
    [job] = jobs.jobs()
    sets = {"d_model": 32, "num_heads": 4, "norm": "before", "optimizer": "adamw"}
    assert job.run == Run("reverse", 300, settings=sets)
    assert job.status.state == "waiting"
    assert app.selectbox(key="run").value == job.name


def test_what_nobody_set_follows_the_task() -> None:
    app = run("train.py", "en", task="reverse", options="true", set_num_heads="8")
    assert app.number_input(key="set_d_model").value == begin_part.defaults("reverse")["d_model"]
    app.selectbox(key="task").set_value("pronouns").run()
    assert not app.exception
    usual = begin_part.defaults("pronouns")
    for name in ("d_model", "d_ff", "encoder_layers", "label_smoothing", "learning_rate", "steps"):
        assert app.number_input(key=f"set_{name}").value == usual[name], name
        assert f"set_{name}" not in app.query_params
    assert app.text_input(key="set_encoder_windows").value == switches.format_value(usual["encoder_windows"])
    assert app.number_input(key="set_num_heads").value == 8
    assert app.query_params["set_num_heads"] == "8"


def test_a_run_begins_with_a_checkpoint(runs: Path) -> None:
    app = run("train.py", "en", task="pronouns", options="true", set_d_model="32")
    app.selectbox(key="start").set_value("pronouns-experts").run()
    assert not app.exception
    assert not app.error
    assert app.query_params["start"] == "pronouns-experts"
    assert not [box for box in app.number_input if box.key in ("set_d_model", "set_experts", "set_d_ff")]
    app.number_input(key="set_learning_rate").set_value(0.0005).run()
    begun = load("checkpoints/pronouns-experts")
    assert any(f"{begun.parameters:,} parameters" in caption.value for caption in app.caption)
    app.button(key="train").click().run()
    [job] = jobs.jobs()
    folder = str(Path("checkpoints/pronouns-experts").resolve())
    assert job.run == Run("pronouns", settings={"learning_rate": 0.0005}, start=folder)
    assert run("train.py", "ko", task="pronouns", start="pronouns-experts").button(key="train")


def test_only_what_fits_the_task_can_be_begun_with(runs: Path) -> None:
    for name, config in {"broken": "{", "list": "[]", "foreign": '{"model_type": "bert"}'}.items():
        (runs / name).mkdir(parents=True)
        (runs / name / "config.json").write_text(config)
    assert begin_part.fitting("copy") == []
    reversers = [f"reverse-{kind}" for kind in ("attention", "lstm", "luong", "rnn", "transformer")]
    assert begin_part.fitting("reverse") == reversers
    assert begin_part.fitting("repeat") == ["repeat", "repeat-positions"]
    assert begin_part.fitting("pronouns") == [
        "pronouns",
        "pronouns-1-head",
        "pronouns-8-heads",
        "pronouns-experts",
    ]
    assert set(begin_part.fitting("pairs")) >= {"pronouns", "pronouns-ko", "pronouns-shortcut"}
    assert "repeat" not in begin_part.fitting("pairs")


@pytest.mark.parametrize("start", ["repeat", "../../etc", "<b>"])
def test_what_does_not_fit_is_not_begun_with(runs: Path, start: str) -> None:
    app = run("train.py", "en", task="pronouns", start=start)
    app.button(key="train").click().run()
    assert not app.exception
    assert not app.error
    [job] = jobs.jobs()
    assert job.run == Run("pronouns")


def test_a_checkpoint_that_cannot_be_read_is_not_begun_with(runs: Path) -> None:
    (runs / "mine").mkdir(parents=True)
    config = json.loads(Path("checkpoints/pronouns/config.json").read_text())
    (runs / "mine" / "config.json").write_text(json.dumps(config))
    app = run("train.py", "en", task="pronouns", start="mine")
    assert not app.exception
    assert "mine has no weights" in str(app.error[0].value).replace("\\", "")
    assert app.button(key="train").disabled


def test_every_switch_of_the_model_can_be_set(runs: Path) -> None:
    app = run("train.py", "en", task="reverse", options="true", set_encoder_windows="1", set_d_k="12")
    assert app.text_input(key="set_encoder_windows").value == "1"
    app.number_input(key="set_experts").set_value(3).run()
    app.number_input(key="set_experts_per_token").set_value(1).run()
    app.selectbox(key="set_positions").set_value("learned").run()
    app.number_input(key="set_max_positions").set_value(64).run()
    app.number_input(key="set_cross_window").set_value(5).run()
    app.toggle(key="set_tie_embeddings").set_value(False).run()
    assert app.query_params["set_tie_embeddings"] == "false"
    app.button(key="train").click().run()
    assert not app.exception
    [job] = jobs.jobs()
    known = {"d_k": 12, "experts": 3, "experts_per_token": 1, "positions": "learned", "max_positions": 64}
    more = {"encoder_windows": [1], "cross_window": 5, "tie_embeddings": False}
    assert job.run
    assert job.run.settings == {**known, **more}
    named = set(switches.labels()) - {switches.STEPS, switches.SEED}
    assert set(SWITCHES) <= named


def test_a_window_that_is_none_is_refused_in_one_sentence() -> None:
    app = run("train.py", "en", task="reverse", options="true")
    app.text_input(key="set_encoder_windows").set_value("far, <b>").run()
    assert not app.exception
    assert [error.value.replace("\\", "") for error in app.error] == [
        "Write a number or – for each layer, with commas between them: 4, –"
    ]
    assert app.button(key="train").disabled
    app.text_input(key="set_encoder_windows").set_value("1, 99999").run()
    [error] = app.error
    assert error.value.replace("\\", "").startswith("A layer can see up to 9,999 tokens to either side")
    assert app.button(key="train").disabled
    app.text_input(key="set_encoder_windows").set_value("0").run()
    assert not app.error
    assert any("With 0 a token sees nothing but itself" in caption.value for caption in app.caption)
    assert not app.button(key="train").disabled


@given(st.none() | st.lists(st.none() | st.integers(0, 9999), min_size=1, max_size=9))
def test_windows_in_a_link_are_read_as_they_were_written(entries: list[int | None] | None) -> None:
    assert switches.windows(switches.format_value(entries)) == entries


@given(st.sampled_from(list(switches.labels())), st.text(max_size=12))
def test_a_strange_link_leaves_what_is_usual_or_can_be(name: str, told: str) -> None:
    every = begin_part.defaults("reverse") | begin_part.defaults("pairs")  # which have all that there are
    usual = every[name]
    link = SimpleNamespace(query_params={f"set_{name}": told})
    with patch.object(switches, "st", link), patch.object(switches, "_", str):
        value = switches.read_switch(name, usual)
    if name in switches.NUMBERS and value is not None:
        assert switches.NUMBERS[name][0] <= value <= max(switches.NUMBERS[name][1], usual or 0)
    assert value is None or isinstance(value, (bool, int, float, str, list))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"set_num_heads": "5"}, "The width (d_model) must be a multiple of the number of heads (num_heads)"),
        ({"set_encoder_windows": "4,4,4"}, "one entry for each encoder layer. Layers: 1, entries: 3."),
        ({"set_decoder_windows": "4,4,4"}, "one entry for each decoder layer. Layers: 1, entries: 3."),
        ({"set_positions": "rotary", "set_d_k": "7"}, "the width of a key (d_k) must be even, not 7"),
        ({"set_experts": "2", "set_experts_per_token": "3"}, "number of experts (experts), 2, not 3"),
        ({"set_encoder_layers": "0"}, "needs a model of the kind encoder-decoder, not decoder"),
        ({"set_encoder_layers": "0", "set_decoder_layers": "0"}, "A model needs at least one layer"),
        (
            {
                **{"set_d_model": "512", "set_d_ff": "2048", "set_experts": "8"},
                **{"set_encoder_layers": "6", "set_decoder_layers": "6"},
            },
            "at most 100,000,000 are tried here",
        ),
    ],
)
def test_what_cannot_be_built_is_said_before_it_starts_and_does_not_start(
    runs: Path, given: dict[str, str], said: str
) -> None:
    app = run("train.py", "en", task="reverse", **given)
    assert not app.exception
    [error] = app.error
    assert said in error.value.replace("\\", "")
    assert app.button(key="train").disabled


@given(
    st.sampled_from(["reverse", "pronouns", "repeat"]),
    st.fixed_dictionaries(
        {},
        optional={name: st.integers(int(least), int(most)) for name, (least, most, _step) in SIZES.items()}
        | {name: st.lists(st.none() | st.integers(0, 9999), max_size=7) for name in switches.WINDOWS}
        | {"positions": st.sampled_from(SCHEMES)},
    ),
)
def test_whatever_can_be_set_is_refused_in_words_that_can_be_translated(
    task: str, chosen: dict[str, Any]
) -> None:
    config = CompactConfig(**{name: value for name, value in usual_of(task).items() if name in SWITCHES})
    try:
        config_with(config, chosen)
    except Refusal:
        return


@cache
def usual_of(task: str) -> dict[str, Any]:
    return begin_part.defaults(task)


def test_how_large_a_run_is_is_told_before_it_starts() -> None:
    app = run("train.py", "en", task="reverse")
    [told] = [caption.value for caption in app.caption if "parameters" in caption.value]
    assert "84,800" in told


@pytest.mark.parametrize("warmup", [0, 40])
@pytest.mark.parametrize("name", list(SCHEDULES))
def test_what_is_said_of_a_schedule_is_what_it_does(
    name: str, warmup: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(begin_part, "_", str)
    told = begin_part.tell_schedule(name, warmup)
    steps, rates = learning_rates(Recipe(400, 1, 0.01, warmup, schedule=name))
    after = [rate for step, rate in zip(steps, rates, strict=True) if step >= max(warmup, 1)]
    assert ("rises evenly from 0 for 40 steps" in told) == (warmup > 0 and rates[0] == 0)
    assert ("stays as it is" in told) == (max(after) == min(after))
    assert ("falls" in told) == (after == sorted(after, reverse=True) and after[-1] < after[0])
    if "cosine" in told:
        assert after[-1] == pytest.approx(0, abs=1e-9)
        middle = -np.diff(after)
        assert middle[len(middle) // 2] > 3 * max(middle[0], middle[-1])
    if "root of the step" in told:
        at = dict(zip(steps, rates, strict=True))
        shift = 0 if warmup else 10_000
        assert at[400] / at[100] == pytest.approx(np.sqrt((100 + shift) / (400 + shift)))
        assert ("plus 10,000" in told) == (shift > 0)
        assert after[-1] > 0


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("state", ["stopped", "failed", "vanished"])
def test_a_run_is_shown_as_it_stands(runs: Path, state: str, language: str) -> None:
    made(runs, "20260101-120000-reverse", state)
    app = run("train.py", language, task="reverse")
    assert not app.exception
    assert len(app.error) == (state != "stopped")
    assert len(app.metric) == 1
    assert app.metric[0].value == "60 %"
    assert [text.replace("\\", "") for text in app.table[0].value.iloc[:, 0]] == ["a b", "<b>c</b>"]
    assert app.button(key="go on")
    assert not app.get("plotly_chart")
    app = run("train.py", language, task="reverse", learning="true")
    assert len(app.get("plotly_chart")) == 3


def test_the_step_that_is_told_is_the_newest_of_status_and_film(runs: Path) -> None:
    folder = made(runs, "20260101-120000-reverse", "training", step=0)
    with holding(folder):
        for step, said in ((0, 50), (70, 70)):  # the last snapshot is of step 50
            tell(folder, Status("training", step, 100, time.time()))
            app = run("train.py", "en", task="reverse")
            assert not app.exception
            [bar] = app.get("progress")
            assert bar.proto.text == f"learning · step {said} of 100"
            assert bar.proto.value == said
    told = jobs.job_of(folder)
    assert told
    assert told.status.state == "vanished"
    assert newest_step(told) == 70, "what was not saved is not told of"


def test_a_stopped_run_goes_on(runs: Path) -> None:
    folder = made(runs, "20260101-120000-reverse", "stopped")
    app = run("train.py", "en", task="reverse")
    app.button(key="go on").click().run()
    assert not app.exception
    assert jobs.status(folder).state == "waiting"


def test_a_run_is_removed_and_the_next_is_looked_at(runs: Path) -> None:
    made(runs, "20260101-120000-reverse", "stopped")
    last = made(runs, "20260101-130000-reverse", "stopped")
    app = run("train.py", "en", task="reverse")
    assert app.selectbox(key="run").value == last.name
    app.button(key="remove").click().run()
    assert not app.exception
    assert app.selectbox(key="run").value == "20260101-120000-reverse"
    assert not last.exists()
    app.button(key="restore").click().run()
    assert not app.exception
    assert app.selectbox(key="run").value == last.name
    assert (last / "metrics.jsonl").exists()
    assert not [button for button in app.button if button.key == "restore"]


def test_a_run_that_was_removed_earlier_is_restored_from_the_list(runs: Path) -> None:
    gone = jobs.remove(made(runs, "20260101-120000-copy", "stopped", task="copy"))
    app = run("train.py", "en", task="copy")
    assert app.selectbox(key="run").value is None
    app.button(key=f"restore {gone.folder.name}").click().run()
    assert not app.exception
    assert app.selectbox(key="run").value == gone.name


def test_the_film_stands_where_the_link_says(runs: Path) -> None:
    made(runs, "20260101-120000-reverse", "stopped")
    app = run("train.py", "en", task="reverse", frame="3")
    assert app.session_state[FILM].told == 2
    assert app.query_params["frame"] == "3"
    app = run("train.py", "en", task="reverse")
    assert app.session_state[FILM].told == 5  # the newest
    assert "frame" not in app.query_params


def test_runs_that_are_compared_are_in_the_link_and_in_the_picture(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(runs, "20260101-120000-reverse", "stopped")
    made(runs, "20260101-130000-sort", "stopped", 40, task="sort")
    drawn: list[list[int]] = []
    play = filmed.play

    def watched(shown: object, look: object, losses: list[Losses], **how: object) -> int:
        drawn.append([each.trained[-1][0] for each in losses])
        return play(shown, look, losses, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(filmed, "play", watched)
    app = run("train.py", "en", run="20260101-130000-sort")
    assert drawn[-1] == [40]
    others = ["20260101-120000-reverse", "pronouns"]
    app.multiselect(key="beside_runs").set_value(others).run()
    assert not app.exception
    assert drawn[-1] == [40, 60, 2600]
    again = run("train.py", "en", run="20260101-130000-sort", beside_runs=app.query_params["beside_runs"])
    assert again.multiselect(key="beside_runs").value == others
    assert drawn[-1] == [40, 60, 2600]


@pytest.mark.parametrize(
    "query",
    [
        {"task": "<b>"},
        {"run": "../../etc"},
        {"frame": "-1"},
        {"frame": "999"},
        {"set_d_model": "wide"},
        {"set_d_model": "1e9"},
        {"set_schedule": "x"},
        {"scene": "7"},
    ],
)
def test_strange_links_are_passed_over(runs: Path, query: dict[str, str]) -> None:
    made(runs, "20260101-120000-reverse", "stopped")
    app = run("train.py", "en", **{"task": "reverse", **query})
    assert not app.exception
    assert not app.error


def test_half_written_runs_are_passed_over(runs: Path) -> None:
    (runs / "20260101-120000-copy" / RESUME).mkdir(parents=True)
    (runs / "notes").mkdir()
    (runs / "file").write_text("x")
    app = run("train.py", "en", task="copy")
    assert not app.exception
    assert app.selectbox(key="run").value is None


def test_who_waits_longer_comes_first_whatever_its_folder_is_called(runs: Path) -> None:
    """A run that was stopped and gone on with waits since then, behind one that was begun later."""
    now = (
        time.time() + 60
    )  # a process that is only starting counts for some seconds, however slow this machine
    for name, since in (("20260101-120000-reverse", now), ("20260101-130000-sort", now - 5)):
        folder = made(runs, name, "stopped", task=name.rpartition("-")[2])
        tell(folder, Status("waiting", 60, 100, since))
        assert jobs.status(folder).state == "waiting"
    for name, ahead in (("20260101-120000-reverse", True), ("20260101-130000-sort", False)):
        app = run("train.py", "en", task="reverse", run=name)
        assert not app.exception
        texts = [bar.proto.text for bar in app.get("progress")]
        assert any("1 before it" in text for text in texts) == ahead, texts


@pytest.mark.parametrize(
    ("language", "first", "last"),
    [("en", "What “it” means", "Your own pairs"), ("ko", "“it”이 가리키는 것", "내 문장 쌍")],
)
def test_the_tasks_are_offered_in_their_order(language: str, first: str, last: str) -> None:
    app = run("train.py", language)
    options = app.selectbox(key="task").options
    assert len(options) == sum(task.lesson is not None for task in tasks().values())
    assert (options[0], options[-1]) == (first, last)


# A tokenizer of a person's own pairs


def chat(runs: Path) -> str:
    """A table of a Korean chat among those that are kept; its name."""
    kept = runs / ".tables" / f"{'cd' * 8}.tsv"
    kept.parent.mkdir(parents=True)
    return write_table(kept, chats(200), ("a", "b")).name


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_tokenizer_is_chosen_for_own_pairs(runs: Path, language: str) -> None:
    app = run("train.py", language, task="pairs", table=chat(runs), options="true")
    assert not app.exception
    assert [app.selectbox(key=f"set_{name}").value for name in ("tokenizer", "normalization")] == [
        "auto",
        "identity",
    ]
    assert app.number_input(key="set_pieces").value is None
    app.selectbox(key="set_tokenizer").set_value("bpe").run()
    app.number_input(key="set_pieces").set_value(420).run()
    app.selectbox(key="set_normalization").set_value("nfc").run()
    assert {name: app.query_params[f"set_{name}"] for name in switches.CUT} == {
        "tokenizer": "bpe",
        "pieces": "420",
        "normalization": "nfc",
    }
    assert any("420" in caption.value for caption in app.caption)
    app.button(key="train").click().run()
    assert not app.exception
    [job] = jobs.jobs()
    assert job.run
    assert {name: job.run.settings[name] for name in switches.CUT} == {
        "tokenizer": "bpe",
        "pieces": 420,
        "normalization": "nfc",
    }


def test_what_a_tokenizer_has_not_is_not_asked(runs: Path) -> None:
    app = run("train.py", "en", task="pairs", table=chat(runs), options="true", set_pieces="420")
    app.selectbox(key="set_tokenizer").set_value("characters").run()
    assert not [box for box in app.number_input if box.key == "set_pieces"]
    assert app.selectbox(key="set_normalization")
    app.selectbox(key="set_tokenizer").set_value("words").run()
    assert not [box for box in app.selectbox if box.key == "set_normalization"]
    assert not app.error
    app.button(key="train").click().run()
    [job] = jobs.jobs()
    assert job.run
    assert job.run.settings["tokenizer"] == "words"
    assert "pieces" not in job.run.settings


@pytest.mark.parametrize("options", ["true", "false"])
@pytest.mark.parametrize("task", ["reverse", "pairs"])
def test_other_tasks_and_runs_from_a_checkpoint_choose_no_tokenizer(
    runs: Path, task: str, options: str
) -> None:
    told = {"set_tokenizer": "bpe", "set_pieces": "300", "set_normalization": "nfkc", "options": options}
    if task == "pairs":
        told |= {"table": chat(runs), "start": "pronouns"}
    app = run("train.py", "en", task=task, **told)
    assert not app.exception
    assert not app.error
    assert not [
        box for box in (*app.selectbox, *app.number_input) if box.key in {f"set_{n}" for n in switches.CUT}
    ]
    app.button(key="train").click().run()
    [job] = jobs.jobs()
    assert job.run
    assert not set(switches.CUT) & set(job.run.settings)


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ("64000", "The texts are too few for 64000 pieces; the largest vocabulary"),
        ("262", "262 pieces are too few"),
    ],
)
def test_too_many_and_too_few_pieces_are_said_before_it_starts(runs: Path, pieces: str, said: str) -> None:
    app = run("train.py", "en", task="pairs", table=chat(runs), set_pieces=pieces)
    assert not app.exception
    assert any(said in error.value.replace("\\", "") for error in app.error)


@pytest.mark.parametrize(("language", "said"), [("en", "too short for BLEU"), ("ko", "BLEU")])
def test_a_score_that_there_is_not_is_shown_as_such(runs: Path, language: str, said: str) -> None:
    folder = made(runs, "20260101-120000-pairs", "stopped", task="pairs")
    scores = {"bleu": None, "chrf": 0.5, "exact": 1.0}
    with (folder / "metrics.jsonl").open("a") as file:
        for step, notes in ((70, {"bleu": SHORT}), (80, {"bleu": SHORT, "<b>": "[x](y)"})):
            line = {"step": step, "validation_loss": 1.0, "scores": scores, "notes": notes}
            file.write(json.dumps(line) + "\n")
    app = run("train.py", language, run=folder.name)
    assert not app.exception
    assert [metric.value for metric in app.metric] == ["–", "50 %", "100 %"]
    assert not any(metric.delta for metric in app.metric)
    assert any(said in caption.value for caption in app.caption)
    assert "0 %" not in [metric.value for metric in app.metric]


def test_bleu_says_what_cut_the_texts(runs: Path) -> None:
    folder = made(runs, "20260101-120000-pairs", "stopped", task="pairs")
    with (folder / "metrics.jsonl").open("a") as file:
        for step, bleu in ((70, None), (80, 0.25), (90, 0.5)):
            line = {"step": step, "validation_loss": 1.0, "scores": {"bleu": bleu, "chrf": 0.75}}
            file.write(json.dumps(line | {"notes": {"bleu": "zh" if bleu else SHORT}}) + "\n")
    app = run("train.py", "en", run=folder.name)
    assert [(metric.label.replace("\\", ""), metric.value) for metric in app.metric] == [
        ("BLEU (zh)", "50 %"),
        ("chrF", "75 %"),
    ]
    assert app.metric[0].delta == "+25"
