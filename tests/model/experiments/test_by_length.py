"""What a network writes right in one pass is what it writes right step by step."""

from __future__ import annotations

import pytest

from model import load, trace
from model.capture.checkpoint import Checkpoint
from model.experiments.by_length import right_tokens, share_exact
from model.tasks.pronouns.sampling import sentences


@pytest.fixture(scope="module")
def pronouns() -> Checkpoint:
    return load("checkpoints/pronouns")


def test_one_pass_tells_what_step_by_step_writing_would(pronouns: Checkpoint) -> None:
    pairs = [(one.english, one.french) for one in sentences(40, 5)]
    wrong = [(source, "La vache dort.") for source, _ in pairs[:5]]
    one_pass = [all(row) for row in right_tokens(pronouns, [*pairs, *wrong])]
    written = [trace(pronouns, source, record=()).output_text for source, _ in pairs]
    as_given = [trace(pronouns, source, target=target, record=()).output_text for source, target in pairs]
    assert one_pass[:40] == [one == other for one, other in zip(written, as_given, strict=True)]
    assert not any(one_pass[40:])
    assert share_exact(pronouns, pairs) == pytest.approx(sum(one_pass[:40]) / 40)
