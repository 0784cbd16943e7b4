"""Asides: what is said between commas, in English and French, of exactly as many words as are wanted.

They stand between a noun and the "it" that means it, so that the noun is far away. They are drawn from a
grammar of their own, in which both languages are written together (a synchronous grammar):

    which {PS} often talked about with {PP}  =  dont {0} parlait souvent avec {1}

Nobody in them can be "it": their nouns are people, times, and what has no size or state. No aside has "it",
"il" or "elle", a noun of the lexicon, or a cue. What is said of the far noun needs no agreement in French
(que and dont, and a verb that has no gender), so that the aside does not tell what "it" means.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from model.tasks.pronouns.grammar import CONNECTORS, Aside, Tense

LONGEST = 14  # words of one aside; a longer gap is filled by several
ATTEMPTS = 5  # to say something that was not said before

# A symbol: English = French; past / present where they differ. [one|several] is of the first person, {N}, of
# a rule, or of the person who a W says something of. {0}, {1} in French are the English places in order.
RULES = """
    REL: {R} = {0}
    REL: {R} and {R} = {0} et {1}
    R: which {N} knew well / which {N} [knows|know] well = que {0} [connaissait|connaissaient] bien / que {0} [connaît|connaissent] bien
    R: which {N} often talked about / which {N} often [talks|talk] about = dont {0} [parlait|parlaient] souvent / dont {0} [parle|parlent] souvent
    R: which {N} talked about with {P} / which {N} [talks|talk] about with {P} = dont {0} [parlait|parlaient] avec {1} / dont {0} [parle|parlent] avec {1}
    R: which {N} remembered well / which {N} [remembers|remember] well = dont {0} se [souvenait|souvenaient] bien / dont {0} se [souvient|souviennent] bien
    R: which {N} sometimes dreamed of / which {N} sometimes [dreams|dream] of = dont {0} [rêvait|rêvaient] parfois / dont {0} [rêve|rêvent] parfois
    R: which {N} photographed {T} / which {N} [photographs|photograph] {T} = que {0} [photographiait|photographiaient] {1} / que {0} [photographie|photographient] {1}
    R: which {N} described to {P} {T} / which {N} [describes|describe] to {P} {T} = que {0} [décrivait|décrivaient] à {1} {2} / que {0} [décrit|décrivent] à {1} {2}
    R: which {N} showed to {P} / which {N} [shows|show] to {P} = que {0} [montrait|montraient] à {1} / que {0} [montre|montrent] à {1}
    R: which {N} mentioned {T} / which {N} [mentions|mention] {T} = que {0} [mentionnait|mentionnaient] {1} / que {0} [mentionne|mentionnent] {1}
    R: which {N} admired {T} / which {N} [admires|admire] {T} = que {0} [admirait|admiraient] {1} / que {0} [admire|admirent] {1}
    R: which {N} drew {T} / which {N} [draws|draw] {T} = que {0} [dessinait|dessinaient] {1} / que {0} [dessine|dessinent] {1}
    R: which {N} observed {T} / which {N} [observes|observe] {T} = que {0} [observait|observaient] {1} / que {0} [observe|observent] {1}
    PAR: however = cependant
    PAR: luckily = heureusement
    PAR: sadly = hélas
    PAR: apparently = apparemment
    PAR: finally = enfin
    PAR: of course = bien sûr
    PAR: as always = comme toujours
    PAR: once again = encore une fois
    PAR: to tell the truth = à vrai dire
    PAR: without a doubt = sans aucun doute
    PAR: against all expectations = contre toute attente
    PAR: {T} = {0}
    PAR: according to {P} = selon {0}
    PAR: thanks to {P} = grâce à {0}
    PAR: in spite of {P} = malgré {0}
    PAR: in the opinion of {P} = de l'avis de {0}
    PAR: to the great joy of {P} = à la grande joie de {0}
    PAR: before the eyes of {P} = sous les yeux de {0}
    PAR: as {N} said / as {N} [says|say] = comme le [disait|disaient] {0} / comme le [dit|disent] {0}
    PAR: as {N} told {P} {T} / as {N} [tells|tell] {P} {T} = comme {0} le [disait|disaient] à {1} {2} / comme {0} le [dit|disent] à {1} {2}
    PAR: if {N} [was|were] right / if {N} [is|are] right = si {0} [avait|avaient] raison / si {0} [a|ont] raison
    PAR: while {N} [was|were] waiting / while {N} [is|are] waiting = pendant que {0} [attendait|attendaient] / pendant que {0} [attend|attendent]
    PAR: while {N} [was|were] talking to {P} / while {N} [is|are] talking to {P} = pendant que {0} [parlait|parlaient] à {1} / pendant que {0} [parle|parlent] à {1}
    P: {PS} = {0}
    P: {PP} = {0}
    PS: {ONE} = {0}
    PS: {ONE} {WS} = {0} {1}
    PP: {SOME} = {0}
    PP: {SOME} {WP} = {0} {1}
    W: who knew {P} well = qui [connaissait|connaissaient] bien {0}
    W: who lived with {P} = qui [vivait|vivaient] avec {0}
    W: who had worked with {P} for {Y} = qui [avait|avaient] travaillé avec {0} pendant {1}
    W: who had studied with {P} = qui [avait|avaient] étudié avec {0}
    W: who had just called {P} = qui [venait|venaient] d'appeler {0}
    W: who always waited for {P} = qui [attendait|attendaient] toujours {0}
    W: who smiled at {P} = qui [souriait|souriaient] à {0}
    W: who often wrote to {P} = qui [écrivait|écrivaient] souvent à {0}
    W: who played cards with {P} {T} = qui [jouait|jouaient] aux cartes avec {0} {1}
    W: who helped {P} {T} = qui [aidait|aidaient] {0} {1}
    W: who sang {T} = qui [chantait|chantaient] {0}
    W: who spoke slowly = qui [parlait|parlaient] lentement
    W: who never lied = qui ne [mentait|mentaient] jamais
    ONE: everyone = tout le monde
    ONE: Paul = Paul
    ONE: Marie = Marie
    ONE: Thomas = Thomas
    ONE: Julie = Julie
    ONE: Emma = Emma
    ONE: Lucas = Lucas
    ONE: my sister = ma sœur
    ONE: my brother = mon frère
    ONE: my uncle = mon oncle
    ONE: my aunt = ma tante
    ONE: our neighbor = notre voisin
    ONE: our neighbor next door = notre voisin d'à côté
    ONE: the teacher = le professeur
    ONE: the doctor = le médecin
    ONE: the mayor = le maire
    ONE: the nurse = l'infirmière
    ONE: the farmer = le fermier
    ONE: a friend = un ami
    ONE: my grandmother = ma grand-mère
    SOME: the children = les enfants
    SOME: the neighbors = les voisins
    SOME: the students = les élèves
    SOME: the nurses = les infirmiers
    SOME: my parents = mes parents
    SOME: our cousins = nos cousins
    SOME: two friends = deux amis
    SOME: many people = beaucoup de gens
    T: in those days / these days = en ce temps-là / ces jours-ci
    T: every day = tous les jours
    T: every morning = chaque matin
    T: every Sunday afternoon = chaque dimanche après-midi
    T: on Sundays = le dimanche
    T: in the summer = en été
    T: in March = en mars
    T: in the evening = le soir
    T: from time to time = de temps en temps
    T: all year round = toute l'année
    T: after work = après le travail
    T: during the holidays = pendant les vacances
    T: in the middle of the night = au milieu de la nuit
    T: at the end of the week = à la fin de la semaine
    T: on the first Monday of every month = le premier lundi de chaque mois
    T: at about three in the afternoon = vers trois heures de l'après-midi
    Y: two years = deux ans
    Y: many years = de nombreuses années
    Y: ten years = dix ans
    Y: half a year = six mois
