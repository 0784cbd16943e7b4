"""Sentences drawn from the grammar: to train on, with some pairs of nouns left out, and minimal pairs."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from model.tasks.pronouns.grammar import (
    BE,
    CONNECTORS,
    COPULAS,
    DEGREES,
    NOT_GRADUAL,
    OPENINGS,
    PREPOSITIONS,
    Mood,
    NounPhrase,
    Place,
    Role,
    Scene,
    english,
    french,
)
from model.tasks.pronouns.held_out import for_choosing, is_held_out
from model.tasks.pronouns.lexicon import (
    ALONE,
    ATTRIBUTES,
    CUES,
    NOUNS,
    PHRASES,
    VERBS,
    Adjective,
    Gender,
    Kind,
    Noun,
    Phrase,
    Verb,
)
from model.text.words import normalise, split_words

Cue = Adjective | Phrase
Use = tuple[Verb, Kind, Kind, Role]  # a verb, the kinds of its subject and object, and which of them is meant
ROLES: tuple[Role, Role] = ("subject", "object")

# Stand for words that the model does not know: they are not in its vocabulary. Always masculine.
MADE_UP = ("wug", "dax", "blicket", "zorp", "florp", "tove", "gazzer", "plim")
MADE_UP_WORD = re.compile(rf"\b({'|'.join(MADE_UP)})\b")
SAME_GENDER = 0.2  # how often both nouns may have one gender; such pairs say nothing about "it"
EVENLY = 0.7  # how often the cue is drawn first where the model learns from each sentence once


@dataclass(frozen=True)
class Sentence:
    """meant, other: the English nouns that "it" means and could mean; None where there is no choice."""

    english: str
    french: str
    pronoun: str = ""
    meant: str | None = None
    other: str | None = None

    def position(self, word: str) -> int:
        """Where a word stands among the tokens, from 0."""
        return [normalise(w.text) for w in split_words(self.english)].index(word)


def write_sentence(scene: Scene) -> Sentence:
    """The scene in both languages."""
    pronoun = "" if scene.cue is None else {"m": "il", "f": "elle"}[scene.meant.noun.gender]
    other = scene.subject if scene.antecedent == "object" else scene.object
    return Sentence(
        english(scene),
        french(scene),
        pronoun,
        scene.meant.noun.english if scene.cue else None,
        other.noun.english if scene.cue and other else None,
    )


def fits(cue: Cue, verb: Verb, role: Role, kind: Kind) -> bool:
    """Whether a cue can be said of a noun of this kind in this role of the verb."""
    if isinstance(cue, Adjective) and cue.english in verb.subject_cues | verb.object_cues:
        return cue.english in (verb.subject_cues if role == "subject" else verb.object_cues)
    return kind in cue.kinds


@cache
def cues_for(verb: Verb, role: Role, subject: Kind, object: Kind | None) -> tuple[Cue, ...]:
    """The cues that fit the noun in this role and not the other."""
    kinds: dict[Role, Kind | None] = {"subject": subject, "object": object}
    meant = kinds[role]
    other_role: Role = "object" if role == "subject" else "subject"
    other = kinds[other_role]
    every: tuple[Cue, ...] = (*CUES, *PHRASES)
    return tuple(
        cue
        for cue in every
        if meant and fits(cue, verb, role, meant) and not (other and fits(cue, verb, other_role, other))
    )


@cache
def nouns_of(kind: Kind, gender: Gender | None = None) -> tuple[Noun, ...]:
    return tuple(noun for noun in NOUNS if noun.kind == kind and gender in (None, noun.gender))


@cache
def frames(alone: bool) -> tuple[tuple[Verb, Kind, Kind | None], ...]:
    """Each verb with each kind of subject and object for which some cue tells them apart."""
    if alone:
        return tuple((verb, subject, None) for verb in ALONE for subject in sorted(verb.subjects))
    return tuple(
        (verb, subject, object)
        for verb in VERBS
        for subject in sorted(verb.subjects)
        for object in sorted(verb.objects)
        if cues_for(verb, "subject", subject, object) and cues_for(verb, "object", subject, object)
    )


@cache
def frames_of(verb: Verb, alone: bool) -> tuple[tuple[Verb, Kind, Kind | None], ...]:
    return tuple(frame for frame in frames(alone) if frame[0] is verb)


@cache
def uses() -> tuple[tuple[Cue, tuple[Use, ...]], ...]:
    """Each cue with all that it can be said of where it tells subject and object apart."""
    found: dict[Cue, list[Use]] = {}
    for verb, subject, object in frames(alone=False):
        for role in ROLES:
            for cue in cues_for(verb, role, subject, object):
                if object:
                    found.setdefault(cue, []).append((verb, subject, object, role))
    return tuple((cue, tuple(places)) for cue, places in found.items())


class Sampler:
    """Draws scenes. The same seed draws the same scenes.

    allowed: which pairs of nouns may stand in one sentence. evenly: how often the cue is drawn first, each as
    often as any other, and then what it is said of; else a cue that few verbs go with is rare, and is learned
    last.
    """

    def __init__(self, seed: int, allowed: Callable[[str, str], bool], evenly: float = 0.0) -> None:
        self.random = random.Random(seed)
        self.allowed = allowed
        self.evenly = evenly

    def scene(self, alone: bool = False) -> Scene:
        """A scene with a subject and an object, or with alone a subject only."""
        if self.evenly and not alone and self.chance(self.evenly):
            return self.scene_of_a_cue()
        while True:
            verb = self.random.choice(ALONE if alone else VERBS)
            choices = frames_of(verb, alone)
            if not choices:
                continue
            _, subject_kind, object_kind = self.random.choice(choices)
            subject = self.noun(subject_kind)
            object = self.noun(object_kind) if object_kind else None
            if object is None or self.pair_allowed(subject, object):
                role: Role = "object" if object and self.chance(0.5) else "subject"
                cues = cues_for(verb, role, subject.kind, object.kind if object else None)
                return self.dress(verb, subject, object, role, self.random.choice(cues))

    def scene_of_a_cue(self) -> Scene:
        """A scene whose cue is as likely as any other."""
        while True:
            cue, places = self.random.choice(uses())
            verb, subject_kind, object_kind, role = self.random.choice(places)
            subject, object = self.noun(subject_kind), self.noun(object_kind)
            if self.pair_allowed(subject, object):
                return self.dress(verb, subject, object, role, cue)

    def noun(self, kind: Kind) -> Noun:
        """One of a kind, masculine as often as feminine, so that neither is the better guess."""
        return self.random.choice(nouns_of(kind, self.random.choice(("m", "f"))))

    def pair_allowed(self, subject: Noun, object: Noun) -> bool:
        if subject == object or not self.allowed(subject.english, object.english):
            return False
        return subject.gender != object.gender or self.random.random() < SAME_GENDER

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def dress(self, verb: Verb, subject: Noun, object: Noun | None, role: Role, cue: Cue) -> Scene:
        """The bare clause with everything else that a sentence may have."""
        scene = Scene(
            verb=verb,
            subject=NounPhrase(subject, self.determiner(subject)),
            object=NounPhrase(object, self.determiner(object)) if object else None,
            antecedent=role,
            cue=cue,
            tense=self.random.choice(("past", "past", "present")),
            mood=self.mood(verb),
            contracted=self.chance(0.6),
            passive=bool(object) and verb.passive and self.chance(0.15),
            comma=self.chance(0.1),
            end=self.random.choices((".", "", "!"), (0.85, 0.12, 0.03))[0],
        )
        scene = self.add_reason(scene)
        scene = self.add_place(scene)
        scene = self.add_adjective(scene)
        if not scene.fronted and self.chance(0.1):
            scene = replace(scene, opening=self.random.choice(list(OPENINGS[scene.tense])))
        return scene

    def determiner(self, noun: Noun) -> str:
        the = self.random.choices(("the", "a", "this", "my", "our"), (0.78, 0.1, 0.05, 0.05, 0.02))[0]
        return "the" if the == "a" and not noun.countable else the

    def mood(self, verb: Verb) -> Mood:
        """Mostly "not". What is wanted or liked is no matter of being able to."""
        moods: tuple[Mood, ...] = ("not", "plain", "never", "could not", "will not")
        if verb.imperfect and not verb.subject_cues:
            moods = moods[:3]
        return self.random.choices(moods, (0.5, 0.27, 0.05, 0.12, 0.06)[: len(moods)])[0]

    def add_reason(self, scene: Scene) -> Scene:
        """With a connector that suits the mood, half of the time "because"; and how much of the cue."""
        senses = ("any", "contrast") if scene.mood == "plain" else ("any", "cause")
        connector = self.random.choice([c for c in CONNECTORS if c.sense in senses])
        if self.chance(0.45):
            connector = CONNECTORS[0]
        scene = replace(scene, connector=connector, fronted=bool(connector.fronted) and self.chance(0.06))
        if not isinstance(scene.cue, Adjective):
            return scene
        if self.chance(0.08):
            return replace(scene, denied=True, degree=self.random.choice(("", "very", "really")))
        degrees = list(DEGREES if scene.cue.gradual else NOT_GRADUAL)
        degree = self.random.choice([d for d in degrees if scene.mood != "plain" or "too" not in d])
        if scene.mood != "plain" and scene.cue.gradual and self.chance(0.4):
            degree = "too"
        return replace(scene, degree=degree, copula=self.random.choice(COPULAS) if self.chance(0.1) else BE)

    def add_place(self, scene: Scene) -> Scene:
        """With a place that "it" cannot mean: behind the subject, or at the end of the clause."""
        if not self.chance(0.25):
            return scene
        place = self.place(scene)
        if place is None:
            return scene
        if self.chance(0.5) or (scene.object and scene.verb.preposition[1]):
            return replace(scene, subject=replace(scene.subject, place=place))
        return replace(scene, place=place)

    def place(self, scene: Scene) -> Place | None:
        preposition = self.random.choice(PREPOSITIONS)
        kinds = [kind for kind in sorted(preposition.kinds) if not scene.cue or kind not in scene.cue.kinds]
        if not kinds:
            return None
        noun = self.random.choice(nouns_of(self.random.choice(kinds)))
        others = [other for other in scene.nouns if other.english not in MADE_UP]
        if noun in others or not all(self.allowed(noun.english, other.english) for other in others):
            return None
        return Place(preposition, noun)

    def add_adjective(self, scene: Scene) -> Scene:
        """With an adjective before or behind a noun, unless size and age are what it is all about."""
        cue = scene.cue.english if isinstance(scene.cue, Adjective) else ""
        if cue in scene.verb.subject_cues | scene.verb.object_cues:
            return scene
        for role in ROLES:
            phrase = scene.phrase(role)
            if phrase is None or not phrase.noun.countable or not self.chance(0.12):
                continue
            choices = [a for a in ATTRIBUTES if phrase.noun.kind in a.kinds and a.english != cue]
            scene = scene.with_phrase(role, replace(phrase, attribute=self.random.choice(choices)))
        return scene

    def unknown(self, scene: Scene) -> Scene:
        """The scene with words that the model does not know: mostly one noun, sometimes both or the cue."""
        first, second = self.random.sample(MADE_UP, 2)
        draw = self.random.random()
        if draw < 0.08:
            return replace(scene, cue=Adjective(first, first, first), antecedent="subject")
        if draw < 0.16 and self.verb_tells(scene):
            return replace_noun(replace_noun(scene, "subject", first), "object", second)
        # Unknown words are masculine: the noun that is known had better be feminine, or "it" says nothing.
        masculine = [role for role in ROLES if (phrase := scene.phrase(role)) and phrase.noun.gender == "m"]
        return replace_noun(scene, self.random.choice(masculine or ROLES), first)

    def verb_tells(self, scene: Scene) -> bool:
        """Whether the verb alone says which of two unknown nouns the cue fits."""
        if scene.cue is None:
            return False
        meant = scene.antecedent
        other = scene.verb.subjects if meant == "object" else scene.verb.objects
        other_role: Role = "subject" if meant == "object" else "object"
        return not any(fits(scene.cue, scene.verb, other_role, kind) for kind in other)

    def training_scene(self, unknown: float) -> Scene:
        """A scene to train on. unknown: how often it has words that the model does not know."""
        scene = self.scene(alone=self.chance(0.07))
        if self.chance(0.04):
            scene = replace(scene, cue=None)
        if scene.object and scene.cue and self.chance(unknown):
            scene = self.unknown(scene)
        return scene


def replace_noun(scene: Scene, role: Role, name: str) -> Scene:
    """The scene with one noun replaced by a word that nobody knows."""
    phrase = scene.phrase(role)
    if phrase is None:
        return scene
    return scene.with_phrase(role, replace(phrase, noun=stranger(name, phrase.noun.kind)))


def stranger(name: str, kind: Kind) -> Noun:
    """A noun that stays as it is in French, and is masculine."""
    return Noun(name, name, "m", kind)


def training_sampler(seed: int, evenly: float = 0.0) -> Sampler:
    """Draws scenes of which none has a pair of nouns that is held out. evenly: see Sampler."""
    return Sampler(seed, allowed=lambda a, b: not is_held_out(a, b), evenly=evenly)


def training_scenes(seed: int, unknown: float = 0.3, evenly: float = 0.0) -> Iterator[Scene]:
    """Scenes to train on, without end.

    unknown: the share with words that the model does not know. evenly: see Sampler.
    """
    sampler = training_sampler(seed, evenly)
    while True:
        yield sampler.training_scene(unknown)


@lru_cache(maxsize=1)
def sentences(count: int, seed: int, unknown: float = 0.3) -> tuple[Sentence, ...]:
    """Distinct sentences to train on."""
    distinct: dict[str, Sentence] = {}
    for scene in training_scenes(seed, unknown):
        sentence = write_sentence(scene)
        distinct.setdefault(sentence.english, sentence)
        if len(distinct) == count:
            break
    return tuple(distinct.values())


class Drawn(Sequence[Sentence]):
    """Sentences to train on, each drawn when it is asked for first, by its seed and place alone."""

    def __init__(self, count: int, seed: int, unknown: float = 0.3) -> None:
        self.seed, self.unknown = seed, unknown
        self.sampler = training_sampler(seed, EVENLY)
        self.drawn: list[Sentence | None] = [None] * count

    def __len__(self) -> int:
        return len(self.drawn)

    def __getitem__(self, place: Any) -> Any:
        place = range(len(self))[place]
        sentence = self.drawn[place]
        if sentence is None:
            self.sampler.random.seed(self.seed << 32 | place)
            sentence = self.drawn[place] = write_sentence(self.sampler.training_scene(self.unknown))
        return sentence


drawn = lru_cache(maxsize=1)(Drawn)  # what is learned from is counted afterwards


def minimal_pairs(count: int, seed: int, choosing: bool = False) -> list[tuple[Sentence, Sentence]]:
    """Pairs of sentences that differ in the cue only, which makes "it" mean the subject, then the object.

    Subject and object are a pair that was never trained on, of two genders, so that "il" or "elle" tells.
    choosing: pairs for choosing a head, otherwise those for measuring it.
    """
    sampler = Sampler(seed, allowed=lambda a, b: True)
    pairs: dict[str, tuple[Sentence, Sentence]] = {}
    while len(pairs) < count:
        scene = sampler.scene()
        subject, object = scene.subject.noun, scene.object.noun if scene.object else scene.subject.noun
        a, b = subject.english, object.english
        if not is_held_out(a, b) or for_choosing(a, b) != choosing or subject.gender == object.gender:
            continue
        members = minimal_pair(scene, sampler.random)
        if members:
            pairs.setdefault(members[0].english, members)
    return list(pairs.values())


def minimal_pair(scene: Scene, chance: random.Random) -> tuple[Sentence, Sentence] | None:
    """The scene with a cue that means the subject, and with one that means the object; None without both."""
    kinds = scene.subject.noun.kind, scene.object.noun.kind if scene.object else scene.subject.noun.kind
    members = []
    for role in ROLES:
        cues = [cue for cue in cues_for(scene.verb, role, *kinds) if usable(cue, scene)]
        if cues:
            members.append(write_sentence(replace(scene, cue=chance.choice(cues), antecedent=role)))
    return (members[0], members[1]) if len(members) == 2 else None


def usable(cue: Cue, scene: Scene) -> bool:
    """Whether a cue can take the place of the scene's own: same form, and no bystander that it fits."""
    if isinstance(cue, Phrase) != isinstance(scene.cue, Phrase):
        return False
    if isinstance(cue, Adjective) and not cue.gradual and scene.degree not in NOT_GRADUAL:
        return False
    bystanders = scene.nouns[2 if scene.object else 1 :]
    return not any(noun.kind in cue.kinds for noun in bystanders)


def sentences_with(nouns: Sequence[Noun], seed: int) -> list[Sentence]:
    """Two sentences with each of these nouns, which "it" means in the first and not in the second.

    The other noun has the other gender.
    """
    sampler = Sampler(seed, allowed=lambda a, b: not is_held_out(a, b))
    found = []
    for noun in nouns:
        for meant in (True, False):
            while True:
                scene = sampler.scene()
                role = next(role for role in ROLES if (role == scene.antecedent) == meant)
                phrase = scene.phrase(role)
                other = scene.phrase("object" if role == "subject" else "subject")
                if phrase and other and phrase.noun.kind == noun.kind and other.noun.gender != noun.gender:
                    found.append(write_sentence(scene.with_phrase(role, replace(phrase, noun=noun))))
                    break
    return found
