"""The Train page and recurrent networks: what is offered, what is refused, what is shown of a run."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from model import load
from model.training import jobs
from model.training.archive import pack, unpack
from model.training.folder import Run
from model.training.run import train
from pages.common import filmed
from pages.parts.train import begin, films, switches
from tests.pages.running import run, stage_answer

pytestmark = pytest.mark.usefixtures("runs")

QUICK = {"set_d_model": "8", "set_hidden_size": "8", "set_steps": "10", "set_longest": "4"}


def controls(app: AppTest) -> set[str]:
    """The switches that have a control."""
    boxes = (*app.selectbox, *app.number_input, *app.toggle)
    return {str(box.key).removeprefix("set_") for box in boxes if str(box.key).startswith("set_")}


def test_only_the_switches_of_the_network_are_offered_and_all_stand_in_the_link() -> None:
    app = run("train.py", "en", task="reverse", options="true")
    assert {"network", "longest", "num_heads"} <= controls(app)
    assert not {"attention", "hidden_size", "bidirectional"} & controls(app)
    app.selectbox(key="set_network").set_value("lstm").run()
    assert {"attention", "context", "hidden_size", "bidirectional", "forget_bias"} <= controls(app)
    assert not {"num_heads", "positions", "causal", "attention_size", "activation", "reset"} & controls(app)
    app.selectbox(key="set_attention").set_value("bahdanau").run()
    assert "attention_size" in controls(app)
    assert "context" not in controls(app)
    app.toggle(key="set_bidirectional").set_value(True).run()
    app.number_input(key="set_longest").set_value(20).run()
    told = {"set_network": "lstm", "set_attention": "bahdanau", "set_bidirectional": "true"}
    assert {name: app.query_params[name] for name in told} == told
    app.button(key="train").click().run()
    assert not app.exception
    [job] = jobs.jobs()
    sets = {"network": "lstm", "attention": "bahdanau", "bidirectional": True, "longest": 20}
    assert job.run == Run("reverse", settings=sets)


def test_a_task_that_no_recurrent_network_learns_does_not_offer_it() -> None:
    app = run("train.py", "ko", task="repeat", options="true", set_network="lstm")
    assert "network" not in controls(app)
    assert not app.error
    app.button(key="train").click().run()
    [job] = jobs.jobs()
    assert job.run == Run("repeat")


def test_another_network_has_other_usual_sizes_and_what_was_set_stays() -> None:
    app = run("train.py", "en", task="pronouns", options="true", set_d_model="48")
    usual, recurrent = begin.defaults("pronouns"), begin.defaults("pronouns", network="gru")
    assert app.number_input(key="set_encoder_layers").value == usual["encoder_layers"]
    app.selectbox(key="set_network").set_value("gru").run()
    assert app.number_input(key="set_encoder_layers").value == recurrent["encoder_layers"]
    assert app.number_input(key="set_d_model").value == 48
    assert "set_encoder_layers" not in app.query_params


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"set_attention": "luong-dot", "set_bidirectional": "true"}, "Luong's dot product needs an encoder"),
        ({"set_encoder_layers": "0"}, "encoder_layers must be at least 1"),
        ({"set_decoder_layers": "0"}, "needs a model of the kind encoder-decoder, not encoder"),
    ],
)
def test_what_cannot_be_built_is_said_and_does_not_start(given: dict[str, str], said: str) -> None:
    app = run("train.py", "en", task="reverse", set_network="lstm", **given)
    [error] = app.error
    assert said in error.value.replace("\\", "")
    assert app.button(key="train").disabled


def begun(language: str, **given: str) -> Path:
    """The folder of a run that a person began on the page."""
    app = run("train.py", language, task="reverse", **QUICK, **given)
    assert not app.error
    app.button(key="train").click().run()
    assert not app.exception
    return jobs.jobs()[0].folder


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_network_without_attention_shows_its_loss_and_says_why(language: str, tmp_path: Path) -> None:
    folder = begun(language, set_network="gru")
    [job] = jobs.jobs()
    assert not films.has_film(job)
    assert job.run is not None
    train(job.run, folder, resume=True)
    assert filmed.read(folder) is None
    app = run("train.py", language, task="reverse", run=folder.name)
    assert not app.exception
    assert not app.error
    if language == "en":
        assert "This network has no attention" in stage_answer(app)
    assert app.get("plotly_chart")
    card = (folder / "README.md").read_text()
    assert "GRU, 1 encoder and 1 decoder layers" in card


def test_an_alignment_is_filmed_goes_on_from_a_checkpoint_and_travels_in_an_archive(tmp_path: Path) -> None:
    folder = begun("en", set_network="lstm", set_attention="luong-general", set_bidirectional="true")
    [job] = jobs.jobs()
    assert films.has_film(job)
    assert job.run is not None
    train(job.run, folder, resume=True)
    taken = filmed.read(folder)
    assert taken is not None
    assert taken.job_kind == "cross"
    assert taken.scenes[0].trace(-1).kinds == ("cross",)
    app = run("train.py", "en", task="reverse", run=folder.name)
    assert not app.exception
    assert "weight on the letter to be written" in stage_answer(app)
    assert folder.name in begin.fitting("reverse")
    after = run("train.py", "en", task="reverse", start=folder.name, set_steps="10", options="true")
    assert not after.error
    assert not {"network", "attention", "hidden_size"} & controls(after)
    assert any(f"{load(folder).parameters:,} parameters" in str(one.value) for one in after.caption)
    after.button(key="train").click().run()
    newest = next(one for one in jobs.jobs() if one.folder != folder)
    assert newest.run is not None
    assert films.will_film(newest.run)
    train(newest.run, newest.folder, resume=True)
    assert load(newest.folder).layers == {"cross": (0,)}
    there = unpack(BytesIO(pack(folder)), tmp_path / "elsewhere", "came", load)
    assert filmed.read(there) is not None
    assert load(there).layers == {"cross": (0,)}


def test_every_switch_of_a_recurrent_network_has_a_control() -> None:
    from model.training.settings import RECURRENT

    assert set(RECURRENT) <= set(switches.labels())
    assert json.dumps(begin.defaults("copy", network="rnn")["attention"]) == '"none"'
