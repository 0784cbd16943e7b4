"""N-grams that match, against sacreBLEU's own counts and scores."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from model.scores.matches import Scored, score
from model.scores.texts import ORDER, find_tokenizers

WORDS = st.lists(
    st.sampled_from(["the", "cat", "sat", "on", "mat", "a", ".", "고양이가", "않았다"]), max_size=12
)
TEXTS = st.one_of(WORDS.map(" ".join), st.text(max_size=30))


def penalise(written: int, reference: int) -> float:
    """The brevity penalty of a text of so many tokens (Papineni et al. 2002, §2.2.2)."""
    return 1.0 if written >= reference else math.exp(1 - reference / written)


def bleu_of(found: Scored) -> float:
    """BLEU from what is told of it (Papineni et al. 2002, §2.3)."""
    told = [p for p, order in zip(found.smoothed, found.orders, strict=True) if order.total]
    if not told or min(told) <= 0:
        return 0.0
    return 100 * found.penalty * math.exp(sum(map(math.log, told)) / len(told))


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS.filter(str.strip), st.sampled_from(["", "13a", "char", "none"]))
def test_counts_and_scores_are_sacrebleus(written: str, reference: str, tokenizer: str) -> None:
    found = score(written, reference, tokenizer)
    near = BLEU(tokenize=found.tokenizer, effective_order=True).sentence_score(written, [reference])
    if found.written:
        assert [order.matched for order in found.orders] == near.counts
        assert [order.total for order in found.orders] == near.totals
        assert found.penalty == pytest.approx(penalise(near.sys_len, near.ref_len))
    assert found.bleu == pytest.approx(min(near.score, 100))
    if any(order.matched for order in found.orders):
        assert found.bleu == pytest.approx(bleu_of(found))
    assert found.chrf == pytest.approx(min(CHRF().sentence_score(written, [reference]).score, 100))


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS.filter(str.strip))
def test_chrf_is_the_mean_of_what_is_told_of_letters(written: str, reference: str) -> None:
    found = score(written, reference)
    both = [pair for pair in found.letters if pair is not None]
    if not both:
        assert found.chrf == pytest.approx(0)
        return
    precision, recall = (sum(column) / len(both) for column in zip(*both, strict=True))
    expected = 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0
    assert found.chrf == pytest.approx(100 * expected)


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS.filter(str.strip))
def test_matched_grams_are_in_both_texts_each_as_often(written: str, reference: str) -> None:
    found = score(written, reference)
    for order in found.orders:
        one, other = (
            sorted(tokens[begin : begin + order.n] for begin in begins)
            for tokens, begins in ((found.written, order.written), (found.reference, order.reference))
        )
        assert one == other
        assert len(one) == order.matched
        covered = order.covers("written", len(found.written))
        assert sum(covered) >= min(1, order.matched)
        assert len(covered) == len(found.written)


def test_a_text_is_its_own_best_translation_and_shorter_ones_are_punished() -> None:
    whole = "The animal did not cross the road because it was too tired ."
    assert score(whole, whole).bleu == pytest.approx(100)
    part = score("The animal did not cross the road", whole)
    assert [order.precision for order in part.orders] == [1.0] * ORDER
    assert part.penalty == pytest.approx(math.exp(1 - 13 / 7))
    repeated = score("the the the the the the the", "The cat is on the mat. the")  # as in §2.1
    assert repeated.orders[0].matched == 2


def test_what_cannot_be_used_is_refused() -> None:
    with pytest.raises(ValueError, match="no reference"):
        score("a", "  ")
    with pytest.raises(ValueError, match="not here"):
        score("a", "b", "flores101")
    assert {"13a", "char", "none"} <= set(find_tokenizers())
