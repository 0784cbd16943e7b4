"""Korean particles: cut where a reader cuts, written so that they agree, and nothing lost on the way."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.text.particles import (
    ALIKE,
    PAIRS,
    PARTICLES,
    both_forms,
    choose_form,
    cut,
    final,
    split_particles,
    stands_for,
)
from model.text.tokenizer import CompactTokenizer, train_tokenizer
from model.text.tokens import choice_texts, detokenize, places, tokens_of
from model.text.words import split_words

SYLLABLES = st.integers(ord("가"), ord("힣")).map(chr)
hangul = st.text(SYLLABLES, min_size=2, max_size=5)
anything = st.text() | st.text(alphabet='그녀는은이가를 아유에게서도의1993년.,!"a한\u1100\u1161')

IU = "아이유는 1993년에 태어났다. 그녀는 최근에 드라마 호텔 델루나에 출연했다"
TEXTS = [
    "아이유는 민준을 만났다. 그녀는 최근에 드라마에 출연했다.",
    "민준은 아이유의 책을 그에게 주었다. 그가 웃었다.",
    '"책", (그)!',
]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> CompactTokenizer:
    return train_tokenizer(TEXTS, tmp_path_factory.mktemp("ko"), placeholders=6, particles=True)


def parts(text: str) -> list[str]:
    return [word.text for word in split_particles(text)]


@given(syllable=SYLLABLES)
def test_the_final_consonant_is_the_last_letter_of_the_decomposed_syllable(syllable: str) -> None:
    letters = unicodedata.normalize("NFD", syllable)
    assert bool(final(syllable)) == (len(letters) == 3)
    assert (final(syllable) == 8) == (letters[-1] == "\u11af" and len(letters) == 3)  # ㄹ
    assert final(letters) == final(syllable)


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("아이유", "는 가 를 와 로 의 에게"),
        ("민준", "은 이 을 과 으로 의 에게"),
        ("서울", "은 이 을 과 로 의 에게"),
        ("1993", "은 이 을 과 으로 의 에게"),
        ("2", "는 가 를 와 로 의 에게"),
        ("BTS", "는 가 를 와 로 의 에게"),
    ],
)
def test_particles_agree(word: str, written: str) -> None:
    told = ("는", "가", "를", "와", "로", "의", "에게")
    assert " ".join(choose_form(word, particle) for particle in told) == written


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (IU, "아이유 는 1993년 에 태어났다 . 그녀 는 최근 에 드라마 호텔 델루나 에 출연했다"),
        ("그는 그를 그의 그와 그에게 그도 그가 그", "그 는 그 를 그 의 그 와 그 에게 그 도 그 가 그"),
        ("그녀에게는 그녀에서는 서울로 부산으로", "그녀 에게는 그녀 에서는 서울 로 부산 으로"),
        # Too short to tell, or what would be left does not agree with it.
        ("나이 아이 책을 나는 거리를 음악가 이지은", "나이 아이 책을 나는 거리 를 음악가 이지은"),
        ("BTS는 (아이유는)", "BTS는 ( 아이유 는 )"),
        ('"모모"를 (민준)은 에', '" 모모 " 를 ( 민준 ) 은 에'),
    ],
)
def test_words_are_cut_where_a_reader_cuts_them(text: str, words: str) -> None:
    assert parts(text) == words.split()


@given(stem=hangul, particle=st.sampled_from(PARTICLES), form=st.sampled_from(["NFC", "NFD"]))
def test_what_agrees_is_cut_off_again(stem: str, particle: str, form: Literal["NFC", "NFD"]) -> None:
    """Unless a longer particle ends there: 나라 + 에는 is not 나라에 + 는."""
    word = unicodedata.normalize(form, stem + choose_form(stem, particle))
    place = cut(word)
    left, right = (unicodedata.normalize("NFC", part) for part in (word[:place], word[place:]))
    assert left + right == unicodedata.normalize("NFC", word)
    assert right
    assert len(right) >= len(choose_form(stem, particle))
    assert choose_form(left, stands_for(right)) == right


@given(anything)
def test_splitting_only_cuts_words_further(text: str) -> None:
    words, whole = split_particles(text), split_words(text)
    assert "".join(word.text for word in words) == "".join(word.text for word in whole)
    assert all(text[word.start : word.end] == word.text for word in words)
    assert [word.number for word in words] == sorted(word.number for word in words)
    for i, word in enumerate(words):
        if word.particle:  # a word of its own, onto the one before
            assert words[i - 1].end == word.start
            assert not words[i - 1].particle
            assert word.number == words[i - 1].number + 1


def test_forms_that_stand_for_both() -> None:
    assert len(set(PARTICLES)) == len(PARTICLES) == len(PAIRS) + len(ALIKE)
    for consonant, vowel in PAIRS:
        assert stands_for(consonant) == stands_for(vowel) == vowel
        assert both_forms(vowel) == f"{consonant}/{vowel}"
    assert [both_forms(particle) for particle in ALIKE] == list(ALIKE)


# In a tokenizer


def test_a_particle_is_one_token_in_both_forms_and_apart(tokenizer: CompactTokenizer) -> None:
    assert tokenizer.tokenize("아이유는 민준은") == ["▁아이유", "<는>", "▁민준", "<는>"]
    found = tokens_of(tokenizer, tokenizer.encode(IU), IU)
    assert found.texts[:-1] == tuple(parts(IU))
    assert found.groups() == [[i] for i in range(len(found))]
    assert [t for t, u in zip(found.texts, found.unknown, strict=True) if u] == [
        "1993년",
        "태어났다",
        "호텔",
        "델루나",
    ]
    assert places(tokenizer, IU, "그녀") == [6]


@pytest.mark.parametrize(
    "text", [*TEXTS, IU, '민준은 "아이유의 책"을 (그에게) 주었다!', "한강은 2024년에 웃었다."]
)
def test_what_is_split_is_written_together_again(tokenizer: CompactTokenizer, text: str) -> None:
    assert detokenize(tokenizer, tokenizer.encode(text), text) == text


def test_a_particle_agrees_with_the_name_that_takes_a_places(tokenizer: CompactTokenizer) -> None:
    """Whatever form stood there in what was learned from."""
    source = "한강은 웃었다. 보아는 웃었다. 그녀는 민준을 만났다."
    tokens = tokenizer.tokenize("아이유는 민준을 만났다.")
    for name, written in (("<unk1>", "한강은 민준을 만났다."), ("<unk2>", "보아는 민준을 만났다.")):
        ids: Any = tokenizer.convert_tokens_to_ids([name, *tokens[1:]])
        assert detokenize(tokenizer, ids, source) == written
        assert "".join(tokens_of(tokenizer, ids, source).texts[:2]) == written.split()[0]


def test_what_could_be_written_next_names_both_forms(tokenizer: CompactTokenizer) -> None:
    ids: Any = tokenizer.convert_tokens_to_ids(["<는>", "<에게>", "▁민준", "<unk1>"])
    assert choice_texts(tokenizer, ids, "한강은") == ["-은/는", "-에게", "민준", "한강"]


def test_it_is_the_same_when_it_is_loaded_again(tokenizer: CompactTokenizer, tmp_path: Path) -> None:
    tokenizer.save_pretrained(tmp_path)
    again = CompactTokenizer.from_pretrained(tmp_path)
    assert again.particles == tokenizer.particles
    assert tuple(again.particles.values()) == PARTICLES
    assert again.encode(IU) == tokenizer.encode(IU)


def test_a_tokenizer_without_particles_cuts_nothing(tmp_path: Path) -> None:
    plain = train_tokenizer(TEXTS, tmp_path)
    assert not plain.particles
    assert plain.tokenize("아이유는 웃었다") == ["▁아이유는", "▁웃었다"]
    assert detokenize(plain, plain.encode(TEXTS[0])) == TEXTS[0]
