"""Sentences with a part of speech for each word, drawn so that the words around a word have to tell it.

A sentence is written around a form that is of several parts of speech, in one or two clauses. Each form comes
as often as any other, and with each of its tags equally often. What tells the tag stands before the form, or
else after it and nowhere before: then nothing that is read from left to right is of help until it is too
late. The tables are in `english` and `korean`; all words but the forms have one tag each.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from types import ModuleType
from typing import Literal, NamedTuple, get_args

from model.tasks.tags import english, korean
from model.text.particles import PAIRS, choose_form, stands_for
from model.text.words import join_words

Language = Literal["en", "ko"]
Side = Literal["before", "after"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
TABLES: dict[Language, ModuleType] = {"en": english, "ko": korean}
TWO = 0.4  # the share of sentences that have two clauses
ATTEMPTS = 60  # to fill a pattern with words that may stand together
VOWELS = "aeiou"
STAR = "*"


class Item(NamedTuple):
    """A place in a pattern: a word and its tag, a slot that words fill (tag ""), or * for the form."""

    text: str
    tag: str
    particle: bool = False


Pattern = tuple[Item, ...]


@dataclass(frozen=True)
class Frame:
    """One line of a table: a form, what stands before it, and for each tag what else there is.

    heads: patterns before the form; where side is "before" there is only an empty one, and each of tails is a
    whole clause with * for the form.
    """

    form: str
    side: Side
    heads: tuple[Pattern, ...]
    tails: dict[str, tuple[Pattern, ...]]


class Spot(NamedTuple):
    """Where a form of several parts of speech stands in a sentence, and on which side of it is what tells."""

    place: int
    form: str
    side: Side


@dataclass(frozen=True)
class Sentence:
    """words, tags: as many of each. spots: the forms that the sentence is about."""

    text: str
    words: tuple[str, ...]
    tags: tuple[str, ...]
    spots: tuple[Spot, ...] = ()


class Grammar:
    """The tables of a language, read. Raises ValueError for a word that they do not explain."""

    def __init__(self, language: Language) -> None:
        table = TABLES[language]
        self.language = language
        lines = [[cell.strip() for cell in line.split("|")] for line in table.FORMS.strip().splitlines()]
        self.forms = tuple(dict.fromkeys(form for line in lines for form in line[0].split()))
        self.tags: dict[str, str] = {}
        tag = ""
        for word in table.TAGS.split():
            if word.endswith(":"):
                tag = word[:-1]
            elif "/" not in word:
                self.tags[word] = tag
        self.slots = {name: self.read_slot(name, table) for name in table.SLOTS}
        self.openings = tuple(self.read(text) for text in table.OPENINGS)
        self.joints = tuple(self.read(text) for text in table.JOINTS)
        self.frames: dict[str, list[Frame]] = {form: [] for form in self.forms}
        for forms, side, heads, *tails in lines:
            found = {
                cell.partition(":")[0]: tuple(self.read(text) for text in cell.partition(":")[2].split(";"))
                for cell in tails
            }
            befores = tuple(self.read(text) for text in heads.split(";"))
            for form in forms.split():
                self.frames[form].append(
                    Frame(form, "before" if side == "before" else "after", befores, found)
                )
        self.choices = {
            form: {
                tag: [frame for frame in frames if tag in frame.tails]
                for tag in dict.fromkeys(tag for frame in frames for tag in frame.tails)
            }
            for form, frames in self.frames.items()
        }

    def read_slot(self, name: str, table: ModuleType) -> tuple[Pattern, ...]:
        """What may fill a slot: words of one tag, or patterns."""
        if name in getattr(table, "LEXICON", ()):
            words = [word for word in table.find_nouns(name) if word not in self.forms]
            return tuple((Item(word, table.SLOT_TAGS[name]),) for word in words)
        if name in table.SLOT_TAGS:
            return tuple((Item(word, table.SLOT_TAGS[name]),) for word in table.SLOTS[name].split())
        return tuple(self.read(text) for text in table.SLOTS[name].split(";"))

    def read(self, text: str) -> Pattern:
        """A pattern: words, slots, * and what is written onto them (+X is a particle)."""
        return tuple(chain.from_iterable(map(self.read_chunk, text.split())))

    def read_chunk(self, chunk: str) -> Iterator[Item]:
        word, *particles = chunk.split("+")
        if word:
            yield self.read_item(word)
        for particle in particles:
            yield Item(particle, "ADP", particle=True)

    def read_item(self, word: str) -> Item:
        text, _, tag = word.partition("/")
        if text == STAR or text.isupper():
            return Item(text, "")
        if text in self.forms or not (tag or text in self.tags):
            raise ValueError(f"The table of {self.language} does not say what {text!r} is.")
        return Item(text, tag or self.tags[text])

    def words(self) -> dict[str, set[str]]:
        """Every word with its tags, as it is looked up."""
        found: dict[str, set[str]] = {form: set(tags) for form, tags in self.choices.items()}
        for pattern in self.patterns():
            for item in pattern:
                if item.tag:
                    found.setdefault(item.text, set()).add(item.tag)
        return found

    def patterns(self) -> Iterator[Pattern]:
        yield from chain(self.openings, self.joints, *self.slots.values())
        for frame in chain.from_iterable(self.frames.values()):
            yield from chain(frame.heads, *frame.tails.values())


@cache
def grammar(language: Language) -> Grammar:
    return Grammar(language)


def is_held_out(noun: str, verb: str) -> bool:
    """True for the one combination in ten, chosen by a hash, that stands in no training sentence."""
    return zlib.crc32(f"{noun} {verb}".encode()) % 10 == 0


def combinations(words: Sequence[str], tags: Sequence[str]) -> set[tuple[str, str]]:
    """Each noun of a sentence with each of its verbs, in lower case."""
    of = {
        kind: {w.lower() for w, t in zip(words, tags, strict=True) if t == kind} for kind in ("NOUN", "VERB")
    }
    return {(noun, verb) for noun in of["NOUN"] for verb in of["VERB"]}


class Sampler:
    """Draws sentences; the same seed draws the same. held_out: each has what is kept out of training."""

    def __init__(self, seed: int, language: Language, held_out: bool = False) -> None:
        self.random = random.Random(seed)
        self.grammar = grammar(language)
        self.held_out = held_out
        self.pairs = tuple((form, tag) for form, tags in self.grammar.choices.items() for tag in tags)

    def sentence(self) -> Sentence:
        """A sentence about one form or two."""
        while True:
            told = [self.draw_form() for _ in range(1 + (self.random.random() < TWO))]
            for _ in range(ATTEMPTS):
                found = self.write(told)
                held = any(is_held_out(*pair) for pair in combinations(found.words, found.tags))
                if held == self.held_out:
                    return found

    def draw_form(self) -> tuple[str, str]:
        """A form and a tag of it: every form as often, and every tag of it."""
        form = self.random.choice(self.grammar.forms)
        return form, self.random.choice(tuple(self.grammar.choices[form]))

    def write(self, told: Sequence[tuple[str, str]]) -> Sentence:
        """A sentence with these forms, each with its tag, in a clause of its own."""
        items: list[Item] = []
        spots = []
        for number, (form, tag) in enumerate(told):
            frame = self.random.choice(self.grammar.choices[form][tag])
            head, tail = self.random.choice(frame.heads), self.random.choice(frame.tails[tag])
            begin = self.random.choice(self.grammar.joints if number else self.grammar.openings)
            if frame.side == "after":
                tail = (Item(STAR, ""), *tail)
            for item in chain(begin, head, tail):
                if item.text == STAR:
                    spots.append(Spot(len(items), form, frame.side))
                    items.append(Item(form, tag, particle=is_particle(form)))
                else:
                    items += self.fill(item)
        items.append(Item(".", "PUNCT"))
        words, text = put_together(items, self.grammar.language)
        return Sentence(text, words, tuple(item.tag for item in items), tuple(spots))

    def fill(self, item: Item) -> list[Item]:
        """The words that fill a slot; a word is itself."""
        if item.tag:
            return [item]
        return [
            word for part in self.random.choice(self.grammar.slots[item.text]) for word in self.fill(part)
        ]


def is_particle(form: str) -> bool:
    """Whether a form is a Korean particle of two forms, which is written onto the word before it."""
    return any(form == vowel for _, vowel in PAIRS)


def put_together(items: Sequence[Item], language: Language) -> tuple[tuple[str, ...], str]:
    """The words as they are written, and the text of them: an apple, 학생은."""
    words: list[str] = []
    chunks: list[str] = []
    for i, item in enumerate(items):
        word = item.text
        if language == "en" and word == "a" and items[i + 1].text[0] in VOWELS:
            word = "an"
        if item.particle and words:
            word = choose_form(words[-1], stands_for(word))
            chunks[-1] += word
        else:
            chunks.append(word)
        words.append(word)
    if language == "en":
        text = join_words(chunks)
        words[0] = words[0][:1].upper() + words[0][1:]
        return tuple(words), text
    return tuple(words), " ".join(chunks).replace(" ,", ",").replace(" .", ".")


@lru_cache(maxsize=8)
def sentences(
    count: int, seed: int, language: Language = "en", held_out: bool = False
) -> tuple[Sentence, ...]:
    """Distinct sentences, each with its words and their tags.

    held_out: False for those to train on; True for those to measure on, in each of which some noun stands
    with some verb that it never stands with in training.
    """
    sampler = Sampler(seed, language, held_out)
    distinct: dict[str, Sentence] = {}
    while len(distinct) < count:
        found = sampler.sentence()
        distinct.setdefault(found.text, found)
    return tuple(distinct.values())


def vocabulary(language: Language) -> Iterator[str]:
    """Texts with every word, and the marks that people type."""
    yield from grammar(language).words()
    yield from ".,!?"
    if language == "en":
        yield "an"
