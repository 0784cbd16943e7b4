"""Sentences in which "it" stands far from the noun that it means: 1 … 40 words lie between the two.

A word is what stands between spaces (didn't is one); marks are not counted.

    The animal, according to my sister, didn't cross the street, which the children knew well, because it …
        └──────────────────── 17 words ───────────────────────────────────────────────────────────────────┘
                                                       └───────── 6 words ─────────────────────────────────┘

Where the noun is must not tell whether it is meant. So the places of both nouns are drawn as two points on a
ring of as many places as there are distances (`draw_places`): each distance is as frequent as any other, for
the noun meant and for the other one, and of two nouns at given places either is meant as often.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from model.errors import Refusal
from model.tasks.pronouns.fillers import draw_aside
from model.tasks.pronouns.grammar import CONNECTORS, Role, Scene, english
from model.tasks.pronouns.lexicon import Noun
from model.tasks.pronouns.sampling import (
    MADE_UP,
    Sampler,
    Sentence,
    cues_for,
    for_choosing,
    is_held_out,
    minimal_pair,
    replace_noun,
    usable,
    write_sentence,
)

MOST = 40
NEAREST = 4  # two nouns: "animal didn't cross the street"
SMALLEST_RING = 16  # places for two nouns, where the one meant has fewer
PASSIVE = 0.5  # of the verbs that can: the noun that comes first is then the object
ALONE = 0.05
ELIDED = re.compile(r"\b(?!puisqu|lorsqu)(\w+qu)'")
CLOSE = [connector for connector in CONNECTORS if " " not in connector.english and connector.english != "."]


class FarSampler(Sampler):
    """Draws scenes with asides; the same seed draws the same."""

    def far_scene(self, meant: int, other: int | None, suits: Callable[[Scene], bool]) -> Scene:
        """A scene whose "it" has `meant` words between it and its noun, and `other` to the other noun.

        other: None where there is no other noun. suits: says of a scene without asides whether it will do.
        """
        while True:
            scene = self.scene(alone=other is None)
            scene = replace(scene, fronted=False, opening="", passive=False, comma=False)
            if other is not None and scene.verb.passive and self.chance(PASSIVE):
                scene = replace(scene, passive=True)
            first: Role = "object" if scene.passive else "subject"
            is_first = other is None or meant > other
            turned = self.turn(scene, first if is_first else ("subject" if scene.passive else "object"))
            if turned is None or not suits(turned):
                continue
            found = self.stretch(turned, meant, other)
            if found is not None:
                return found

    def turn(self, scene: Scene, role: Role) -> Scene | None:
        """The scene with the noun in this role meant; None where no cue fits it."""
        if scene.antecedent == role:
            return scene
        kinds = scene.subject.noun.kind, scene.object.noun.kind if scene.object else None
        cues = [cue for cue in cues_for(scene.verb, role, *kinds) if usable(cue, scene)]
        return replace(scene, antecedent=role, cue=self.random.choice(cues)) if cues else None

    def stretch(self, scene: Scene, meant: int, other: int | None) -> Scene | None:
        """The scene with asides, so that its nouns are so far from "it"; None where it is too long."""
        far, near = max(meant, other or meant), min(meant, other if other is not None else meant)
        for told in (scene, shorten(scene)):
            nouns = order_nouns(told)
            places = find_places(english(told), [noun.english for noun in nouns])
            behind = near - places[-1]  # words to add behind the last noun
            between = far - near - (places[0] - places[-1])
            if behind >= 0 and between >= 0:
                return self.fill(told, between, behind)
        return None

    def fill(self, scene: Scene, between: int, behind: int) -> Scene:
        """The scene with this many words of asides between its nouns and behind the last of them."""
        roles: list[Role] = ["subject", "object"] if scene.object else ["subject"]
        if scene.passive:
            roles.reverse()
        heard: set[str] = set()
        if between:
            scene = self.explain(scene, roles[0], between, heard)
        shares = self.share(behind, 3)
        if shares[0]:
            scene = self.explain(scene, roles[-1], shares[0], heard)
        if shares[1]:
            scene = replace(scene, closing=draw_aside(self.random, scene.tense, shares[1], False, heard))
        if shares[2]:
            scene = replace(scene, interjected=draw_aside(self.random, scene.tense, shares[2], False, heard))
        return scene

    def explain(self, scene: Scene, role: Role, words: int, heard: set[str]) -> Scene:
        """With an aside behind a noun; where a place follows the noun, it tells nothing of the place."""
        phrase = scene.phrase(role)
        if phrase is None:
            return scene
        aside = draw_aside(self.random, scene.tense, words, phrase.place is None, heard)
        return scene.with_phrase(role, replace(phrase, aside=aside))

    def share(self, words: int, places: int) -> list[int]:
        """The words shared among some of the places, in any proportion; mostly one or two have them."""
        found = [0] * places
        if not words:
            return found
        used = self.random.sample(range(places), min(words, self.random.choice((1, 1, 2, 3))))
        ends = sorted(self.random.sample(range(1, words), len(used) - 1))
        for place, begin, end in zip(used, [0, *ends], [*ends, words], strict=True):
            found[place] = end - begin
        return found

    def with_stranger(self, scene: Scene) -> Scene:
        """With a noun that the model does not know: a masculine one is replaced, as in `unknown`."""
        roles: tuple[Role, Role] = ("subject", "object")
        masculine = [role for role in roles if (phrase := scene.phrase(role)) and phrase.noun.gender == "m"]
        return replace_noun(scene, self.random.choice(masculine or roles), self.random.choice(MADE_UP))


def order_nouns(scene: Scene) -> list[Noun]:
    """The nouns that "it" could mean, as they follow each other in the sentence."""
    nouns = [scene.subject.noun, *([scene.object.noun] if scene.object else [])]
    return nouns[::-1] if scene.passive else nouns


def shorten(scene: Scene) -> Scene:
    """The scene without what makes it long: places, adjectives, a connector of two words."""
    subject = replace(scene.subject, place=None, attribute=None)
    thing = replace(scene.object, place=None, attribute=None) if scene.object else None
    connector = scene.connector if scene.connector in CLOSE else CONNECTORS[0]
    return replace(scene, subject=subject, object=thing, place=None, connector=connector)


def find_places(text: str, nouns: list[str]) -> list[int]:
    """How many words stand between each noun, where it is first said, and "it".

    Raises ValueError where one of them is not in the text.
    """
    words = [word.strip(".,!").lower() for word in text.split()]
    it = next(i for i, word in enumerate(words) if word in ("it", "it's"))
    return [it - words.index(noun) - 1 for noun in nouns]


def draw_places(chance: random.Random, meant: int, most: int = MOST) -> int:
    """How far the other noun is from "it", where the one that is meant is so far.

    On a ring of `most` places the one lies as far from the other in either direction, at least NEAREST; so
    that where `meant` is drawn evenly, so is the other, and nobody can tell the two apart by their places.
    A small ring has no room for both: the other noun is then farther than `most` at times.
    """
    ring = max(most, SMALLEST_RING)
    return (meant - 1 + chance.randint(NEAREST, ring - NEAREST)) % ring + 1


def check_distance(value: object) -> int:
    """A distance that was set: 0 for none, or the greatest one. Raises Refusal for what is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise Refusal("The distance must be a whole number of words from 0 to {most}.", most=MOST)
    return value


