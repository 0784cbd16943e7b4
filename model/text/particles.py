"""Korean particles: told apart from the word that they follow, and written so that they agree with it.

A particle is a word of its own that is written onto another: 그녀는 is 그녀 ("she") and 는 (topic). Some
have two forms, one after a consonant and one after a vowel: 민준은, 아이유는. Apart, a name is the same word
wherever it stands, and can be put in the place of another.
"""

from __future__ import annotations

from functools import lru_cache
from unicodedata import normalize

from model.text.words import CLOSING, Word, split_words

# After a consonant, after a vowel.
PAIRS = (("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("으로", "로"))
ALIKE = ("의", "에", "에는", "에게", "에게는", "에서", "에서는", "도")
PARTICLES = (*(vowel for _, vowel in PAIRS), *ALIKE)  # in the form that stands for both
STEMS = ("그",)  # of one syllable; any other that short is left whole: 나이 is not 나 and 이

_STANDS_FOR = {form: pair[1] for pair in PAIRS for form in pair} | {form: form for form in ALIKE}
_CONSONANT = {vowel: consonant for consonant, vowel in PAIRS}
_LONGEST_FIRST = sorted(_STANDS_FOR, key=len, reverse=True)
_DIGITS = {
    "0": "영",
    "1": "일",
    "2": "이",
    "3": "삼",
    "4": "사",
    "5": "오",
    "6": "육",
    "7": "칠",
    "8": "팔",
    "9": "구",
}
_CLOSING = CLOSING + '"'
_FIRST, _LAST, _FINALS, _L = (
    ord("가"),
    ord("힣"),
    28,
    8,
)  # a syllable's code is 28 · what begins it + its final


def final(word: str) -> int | None:
    """The number of the consonant that a word ends in, 0 where it ends in a vowel; None where it is unknown.

    That is the place among Unicode's trailing consonants; digits are read in Korean, marks that close are
    passed over. Latin letters say nothing of how a word sounds.
    """
    last = normalize("NFC", word).rstrip(_CLOSING)[-1:]
    last = _DIGITS.get(last, last)
    return (ord(last) - _FIRST) % _FINALS if last and _FIRST <= ord(last) <= _LAST else None


def choose_form(word: str, particle: str) -> str:
    """A particle, given in the form that stands for both, as it is written after word: 민준, 는 gives 은."""
    ending = final(word)
    if not ending or particle not in _CONSONANT or (particle == "로" and ending == _L):
        return particle
    return _CONSONANT[particle]


def stands_for(particle: str) -> str:
    """The form that stands for a particle: 은 and 는 are both 는."""
    return _STANDS_FOR[normalize("NFC", particle)]


def both_forms(particle: str) -> str:
    """A particle as it is named where no word stands before it: 은/는."""
    return f"{_CONSONANT[particle]}/{particle}" if particle in _CONSONANT else particle


@lru_cache(maxsize=1 << 14)
def cut(word: str) -> int:
    """Where a word's particle begins; its length where it has none.

    Only the spelling is looked at, so 고양이 (cat) is cut too: nothing is lost, it is written as one again.
    """
    for particle in _LONGEST_FIRST:
        for spelling in (particle, normalize("NFD", particle)):
            stem = normalize("NFC", word.removesuffix(spelling))
            if not word.endswith(spelling) or (len(stem) < 2 and stem not in STEMS) or final(stem) is None:
                continue
            if choose_form(stem, _STANDS_FOR[particle]) == particle:
                return len(word) - len(spelling)
    return len(word)


@lru_cache(maxsize=8)  # one text is split several times in a row
def split_particles(text: str) -> tuple[Word, ...]:
    """As `split_words`, with particles apart; one may also follow a closing mark: "모모"를."""
    found: list[Word] = []
    more = 0
    for word in split_words(text):
        place = cut(word.text)
        word = word._replace(number=word.number + more)
        if found and found[-1].end == word.start and found[-1].text in _CLOSING:
            word = word._replace(particle=normalize("NFC", word.text) in _STANDS_FOR)
        if place == len(word.text):
            found.append(word)
            continue
        more += 1
        found.append(word._replace(text=word.text[:place], end=word.start + place))
        found.append(Word(word.text[place:], word.start + place, word.end, word.number + 1, particle=True))
    return tuple(found)
