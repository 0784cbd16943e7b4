"""What a card says of the tokenizer and of the numbers, whatever the task."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.scores import MEANING, compute
from model.tasks import find
from model.text.tokenizer import CompactTokenizer, train_tokenizer
from model.training.card import describe_tokenizer, explain, table

SHIPPED = Path(__file__).parents[3] / "checkpoints"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "en-fr",
            "8,000 pieces of SentencePiece (unigram), normalization nfkc: texts come back as that has "
            "them, and ’ as '.",
        ),
        ("pronouns-ko", "590 tokens, which are words, looked up in lower case."),
    ],
)
def test_a_shipped_tokenizer_is_described_by_what_its_model_says(name: str, said: str) -> None:
    known = CompactTokenizer(str(SHIPPED / name / "sentencepiece.model"), words=name != "en-fr")
    assert describe_tokenizer(known) == f"Its tokenizer has {said}"


@pytest.mark.parametrize(
    ("method", "normalization", "said"),
    [
        ("bpe", "identity", "(BPE), normalization identity: texts come back as they were written."),
        (
            "char",
            "nfc",
            "(characters), normalization nfc: letters and their marks are composed, and all else",
        ),
        (
            "unigram",
            "nfkc_cf",
            "(unigram), normalization nfkc_cf: texts come back as that has them, and ’ as '.",
        ),
    ],
)
def test_a_new_one_is_described(tmp_path: Path, method: str, normalization: str, said: str) -> None:
    made = train_tokenizer(["a b c ab bc"] * 9, tmp_path, method, 268, normalization=normalization)  # type: ignore[arg-type]
    assert f"{len(made)} pieces of SentencePiece {said}" in describe_tokenizer(made)


def test_a_score_that_there_is_not_stands_as_such() -> None:
    rows = table(compute(["Yes."], ["Yes."]).measures()).splitlines()
    assert "| `bleu` | – |" in rows
    assert "| `bleu_missing` | too short for BLEU: no reference has 4 tokens |" in rows
    assert "| `chrf` | 100.000 |" in rows


def test_a_number_is_explained_once() -> None:
    """By the task's own words where it has some, as the cards of before do."""
    named = dict.fromkeys(MEANING, 0.5)
    assert [line.split("`")[1] for line in explain(named, find("pairs").card()).splitlines()] == list(MEANING)
    rest = [line.split("`")[1] for line in explain(named, find("en-fr").card()).splitlines()]
    assert rest == ["chrf", "exact_reachable"]
    assert explain({"pronoun_accuracy": 0.5}, find("pronouns").card()) == ""
