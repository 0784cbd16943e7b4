"""Tasks of networks that only read, learned from beginning to end by every kind of recurrent network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from model import load
from model.errors import Refusal
from model.evaluate import evaluate
from model.networks.recurrent.config import CELLS, RecurrentConfig
from model.tasks import find
from model.tasks.classes import classify
from model.training.folder import Run
from model.training.run import train
from model.training.settings import config_with

SMALL = {
    "model.tasks.tags.SENTENCES": 200,
    "model.tasks.tags.VALIDATION_SENTENCES": 16,
    "model.tasks.tags.score.SCORED": 60,
    "model.tasks.tags.score.WATCHED": 16,
    "model.tasks.sentiment.REVIEWS": 200,
    "model.tasks.sentiment.VALIDATION_REVIEWS": 16,
    "model.tasks.sentiment.VOCABULARY_REVIEWS": 300,
    "model.tasks.sentiment.score.SCORED": 60,
    "model.tasks.sentiment.score.WATCHED": 16,
    "model.training.run.LOOKS": 2,
}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SMALL.items():
        monkeypatch.setattr(name, value)


@pytest.mark.parametrize("name", ["tags", "sentiment"])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_can_read(name: str, cell: str) -> None:
    class Words:
        pad_token_id, bos_token_id, eos_token_id = 0, 2, 3

        def __len__(self) -> int:
            return 50

    told: Any = find(name).config(Words())  # type: ignore[arg-type]
    made = config_with(told, {"network": cell, "d_model": 48, "hidden_size": 24})
    assert isinstance(made, RecurrentConfig)
    assert (made.cell, made.d_model, made.hidden_size, made.task) == (cell, 48, 24, name)
    assert (made.architecture, made.pooling, made.id2label) == ("encoder", told.pooling, told.id2label)
    with pytest.raises(Refusal, match="needs a recurrent network"):
        config_with(told, {"network": "transformer"})


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", ["tags", "sentiment"])
def test_a_run_from_beginning_to_end(name: str, language: str, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    run = Run(name, 30, settings={"language": language, "learning_rate": 0.01})
    assert train(run, tmp_path / "run", threads=1)
    torch.set_num_threads(threads)
    m = load(tmp_path / "run")
    assert m.first_head is None
    assert m.model.config.id2label == find(name).config(m.tokenizer).id2label  # type: ignore[arg-type]
    found = evaluate(str(tmp_path / "run"))
    assert found[{"tags": "sentences", "sentiment": "reviews"}[name]] == 60
    assert found["accuracy"] > {"tags": 0.4, "sentiment": 0.3}[name]
    lines = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    losses = [line["loss"] for line in map(json.loads, lines) if "loss" in line]
    assert losses[-1] < losses[0] or name == "sentiment"
    card = (tmp_path / "run" / "README.md").read_text(encoding="utf-8")
    assert "`accuracy`" in card
    assert f"language={json.dumps(language)}" in card.replace("'", "")


@pytest.mark.parametrize("name", ["tags", "sentiment"])
def test_classes_do_not_depend_on_what_else_is_in_a_batch(name: str, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    assert train(Run(name, 10), tmp_path / "run", threads=1)
    torch.set_num_threads(threads)
    m = load(tmp_path / "run")
    texts = [probe.source for probe in find(name).probes()] + [
        "The storm ended.",
        "The soup was not bad at all.",
    ]
    rows = [m.tokenizer.encode(text) for text in texts]
    together = classify(m, rows)
    for row, found in zip(rows, together, strict=True):
        [alone] = classify(m, [row])
        assert found.shape == alone.shape == ((len(row),) if name == "tags" else ())
        assert (found == alone).all()
