"""The pronoun task in words: every scene in the French that a French person writes, and its English."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.tasks.pronouns.grammar import (
    CONNECTORS,
    COPULAS,
    PREPOSITIONS,
    NounPhrase,
    Place,
    Scene,
    english,
    french,
)
from model.tasks.pronouns.lexicon import ALONE, ATTRIBUTES, CUES, NOUNS, PHRASES, VERBS, kinds
from model.tasks.pronouns.sampling import Sampler, training_scenes, write_sentence
from model.text.words import normalise, split_words

seeds = st.integers(min_value=0, max_value=2**32)

NOUN = {noun.english: noun for noun in NOUNS}
CUE = {cue.english: cue for cue in CUES}
PHRASE = {phrase.english_past: phrase for phrase in PHRASES}
VERB = {f"{verb.english[0]} {verb.preposition[0]}".strip(): verb for verb in (*ALONE, *VERBS)}
CONNECTOR = {connector.english: connector for connector in CONNECTORS}
ATTRIBUTE = {attribute.english: attribute for attribute in ATTRIBUTES}
PREPOSITION = {preposition.english: preposition for preposition in PREPOSITIONS}


def words(text: str) -> list[str]:
    return [normalise(word.text) for word in split_words(text)]


def scene(
    subject: str, verb: str, object: str | None, cue: str, means: str = "subject", **more: object
) -> Scene:
    """A scene from the tables' own words; more: the scene's other fields, a connector by its English."""
    phrases = [NounPhrase(NOUN[name]) if name else None for name in (subject, object)]
    assert phrases[0]
    if "connector" in more:
        more["connector"] = CONNECTOR[str(more["connector"])]
    base = Scene(VERB[verb], phrases[0], phrases[1], "subject", CUE.get(cue) or PHRASE[cue])
    return replace(base, antecedent=means, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("drawn", "said_in_english", "said_in_french"),
    [
        (
            scene("animal", "cross", "street", "tired", mood="not", degree="too"),
            "The animal didn't cross the street because it was too tired.",
            "L'animal n'a pas traversé la rue parce qu'il était trop fatigué.",
        ),
        (
            scene("animal", "cross", "street", "wide", "object", mood="not", degree="too"),
            "The animal didn't cross the street because it was too wide.",
            "L'animal n'a pas traversé la rue parce qu'elle était trop large.",
        ),
        (
            scene("cow", "climb", "hill", "lazy", mood="not", contracted=False, tense="present"),
            "The cow does not climb the hill because it is lazy.",
            "La vache n'escalade pas la colline parce qu'elle est paresseuse.",
        ),
        (
            scene("truck", "hit", "house", "heavy", mood="not", tense="present"),
            "The truck doesn't hit the house because it's heavy.",
            "Le camion ne heurte pas la maison parce qu'il est lourd.",
        ),
        (
            scene("trophy", "fit in", "suitcase", "small", "object", mood="not", degree="too"),
            "The trophy didn't fit in the suitcase because it was too small.",
            "Le trophée ne rentrait pas dans la valise parce qu'elle était trop petite.",
        ),
        (
            scene("mouse", "return to", "castle", "thirsty", mood="not", connector="as"),
            "The mouse didn't return to the castle as it was thirsty.",
            "La souris n'est pas retournée au château car elle était assoiffée.",
        ),
        (
            scene("apple", "fall into", "basket", "rotten", connector="and"),
            "The apple fell into the basket and it was rotten.",
            "La pomme est tombée dans le panier et elle était pourrie.",
        ),
        (
            scene("horse", "arrive", None, "hungry", connector="when", fronted=True),
            "When it was hungry, the horse arrived.",
            "Quand il était affamé, le cheval est arrivé.",
        ),
        (
            scene("owl", "enter", "school", "empty", "object", connector="although"),
            "The owl entered the school although it was empty.",
            "La chouette est entrée dans l'école bien qu'elle soit vide.",
        ),
        (
            scene("car", "reach", "museum", "had no fuel", connector="though", fronted=True),
            "Though it had no fuel, the car reached the museum.",
            "Bien qu'elle n'ait pas de carburant, la voiture a atteint le musée.",
        ),
        (
            scene("dog", "eat", "cake", "sweet", "object", connector="even though", tense="present"),
            "The dog eats the cake even though it's sweet.",
            "Le chien mange le gâteau même s'il est sucré.",
        ),
        (
            scene("dog", "eat", "soup", "salty", "object", connector="even though", denied=True),
            "The dog ate the soup even though it wasn't salty.",
            "Le chien a mangé la soupe même si elle n'était pas salée.",
        ),
        (
            scene("hedgehog", "explore", "island", "scared", mood="never", connector="since"),
            "The hedgehog never explored the island since it was scared.",
            "Le hérisson n'a jamais exploré l'île puisqu'il était effrayé.",
        ),
        (
            scene("wolf", "cross", "highway", "busy", "object", mood="could not", passive=True, degree="so"),
            "The highway couldn't be crossed by the wolf because it was so busy.",
            "L'autoroute n'a pas pu être traversée par le loup parce qu'elle était si fréquentée.",
        ),
        (
            scene("bus", "block", "road", "late", connector=".", tense="present", passive=True),
            "The road is blocked by the bus. It's late.",
            "La route est bloquée par le bus. Il est en retard.",
        ),
        (
            scene("mouse", "fall", None, "tired", mood="will not", tense="present", connector="but"),
            "The mouse won't fall but it's tired.",
            "La souris ne va pas tomber mais elle est fatiguée.",
        ),
        (
            scene(
                "goat", "chase", "ambulance", "was on fire", "object", connector="while", copula=COPULAS[1]
            ),
            "The goat chased the ambulance while it was on fire.",
            "La chèvre a poursuivi l'ambulance alors qu'elle était en feu.",
        ),
        (
            scene("bird", "see", "tower", "old", mood="not", connector="but", copula=COPULAS[1]),
            "The bird didn't see the tower but it seemed old.",
            "L'oiseau n'a pas vu la tour mais il semblait vieux.",
        ),
        (
            scene("bull", "visit", "church", "happy", opening="today", tense="present", end="!", comma=True),
            "Today, the bull visits the church, because it's happy!",
            "Aujourd'hui, le taureau visite l'église, parce qu'il est heureux.",
        ),
        (
            scene(
                "river", "lead to", "village", "polluted", mood="could not", tense="present", contracted=False
            ),
            "The river cannot lead to the village because it is polluted.",
            "La rivière ne peut pas mener au village parce qu'elle est polluée.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "'" not in value else "",
)
def test_french_as_a_french_person_writes_it(drawn: Scene, said_in_english: str, said_in_french: str) -> None:
    assert (english(drawn), french(drawn)) == (said_in_english, said_in_french)
    sentence = write_sentence(drawn)
    assert sentence.pronoun in words(said_in_french)
    assert sentence.meant == drawn.meant.noun.english


@pytest.mark.parametrize(
    ("noun", "determiner", "attribute", "place", "expected"),
    [
        ("bear", "a", "old", None, ("an old bear", "un vieil ours")),
        ("bear", "the", "old", None, ("the old bear", "le vieil ours")),
        ("hotel", "this", None, None, ("this hotel", "cet hôtel")),
        ("hedgehog", "this", None, None, ("this hedgehog", "ce hérisson")),
        ("school", "my", "white", None, ("my white school", "mon école blanche")),
        ("school", "my", "new", None, ("my new school", "ma nouvelle école")),
        ("island", "this", None, None, ("this island", "cette île")),
        ("apple", "a", None, None, ("an apple", "une pomme")),
        (
            "cat",
            "our",
            "black",
            ("near", "hotel"),
            ("our black cat near the hotel", "notre chat noir près de l'hôtel"),
        ),
        ("cow", "the", "beautiful", ("next to", "bridge"), None),
        ("cow", "the", None, ("next to", "lake"), ("the cow next to the lake", "la vache à côté du lac")),
        (
            "dog",
            "the",
            "strange",
            ("in", "forest"),
            ("the strange dog in the forest", "le chien étrange dans la forêt"),
        ),
    ],
)
def test_noun_phrases(
    noun: str,
    determiner: str,
    attribute: str | None,
    place: tuple[str, str] | None,
    expected: tuple[str, str] | None,
) -> None:
    phrase = NounPhrase(
        NOUN[noun],
        determiner,
        ATTRIBUTE[attribute] if attribute else None,
        Place(PREPOSITION[place[0]], NOUN[place[1]]) if place else None,
    )
    told = Scene(VERB["sleep"], phrase, object=None, antecedent="subject", cue=None)
    expected = expected or ("the beautiful cow next to the bridge", "la belle vache à côté du pont")
    assert english(told)[:-7].lower() == expected[0]
    assert french(told).removesuffix(" a dormi.").lower() == expected[1]


def test_a_noun_that_is_denied_loses_its_article() -> None:
    a_street = NounPhrase(NOUN["avenue"], "a")
    told = replace(scene("dog", "cross", "avenue", "tired", mood="not"), object=a_street)
    assert french(told) == "Le chien n'a pas traversé d'avenue parce qu'il était fatigué."
    told = replace(told, mood="plain")
    assert french(told) == "Le chien a traversé une avenue parce qu'il était fatigué."


@settings(max_examples=25)
@given(seeds)
def test_french_has_its_pronoun_and_every_elision(seed: int) -> None:
    scenes = training_scenes(seed)
    for _ in range(40):
        sentence = write_sentence(next(scenes))
        pronouns = [word for word in words(sentence.french) if word in ("il", "elle")]
        assert pronouns == ([sentence.pronoun] if sentence.pronoun else [])
        text = sentence.french.lower()
        vowel = "[aàâeéèêëiîïoôœuùû]"
        assert not re.search(rf"\b(le|la|ne|de|que|ce) {vowel}", text), sentence.french
        assert not re.search(rf"\bma {vowel}|\bsi il\b|\b(de|à) les? |['*]{{2}}|\*|{{|}}|  ", text), (
            sentence.french
        )
        assert "l'hérisson" not in text, sentence.french
        assert "n'heurte" not in text, sentence.french
        assert sentence.french[0].isupper()
        assert sentence.english[0].isupper()


def test_a_verb_alone_and_nothing_said_of_it() -> None:
    everything = Sampler(0, allowed=lambda a, b: True)
    alone = [everything.scene(alone=True) for _ in range(100)]
    assert all(drawn_scene.object is None and drawn_scene.antecedent == "subject" for drawn_scene in alone)
    nothing_said = replace(alone[0], cue=None)
    assert " it " not in english(nothing_said)
    assert write_sentence(nothing_said).meant is None


def test_an_unknown_kind_is_a_plain_error() -> None:
    with pytest.raises(ValueError, match="There is no kind of noun called ghost"):
        kinds("animal ghost")
