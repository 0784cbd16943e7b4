"""Text into words and words into text: where a word begins and ends, in English, French and elsewhere."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple
from unicodedata import category

from model.text.unspaced import HAN, find_segments
from model.traces.signs import LINE_ENDS, ZERO_WIDTH_SPACE

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
CONTRACTED = re.compile(_CONTRACTION, re.IGNORECASE)
ELISION = re.compile(_ELISION, re.IGNORECASE)
_ELIDED = re.compile(r"(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)['’]", re.IGNORECASE)
# The same where every mark stands apart; each group is a space. Chinese characters stand apart there, too.
_LOOSE = (
    re.compile(r"(?<=\w)( )?(?:n( )?['’]( )?t|['’]( )?(?:s|re|ve|ll|d|m))(?!\w)", re.IGNORECASE),
    re.compile(r"(?<!\w)(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)( )?['’]( )?(?=\w)", re.IGNORECASE),
    re.compile(f"(?<=[{HAN}])( )(?=[{HAN}])"),
)
BREAKS = f"{LINE_ENDS}\t"  # they part words and are seen: each is a word by itself
_EXTENDING = frozenset(("Mn", "Mc", "Me", "Cf"))  # categories of what goes with its neighbour
_State = Literal["space", "open", "word", "mark"]

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
        if follows and CONTRACTED.fullmatch(match.group()):
            number -= 1
        words.append(Word(match.group(), match.start(), match.end(), number))
    return tuple(words)


def split_spaces(text: str) -> tuple[Word, ...]:
    """What stands between white space, in order: the words of a text that is cut into them already."""
    found = enumerate(re.finditer(r"\S+", text))
    return tuple(Word(match.group(), match.start(), match.end(), number) for number, match in found)


class Starts(NamedTuple):
    """Where the words of a text begin.

    places: the first character of each, in order. segmented: those of them that no space, mark or apostrophe
    tells, but the script: see `model.text.unspaced`. unspaced: whether the text has such a script.
    """

    places: tuple[int, ...]
    segmented: tuple[int, ...]
    unspaced: bool

    def cut(self, start: int, end: int) -> bool:
        """Whether such a word begins within a part of the text, and not at its first character."""
        return bisect_right(self.segmented, start) < bisect_left(self.segmented, end)


@lru_cache(maxsize=64)
def find_starts(text: str) -> Starts:
    """Where the words begin that a person sees in a text: runs of letters and digits, runs of other marks.

    didn't is one word and l'animal two; part-time is three, since a hyphen is a mark. A line end or a tab is
    a word by itself. An accent, a joiner or a direction mark goes with what stands before it, else with what
    comes after it. Where a script has no spaces, ICU says where its words begin.
    """
    segments = find_segments(text)
    cuts = {place for segment in segments for place in (*segment.words, segment.end)}
    letters = {place for segment in segments for place in range(segment.start, segment.end)}
    elided = {match.end() for match in ELISION.finditer(text)}
    places: list[int] = []
    segmented: list[int] = []
    state: _State = "space"
    for place, character in enumerate(text):
        if is_blank(character):
            state = "space"
            continue
        if character in BREAKS:
            if not (character == "\n" and text[place - 1 : place] == "\r"):
                places.append(place)
            state = "space"
            continue
        extends = category(character) in _EXTENDING
        if extends and state != "space":
            continue
        if extends and category(character) == "Cf":
            now: _State = "open"
        elif place in letters or is_letter(character) or extends or (state == "word" and _joins(text, place)):
            now = "word"
        else:
            now = "mark"
        cut = now == state == "word" and place in cuts
        if state == "space" or (state != "open" and now != state) or place in elided or cut:
            places.append(place)
        if cut:
            segmented.append(place)
        state = now
    return Starts(tuple(places), tuple(segmented), bool(segments))


def find_loose(text: str) -> set[int]:
    """The spaces that nobody wrote in a text put together from words and marks: didn ' t, l ' animal, 我 们.

    For tokenizers that set every mark apart and tell of no space.
    """
    return {
        match.start(number)
        for pattern in _LOOSE
        for match in pattern.finditer(text)
        for number in range(1, pattern.groups + 1)
        if match[number]
    }


def _joins(text: str, place: int) -> bool:
    """Whether an apostrophe stands here, before a letter."""
    return text[place] in "'’" and is_letter(text[place + 1 : place + 2])


def is_letter(character: str) -> bool:
    """Whether a character is one of those that words are made of: a letter, a digit or the underscore."""
    return character.isalnum() or character == "_"


def is_blank(character: str) -> bool:
    """Whether a character only parts words: a space of any width, and no line end or tab."""
    return character == ZERO_WIDTH_SPACE or (character.isspace() and character not in BREAKS)


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
        if glued or closes or CONTRACTED.fullmatch(word):
            text += word
        else:
            text += " " + word
        if word[:1] == '"':
            quoted = not quoted
        glued = word in OPENING or (word == '"' and quoted) or bool(_ELIDED.fullmatch(word))
    return text
