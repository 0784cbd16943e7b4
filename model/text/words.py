"""Text into words and words into text: where a word begins and ends, in English, French and elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

CLOSING = ".,;:!?…)]}”»"
OPENING = "([{“«"
_MARKS = re.escape(CLOSING + OPENING + '"')
# English: didn't = did + n't, it's = it + 's. French: l'animal = l' + animal, qu'il = qu' + il.
_CONTRACTION = r"(?:n['’]t|['’](?:s|re|ve|ll|d|m))(?!\w)"
_ELISION = r"(?<!\w)(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)['’](?=\w)"
_WORD = re.compile(
    rf"[{_MARKS}]"
    rf"|{_ELISION}"
    rf"|{_CONTRACTION}"
    rf"|(?!['’‘])(?:(?!{_CONTRACTION}|['’‘](?!\w))[^\s{_MARKS}])+"
    r"|\S",
    re.IGNORECASE,
)
_CONTRACTED = re.compile(_CONTRACTION, re.IGNORECASE)
_APOSTROPHE = re.compile(_ELISION, re.IGNORECASE)
_ELIDED = re.compile(r"(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)['’]", re.IGNORECASE)

# What French writes before a vowel, for the words that end in one.
_BEFORE_VOWEL = {
    "le": "l'", "la": "l'", "de": "d'", "que": "qu'", "ne": "n'",
    "du": "de l'", "au": "à l'", "ce": "cet", "ma": "mon",
}  # fmt: skip


class Word(NamedTuple):
    """A word of a text. text[start:end] is its spelling; number counts typographic words (didn't is one).

    particle: it is written onto the word before it; see `model.text.particles`.
    """

    text: str
    start: int
    end: int
    number: int
    particle: bool = False


@lru_cache(maxsize=8)  # one text is split several times in a row
def split_words(text: str) -> tuple[Word, ...]:
    """Every word and punctuation mark of a text, in order; nothing but white space lies between them."""
    words: list[Word] = []
    for match in _WORD.finditer(text):
        number = words[-1].number + 1 if words else 0
        follows = bool(words) and words[-1].end == match.start() and words[-1].text[-1].isalnum()
        if follows and _CONTRACTED.fullmatch(match.group()):
            number -= 1
        words.append(Word(match.group(), match.start(), match.end(), number))
    return tuple(words)


def find_attached(text: str) -> set[int]:
    """Where a word goes on across an apostrophe: places of characters. didn't is one word, l'animal two."""
    contracted = [m.span() for m in _CONTRACTED.finditer(text) if text[m.start() - 1 : m.start()].isalnum()]
    elided = [(m.end() - 1, m.end()) for m in _APOSTROPHE.finditer(text)]
    return {place for span in (*contracted, *elided) for place in range(*span)}


@lru_cache(maxsize=1 << 14)
def normalise(word: str) -> str:
    """How a word is looked up: composed, in lower case, with the plain apostrophe."""
    return unicodedata.normalize("NFC", word).lower().replace("’", "'").replace("‘", "'")


def is_word(text: str, word: str) -> bool:
    """Whether a typographic word is this word, alone or contracted: it, It's."""
    return normalise(word) in {normalise(found) for found in (text, *(w.text for w in split_words(text)[:1]))}


def elide(before: str, word: str) -> str:
    """The French word `before` as it is written before `word`: le + octopus gives l'.

    Words on h are left alone, since only a dictionary knows which of them elide.
    """
    vowel = unicodedata.normalize("NFD", word.lower())[:1] in tuple("aeiouœ")
    return _BEFORE_VOWEL.get(before, before) if vowel else before


def join_words(words: Sequence[str]) -> str:
    """The words as a line of text: spaces where they belong, a capital after each full stop.

    The inverse of split_words, up to capitals and white space.
    """
    text, glued, quoted = "", True, False
    for word in words:
        closes = word[:1] in CLOSING or (word[:1] == '"' and quoted)  # a Korean particle may follow: ")를"
        if not text or text[-1] in ".!?…":
            word = word[:1].upper() + word[1:]
        if glued or closes or _CONTRACTED.fullmatch(word):
            text += word
        else:
            text += " " + word
        if word[:1] == '"':
            quoted = not quoted
        glued = word in OPENING or (word == '"' and quoted) or bool(_ELIDED.fullmatch(word))
    return text
