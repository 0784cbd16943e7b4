"""Pairs as examples: made when they are drawn, the same every time, in little memory and in any process."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from model.tasks import Recipe, collate
from model.tasks import encoded as room
from model.tasks.encoded import Encoded
from model.text.tokenizer import CompactTokenizer, train_tokenizer
from model.training.length_batching import POOL, Lesson

PAIRS = [(f"가 나 {i} " + "b c " * (i % 7), "bc . " * (1 + i % 5) + str(i)) for i in range(60)]


@pytest.fixture(scope="module", params=["word", "unigram"])
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CompactTokenizer:
    texts = [text for pair in PAIRS for text in pair]
    return train_tokenizer(texts, tmp_path_factory.mktemp(request.param), request.param, 320)


class Counting:
    """A tokenizer that counts what it encodes, and takes no time for it."""

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, text: str) -> list[int]:
        self.encoded += 1
        return [*range(5, 14), 3]

    def encode_target(self, target: str, source: str) -> list[int]:
        return [7, 8, 3]


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.text("가나 bc.", min_size=1), st.text("가나 bc.", min_size=1)), min_size=1, max_size=9
    ),
    st.data(),
)
def test_what_is_drawn_is_what_the_tokenizer_gives(
    known: CompactTokenizer, pairs: list[tuple[str, str]], data: Any
) -> None:
    places = data.draw(st.lists(st.integers(0, len(pairs) - 1), min_size=1, max_size=12))
    found = Encoded(pairs.__getitem__, np.array(places), known)
    drawn = [pairs[place] for place in places]
    expected = [{"input_ids": known.encode(a), "labels": known.encode_target(b, a)} for a, b in drawn]
    assert list(found) == expected
    assert list(found) == expected  # and again
    assert found[-1] == expected[-1]
    assert len(found) == len(places)
    with pytest.raises(IndexError):
        found[len(places)]


def test_nothing_is_encoded_before_it_is_drawn() -> None:
    counting = Counting()
    found = Encoded(lambda place: PAIRS[place % 60], np.arange(5000), counting)  # type: ignore[arg-type]
    lesson = Lesson(found, Recipe(10, 8, 1e-3, 0, by_length=True), seed=3)
    assert counting.encoded == 0
    for i in range(len(lesson)):
        assert lesson[i]
    assert counting.encoded == 8 * POOL  # of 5,000


def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "KEPT", 20)
    counting = Counting()
    found = Encoded(PAIRS.__getitem__, np.arange(60), counting)  # type: ignore[arg-type]
    for _ in range(3):
        assert len(list(found)) == 60
    assert counting.encoded == 60 + 2 * 40
    assert len(found.kept) == 20


def test_workers_draw_the_same(known: CompactTokenizer) -> None:
    lesson = Lesson(Encoded(PAIRS.__getitem__, np.arange(60), known), Recipe(6, 10, 1e-3, 0), seed=5)
    alone, together = (
        [batch["input_ids"].tolist() for batch in DataLoader(lesson, 10, collate_fn=collate, num_workers=n)]  # type: ignore[arg-type]
        for n in (0, 2)
    )
    assert alone == together
    assert len(alone) == 6


def test_many_rows_take_little_memory() -> None:
    """Two lists of ids for each would be 80 MB and more; this is a number or two a row."""
    rows = 250_000
    gc.collect()
    tracemalloc.start()
    found = Encoded(lambda place: PAIRS[place % 60], np.arange(rows), Counting())  # type: ignore[arg-type]
    lesson = Lesson(found, Recipe(400, 64, 1e-3, 0, by_length=True), 0)
    for place in range(len(lesson)):
        assert lesson[place]["labels"] == [7, 8, 3]
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 8 * rows + 4 * rows + 1000 * room.KEPT
