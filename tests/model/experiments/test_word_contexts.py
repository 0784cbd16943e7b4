"""Words and those that stand near them, counted one by one in plain Python."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import Refusal
from model.experiments.word_contexts import (
    FEWEST_KINDS,
    FEWEST_WORDS,
    LONGEST,
    MOST_WORDS,
    Text,
    count_pairs,
    find_cosines,
    find_nearest,
    find_pairs,
    read_text,
    split_sentence,
    split_sentences,
    weigh_pairs,
)
from tests.pages.sentences import SENTENCES

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The animal didn't cross.", ["the", "animal", "did", "n't", "cross"]),
        ("철수는 영희를 공원에서 만났다.", ["철수", "영희", "공원", "만났다"]),
        ("L'animal était là !", ["l'", "animal", "était", "là"]),
        ("“Yes,” she said – 42 %.", ["yes", "she", "said", "42"]),
        ("我喜欢学习。", ["我", "喜欢", "学习"]),
        ("<b>bold</b> & more", ["<b>bold</b>", "more"]),
        ("...!? — 🦉", []),
        ("", []),
    ],
)
def test_a_sentence_is_cut_into_words(text: str, words: list[str]) -> None:
    assert [word.text for word in split_sentence(text)] == words


def test_a_word_of_any_length_is_a_word() -> None:
    [word] = split_sentence("a" * 500)
    assert word.text == "a" * LONGEST


def test_sentences_end_at_marks_and_lines() -> None:
    lines = ["It slept. It ate! Did it?", "", "…", "그는 잤다。그녀는 먹었다"]
    assert list(split_sentences(lines)) == [
        ["it", "slept"], ["it", "ate"], ["did", "it"], ["그", "잤다"], ["그녀", "먹었다"],
    ]  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=9), min_size=30, max_size=60))
def test_a_text_is_its_words(sentences: list[list[str]]) -> None:
    """What is kept, put back into words, is what was given; or one sentence says why it is nothing."""
    counted = Counter(word for words in sentences for word in words)
    lines = [" ".join(words) for words in sentences]
    if counted.total() < FEWEST_WORDS or len(counted) < FEWEST_KINDS:
        with pytest.raises(Refusal):
            read_text(lines)
        return
    text = read_text(lines)
    assert Counter(text.words[i] for i in text.ids) == counted
    assert list(text.counts) == sorted(counted.values(), reverse=True)
    assert all(text.counts[text.places[word]] == count for word, count in counted.items())
    again: dict[int, list[str]] = {}
    for word, number in zip(text.ids, text.sentence, strict=True):
        again.setdefault(int(number), []).append(text.words[word])
    assert list(again.values()) == [words for words in sentences if words]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The text has no words"),
        ("… !!! 🦉 \n\n", "The text has no words"),
        ("too short", "The text has 2 words; 100 are needed"),
        ("\n".join(f"word{i % 40}." for i in range(200)), "Every sentence of the text has one word"),
        ("again and again " * 50, "The text has only 2 different words"),
    ],
)
def test_what_is_no_text_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(Refusal, match="^" + re.escape(said)):
        read_text(text.splitlines())


def test_a_long_text_is_read_to_a_limit_and_rare_words_are_left_out() -> None:
    common = [" ".join(WORDS)] * (MOST_WORDS // len(WORDS))
    text = read_text(["a rare beginning", *common, "never read"])
    assert len(text.ids) + text.left_out == MOST_WORDS
    assert set(text.words) == set(WORDS)
    assert text.left_out == 3


def tiny(*sentences: str) -> Text:
    """A text that is too short to be read."""
    ids: list[int] = []
    numbers: list[int] = []
    for number, sentence in enumerate(sentences):
        ids += [WORDS.index(word) for word in sentence.split()]
        numbers += [number] * len(sentence.split())
    counts = np.bincount(ids, minlength=len(WORDS))
    return Text(tuple(WORDS), counts, np.array(ids), np.array(numbers))


def by_hand(text: Text, window: int) -> Counter[tuple[int, int]]:
    """Every ordered pair within a window, looked for one by one."""
    found: Counter[tuple[int, int]] = Counter()
    for i, one in enumerate(text.ids):
        for j, other in enumerate(text.ids):
            if i != j and abs(i - j) <= window and text.sentence[i] == text.sentence[j]:
                found[int(one), int(other)] += 1
    return found


TINY = tiny("one two three one", "four", "one one two", "five six seven eight nine ten")


@pytest.mark.parametrize("window", [1, 2, 5, 50])
def test_pairs_are_those_within_the_window(window: int) -> None:
    centres, contexts = find_pairs(TINY.ids, TINY.sentence, window)
    found = Counter(zip(centres.tolist(), contexts.tolist(), strict=True))
    assert found == by_hand(TINY, window)
    counted = count_pairs(TINY, window)
    assert (counted == counted.T).all()
    assert {(int(i), int(j)): counted[i, j] for i, j in zip(*counted.nonzero(), strict=True)} == found


def test_positive_information_is_that_of_the_formula() -> None:
    pairs = by_hand(TINY, 2)
    total = pairs.total()
    weighed = weigh_pairs(count_pairs(TINY, 2))
    for i in range(len(WORDS)):
        for j in range(len(WORDS)):
            expected = 0.0
            if pairs[i, j]:
                one, other = (sum(n for (a, _b), n in pairs.items() if a == word) for word in (i, j))
                expected = max(0.0, math.log(pairs[i, j] / total / (one / total * other / total)))
            assert weighed[i, j] == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.lists(st.integers(-9, 9), min_size=3, max_size=3), min_size=2, max_size=8))
def test_the_nearest_are_those_of_the_largest_cosines(rows: list[list[int]]) -> None:
    table = np.array(rows)

    def cosine(other: int) -> float:
        scale = math.hypot(*rows[0]) * math.hypot(*rows[other])
        return sum(a * b for a, b in zip(rows[0], rows[other], strict=True)) / scale if scale else 0.0

    found = find_cosines(table, 0)
    for other in range(len(rows)):
        assert found[other] == pytest.approx(cosine(other), abs=1e-9)
    near = find_nearest(table, 0, 3)
    expected = sorted((c for other in range(1, len(rows)) if (c := float(found[other])) > 0), reverse=True)
    assert [c for _word, c in near] == expected[:3]
    assert all(word and found[word] == c for word, c in near)


def test_any_sentence_is_cut() -> None:
    for sentence in SENTENCES:
        assert all(word.text == word.text.lower() for word in split_sentence(sentence))