"""  # noqa: E501

_PLACE = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"\[([^|\]]*)\|([^|\]]*)\]")
_PLURALS = ((re.compile(r"\bde les "), "des "), (re.compile(r"\bà les "), "aux "))
TENSES: tuple[Tense, Tense] = ("past", "present")


@dataclass(frozen=True)
class Rule:
    """english: with {} for each part. french: with {0}, {1}. words: of the English, without its parts."""

    english: str
    french: str
    parts: tuple[str, ...]
    words: int


def read_rules(tense: Tense) -> dict[str, tuple[Rule, ...]]:
    """The grammar in a tense: the rules of each symbol, one for a single person and one for several."""
    found: dict[str, list[Rule]] = {}
    for line in RULES.strip().splitlines():
        symbol, _, rest = line.strip().partition(": ")
        english, french = (
            side.split(" / ")[tense == "present" and " / " in side] for side in rest.split(" = ")
        )
        for several in (False, True) if "{N}" in english or symbol == "W" else (False,):
            number = {"N": "PP" if several else "PS"}
            parts = tuple(number.get(part, part) for part in _PLACE.findall(english))
            said = _PLACE.sub("{}", _NUMBER.sub(rf"\{several + 1}", english))
            rule = Rule(said, _NUMBER.sub(rf"\{several + 1}", french), parts, len(said.split()) - len(parts))
            found.setdefault({"W": "WP" if several else "WS"}.get(symbol, symbol), []).append(rule)
    return {symbol: tuple(rules) for symbol, rules in found.items()}


GRAMMAR = {tense: read_rules(tense) for tense in TENSES}


@cache
def options(tense: Tense, symbol: str, words: int) -> tuple[tuple[Rule, tuple[tuple[int, ...], ...]], ...]:
    """The rules that can make this many words of a symbol, each with how its parts may share them."""
    found = []
    for rule in GRAMMAR[tense][symbol]:
        shares = tuple(
            share
            for share in split(words - rule.words, len(rule.parts))
            if all(options(tense, part, length) for part, length in zip(rule.parts, share, strict=True))
        )
        if shares:
            found.append((rule, shares))
    return tuple(found)


def split(words: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Every way to share words among parts, each at least one."""
    if not parts:
        yield from [()] if words == 0 else []
        return
    for lengths in product(range(1, words), repeat=parts - 1):
        if sum(lengths) < words:
            yield (*lengths, words - sum(lengths))


