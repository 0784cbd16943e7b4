"""Pronouns of networks whose encoder has no heads: what is measured instead, and where the decoder looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import load, trace
from model.capture.checkpoint import Checkpoint
from model.tasks import find
from model.tasks.pronouns import across, score
from model.tasks.pronouns.sampling import minimal_pairs
from model.training.folder import Run
from model.training.run import train


def learn(folder: Path, steps: int, **more: Any) -> Checkpoint:
    settings = {"network": "gru", "hidden_size": 24, "d_model": 24, "bidirectional": True, **more}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.tasks.pronouns.SENTENCES", 400)  # of the many that a whole run learns from
        assert train(Run("pronouns", steps, settings=settings), folder, threads=1)
    return load(folder)


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return learn(tmp_path_factory.mktemp("across") / "run", 3, attention="bahdanau", distance=10)


def test_what_the_decoder_looks_at_is_what_the_trace_says(looking: Checkpoint) -> None:
    sentences = score.flat(minimal_pairs(3, 11))
    found = across.looks(looking, sentences)
    assert found.shape == (6, 1, 1, 3)
    for one, given in zip(sentences, found, strict=True):
        seen = trace(looking, one.english, target=one.french).cross
        assert seen is not None
        row = [name.lower() for name in seen.query_tokens].index(one.pronoun) - 1  # the step that writes it
        keys = [name.lower() for name in seen.key_tokens]
        for noun, share in zip((one.meant, one.other, "it"), given[0, 0], strict=True):
            place = keys.index(str(noun))
            assert share == pytest.approx(
                seen.weights[0, 0, row, max(0, place - 1) : place + 2].sum(), abs=1e-5
            )


def test_the_card_says_what_there_is(looking: Checkpoint, tmp_path: Path) -> None:
    task = find("pronouns").with_data([], {"distance": 10})
    scores = task.score(looking)
    assert {"pronoun_accuracy", "exact_translation", "writing_it_weight", "pronoun_accuracy_at_10"} <= set(
        scores
    )
    assert "both_members_right" not in scores
    assert scores["head"] == {"kind": "cross", "layer": 0, "head": 0, "query": ""}
    assert "The encoder has no heads" in task.card(looking)
    job = task.job(looking)
    assert job is not None
    assert (job.kind, job.strengths.shape) == ("cross", (1, 1))

    blind = learn(tmp_path / "blind", 2, attention="none")
    assert task.job(blind) is None
    assert task.choose(blind) is None
    assert not [name for name in task.score(blind) if name.startswith("writing_")]
    assert "The encoder has no heads" not in task.card(blind)


def test_far_pronouns_count_while_it_learns(looking: Checkpoint) -> None:
    assert len(score.watched_far(10)) == score.WRITTEN // 2
    progress = across.progress(looking, 10)
    assert progress.scores.keys() == {"pronoun_accuracy"}
    assert 0 <= float(np.asarray(progress.scores["pronoun_accuracy"])) <= 1
