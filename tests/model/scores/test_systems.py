"""Systems compared, against sacreBLEU's scores and a bootstrap of our own."""

from __future__ import annotations

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from model.scores.systems import compare

NOUNS = ("dog", "cat", "truck", "street", "cake", "guitar", "castle", "bridge")
REFERENCES = [
    f"The {one} did not cross the {other} because it was too {how}."
    for one in NOUNS
    for other in NOUNS[::3]
    for how in ("wide", "tired")
]
GOOD = [text if i % 4 else text.replace("too", "very") for i, text in enumerate(REFERENCES)]
BAD = [
    text if i % 2 else text.replace("did not cross", "does not cross") for i, text in enumerate(REFERENCES)
]


def test_scores_are_sacrebleus() -> None:
    found = compare([BAD, GOOD], REFERENCES, samples=100)
    for texts, bleu, chrf in zip((BAD, GOOD), found.systems["BLEU"], found.systems["chrF2"], strict=True):
        assert bleu.score == pytest.approx(BLEU().corpus_score(texts, [REFERENCES]).score)
        assert chrf.score == pytest.approx(CHRF().corpus_score(texts, [REFERENCES]).score)
    near = BLEU().corpus_score(BAD, [REFERENCES])
    assert found.precisions[0] == pytest.approx([p / 100 for p in near.precisions])
    assert found.penalties[0] == pytest.approx(near.bp)
    assert found.count == len(REFERENCES)
    assert "bs:100|seed:12345" in found.signatures["BLEU"]


def test_the_bootstrap_tells_a_difference_from_chance() -> None:
    found = compare([BAD, GOOD], REFERENCES)
    first, second = found.systems["BLEU"]
    assert first.p is None
    assert second.p is not None
    assert second.p < 0.05
    same = compare([GOOD, GOOD], REFERENCES)
    assert same.systems["BLEU"][1].p == pytest.approx(1.0, abs=0.01)
    # Koehn's bootstrap, drawn by ourselves: the mean and 95 % of the scores lie where sacreBLEU says.
    chance = np.random.default_rng(0)
    drawn = []
    for _ in range(300):
        places = chance.integers(0, len(GOOD), len(GOOD))
        some = [GOOD[i] for i in places], [[REFERENCES[i] for i in places]]
        drawn.append(BLEU().corpus_score(*some).score)
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert second.mean == pytest.approx(np.mean(drawn), abs=1.0)
    assert second.reach == pytest.approx((high - low) / 2, rel=0.25)


def test_one_system_alone_has_no_p() -> None:
    found = compare([GOOD], REFERENCES, "char", samples=50)
    assert found.tokenizer == "char"
    assert [one.p for one in found.systems["BLEU"]] == [None]


def test_what_cannot_be_measured_is_refused() -> None:
    for systems, references in (([["a"]], []), ([["a", "b"]], ["a"]), ([["a"], []], ["a"])):
        with pytest.raises(ValueError, match="cannot be measured"):
            compare(systems, references)
    with pytest.raises(ValueError, match="not here"):
        compare([["a"]], ["a"], "flores200")
