"""The order of a run: batches of like length, each example once an epoch, other neighbours in the next."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.tasks import Recipe
from model.training.length_batching import POOL, Lesson

BATCH = 16


def examples(count: int, seed: int = 0) -> list[dict[str, list[int]]]:
    """Texts of 3 to 40 tokens, and translations about as long; each is known by its first id."""
    chance = random.Random(seed)
    lengths = [chance.randint(3, 40) for _ in range(count)]
    return [
        {"input_ids": [i] * length, "labels": [i] * max(2, length + chance.randint(-3, 3))}
        for i, length in enumerate(lengths)
    ]


def lesson(count: int, epochs: int, seed: int = 0, batch_size: int = BATCH) -> Lesson:
    steps = epochs * max(1, count // batch_size)
    return Lesson(examples(count), Recipe(steps, batch_size, 1e-3, 0, by_length=True), seed)


def batches(found: Lesson, batch_size: int = BATCH) -> NDArray[np.int64]:
    """Which examples stand in each step: (steps, batch)."""
    return np.array([found[i]["input_ids"][0] for i in range(len(found))]).reshape(-1, batch_size)


def padding(steps: NDArray[np.int64], field: str, count: int) -> float:
    """The share of padding in the tensors of all batches."""
    lengths = np.array([len(example[field]) for example in examples(count)])[steps]
    return float(1 - lengths.sum() / (lengths.max(axis=1) * steps.shape[1]).sum())


@settings(max_examples=30)
@given(st.integers(1, 200), st.integers(1, 4), st.integers(0, 99), st.integers(1, 20))
def test_an_epoch_has_every_example_at_most_once(count: int, epochs: int, seed: int, batch_size: int) -> None:
    found = lesson(count, epochs, seed, batch_size)
    steps = batches(found, batch_size)
    assert len(found) == steps.size == epochs * max(1, count // batch_size) * batch_size
    for epoch in np.split(steps, epochs):
        times = Counter(epoch.ravel().tolist())
        if count >= batch_size:
            assert set(times.values()) == {1}
            assert len(times) == count - count % batch_size
        else:  # fewer examples than one batch takes: all of them, as evenly as can be
            assert len(times) == count
            assert max(times.values()) - min(times.values()) <= 1


def test_no_example_is_left_out_for_good() -> None:
    assert set(batches(lesson(100, epochs=20)).ravel()) == set(range(100))


def test_a_seed_gives_one_order_and_a_longer_run_begins_like_a_shorter() -> None:
    order = batches(lesson(500, epochs=3, seed=4))
    assert (order == batches(lesson(500, epochs=3, seed=4))).all()
    assert (order[: 500 // BATCH] == batches(lesson(500, epochs=1, seed=4))).all()
    assert not (order == batches(lesson(500, epochs=3, seed=5))).all()


@pytest.mark.parametrize("field", ["input_ids", "labels"])
def test_little_of_a_batch_is_padding(field: str) -> None:
    steps = batches(lesson(4000, epochs=2))
    any_order = np.random.default_rng(1).permutation(steps.ravel()).reshape(steps.shape)
    assert padding(steps, field, 4000) < 0.14
    assert padding(any_order, field, 4000) > 0.4


def test_other_neighbours_meet_in_the_next_epoch() -> None:
    first, second = np.split(batches(lesson(4000, epochs=2)), 2)
    met = {int(i): set(row.tolist()) - {int(i)} for row in first for i in row}
    again = {int(i): set(row.tolist()) - {int(i)} for row in second for i in row}
    kept = [len(met[i] & again[i]) / (BATCH - 1) for i in met.keys() & again.keys()]
    assert np.mean(kept) < 0.1


def test_short_and_long_batches_come_in_any_order() -> None:
    lengths = np.array([len(example["input_ids"]) for example in examples(4000)])
    means = lengths[batches(lesson(4000, epochs=1))].mean(axis=1)
    assert means.std() > 8
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.2
    assert abs(np.corrcoef(means[:-1], means[1:])[0, 1]) < 0.2


def test_examples_are_made_when_their_pool_is_and_not_before() -> None:
    made: list[int] = []

    class Made(list[dict[str, list[int]]]):
        def __getitem__(self, place: Any) -> Any:
            made.append(int(place))
            return super().__getitem__(place)

    found = Lesson(Made(examples(4000)), Recipe(3 * POOL, 8, 1e-3, 0, by_length=True), 0)
    assert not made
    assert found[0]
    assert sorted(made) == sorted(found.order[0][: 8 * POOL].tolist())
    assert found[8 * POOL - 1]
    assert len(made) == 8 * POOL
    assert found[8 * POOL]
    assert len(made) == 2 * 8 * POOL


def test_a_run_can_go_on_at_any_place() -> None:
    whole = [example["input_ids"][0] for example in lesson(3000, epochs=1)]
    places = np.random.default_rng(2).permutation(len(whole))[:50]
    again = lesson(3000, epochs=1)
    assert [again[int(place)]["input_ids"][0] for place in places] == [whole[place] for place in places]
    with pytest.raises(IndexError):
        again[len(whole)]
