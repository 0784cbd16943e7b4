"""The pronoun task's sentences: what "it" may mean, what is kept out of training, and the French."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.tasks.pronouns import TASKS
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
from model.tasks.pronouns.lexicon import ALONE, ATTRIBUTES, CUES, NOUNS, PHRASES, VERBS, Adjective, kinds
from model.tasks.pronouns.sampling import (
    MADE_UP,
    Sampler,
    Sentence,
    held_out,
    minimal_pairs,
    said,
    sentences,
    training_scenes,
    unknown_noun_sentences,
)
from model.tasks.pronouns.score import STRANGERS, read_pairs
from model.tokens import UNKNOWN, CompactTokenizer
from model.words import normalise, split_words

ROOT = Path(__file__).parents[2]
# The words that people type first, and the pairs that nobody may train on.
REQUIRED = """
    animal dog cat horse cow mouse rabbit bear fox lion elephant turtle bird car truck bus bicycle train
    street road bridge river path tunnel box bag suitcase bottle cup basket drawer
    trophy book ball table vase phone computer piano apple cake soup bread cheese house castle school tower
    tired hungry scared thirsty sleepy sick lazy wide narrow busy flooded slippery icy steep full empty open
    heavy big small large fragile expensive broken fast slow rusty noisy rotten delicious sweet salty tall old
    it the a was is too very because although didn't did not can't couldn't won't doesn't it's . , !
"""
NEVER = [("animal", "street"), ("dog", "road"), ("truck", "bridge"), ("trophy", "suitcase"), ("cat", "cake")]
seeds = st.integers(min_value=0, max_value=2**32)
quick = settings(max_examples=25, deadline=None)

NOUN = {noun.english: noun for noun in NOUNS}
CUE = {cue.english: cue for cue in CUES}
PHRASE = {phrase.english_past: phrase for phrase in PHRASES}
VERB = {f"{verb.english[0]} {verb.preposition[0]}".strip(): verb for verb in (*ALONE, *VERBS)}
CONNECTOR = {connector.english: connector for connector in CONNECTORS}
ATTRIBUTE = {attribute.english: attribute for attribute in ATTRIBUTES}
PREPOSITION = {preposition.english: preposition for preposition in PREPOSITIONS}


def words(text: str) -> list[str]:
    return [normalise(word.text) for word in split_words(text)]


def drawn(seed: int, count: int = 40) -> list[Scene]:
    scenes = training_scenes(seed)
    return [next(scenes) for _ in range(count)]


def can_be_said(scene: Scene, phrase: NounPhrase) -> bool:
    """Whether the cue fits a noun, from the tables: by the verb where it says so, else by the noun's kind."""
    cue = scene.cue
    assert cue
    if isinstance(cue, Adjective):
        of_subject, of_object = cue.english in scene.verb.subject_cues, cue.english in scene.verb.object_cues
        if of_subject or of_object:
            return of_subject if phrase is scene.subject else of_object
    return phrase.noun.kind in cue.kinds


@quick
@given(seeds)
def test_a_cue_fits_what_is_meant_and_nothing_else_in_the_sentence(seed: int) -> None:
    for scene in drawn(seed):
        if scene.cue is None or scene.cue in [Adjective(name, name, name) for name in MADE_UP]:
            continue
        assert can_be_said(scene, scene.meant), english(scene)
        others = [phrase for phrase in (scene.subject, scene.object) if phrase and phrase is not scene.meant]
        assert not any(can_be_said(scene, other) for other in others), english(scene)
        bystanders = {noun.english for noun in scene.nouns} - {p.noun.english for p in (scene.meant, *others)}
        assert not any(NOUN[name].kind in scene.cue.kinds for name in bystanders), english(scene)


def test_kinds_and_cues_as_a_person_knows_them() -> None:
    for noun, cue, fits in (
        ("animal", "tired", True), ("street", "tired", False), ("street", "wide", True),
        ("animal", "wide", False), ("cake", "rotten", True), ("cat", "rotten", False),
        ("car", "rusty", True), ("bridge", "rusty", False),
        ("river", "deep", True), ("dog", "deep", False), ("box", "empty", True), ("book", "empty", False),
        ("tower", "tall", True), ("soup", "salty", True), ("house", "salty", False),
    ):  # fmt: skip
        assert (NOUN[noun].kind in CUE[cue].kinds) == fits, (noun, cue)


@quick
@given(seeds)
def test_held_out_pairs_never_stand_in_a_training_sentence(seed: int) -> None:
    for scene in drawn(seed):
        present = {word for word in words(english(scene)) if word in NOUN and word != "watch"}
        present |= {noun.english for noun in scene.nouns} & set(NOUN)  # a watch, but not to watch
        pairs = {frozenset((a, b)) for a in present for b in present if a != b}
        assert not any(held_out(*pair) for pair in pairs), english(scene)
        assert not pairs & {frozenset(pair) for pair in NEVER}, english(scene)


