"""Reviews that are positive or negative, where no single word decides: what it is said of and with what does.

A word is turned into its opposite ("not bad at all"), and back ("nobody could say that it was not good"); of
two clauses one decides ("The plot was dull, but the acting was wonderful"); what came was not expected.
The tables are in `english` and `korean`. A review is drawn as a parse, whose label `find_polarity` works out;
words that praise are nearly as frequent in negative reviews, so that a bag of words is of little help.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from types import ModuleType
from typing import Literal, NamedTuple, get_args

from model.tasks.sentiment import english, korean
from model.text.particles import choose_form

Language = Literal["en", "ko"]
Sign = Literal[1, -1]
LANGUAGES: tuple[Language, ...] = get_args(Language)
TABLES: dict[Language, ModuleType] = {"en": english, "ko": korean}
SIGNS: dict[str, Sign] = {"+": 1, "-": -1}
# How often a review is of each kind; of clauses, what its main clause is.
KINDS = {"plain": 3, "negation": 5, "double": 2, "degree": 2, "expectation": 5, "contrast": 6, "agreement": 2}
DETAILS = 0.4  # reviews with something beside the point
_PARTICLE = re.compile(r"(\S+)\((\w)\)")
_ARTICLE = re.compile(r"\ba (?=[aeiou])")


class Word(NamedTuple):
    """A word that praises (1) or blames (-1), in its forms by the names that templates have for them."""

    name: str
    sign: Sign
    forms: dict[str, str]


@dataclass(frozen=True)
class Domain:
    name: str
    nouns: tuple[str, ...]
    words: tuple[Word, ...]
    is_people: bool


@dataclass(frozen=True)
class Template:
    """sign: whether it means what its word says.

    needs: "any" word, "+" for one that praises, or "thing" for any, but not of people. decides: of two
    clauses which one does. is_verbal: its words are verbs.
    """

    kind: str
    sign: Sign
    needs: str
    text: str
    decides: str = ""
    is_verbal: bool = False


@dataclass(frozen=True)
class Clause:
    """A template about a noun and a word."""

    template: Template
    noun: str
    word: Word


@dataclass(frozen=True)
class Parse:
    """One clause, or two with the frame that holds them, or an expectation and what came of it."""

    first: Clause
    frame: Template | None = None
    second: Clause | None = None


@dataclass(frozen=True)
class Review:
    """label: 1 positive, 0 negative. kind: how it is said; one of KINDS."""

    text: str
    label: int
    kind: str
    parse: Parse


def find_polarity(parse: Parse) -> Sign:
    """Whether a review praises (1) or blames (-1)."""
    decides = parse.first
    if parse.frame and parse.second and parse.frame.decides == "b":
        decides = parse.second
    return 1 if decides.word.sign == decides.template.sign else -1


def read_lines(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split(" | ")] for line in table.strip().splitlines()]


class Grammar:
    """The tables of a language, read."""

    def __init__(self, language: Language) -> None:
        table = TABLES[language]
        self.language = language
        self.table = table
        self.domains = tuple(read_domain(line, table) for line in table.DOMAINS.strip().splitlines())
        self.verbs = tuple(read_verbs(table.VERBS))
        self.clauses, self.expectations = (
            [
                Template(k, SIGNS[s], n, t, is_verbal=bool(self.verbs) and "{word}" not in t)
                for k, s, n, t in read_lines(told)
            ]
            for told in (table.CLAUSES, table.EXPECTATIONS)
        )
        self.frames = [Template(k, SIGNS[s], "any", t, d) for k, d, s, t in read_lines(table.FRAMES)]
        surprises = read_lines(table.SURPRISES) if table.SURPRISES else []
        self.surprises = [Template(k, SIGNS[s], "any", t, "b") for k, s, t in surprises]
        self.neutral = table.NEUTRAL.strip().splitlines()
        self.kinds = [kind for kind in KINDS if any(kind == t.kind for t in self.templates())]

    def templates(self) -> list[Template]:
        return [*self.clauses, *self.expectations, *self.frames, *self.surprises]


def read_domain(line: str, table: ModuleType) -> Domain:
    head, good, bad = line.split(" | ")
    name, _, nouns = head.partition(": ")
    words = [read_word(form, sign) for side, sign in ((good, "+"), (bad, "-")) for form in side.split()]
    return Domain(name, tuple(nouns.split()), tuple(words), name in table.PEOPLE)


def read_word(text: str, sign: str) -> Word:
    """ "dull", or in Korean "지루했/지루하지/지루할"."""
    forms = text.split("/")
    names = ("past", "not", "will") if len(forms) == 3 else ("word",)
    return Word(forms[0], SIGNS[sign], dict(zip(names, forms, strict=True)))


def read_verbs(table: str) -> Iterator[Word]:
    for line, sign in zip(table.strip().splitlines(), "+-", strict=False):
        for verb in line.split(" | "):
            base, past, ing = verb.split()
            yield Word(base, SIGNS[sign], {"base": base, "past": past, "ing": ing})


@cache
def grammar(language: Language) -> Grammar:
    return Grammar(language)


def is_held_out(noun: str, word: str) -> bool:
    """True for the one combination in ten, chosen by a hash, that stands in no training review."""
    return zlib.crc32(f"{noun} {word}".encode()) % 10 == 0


class Sampler:
    """Draws reviews; the same seed draws the same. held_out: each has a combination kept out of training."""

    def __init__(self, seed: int, language: Language, held_out: bool = False) -> None:
        self.random = random.Random(seed)
        self.grammar = grammar(language)
        self.held_out = held_out
        self.weights = [KINDS[kind] for kind in self.grammar.kinds]

    def review(self, label: int) -> Review:
        """A review with this label."""
        wanted: Sign = 1 if label else -1
        while True:
            kind = self.random.choices(self.grammar.kinds, self.weights)[0]
            domain = self.random.choice(self.grammar.domains)
            parse = self.parse(kind, domain, wanted)
            clauses = [clause for clause in (parse.first, parse.second) if clause]
            if any(is_held_out(c.noun, c.word.name) for c in clauses) == self.held_out:
                return Review(self.write(parse), int(find_polarity(parse) == 1), kind, parse)

    def parse(self, kind: str, domain: Domain, wanted: Sign) -> Parse:
        """A parse of this kind with this polarity."""
        told = self.grammar
        frames = [frame for frame in (*told.frames, *told.surprises) if frame.kind == kind]
        singles = [template for template in (*told.clauses, *told.expectations) if template.kind == kind]
        if not frames or (singles and self.random.random() < 0.6):
            return Parse(self.clause(domain, wanted, lambda template: template.kind == kind))
        frame = self.random.choice(frames)
        other: Sign = 1 if wanted == frame.sign else -1
        first, second = (wanted, other) if frame.decides == "a" else (other, wanted)
        if frame in told.surprises:
            noun = self.random.choice(domain.nouns if not domain.is_people else told.domains[0].nouns)
            plain = Template("plain", 1, "any", "")
            verbs = (
                self.random.choice([v for v in told.verbs if v.sign == sign]) for sign in (first, second)
            )
            a, b = (Clause(plain, noun, verb) for verb in verbs)
            return Parse(a, frame, b)
        a = self.clause(domain, first, self.is_short)
        while (b := self.clause(domain, second, self.is_short)).noun == a.noun:
            pass
        return Parse(a, frame, b)

    def is_short(self, template: Template) -> bool:
        """Whether a template may be one of two clauses."""
        return template.kind in ("plain", "negation") and template in self.grammar.clauses

    def clause(self, domain: Domain, wanted: Sign, suits: Callable[[Template], bool]) -> Clause:
        """A clause with this polarity, of one of the templates that suit."""
        told = [t for t in (*self.grammar.clauses, *self.grammar.expectations) if suits(t)]
        while True:
            template = self.random.choice(told)
            sign: Sign = 1 if wanted == template.sign else -1
            if (template.needs == "+" and sign < 0) or (template.needs == "thing" and domain.is_people):
                continue
            words = self.grammar.verbs if template.is_verbal else domain.words
            word = self.random.choice([word for word in words if word.sign == sign])
            return Clause(template, self.random.choice(domain.nouns), word)

    def write(self, parse: Parse) -> str:
        """The review as a text, with details before or behind it that say nothing."""
        table = self.grammar.table
        first = say(parse.first)
        if parse.frame and parse.second:
            if parse.frame in self.grammar.surprises:
                second = {f"{name}2": form for name, form in parse.second.word.forms.items()}
                text = parse.frame.text.format(noun=parse.first.noun, **parse.first.word.forms, **second)
            else:
                text = put_together(parse.frame.text, first, say(parse.second))
        else:
            text = first
        text = self.random.choice(table.STARTS) + text
        parts = [text + self.random.choice(table.ENDS)]
        if self.random.random() < DETAILS:
            where = self.random.choice((0, 1))
            parts.insert(where, f"{self.random.choice(self.grammar.neutral)}.")
        if not parts[0].endswith((".", "!")):
            parts[0] += "." if len(parts) > 1 else ""
        return " ".join(part[:1].upper() + part[1:] for part in parts)


def say(clause: Clause) -> str:
    """A clause as a text: an original film, 음악은."""
    text = clause.template.text.format(noun=clause.noun, **clause.word.forms) if clause.template.text else ""
    text = _PARTICLE.sub(lambda found: found[1] + choose_form(found[1], found[2]), text)
    return _ARTICLE.sub("an ", text)


def put_together(frame: str, a: str, b: str) -> str:
    """Two clauses in a frame; {a-} is a without its last syllable, 다."""
    return frame.replace("{a-}", a[:-1]).replace("{b-}", b[:-1]).replace("{a}", a).replace("{b}", b)


@lru_cache(maxsize=8)
def reviews(count: int, seed: int, language: Language = "en", held_out: bool = False) -> tuple[Review, ...]:
    """Distinct reviews, as many positive as negative.

    held_out: False for those to train on; True for those to measure on, each of which says something of a
    noun that no review in training says of it.
    """
    sampler = Sampler(seed, language, held_out)
    distinct: dict[str, Review] = {}
    while len(distinct) < count:
        review = sampler.review(len(distinct) % 2)
        distinct.setdefault(review.text, review)
    found = list(distinct.values())
    sampler.random.shuffle(found)
    return tuple(found)


def texts(language: Language) -> Iterator[str]:
    """Texts with every word, for a vocabulary."""
    told = grammar(language)
    for domain in told.domains:
        yield " ".join(domain.nouns)
        for word in domain.words:
            yield " ".join(word.forms.values())
    for verb in told.verbs:
        yield " ".join(verb.forms.values())
    bare = re.compile(r"\{[\w-]+\}(\(\w\))?")
    yield from (bare.sub("", template.text) for template in told.templates())
    yield from (*told.neutral, *told.table.STARTS, "an . , ! ?")
