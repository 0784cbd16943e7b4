"""What tasks measure of heads in a batch, against traces of one text at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model import load, trace
from model.analysis import batch_weights
from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.networks import families
from model.tasks import find
from model.tasks.repeats import inductions, sequences
from model.tasks.strings import StringTask, strings, writings
from model.training.folder import Run
from model.training.run import train

SHIPPED = Path(__file__).parents[3] / "checkpoints"


def learner(name: str, folder: Path) -> Checkpoint:
    """A task's model before it has learned anything."""
    task = find(name)
    tokenizer = task.tokenizer(folder)
    return prepare(families.build(task.config(tokenizer)), tokenizer, name)


def test_the_weights_of_a_batch_are_those_of_each_text() -> None:
    m = load(SHIPPED / "pronouns")
    texts = ["The dog slept because it was tired.", "The animal didn't cross the street because it was wide."]
    batch = m.tokenizer(texts, padding=True, return_tensors="pt")
    found = batch_weights.weights(m, "encoder", dict(batch))
    for i, text in enumerate(texts):
        alone = trace(m, text, "Oui.").encoder
        assert alone
        n = len(alone.query_tokens)
        np.testing.assert_allclose(found[i, :, :, :n, :n], alone.weights, atol=1e-5)
        assert (found[i, :, :, :n, n:] == 0).all()


@pytest.mark.parametrize("name", ["reverse", "sort"])
def test_the_place_of_each_letter_in_a_batch_and_alone(name: str, tmp_path: Path) -> None:
    m, task = learner(name, tmp_path), find(name)
    assert isinstance(task, StringTask)
    texts = list(strings(9, 5))
    for text, found in zip(texts, task.looks(m, texts), strict=True):
        cross = trace(m, text, task.write_target(text)).cross
        assert cross
        places = task.order(text.split())
        alone = cross.weights[:, :, range(len(places)), places].mean(-1)
        np.testing.assert_allclose(found, alone, atol=1e-5)


def test_strings_written_right_are_told_without_writing_them(tmp_path: Path) -> None:
    assert train(Run("copy", 120), tmp_path / "run", threads=1)
    m, task = load(tmp_path / "run"), find("copy")
    assert isinstance(task, StringTask)
    texts = list(strings(200, 9))
    right = [found == task.write_target(text) for text, found in zip(texts, writings(m, texts), strict=True)]
    assert 10 < sum(right) < 190  # it has not learned all of it
    assert task.exact(m, texts).tolist() == right


def test_the_induction_of_sequences_in_a_batch_and_alone(tmp_path: Path) -> None:
    m = learner("repeat", tmp_path)
    texts = list(sequences(7, 5))
    for text, found in zip(texts, inductions(m, texts), strict=True):
        decoder = trace(m, text).decoder
        assert decoder
        once = len(text.split()) // 2
        pairs = [decoder.weights[:, :, once + i, i + 1] for i in range(once - 1)]
        np.testing.assert_allclose(found, np.mean(pairs, axis=0), atol=1e-5)
