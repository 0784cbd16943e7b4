"""The pairs aligned by hand, and that what is said of them is what a reader of the traces would find."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

import pytest

from model import Trace, load, trace
from model.analysis.alignment import METHODS, Aligner, Links, link_diagonal
from model.capture.checkpoint import Checkpoint
from model.tasks import tasks
from model.tasks.translation import alignments
from model.tasks.translation.alignments import FILE, PARTS, Aligned, Part, aligned
from model.text.words import join_words, split_words

EVERY = [pair for part in PARTS for pair in aligned(part)]


@pytest.fixture(scope="module")
def m() -> Checkpoint:
    return load("checkpoints/en-fr")


# The pairs


def test_there_are_enough_and_they_are_apart() -> None:
    assert len(aligned("development")) == 30
    assert len(aligned("test")) >= 100
    for side in ("source", "target"):
        texts = [re.sub(r"\W+", " ", getattr(pair, side).lower()) for pair in EVERY]
        assert len(set(texts)) == len(texts)
    lines = FILE.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "part\ten\tfr\tlinks"
    assert len(lines) == 1 + len(EVERY)


@pytest.mark.parametrize("pair", EVERY, ids=lambda pair: pair.source)
def test_every_word_is_linked_and_every_link_has_its_words(pair: Aligned) -> None:
    english, french = pair.words
    assert pair.sure <= pair.possible
    assert {i for i, _ in pair.possible} == set(range(len(english)))
    assert {j for _, j in pair.possible} == set(range(len(french)))
    assert 4 <= sum(word.text[0].isalnum() or "'" in word.text for word in english) <= 14
    # Marks are sure, and with the same mark; a sure word has few counterparts.
    for i, word in enumerate(english):
        if word.text in ".,?!":
            assert [french[j].text for a, j in pair.possible if a == i] == [word.text]
            assert any(a == i for a, _ in pair.sure)
        assert sum(a == i for a, _ in pair.sure) <= 2
    for j in range(len(french)):
        assert sum(b == j for _, b in pair.sure) <= 3
    assert join_words([word.text for word in english]).lower() == pair.source.lower()


def test_negations_are_as_the_guideline_says() -> None:
    """Sure to pas, possible to ne."""
    seen = 0
    for pair in EVERY:
        english, french = ([word.text.lower() for word in side] for side in pair.words)
        for place, word in enumerate(english):
            if word in ("n't", "not") and "pas" in french:
                assert (place, french.index("pas")) in pair.sure
                (ne,) = [j for j, text in enumerate(french) if text in ("ne", "n'")]
                assert (place, ne) in pair.possible - pair.sure
                seen += 1
    assert seen >= 15


# What is measured


@cache
def read(m: Checkpoint, pair: Aligned) -> Trace:
    """A pair, traced by itself."""
    return trace(m, pair.source, target=pair.target)


def by_reading(m: Checkpoint, aligner: Aligner, pairs: tuple[Aligned, ...]) -> list[Links]:
    """The links of each pair, from its own trace."""
    return [aligner.align(read(m, pair), *pair.words) for pair in pairs]


def error_rate(found: list[Links], pairs: tuple[Aligned, ...]) -> float:
    """As Och and Ney write it."""
    both = list(zip(found, pairs, strict=True))
    hits = sum(len(a & p.sure) + len(a & p.possible) for a, p in both)
    return 1 - hits / sum(len(a) + len(p.sure) for a, p in both)


def test_the_scores_are_what_a_reader_finds(m: Checkpoint) -> None:
    found = alignments.measure(m)
    test = aligned("test")
    links = by_reading(m, found.aligner, test)
    assert found.rates.error == pytest.approx(error_rate(links, test))
    diagonal = [link_diagonal(*(len(split_words(text)) for text in (p.source, p.target))) for p in test]
    assert found.diagonal.error == pytest.approx(error_rate(diagonal, test))
    assert found.pairs == len(test)
    scores = alignments.score(m)
    assert scores["alignment_error_rate"] == found.rates.error
    assert scores["alignment_error_rate_diagonal"] == found.diagonal.error
    assert scores["alignment_by"] == found.aligner.describe()
    assert found.rates.error < found.diagonal.error / 2


def test_nothing_that_is_tried_is_better_on_the_development_pairs(m: Checkpoint) -> None:
    pairs = aligned("development")
    chosen = alignments.choose(m)
    assert chosen == alignments.choose(m)
    best = error_rate(by_reading(m, chosen, pairs), pairs)
    for method in METHODS:
        for layer in range(3):
            alone = [
                error_rate(by_reading(m, Aligner(layer, (head,), method), pairs), pairs) for head in range(4)
            ]
            order = sorted(range(4), key=lambda head: alone[head])
            assert all(alone[a] <= alone[b] for a, b in pairwise(order))
            for count in range(1, 5):
                one = Aligner(layer, tuple(sorted(order[:count])), method)
                assert error_rate(by_reading(m, one, pairs), pairs) >= best - 1e-9


def test_the_test_pairs_are_not_looked_at_to_choose(m: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def noted(part: Part) -> tuple[Aligned, ...]:
        asked.append(part)
        return aligned(part)

    monkeypatch.setattr(alignments, "aligned", noted)
    alignments.choose(m)
    assert set(asked) == {"development"}


def test_tasks_without_pairs_have_nothing_to_tell(m: Checkpoint) -> None:
    told = {name: task.measure_alignment for name, task in tasks().items()}
    assert told.pop("en-fr")(m) == alignments.measure(m)
    assert all(measure(m) is None for measure in told.values())
