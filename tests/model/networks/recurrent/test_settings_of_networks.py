"""Networks of other families on the tasks that there are: set, refused, trained, loaded, measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model import load, trace
from model.evaluate import evaluate
from model.networks.config import CompactConfig
from model.networks.recurrent.config import RecurrentConfig
from model.tasks import find
from model.tasks.strings import StringTask
from model.training.folder import Run
from model.training.run import train
from model.training.settings import config_with, parse


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> CompactConfig:
    task = find("reverse")
    made = task.config(task.tokenizer(tmp_path_factory.mktemp("words")))
    assert isinstance(made, CompactConfig)
    return made


def test_a_network_is_chosen_with_its_own_switches(usual: CompactConfig) -> None:
    told = parse(["network=lstm", "attention=luong-dot", "hidden_size=48", "d_model=32", "dropout=0.2"])
    made = config_with(usual, told)
    assert isinstance(made, RecurrentConfig)
    assert (made.cell, made.attention, made.hidden_size, made.d_model) == ("lstm", "luong-dot", 48, 32)
    assert (made.vocab_size, made.task, made.dropout) == (usual.vocab_size, "reverse", 0.2)
    assert made.attention_size == 48
    assert made.source_labels == 0
    other = config_with(made, {"network": "gru"})
    assert isinstance(other, RecurrentConfig)
    assert (other.cell, other.hidden_size) == ("gru", 48)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"network": "mamba"}, "must be one of transformer, rnn, lstm, gru"),
        ({"hidden_size": 32}, "the kind transformer has no hidden_size"),
        ({"network": "lstm", "num_heads": 2}, "the kind lstm has no num_heads"),
        ({"network": "lstm", "attention": "loung"}, "attention must be one of"),
        ({"network": "gru", "decoder_layers": 0}, "needs a model of the kind encoder-decoder, not encoder"),
        ({"network": "gru", "hidden_size": "wide"}, "hidden_size must be at least 1, not wide"),
    ],
)
def test_what_does_not_go_together_is_refused(usual: CompactConfig, told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        config_with(usual, told)


def test_a_decoder_alone_is_no_recurrent_network_here(tmp_path: Path) -> None:
    task = find("repeat")
    with pytest.raises(ValueError, match="no recurrent network"):
        config_with(task.config(task.tokenizer(tmp_path)), {"network": "lstm"})


@pytest.mark.parametrize("attention", ["none", "bahdanau"])
def test_a_recurrent_network_is_trained_stopped_loaded_and_measured(tmp_path: Path, attention: str) -> None:
    output = tmp_path / "run"
    settings = {"network": "gru", "attention": attention, "hidden_size": 16, "d_model": 16, "longest": 20}
    assert train(Run("reverse", 6, settings=settings), output, threads=1)
    m = load(output)
    assert m.model.config.task_settings == {"longest": 20}
    found = trace(m, "a b c")
    assert found.kinds == (() if attention == "none" else ("cross",))
    assert (output / "film.safetensors").is_file() == (attention != "none")
    card = (output / "README.md").read_text(encoding="utf-8")
    assert "A recurrent network (encoder-decoder" in card
    assert ("no attention" in card) == (attention == "none")
    scores = evaluate(str(output))
    assert {"exact_at_10", "exact_at_20"} <= scores.keys()
    assert ("place_weight" in scores) == (attention != "none")
    again = tmp_path / "again"
    assert train(Run("reverse", 2, settings={}, start=str(output)), again, threads=1)
    assert json.loads((again / "config.json").read_text())["cell"] == "gru"


@pytest.mark.parametrize("longest", [2, 201, "long", 3.5])
def test_how_long_strings_are_is_checked(longest: Any) -> None:
    with pytest.raises(ValueError, match="must have 3 to 200 letters"):
        find("sort").with_data([], {"longest": longest})


def test_strings_are_as_long_as_is_set(tmp_path: Path) -> None:
    task = find("copy").with_data([], {"longest": 30})
    assert isinstance(task, StringTask)
    lengths = {len(text.split()) for text in task.sources(0)}
    assert lengths == set(range(3, 31))
