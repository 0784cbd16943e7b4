"""French as it is written: articles, agreement, and what happens where a vowel follows."""

from __future__ import annotations

import re

from model.tasks.pronouns.lexicon import Attribute, Gender, Noun

# English determiner: masculine, feminine.
DETERMINERS: dict[str, tuple[str, str]] = {
    "the": ("le", "la"),
    "a": ("un", "une"),
    "this": ("ce", "cette"),
    "my": ("mon", "ma"),
    "our": ("notre", "notre"),
    "no": ("de", "de"),  # what is left of "a" after "pas": il ne voit pas de rue
}
PRONOUNS: dict[Gender, str] = {"m": "il", "f": "elle"}

_VOWELS = "aàâeéèêëiîïoôœuùûh"  # a star marks an h that does not count
_BEFORE_VOWEL = rf"(?=[{_VOWELS}])"
# In this order: de le pain -> du pain, but de le ours -> de l'ours.
_RULES = [
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (rf"\b(l)[ea] {_BEFORE_VOWEL}", r"\1'"),
        (rf"\b(ce) {_BEFORE_VOWEL}", r"\1t "),
        (rf"\b(m)a {_BEFORE_VOWEL}", r"\1on "),
        (r"\bde le ", "du "),
        (r"\bà le ", "au "),
        (rf"(\b[nd]|qu)e {_BEFORE_VOWEL}", r"\1'"),
        (r"\b(s)i (?=il\b)", r"\1'"),
    )
]


def agree(participle: str, gender: Gender) -> str:
    """The participle (or an adjective that takes -e) in the gender."""
    return participle + "e" if gender == "f" else participle


def noun_phrase(noun: Noun, determiner: str, attribute: Attribute | None = None) -> str:
    """Determiner, noun and adjective in agreement; not yet elided."""
    article = DETERMINERS[determiner][noun.gender == "f"]
    if attribute is None:
        return f"{article} {noun.french}"
    if not attribute.before:
        return f"{article} {noun.french} {attribute.feminine if noun.gender == 'f' else attribute.masculine}"
    masculine = attribute.vowel if noun.french[0] in _VOWELS else attribute.masculine
    return f"{article} {attribute.feminine if noun.gender == 'f' else masculine} {noun.french}"


def elide(text: str) -> str:
    """The text with its elisions and contractions: que il -> qu'il, de le -> du, la école -> l'école."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text.replace("*", "")