def mend(sentence: Sentence) -> Sentence:
    """Without the elisions that `french.elide` makes of words on -que: bloqu'une, bibliothèqu'et.

    There they stay, since the shipped checkpoints have learned from them and are made again from the same.
    """
    return replace(sentence, french=ELIDED.sub(r"\1e ", sentence.french))


@lru_cache(maxsize=2)
def far_sentences(count: int, seed: int, most: int = MOST, unknown: float = 0.2) -> tuple[Sentence, ...]:
    """Distinct sentences to train on, with every distance from 1 to most as often as any other.

    unknown: the share with a noun that the model does not know. Raises Refusal where most is not 1 … MOST.
    """
    if not check_distance(most):
        raise Refusal("The distance must be a whole number of words from 0 to {most}.", most=MOST)
    sampler = FarSampler(seed, allowed=lambda a, b: not is_held_out(a, b))
    distinct: dict[str, Sentence] = {}
    while len(distinct) < count:
        meant = len(distinct) % most + 1  # in turn: exactly even
        alone = sampler.chance(ALONE) and meant > 1  # nothing but "The dog slept because it"
        other = None if alone else draw_places(sampler.random, meant, most)
        scene = sampler.far_scene(meant, other, suits=lambda _: True)
        if scene.object and sampler.chance(unknown):
            scene = sampler.with_stranger(scene)
        sentence = mend(write_sentence(scene))
        distinct.setdefault(sentence.english, sentence)
    found = list(distinct.values())
    sampler.random.shuffle(found)
    return tuple(found)


def far_pairs(
    count: int, seed: int, distance: int, choosing: bool = False, most: int = MOST
) -> list[tuple[Sentence, Sentence]]:
    """Minimal pairs of sentences whose nouns were never trained on together, of two genders.

    In the first of a pair the noun meant is `distance` words away, in the second the other one is meant; the
    two differ in the cue only. choosing: as in `minimal_pairs`. most: the greatest distance of the training
    sentences, which says where the other noun may be. Raises Refusal where distance is not 1 … MOST.
    """
    if not check_distance(distance):
        raise Refusal("The distance must be a whole number of words from 0 to {most}.", most=MOST)
    sampler = FarSampler(seed, allowed=lambda a, b: True)

    def suits(scene: Scene) -> bool:
        a, b = order_nouns(scene)
        held = is_held_out(a.english, b.english) and for_choosing(a.english, b.english) == choosing
        return held and a.gender != b.gender

    pairs: dict[str, tuple[Sentence, Sentence]] = {}
    while len(pairs) < count:
        other = draw_places(sampler.random, distance, max(most, distance))
        scene = sampler.far_scene(distance, other, suits)
        members = minimal_pair(scene, sampler.random)
        if members is None:
            continue
        first, second = map(mend, members[::-1] if scene.antecedent == "object" else members)
        pairs.setdefault(first.english, (first, second))
    return list(pairs.values())
