"""Skip-gram with negative sampling against its equations: loss, gradient, noise, and what it learns."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.experiments.skip_gram import (
    NEGATIVES,
    STEPS,
    WIDTH,
    Vectors,
    add_rows,
    draw_negatives,
    find_gradient,
    find_kept,
    find_noise,
    mix_vectors,
    squash,
    tell_pairs,
    train_vectors,
)
from model.experiments.word_contexts import Text, find_nearest, read_text
from model.tasks.pronouns.lexicon import ATTRIBUTES, NOUNS
from model.tasks.pronouns.sampling import sentences

Floats = NDArray[np.float64]
LOG2 = (1 + NEGATIVES) * math.log(2)


def draw_case(seed: int, words: int = 7, width: int = 4, pairs: int = 9) -> tuple[Any, ...]:
    draw = np.random.default_rng(seed)
    return (
        draw.standard_normal((words, width)),
        draw.standard_normal((words, width)),
        draw.integers(words, size=pairs),
        draw.integers(words, size=pairs),
        draw.integers(words, size=(pairs, 3)),
    )


def loss_by_hand(v: Floats, u: Floats, centres: Any, positives: Any, negatives: Any) -> float:
    """The negative of equation 4, term by term, as the paper writes it."""
    total = 0.0
    for c, o, drawn in zip(centres, positives, negatives, strict=True):
        total -= math.log(1 / (1 + math.exp(-float(u[o] @ v[c]))))
        for w in drawn:
            total -= math.log(1 / (1 + math.exp(float(u[w] @ v[c]))))
    return total / len(centres)


@given(st.integers(0, 10_000))
def test_the_loss_is_that_of_equation_four(seed: int) -> None:
    case = draw_case(seed)
    assert find_gradient(*case)[0] == pytest.approx(loss_by_hand(*case), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_is_the_slope_of_the_loss(seed: int) -> None:
    """Central differences in float64, for every number of both tables."""
    v, u, *pairs = draw_case(seed)
    _loss, by_word, by_context = find_gradient(v, u, *pairs)
    step = 1e-6
    for table, found in ((v, by_word), (u, by_context)):
        for place in np.ndindex(*table.shape):
            kept = table[place]
            table[place] = kept + step
            up = loss_by_hand(v, u, *pairs)
            table[place] = kept - step
            down = loss_by_hand(v, u, *pairs)
            table[place] = kept
            assert found[place] == pytest.approx((up - down) / (2 * step), abs=1e-8)


def test_the_gradient_is_that_of_autograd() -> None:
    v, u, centres, positives, negatives = draw_case(3, words=40, width=8, pairs=200)
    _loss, by_word, by_context = find_gradient(v, u, centres, positives, negatives)
    words, contexts = (torch.tensor(table, requires_grad=True) for table in (v, u))
    told = torch.tensor(np.concatenate([positives[:, None], negatives], 1))
    scores = (contexts[told] * words[torch.tensor(centres)][:, None]).sum(-1)
    signs = torch.tensor([1.0, -1.0, -1.0, -1.0])
    (-torch.nn.functional.logsigmoid(scores * signs).sum(1).mean()).backward()
    for found, expected in ((by_word, words.grad), (by_context, contexts.grad)):
        assert expected is not None
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-12)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_rows_are_added_where_they_belong(places: list[int]) -> None:
    rows = np.arange(2.0 * len(places)).reshape(-1, 2)
    expected = np.zeros((6, 2))
    np.add.at(expected, places, rows)
    np.testing.assert_allclose(add_rows(rows, np.array(places), 6), expected)


@pytest.mark.parametrize("size", [0.0, 1e-9, 30.0, 1e6])
def test_the_logistic_function_has_no_limit(size: float) -> None:
    up, down = squash(np.array([size, -size]))
    assert up + down == pytest.approx(1)
    assert up == pytest.approx(1 / (1 + math.exp(-min(size, 60))))


@given(st.lists(st.integers(1, 10_000), min_size=2, max_size=30))
def test_noise_is_counts_to_three_quarters(counts: list[int]) -> None:
    noise = find_noise(np.array(counts))
    assert noise.sum() == pytest.approx(1)
    for one, other in zip(range(len(counts)), range(1, len(counts)), strict=False):
        assert noise[one] / noise[other] == pytest.approx((counts[one] / counts[other]) ** 0.75)


def test_negatives_are_drawn_from_the_noise() -> None:
    noise = find_noise(np.array([1000, 100, 10, 1]))
    drawn = draw_negatives(noise, (50_000, 4), np.random.default_rng(0))
    shares = np.bincount(drawn.ravel(), minlength=4) / drawn.size
    np.testing.assert_allclose(shares, noise, atol=0.005)


def test_tokens_of_frequent_words_are_left_out_by_equation_five() -> None:
    counts = np.array([100_000, 50_000, *[20] * 2_000])
    share = counts / counts.sum()
    np.testing.assert_allclose(1 - find_kept(counts)[:2], 1 - np.sqrt(1e-3 / share[:2]))
    assert (find_kept(counts)[2:] == 1).all()
    assert (find_kept(np.full(20, 7)) == 1).all()  # no word of a small text is too frequent


# What is learned.


@pytest.fixture(scope="module")
def english() -> Text:
    return read_text(sentence.english for sentence in sentences(5_000, 7, unknown=0))


@pytest.fixture(scope="module")
def learned(english: Text) -> Vectors:
    begun = time.process_time()
    found = train_vectors(english, 2)
    assert time.process_time() - begun < 20  # seconds; about 3 on a quiet machine
    return found


def test_the_loss_begins_at_chance_and_falls(learned: Vectors) -> None:
    assert learned.losses.shape == (STEPS,)
    assert learned.losses[0] == pytest.approx(LOG2)
    assert learned.losses[-50:].mean() < 0.6 * LOG2


def test_the_same_seed_learns_the_same_vectors(english: Text) -> None:
    one, other, third = (train_vectors(english, 3, seed, steps=20) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.words, other.words)
    assert (one.words != third.words).any()


def test_words_of_a_kind_come_to_lie_near_each_other(english: Text, learned: Vectors) -> None:
    """Of the six nearest to a noun most are nouns, and of the same kind far more than by chance."""
    kinds = {noun.english: noun.kind for noun in NOUNS if noun.english in english.places}
    adjectives = {one.english for one in ATTRIBUTES}

    def share(vectors: NDArray[np.float32]) -> float:
        hits = [
            kinds.get(english.words[near]) == kind
            for word, kind in kinds.items()
            if word not in adjectives
            for near, _cosine in find_nearest(vectors, english.places[word], 6)
        ]
        return float(np.mean(hits))

    assert share(learned.start) < 0.2
    assert share(learned.words) > 0.6


def test_context_and_drawn_words_are_told_apart(english: Text, learned: Vectors) -> None:
    told = [
        tell_pairs(learned, english.counts, english.ids, english.sentence, place, 2)
        for place in range(0, 2_000, 7)
    ]
    real = np.concatenate([one.probabilities[:, 0] for one in told])
    drawn = np.concatenate([one.probabilities[:, 1:].ravel() for one in told])
    assert real.mean() > 1.5 * drawn.mean()


def test_the_pairs_of_a_word_are_those_beside_it_in_its_sentence(learned: Vectors, english: Text) -> None:
    ids, number = np.array([3, 1, 4, 1, 5, 9]), np.array([0, 0, 0, 0, 1, 1])
    told = tell_pairs(learned, english.counts, ids, number, 2, 2)
    assert told.places == (0, 1, 3)
    assert told.drawn.shape == (3, NEGATIVES)
    v, u = learned.words[4].astype(float), learned.contexts.astype(float)
    for row, place in enumerate(told.places):
        scores = [float(u[ids[place]] @ v), *(float(u[word] @ v) for word in told.drawn[row])]
        np.testing.assert_allclose(told.probabilities[row], squash(np.array(scores)), rtol=1e-6)
        expected = -math.log(told.probabilities[row, 0])
        expected -= sum(math.log(1 - share) for share in told.probabilities[row, 1:])
        assert told.losses[row] == pytest.approx(expected, rel=1e-5)
    assert tell_pairs(learned, english.counts, ids[:1], number[:1], 0, 2).places == ()


def test_before_training_nothing_is_told_apart(learned: Vectors, english: Text) -> None:
    before = Vectors(learned.start, np.zeros_like(learned.contexts), learned.start, learned.losses)
    told = tell_pairs(before, english.counts, english.ids[:9], english.sentence[:9], 3, 2)
    assert (told.probabilities == 0.5).all()
    np.testing.assert_allclose(told.losses, LOG2)


@pytest.mark.parametrize("repeats", [1, 4])
def test_sentences_of_one_pair_are_learned_from(repeats: int) -> None:
    """However few pairs a text has, every step has some."""
    text = read_text([f"left{i} right{i}." for i in range(60)] * repeats)
    found = train_vectors(text, 2, steps=30)
    assert np.isfinite(found.words).all()
    assert found.words.shape == (120, WIDTH)


# The sum of vectors.


@given(
    st.lists(st.lists(st.floats(-3, 3), min_size=2, max_size=2), min_size=1, max_size=6),
    st.integers(0, 5),
)
def test_a_sum_of_vectors_is_attention_without_matrices(rows: list[list[float]], place: int) -> None:
    """Against PyTorch's scaled_dot_product_attention, told to divide by nothing."""
    x, place = torch.tensor(rows, dtype=torch.float64), place % len(rows)
    expected = torch.nn.functional.scaled_dot_product_attention(x[None], x[None], x[None], scale=1.0)
    mixed = mix_vectors(np.array(rows), place)
    np.testing.assert_allclose(mixed.vector, expected[0, place].numpy(), atol=1e-9)
    assert mixed.weights.sum() == pytest.approx(1)
    assert (mixed.vector <= np.max(rows, 0) + 1e-9).all()
    assert (mixed.vector >= np.min(rows, 0) - 1e-9).all()