def test_the_five_are_held_out_in_any_order_and_one_pair_in_ten() -> None:
    assert all(held_out(a, b) and held_out(b, a) for a, b in NEVER)
    names = sorted(NOUN)
    every = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    assert all(held_out(a, b) == held_out(b, a) for a, b in every)
    assert sum(held_out(a, b) for a, b in every) / len(every) == pytest.approx(0.1, abs=0.01)


def test_sentences_of_the_training_set_as_a_reader_finds_them() -> None:
    every = sentences(3000, 0)
    assert len({sentence.english for sentence in every}) == 3000
    for sentence in every:
        present = set(words(sentence.english))
        assert not any(present >= set(pair) for pair in NEVER), sentence.english
    roles = [
        words(s.english).index(s.meant) < words(s.english).index(s.other)
        for s in every
        if s.meant and s.other
    ]
    assert len(roles) > 2500
    assert sum(roles) / len(roles) == pytest.approx(0.5, abs=0.06)
    genders = [sentence.pronoun for sentence in every if sentence.pronoun]
    assert 0.3 < genders.count("elle") / len(genders) < 0.7


# A minimal pair


def without_cue(sentence: Sentence) -> set[str]:
    """What is left of a sentence where one of the cues that it contains is taken out."""
    forms = [*CUE, *(form for p in PHRASES for form in (p.english_past, p.english_present))]
    return {
        re.sub(rf"\b{form}\b", "_", sentence.english)
        for form in forms
        if re.search(rf"\b{form}\b", sentence.english)
    }


@settings(max_examples=8, deadline=None)
@given(seeds, st.booleans())
def test_minimal_pairs_differ_in_the_cue_which_changes_the_meaning(seed: int, choosing: bool) -> None:
    for first, second in minimal_pairs(10, seed, choosing):
        assert first.english != second.english
        assert without_cue(first) & without_cue(second), (first.english, second.english)
        assert first.meant
        assert first.other
        assert (first.meant, first.other) == (second.other, second.meant)
        assert held_out(first.meant, first.other)
        assert NOUN[first.meant].gender != NOUN[first.other].gender
        assert {first.pronoun, second.pronoun} == {"il", "elle"}
        for sentence in (first, second):
            assert sentence.meant
            assert sentence.pronoun == {"m": "il", "f": "elle"}[NOUN[sentence.meant].gender]
            assert words(sentence.french).count(sentence.pronoun) == 1
        passive = " by " in first.english
        assert (first.position(first.meant) < first.position(first.other)) != passive


def test_heads_are_chosen_and_measured_on_different_nouns() -> None:
    def pairs(choosing: bool) -> set[frozenset[str]]:
        every = minimal_pairs(400, 1, choosing)
        assert len({first.english for first, _ in every}) == 400
        return {frozenset((s.meant or "", s.other or "")) for s, _ in every}

    assert not pairs(True) & pairs(False)
    assert not pairs(True) & {frozenset(pair) for pair in NEVER}


def test_unknown_nouns_are_unknown_and_meant_every_other_time() -> None:
    found = unknown_noun_sentences(STRANGERS, 3)
    assert len(found) == 2 * len(STRANGERS) >= 40
    assert not set(STRANGERS) & set(NOUN)
    for name, meant, other in zip(STRANGERS, found[::2], found[1::2], strict=True):
        assert (meant.meant, other.other) == (name, name)
        assert name in words(meant.english)
        assert name in words(other.english)


# The same everywhere


