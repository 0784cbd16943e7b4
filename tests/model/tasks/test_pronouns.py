"""The pronoun task's sentences: what "it" may mean, what is kept out of training, and the vocabulary."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.tasks.pronouns import TASKS
from model.tasks.pronouns.grammar import NounPhrase, Scene, english, french
from model.tasks.pronouns.lexicon import CUES, NOUNS, PHRASES, Adjective, Noun
from model.tasks.pronouns.sampling import (
    MADE_UP,
    Sentence,
    is_held_out,
    minimal_pairs,
    sentences,
    sentences_with,
    stranger,
    training_scenes,
    uses,
)
from model.tasks.pronouns.score import STRANGERS, read_pairs
from model.text.tokenizer import UNKNOWN, CompactTokenizer
from model.text.words import normalise, split_words

ROOT = Path(__file__).parents[3]
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
quick = settings(max_examples=25)

NOUN = {noun.english: noun for noun in NOUNS}
CUE = {cue.english: cue for cue in CUES}


def words(text: str) -> list[str]:
    return [normalise(word.text) for word in split_words(text)]


def drawn(seed: int, count: int = 40) -> list[Scene]:
    scenes = training_scenes(seed, evenly=seed % 2)
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


def test_where_cues_are_drawn_first_none_is_rare() -> None:
    rarest = {}
    for evenly in (0.0, 1.0):
        scenes = training_scenes(3, unknown=0, evenly=evenly)
        counts = Counter(scene.cue for scene in islice(scenes, 12_000))
        told = [counts[cue] for cue, _ in uses()]
        rarest[evenly] = min(told) * len(told) / sum(told)
    assert rarest[0.0] < 0.15
    assert rarest[1.0] > 0.6


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
        assert not any(is_held_out(*pair) for pair in pairs), english(scene)
        assert not pairs & {frozenset(pair) for pair in NEVER}, english(scene)


def test_the_five_are_held_out_in_any_order_and_one_pair_in_ten() -> None:
    assert all(is_held_out(a, b) and is_held_out(b, a) for a, b in NEVER)
    names = sorted(NOUN)
    every = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    assert all(is_held_out(a, b) == is_held_out(b, a) for a, b in every)
    assert sum(is_held_out(a, b) for a, b in every) / len(every) == pytest.approx(0.1, abs=0.01)


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
    assert sum(roles) / len(roles) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_what_it_means_is_feminine_half_of_the_time(seed: int) -> None:
    every = sentences(8000, seed)
    pronouns = [sentence.pronoun for sentence in every if sentence.pronoun]
    assert len(pronouns) > 7000
    assert pronouns.count("elle") / len(pronouns) == pytest.approx(0.5, abs=0.03)
    # Between two nouns that are known, and above all two of which "it" means one and French tells which.
    known = [(NOUN[s.meant], NOUN[s.other]) for s in every if s.meant in NOUN and s.other in NOUN]
    told = [(meant, other) for meant, other in known if meant.gender != other.gender]
    assert len(told) > 0.8 * len(known)
    for pairs in (known, told):
        feminine = [meant.gender == "f" for meant, _ in pairs]
        assert len(feminine) > 4000
        assert sum(feminine) / len(feminine) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_unknown_nouns_are_masculine_and_the_known_one_beside_them_mostly_feminine(seed: int) -> None:
    scenes = training_scenes(seed)
    beside = []  # whether the one known noun is feminine
    for scene in (next(scenes) for _ in range(8000)):
        nouns = [phrase.noun for phrase in (scene.subject, scene.object) if phrase]
        unknown = [noun for noun in nouns if noun.english in MADE_UP]
        for noun in unknown:
            assert noun.gender == "m"
            assert not re.search(rf"\b(la|une|cette|ma) {noun.french}\b", french(scene)), french(scene)
        if len(unknown) == 1 and len(nouns) == 2:
            beside += [noun.gender == "f" for noun in nouns if noun not in unknown]
    assert len(beside) > 1500
    assert sum(beside) / len(beside) > 0.85


# A minimal pair


def without_cue(sentence: Sentence) -> set[str]:
    """What is left of a sentence where one of the cues that it contains is taken out, in one place."""
    forms = [*CUE, *(form for p in PHRASES for form in (p.english_past, p.english_present))]
    return {
        sentence.english[: found.start()] + "_" + sentence.english[found.end() :]
        for form in forms
        for found in re.finditer(rf"\b{form}\b", sentence.english)
    }


@settings(max_examples=8)
@given(seeds, st.booleans())
def test_minimal_pairs_differ_in_the_cue_which_changes_the_meaning(seed: int, choosing: bool) -> None:
    for first, second in minimal_pairs(10, seed, choosing):
        assert first.english != second.english
        assert without_cue(first) & without_cue(second), (first.english, second.english)
        assert first.meant
        assert first.other
        assert (first.meant, first.other) == (second.other, second.meant)
        assert is_held_out(first.meant, first.other)
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
    found = sentences_with(STRANGERS, 3)
    names = [noun.english for noun in STRANGERS]
    assert len(found) == 2 * len(STRANGERS) >= 40
    assert len(set(names)) == len(names)
    assert not set(names) & {*NOUN, *MADE_UP}
    for name, meant, other in zip(names, found[::2], found[1::2], strict=True):
        assert (meant.meant, other.other) == (name, name)
        assert name in words(meant.english)
        assert name in words(other.english)
        # French puts the noun itself there, masculine, and the one beside it is feminine.
        assert (meant.pronoun, other.pronoun) == ("il", "elle")
        for sentence, known in ((meant, meant.other), (other, other.meant)):
            assert name in words(sentence.french)
            assert known
            assert NOUN[known].gender == "f"


def test_sentences_with_a_noun_keep_its_gender() -> None:
    """Of either gender, and beside a noun of the other, so that French tells which is meant."""
    nouns = [Noun("ferry", "traversier", "m", "vehicle"), Noun("barge", "péniche", "f", "vehicle")]
    found = sentences_with(nouns * 10, 5)
    for noun, meant, other in zip(nouns * 10, found[::2], found[1::2], strict=True):
        own, opposite = ("il", "elle") if noun.gender == "m" else ("elle", "il")
        assert (meant.meant, meant.pronoun) == (noun.english, own)
        assert (other.other, other.pronoun) == (noun.english, opposite)
        wrong = ("la", "une", "cette", "ma") if noun.gender == "m" else ("le", "un", "ce", "mon")
        for sentence in (meant, other):
            assert noun.french in words(sentence.french)
            assert not re.search(rf"(?i)\b({'|'.join(wrong)}) {noun.french}", sentence.french)


# The same everywhere


def test_a_seed_gives_the_same_sentences_in_every_process() -> None:
    program = (
        "from model.tasks.pronouns.sampling import minimal_pairs, sentences, sentences_with, stranger\n"
        "walrus = stranger('walrus', 'animal')\n"
        "print(sentences(200, 7), minimal_pairs(10, 7), sentences_with([walrus], 7))"
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
    here = sentences(200, 7), minimal_pairs(10, 7), sentences_with([stranger("walrus", "animal")], 7)
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
    for noun in STRANGERS:
        assert tokenizer.unknown_words(noun.english), noun


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
