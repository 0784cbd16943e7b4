"""The words of the pronoun task: nouns by kind, the cues that fit a kind, and what nouns do to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

from model.tasks.pronouns import tables

Kind = Literal[
    "animal", "vehicle", "way", "water", "place", "ground", "building", "container", "object", "food"
]
Gender = Literal["m", "f"]
KINDS: frozenset[Kind] = frozenset(get_args(Kind))


@dataclass(frozen=True)
class Noun:
    """countable: takes "a" (an apple, but no bread)."""

    english: str
    french: str
    gender: Gender
    kind: Kind
    countable: bool = True


@dataclass(frozen=True)
class Adjective:
    """What "it" is said to be. kinds: what it is plainly said of; none where only the verb decides.

    gradual: there can be too much of it (too tired, but not too broken).
    """

    english: str
    masculine: str
    feminine: str
    kinds: frozenset[Kind] = frozenset()
    gradual: bool = True


@dataclass(frozen=True)
class Phrase:
    """What "it" is said to do: past, present, and in French the subjunctive after "bien que".

    In French {e} is the ending of a feminine participle.
    """

    english_past: str
    english_present: str
    past: str
    present: str
    subjunctive: str
    kinds: frozenset[Kind]


@dataclass(frozen=True)
class Verb:
    """What one noun does to another, or alone where objects is empty.

    english: base, third person, past, participle. preposition: (English, French) before the object.
    participle: French, masculine; None for a state, whose past is the imperfect.
    auxiliary: of the French past. passive: whether it is said in the passive.
    subject_cues, object_cues: adjectives that fit any noun but here tell who is meant: what does not fit
    in a box is big, and then the box is small.
    """

    english: tuple[str, str, str, str]
    preposition: tuple[str, str]
    infinitive: str
    present: str
    participle: str | None
    imperfect: str | None
    auxiliary: Literal["avoir", "être"]
    passive: bool
    subjects: frozenset[Kind]
    objects: frozenset[Kind]
    subject_cues: frozenset[str]
    object_cues: frozenset[str]


@dataclass(frozen=True)
class Attribute:
    """An adjective before or behind its noun. vowel: the masculine before a vowel (un vieil ours)."""

    english: str
    masculine: str
    vowel: str
    feminine: str
    before: bool
    kinds: frozenset[Kind]


def rows(table: str) -> list[list[str]]:
    """The lines of a table, cut at "|"."""
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def kinds(names: str) -> frozenset[Kind]:
    """ "way water" -> the set of the two; "any" -> all kinds."""
    if names == "any":
        return KINDS
    if unknown := set(names.split()) - KINDS:
        raise ValueError(f"There is no kind of noun called {', '.join(unknown)}.")
    return frozenset(cast(list[Kind], names.split()))


def read_nouns() -> tuple[Noun, ...]:
    nouns = []
    for (kind, gender), table in tables.NOUNS.items():
        for entry in table.split(","):
            english, french = (side.strip() for side in entry.split(":"))
            countable = not english.startswith("~")
            nouns.append(Noun(english.lstrip("~"), french, cast(Gender, gender), cast(Kind, kind), countable))
    return tuple(nouns)


def read_verb(row: list[str]) -> Verb:
    english, french, first = row[:3]
    before, _, preposition = french.partition("(")
    forms, _, particle = english.partition("(")
    base, past, *irregular = forms.split()
    infinitive, present, third = before.split()
    subjects, _, objects = first.partition(">")
    subject_cues, _, object_cues = (row[3] if len(row) > 3 else "").partition(">")
    state = third.startswith("=")
    return Verb(
        english=(base, third_person(base), past, irregular[0] if irregular else past),
        preposition=(particle.rstrip(") "), preposition.rstrip(") ")),
        infinitive=infinitive,
        present=present,
        participle=None if state else third.lstrip("+"),
        imperfect=third[1:] if state else None,
        auxiliary="être" if third.startswith("+") else "avoir",
        passive=bool(objects.strip()) and not state and not preposition,
        subjects=kinds(subjects),
        objects=kinds(objects),
        subject_cues=frozenset(subject_cues.split()),
        object_cues=frozenset(object_cues.split()),
    )


def third_person(base: str) -> str:
    """carry -> carries, push -> pushes, cross -> crosses, open -> opens."""
    if base[-1] == "y" and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    return base + ("es" if base.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")


NOUNS = read_nouns()
CUES = tuple(Adjective(e.lstrip("="), m, f, kinds(k), e[0] != "=") for e, m, f, k in rows(tables.CUES))
PHRASES = tuple(Phrase(a, b, c, d, e, kinds(k)) for a, b, c, d, e, k in rows(tables.PHRASES))
VERBS = tuple(read_verb(row) for row in rows(tables.VERBS))
ALONE = tuple(read_verb(row) for row in rows(tables.ALONE))
ATTRIBUTES = tuple(
    Attribute(e, m, v, f, before, kinds(k))
    for before, table in ((True, tables.BEFORE), (False, tables.BEHIND))
    for e, m, v, f, k in rows(table)
)