def test_a_seed_gives_the_same_sentences_in_every_process() -> None:
    program = (
        "from model.tasks.pronouns.sampling import minimal_pairs, sentences, unknown_noun_sentences\n"
        "print(sentences(200, 7), minimal_pairs(10, 7), unknown_noun_sentences({'walrus': 'animal'}, 7))"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    here = sentences(200, 7), minimal_pairs(10, 7), unknown_noun_sentences({"walrus": "animal"}, 7)
    assert printed[0] == printed[1] == " ".join(map(str, here)) + "\n"
    assert sentences(20, 7) != sentences(20, 8)


# The vocabulary


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> CompactTokenizer:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.tasks.pronouns.VOCABULARY_SENTENCES", 2000)
        return TASKS[0].tokenizer(tmp_path_factory.mktemp("vocabulary"))


def test_words_that_people_type_first_are_known(tokenizer: CompactTokenizer) -> None:
    for word in REQUIRED.split():
        assert not tokenizer.unknown_words(word), word
        assert tokenizer.unk_token_id not in tokenizer.encode(word), word


def test_every_sentence_is_known_but_for_made_up_words(tokenizer: CompactTokenizer) -> None:
    for sentence in sentences(1000, 3):
        unknown = {normalise(word) for word in tokenizer.unknown_words(sentence.english).values()}
        assert unknown <= set(MADE_UP), sentence.english
        target = tokenizer.encode_target(sentence.french, sentence.english)
        assert tokenizer.convert_tokens_to_ids(UNKNOWN) not in target, sentence.french
        assert not {normalise(word) for word in tokenizer.unknown_words(sentence.french).values()} - set(
            MADE_UP
        )
    for name in STRANGERS:
        assert tokenizer.unknown_words(name), name


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_label_at_it_is_the_noun_that_is_meant(task: type, tokenizer: CompactTokenizer) -> None:
    for sentence in sentences(200, 4):
        example = task.example(tokenizer, sentence)  # type: ignore[attr-defined]
        assert ("source_labels" in example) == task.carried  # type: ignore[attr-defined]
        labelled = {i: label for i, label in enumerate(example.get("source_labels", ())) if label >= 0}
        if task.carried and sentence.meant:  # type: ignore[attr-defined]
            assert labelled == {
                words(sentence.english).index("it"): tokenizer.encode(sentence.english)[
                    sentence.position(sentence.meant)
                ]
            }
        else:
            assert not labelled


def test_position_counts_the_tokens_before_a_word(tokenizer: CompactTokenizer) -> None:
    sentence = Sentence(
        "The animal didn't cross the street because it was tired.", "", "il", "animal", "street"
    )
    assert [sentence.position(word) for word in ("animal", "n't", "street", "it")] == [1, 3, 6, 8]
    for sentence in sentences(200, 5):
        tokens = tokenizer.convert_ids_to_tokens(tokenizer.encode(sentence.english))
        for word in ("it", sentence.meant, sentence.other):
            if sentence.meant and word and word not in MADE_UP:
                assert tokens[sentence.position(word)] == f"▁{word}"


# French


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
    sentence = said(drawn)
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


@quick
@given(seeds)
def test_french_has_its_pronoun_and_every_elision(seed: int) -> None:
    for drawn_scene in drawn(seed):
        sentence = said(drawn_scene)
        pronouns = [word for word in words(sentence.french) if word in ("il", "elle")]
        assert pronouns == ([sentence.pronoun] if sentence.pronoun else [])
        text = sentence.french.lower()
        vowel = "[aàâeéèêëiîïoôœuùû]"
        assert not re.search(rf"\b(le|la|ne|de|que|ce) {vowel}", text), sentence.french
        assert not re.search(rf"\bma {vowel}|\bsi il\b|\b(de|à) les? |['*]{{2}}|\*|{{|}}|  ", text), (
            sentence.french
        )
        assert "l'hérisson" not in text, sentence.french
        assert sentence.french[0].isupper()
        assert sentence.english[0].isupper()


def test_a_verb_alone_and_nothing_said_of_it() -> None:
    everything = Sampler(0, allowed=lambda a, b: True)
    alone = [everything.scene(alone=True) for _ in range(100)]
    assert all(drawn_scene.object is None and drawn_scene.antecedent == "subject" for drawn_scene in alone)
    nothing_said = replace(alone[0], cue=None)
    assert " it " not in english(nothing_said)
    assert said(nothing_said).meant is None


def test_an_unknown_kind_is_a_plain_error() -> None:
    with pytest.raises(ValueError, match="There is no kind of noun called ghost"):
        kinds("animal ghost")


# Pairs from a file

LINES = (
    "The dog didn't cross the road because it was tired.\t"
    "Le chien n'a pas traversé la route parce qu'il était fatigué.\tdog\troad\n"
    "The dog didn't cross the road because it was wide.\t"
    "Le chien n'a pas traversé la route parce qu'elle était large.\tRoad\tdog\n"
)


def test_pairs_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(LINES, encoding="utf-8")
    [(first, second)] = read_pairs(path)
    assert (first.pronoun, first.meant, first.other) == ("il", "dog", "road")
    assert (second.pronoun, second.meant, second.other) == ("elle", "road", "dog")


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ("", "even number of lines"),
        (LINES.splitlines()[0], "even number of lines"),
        ("It is wide.\tIl est large.\n", r"Line 1 of .* needs 4 columns between tabs, not 2"),
        (LINES + "\n", r"Line 3 of .* needs 4 columns between tabs, not 1"),
        (LINES.replace("\tdog\troad", "\tcat\troad"), r'Line 1 of .* has no word "cat" in its English'),
        (LINES.replace("it was wide", "the road was wide"), r'Line 2 of .* has no word "it" in its English'),
    ],
)
def test_a_file_that_holds_no_pairs_is_a_plain_error(tmp_path: Path, written: str, error: str) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(ValueError, match=error):
        read_pairs(path)