def derive(chance: random.Random, tense: Tense, symbol: str, words: int) -> tuple[str, str]:
    """Exactly this many words of a symbol, in English and in French."""
    rule, shares = chance.choice(options(tense, symbol, words))
    if not rule.parts:
        return rule.english, rule.french
    share = shares[0] if len(shares) == 1 else chance.choice(shares)
    parts = [derive(chance, tense, part, length) for part, length in zip(rule.parts, share, strict=True)]
    return rule.english.format(*(e for e, _ in parts)), rule.french.format(*(f for _, f in parts))


def draw_aside(chance: random.Random, tense: Tense, words: int, after_noun: bool, heard: set[str]) -> Aside:
    """An aside of exactly this many words, from 1 on: some between one comma and the next.

    after_noun: it stands right behind a noun, of which a "which" may tell something. heard: what was said in
    the sentence before and is hardly said again; it is added to.
    """
    said: list[tuple[str, str]] = []
    for length in cut(chance, words):
        relative = after_noun and not said and chance.random() < 0.7 and options(tense, "REL", length)
        for _ in range(ATTEMPTS):
            part = derive(chance, tense, "REL" if relative else "PAR", length)
            if part[0] not in heard:
                break
        heard.add(part[0])
        said.append(part)
    french = ", ".join(part for _, part in said)
    for pattern, contracted in _PLURALS:
        french = pattern.sub(contracted, french)
    return Aside(", ".join(part for part, _ in said), french)


def cut(chance: random.Random, words: int) -> list[int]:
    """The words of an aside shared among as many parts as they need, or one more."""
    parts = -(-words // LONGEST)
    parts = min(words, parts + (words > 5 and chance.random() < 0.4))
    while True:
        ends = sorted(chance.sample(range(1, words), parts - 1))
        lengths = [end - begin for begin, end in zip([0, *ends], [*ends, words], strict=True)]
        if max(lengths) <= LONGEST:
            return lengths


def texts() -> Iterator[str]:
    """Every word of the asides in both languages, for a vocabulary."""
    for tense in TENSES:
        for rules in GRAMMAR[tense].values():
            for rule in rules:
                yield f"{rule.english.format(*rule.parts)} {rule.french.format(*rule.parts)}"
    yield from (contracted for _, contracted in _PLURALS)
    yield from (connector.french for connector in CONNECTORS)  # before a comma it is "puisque", not "puisqu'"
