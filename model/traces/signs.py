"""Signs for what cannot be seen: line ends, joiners, direction marks, controls, accents without a letter.

This is the one table of them. Whatever of a text is shown goes through `show`, once or more often.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import category

SPACE, TAB, LINE, NO_BREAK, RING = "␣", "⇥", "⏎", "⍽", "◌"
LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"  # those of str.splitlines
# Spaces that part words; no-break spaces are another thing, and have a sign wherever they stand.
SPACES = " \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u205f\u3000"
ZERO_WIDTH_SPACE = "\u200b"

# The abbreviations of Unicode's NameAliases.txt; what has none is shown by its number.
NAMES = {
    0x00AD: "SHY", 0x034F: "CGJ", 0x061C: "ALM", 0x115F: "HCF", 0x1160: "HJF", 0x180B: "FVS1", 0x180C: "FVS2",
    0x180D: "FVS3", 0x180E: "MVS", 0x180F: "FVS4", 0x2007: "FSP", 0x200B: "ZWSP", 0x200C: "ZWNJ",
    0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO",
    0x202E: "RLO", 0x202F: "NNBSP", 0x2060: "WJ", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI",
    0x3164: "HF", 0xFEFF: "BOM", 0xFFA0: "HWHF",
    **{0xFE00 + i: f"VS{i + 1}" for i in range(16)},
    **{0xE0100 + i: f"VS{i + 17}" for i in range(240)},
}  # fmt: skip

# Whatever `show` may have to look at: controls, marks, the default-ignorable, the unassignable, other spaces.
_SUSPECT = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u0300-\u036f\u0483-\u0489\u0591-\u08ff\u0900-\u1fff\u2000-\u206f\u20d0-\u20ff"
    "\u2800\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u3000\u302a-\u302f\u3099\u309a\u3164\ua66f-\ua6f1\ua802-\uabff"
    "\ud7b0-\uf8ff\ufb1e\ufdd0-\ufdef\ufe00-\ufe2f\ufeff\uff9e\uff9f\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U00010000-\U0010ffff]"
)
_SELECTORS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_JOINERS = re.compile("[\u200c\u200d]")
_TAGS = re.compile("[\U000e0020-\U000e007f]")
_FILLERS = re.compile("[\u115f\u1160]")
_JAMO = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
# Scripts whose letters change their form with their neighbours, so that a joiner between two of them shows.
_JOINING = re.compile(
    "[\u0600-\u109f\u1700-\u18af\u1900-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff]"
)
_PICTURES = re.compile("[\u00a9\u00ae\u2000-\u3299\U0001f000-\U0001faff]")
# Format characters that have a picture: signs before a number in Arabic, Syriac and Kaithi.
_PICTURED = frozenset(map(chr, (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)))
_EMPTY = frozenset("\u17b4\u17b5\u2800\u3164\uffa0")  # letters, marks and symbols without a picture
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


@lru_cache(maxsize=1 << 14)
def show(text: str) -> str:
    """A text in which all can be seen: signs for what has no picture, a ring under an accent by itself.

    A text of nothing but spaces is shown as signs for them; elsewhere a space is seen as a gap. Joiners,
    variation selectors and tags stay as they are where they make one thing of their neighbours: an emoji, the
    end of a Persian syllable. What has been shown once stays as it is. An empty text stays empty.
    """
    if text and not text.strip(SPACES):
        return SPACE * len(text)
    if _SUSPECT.search(text) is None:
        return text
    return "".join(_shown(text, place) for place in range(len(text)))


def name(character: str) -> str:
    """What stands for one character that cannot be seen, whatever its neighbours are."""
    if character in LINE_ENDS:
        return LINE
    if character == "\t":
        return TAB
    if character == "\u00a0":
        return NO_BREAK
    return f"⟨{NAMES.get(ord(character), f'U+{ord(character):04X}')}⟩"


def is_hidden(character: str) -> bool:
    """Whether a character has no picture of its own. Spaces that part words have one: the gap."""
    number = ord(character)
    return (
        number in NAMES
        or character in _EMPTY
        or (category(character) in _UNSEEN and character not in _PICTURED)
        or character == "\u00a0"
        or number & 0xFFFE == 0xFFFE  # what is no character, and never will be one
        or 0xFDD0 <= number <= 0xFDEF
        or 0xE0000 <= number <= 0xE0FFF
    )


def _shown(text: str, place: int) -> str:
    character = text[place]
    if is_hidden(character):
        return character if _belongs(text, place) else name(character)
    if category(character)[0] == "M" and (place == 0 or _is_bare(text, place - 1)):
        return RING + character
    return character


def _is_bare(text: str, place: int) -> bool:
    """Whether an accent after this character would stand on nothing."""
    before = text[place]
    return before.isspace() or (is_hidden(before) and not _belongs(text, place))


def _belongs(text: str, place: int) -> bool:
    """Whether a hidden character and its neighbours in this text are one thing that is seen."""
    character = text[place]
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if _SELECTORS.match(character):
        return bool(before) and not before.isspace() and not is_hidden(before)
    if _FILLERS.match(character):
        return any(_JAMO.match(other) and not _FILLERS.match(other) for other in (before, after))
    if _TAGS.match(character):
        start = place
        while start and _TAGS.match(text[start - 1]):
            start -= 1
        return text[start - 1 : start] == "\U0001f3f4"  # the black flag
    if _JOINERS.match(character) and before and after:
        if _JOINING.match(before) and _JOINING.match(after):
            return not (is_hidden(before) or is_hidden(after))
        start = place - 1
        while start and (_SELECTORS.match(text[start]) or "\U0001f3fb" <= text[start] <= "\U0001f3ff"):
            start -= 1
        return character == "\u200d" and all(map(_is_picture, (text[start], after)))
    return False


def _is_picture(character: str) -> bool:
    """Whether a character can be part of an emoji of several; newer ones are not assigned in this Python."""
    return bool(_PICTURES.match(character)) and category(character) in ("So", "Sm", "Sk", "Cn")
