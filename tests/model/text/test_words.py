"""Words: where a text parts, and how words become a text again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.text.words import elide, find_attached, is_word, join_words, normalise, split_words

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


def test_words_go_on_across_an_apostrophe() -> None:
    def told(text: str) -> str:
        """A stroke where the kind of character changes and the word does not."""
        return "".join(f"|{c}" if i in find_attached(text) else c for i, c in enumerate(text))

    assert told("It didn't, it CAN’T; 's") == "It did|n|'|t, it CA|N|’|T; 's"
    assert told("L'animal qu'il n'a") == "L|'animal qu|'il n|'a"
    assert told("'quoted' dogs' o'clock") == "'quoted' dogs' o'clock"


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
