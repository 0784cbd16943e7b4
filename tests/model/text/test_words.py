"""Words: where a text parts, and how words become a text again."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.text.words import elide, find_starts, is_word, join_words, normalise, split_words

ENGLISH = "The animal didn't cross the street because it was too tired."
FRENCH = "L'animal n'a pas traversé la rue parce qu'il était trop fatigué."

anything = st.text() | st.text(alphabet="aé l'n’t\"«»(.,!?) qu'd🦄한\ud800▁\u0301")


def texts_of(text: str) -> list[str]:
    return [word.text for word in split_words(text)]


def words(line: str) -> list[str]:
    return line.split()


def test_contractions_and_elisions_are_words_of_their_own() -> None:
    assert texts_of("It didn't, it CAN’T; isn't!") == words("It did n't , it CA N’T ; is n't !")
    assert texts_of("L'animal qu'il n'a d'abord vu") == words("L' animal qu' il n' a d' abord vu")
    assert texts_of("aujourd'hui 'quoted' dogs' o'clock") == words("aujourd'hui ' quoted ' dogs ' o'clock")


def test_a_contraction_is_one_typographic_word() -> None:
    assert [word.number for word in split_words("It didn't, 's")] == [0, 1, 1, 2, 3]


def seen(text: str) -> list[str]:
    """The words that a person sees, with the spaces after them."""
    return [text[start:end] for start, end in pairwise((*find_starts(text).places, len(text)))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It didn't, it CAN’T", "It |didn't|, |it |CAN’T"),
        ("L'animal qu'il n'a", "L'|animal |qu'|il |n'|a"),
        ("L’animal qu’il n’a", "L’|animal |qu’|il |n’|a"),
        ("'quoted' dogs' o'clock aujourd'hui", "'|quoted|' |dogs|' |o'clock |aujourd'hui"),
        ("part-time, 3.5!!!", "part|-|time|, |3|.|5|!!!"),
        ("한국어가 좋아요.", "한국어가 |좋아요|."),
        ("a\n\tb\r\nc", "a|\n|\t|b|\r\n|c"),
        ("e\u0301a ❤\ufe0f! می\u200cخواهم", "e\u0301a |❤\ufe0f! |می\u200cخواهم"),
        ("\ufeffa \u200eb", "\ufeffa |\u200eb"),
        ("ខ្មែរ\u200bខ្មែរ", "ខ្មែរ\u200b|ខ្មែរ"),
    ],
)
def test_where_a_person_sees_words_begin(text: str, words: str) -> None:
    assert seen(text) == words.split("|")
    assert not find_starts(text).segmented


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我们喜欢Python和3月。", "我们|喜欢|Python|和|3|月|。"),
        ("彼は東京タワーへ。", "彼|は|東京タワー|へ|。"),
        ("ฉันรักภาษาไทย ครับ", "ฉัน|รัก|ภาษา|ไทย |ครับ"),
        ("我们🦄喜欢𠮷野家", "我们|🦄|喜欢|𠮷|野家"),  # a UTF-16 number would be one off from here
        ("我会说한국어", "我|会说|한국어"),
        ("大韓民國은 좋은 나라입니다", "大韓民國은 |좋은 |나라입니다"),
    ],
)
def test_words_of_scripts_without_spaces(text: str, words: str) -> None:
    assert seen(text) == words.split("|")


@given(st.text() | st.text(alphabet="aé 我们ไทยかな한국'’.\n\t\u200b\u0301\ufeff"))
def test_words_begin_in_order_at_what_is_seen(text: str) -> None:
    starts = find_starts(text)
    assert list(starts.places) == sorted(set(starts.places))
    assert set(starts.segmented) <= set(starts.places)
    spaced = text.replace("\u200b", " ")
    firsts = {m.start() for m in re.finditer(r"(?<!\S)\S", spaced)}
    assert firsts <= set(starts.places)
    assert not any(spaced[place] in " \u3000\u00a0" for place in starts.places)


@given(st.text(alphabet="abc déf'’ qu'l'", max_size=30))
def test_words_of_spaced_scripts_need_no_dictionary(text: str) -> None:
    """By a pattern instead: letters with apostrophes between two of them, and other marks in a row."""
    apart = re.sub(r"(?<!\w)(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)['’](?=\w)", r"\g<0>|", text)
    expected = re.findall(r"\w+(?:['’]\w+)*['’](?=\|)|\w+(?:['’]\w+)*|[^\w\s|]+", apart)
    assert [word.strip() for word in seen(text)] == expected


def test_icu_is_not_loaded_for_texts_with_spaces() -> None:
    code = (
        "import sys\nfrom model.text.words import find_starts\n"
        "find_starts('The animal didn’t, 한국어 кошка العربية')\n"
        "assert 'icu4py' not in sys.modules\nfind_starts('我们')\nassert 'icu4py' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_word_is_known_in_a_contraction() -> None:
    assert all(is_word(text, "it") for text in ("it", "It", "it's", "IT’LL"))
    assert not any(is_word(text, "it") for text in ("", "its", "item", "'s", "quit", "wasn't"))


@given(anything)
def test_splitting_loses_only_white_space(text: str) -> None:
    words = split_words(text)
    assert "".join(word.text for word in words) == "".join(text.split())
    assert all(text[word.start : word.end] == word.text for word in words)


@pytest.mark.parametrize("text", [ENGLISH, FRENCH, 'He said "no (never)", twice. «Oui», dit-il… It\'s 3.'])
def test_joining_undoes_splitting(text: str) -> None:
    assert join_words([word.text for word in split_words(text)]) == text
    assert join_words([normalise(word) for word in texts_of(ENGLISH)]) == ENGLISH


def test_french_elides_before_vowels_only() -> None:
    before = words("le la du au ce que un")
    assert [elide(w, "octopus") for w in before] == ["l'", "l'", "de l'", "à l'", "cet", "qu'", "un"]
    assert elide("le", "wug") == "le"
    assert elide("la", "hyena") == "la"
