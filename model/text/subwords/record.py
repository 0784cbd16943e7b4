"""What a tokenizer makes of a text: the record of one piece, and how long a text is in every unit."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import NamedTuple
from unicodedata import normalize

from tokenizers import Regex, pre_tokenizers

from model.text.unspaced import find_segments
from model.text.words import find_starts, is_letter

SIGNS = pre_tokenizers.Split(Regex(r"\X"), "isolated")  # extended grapheme clusters (Unicode, UAX 29)


@dataclass(frozen=True)
class Piece:
    """One piece of a text.

    id: its place in the vocabulary. written: how the vocabulary writes it ("▁un", "##able", "<0xED>").
    text: what of that a person reads. before, after: the mark of a word's beginning, inside or end.
    start, end: the characters of the text that it stands for; pieces of one character's bytes share them.
        -1 where the tokenizer does not tell.
    unknown: the vocabulary has nothing for it. special: no text stands behind it. byte: text is a byte in
        hexadecimal. joined: no white space lies between it and the piece before, or that is nothing else.
    """

    id: int
    written: str
    text: str
    before: str = ""
    after: str = ""
    start: int = -1
    end: int = -1
    unknown: bool = False
    special: bool = False
    byte: bool = False
    joined: bool = False


class Size(NamedTuple):
    """How long a text is: words between white space, or where a script has none as ICU finds them; signs that
    a person sees, characters (code points of Unicode), Korean letters in its syllables, bytes in UTF-8."""

    words: int
    signs: int
    characters: int
    jamo: int
    bytes: int


def plain(text: str) -> str:
    """A text on one line, one space between words, with nothing that is no character.

    The tokenizers here see every white space alike, so this is what all of them cut.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(whole.replace("\x00", "\ufffd").split())


def find_words(text: str) -> list[tuple[int, int]]:
    """The words of a text: what lies between white space, and of that in a script without spaces its words.

    The first character and the one after the last. Marks belong to the word that they stand at.
    """
    starts = find_starts(text)
    begun = {segment.start for segment in find_segments(text)} | set(starts.segmented)
    found: list[tuple[int, int]] = []
    for chunk in re.finditer(r"\S+", text):
        start, end = chunk.span()
        inner = starts.places[bisect_right(starts.places, start) : bisect_left(starts.places, end)]
        for place in inner if starts.unspaced else ():
            marked = is_letter(text[place]) and not text[place - 1].isascii()  # after 。
            if (place in begun or marked) and any(map(is_letter, text[start:place])):
                found.append((start, place))
                start = place
        found.append((start, end))
    return found


def measure(text: str) -> Size:
    """How long a text is in every unit; white space at its ends and twice in a row does not count."""
    text = plain(text)
    syllables = [character for character in text if "가" <= character <= "힣"]
    return Size(
        words=len(find_words(text)),
        signs=len(SIGNS.pre_tokenize_str(text)) if text else 0,
        characters=len(text),
        jamo=sum(len(normalize("NFD", syllable)) for syllable in syllables),
        bytes=len(text.encode()),
    )
