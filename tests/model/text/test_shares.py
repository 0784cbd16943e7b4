"""Pieces and words of one text, wherever each is cut: counted letter by letter."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import load, trace
from model.text.shares import find_shares, join_written
from model.text.word_counts import counted_words
from model.text.words import Word, split_spaces, split_words
from model.trace import CONTINUED, Tokens
from tests.model.translators import NAMES, source_of, translator

texts = st.text("abé' .,?ßœ한", min_size=1, max_size=30).filter(lambda text: bool(text.strip()))


def tokens(pieces: list[str], special: tuple[int, ...] = (), words: list[int] | None = None) -> Tokens:
    count = len(pieces)
    return Tokens(
        tuple(pieces),
        tuple(words or range(count)),
        tuple(place in special for place in range(count)),
        (False,) * count,
    )


@given(text=texts, cuts=st.sets(st.integers(1, 29)))
def test_a_piece_stands_in_the_words_whose_letters_it_has(text: str, cuts: set[int]) -> None:
    ends = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    spans = [(a, b) for a, b in pairwise(ends) if text[a:b].strip()]
    words = split_words(text)
    shares = find_shares(tokens([text[a:b].strip() for a, b in spans]), words)
    for row, (a, b) in zip(shares, spans, strict=True):
        # ß is compared as ss, and a syllable as its two or three letters.
        weigh = [{"ß": 2, "한": 3}.get(text[i], 1) for i in range(a, b)]
        expected = [
            sum(w for i, w in zip(range(a, b), weigh, strict=True) if word.start <= i < word.end)
            for word in words
        ]
        assert row == pytest.approx(np.array(expected) / sum(expected), abs=1e-6)


def test_special_tokens_stand_in_no_word() -> None:
    shares = find_shares(tokens(["<s>", "the", "cat", "</s>"], special=(0, 3)), split_words("the cat"))
    assert shares.tolist() == [[0, 0], [1, 0], [0, 1], [0, 0]]


def test_case_accents_and_forms_are_no_difference() -> None:
    written = split_words("L'ÉTÉ ｆｉｎ")
    assert find_shares(tokens(["l", "'", "ete", "fin"]), written).argmax(1).tolist() == [0, 0, 1, 2]


def test_an_unknown_piece_stands_where_its_neighbours_leave_room() -> None:
    shares = find_shares(tokens(["the", "<unk>", "sat"]), split_words("the zorblat sat"))
    assert shares.argmax(1).tolist() == [0, 1, 2]
    assert shares[1].tolist() == [0, 1, 0]


def test_the_rest_of_a_character_goes_with_its_beginning() -> None:
    shares = find_shares(
        tokens(["a", "😀", CONTINUED, CONTINUED, "b"], words=[0, 1, 1, 1, 2]), split_words("a 😀 b")
    )
    assert shares.argmax(1).tolist() == [0, 1, 1, 1, 2]
    assert shares.sum(1).tolist() == [1] * 5


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        ("아이유는 도시에서 살았다.", "아이유 는 도시 에서 살았 다 .", [0, 0, 1, 1, 2, 2, 3]),
        ("I didn't know l'animal.", "I did n't know l' animal .", [0, 1, 1, 2, 3, 4, 5]),
        ("a part-time job", "a part - time job", [0, 1, 1, 1, 2]),
        ("我们喜欢 it", "我们 喜欢 it", [0, 1, 2]),
        ("는 는", "는 는", [0, 1]),
    ],
)
def test_tokens_of_one_written_word_are_joined(text: str, pieces: str, expected: list[int]) -> None:
    joined = join_written(tokens([*pieces.split(), "</s>"], (len(pieces.split()),)), [*counted_words(text)])
    assert list(joined.words) == [*expected, expected[-1] + 1]


def test_tokens_that_are_together_stay_so() -> None:
    three = tokens(["a", "…", "…"], words=[0, 1, 1])
    assert join_written(three, [*counted_words("a……")]).words == (0, 1, 1)


def test_nothing_stands_in_no_words() -> None:
    assert find_shares(tokens(["a"]), ()).shape == (1, 0)
    assert find_shares(tokens([]), split_words("a b")).shape == (0, 2)


@pytest.mark.parametrize("name", NAMES)
def test_every_piece_of_a_tokenizer_finds_its_word(name: str) -> None:
    m = translator(name)
    read = trace(m, source_of(name), layers=[])
    side = trace(m, source_of(name)).encoder
    assert side
    shares = find_shares(side.keys, split_words(read.source))
    assert shares.sum(1) == pytest.approx(np.logical_not(side.keys.special).astype(float))


def test_every_word_of_a_sentence_has_a_piece() -> None:
    m = load("checkpoints/en-fr")
    for text in ("I haven't seen the zorblat's œuf, “naïve” one?", "Ça va… 한국어 12,5 %"):
        stack = trace(m, text, target="Oui.").encoder
        assert stack
        assert (find_shares(stack.keys, split_words(text)).sum(0) > 0).all()


@given(text=st.text(" \t\nab.'", max_size=20))
def test_what_spaces_part_are_words(text: str) -> None:
    found: tuple[Word, ...] = split_spaces(text)
    assert [word.text for word in found] == text.split()
    assert all(text[word.start : word.end] == word.text for word in found)
    assert [word.number for word in found] == list(range(len(found)))
