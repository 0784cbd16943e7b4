"""The noun that "it" means, far away: how far, where the other one is, and what is said in between."""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import load
from model.errors import Refusal
from model.evaluate import evaluate
from model.tasks import find
from model.tasks.pronouns import PronounTask, fillers, score, vocabulary
from model.tasks.pronouns.distance import MOST, NEAREST, draw_places, far_pairs, far_sentences
from model.tasks.pronouns.lexicon import CUES, NOUNS, PHRASES
from model.tasks.pronouns.sampling import MADE_UP, Sentence, is_held_out, minimal_pairs, sentences
from model.text.words import normalise, split_words
from model.training.folder import Run
from model.training.run import train

seeds = st.integers(min_value=0, max_value=2**32)
NOUN = {noun.english: noun for noun in NOUNS}
TASK = cast(PronounTask, find("pronouns"))


def words(text: str) -> list[str]:
    return [normalise(word.text) for word in split_words(text)]


def between(sentence: Sentence, noun: str | None) -> int:
    """How many words stand between a noun and "it", as a reader counts them: runs without a space or mark."""
    found = re.search(rf"(?i)\b{noun}\b(.*?)\bit\b", sentence.english)
    assert found, (noun, sentence.english)
    return len(re.findall(r"[\w'’-]+", found[1]))


# How far


@pytest.mark.parametrize("most", [1, 3, 12, 40])
def test_every_distance_is_as_frequent_and_has_both_roles(most: int) -> None:
    every = far_sentences(40 * most, 5, most)
    assert len({s.english for s in every}) == len(every) == 40 * most
    at = {s.english: between(s, s.meant) for s in every}
    assert Counter(at.values()) == dict.fromkeys(range(1, most + 1), 40)
    for distance in range(1, most + 1):
        passives = {
            (" by " in s.english.split(".")[0], s.meant)
            for s in every
            if at[s.english] == distance and s.other
        }
        assert {passive for passive, _ in passives} == {True, False}
        genders = [s.pronoun for s in every if at[s.english] == distance]
        assert 8 <= genders.count("elle") <= 32


def test_the_place_of_a_noun_does_not_tell_whether_it_is_meant() -> None:
    """Of two nouns at given places either is meant as often, so that the best guess by place is chance."""
    every = [s for s in far_sentences(5000, 6) if s.other]
    assert len(every) > 4600
    near = [between(s, s.meant) < between(s, s.other) for s in every]
    assert sum(near) / len(near) == pytest.approx(0.5, abs=0.03)
    for name in ("meant", "other"):
        counts = Counter(between(s, getattr(s, name)) for s in every)
        assert set(counts) == set(range(1, 41))
        assert min(counts.values()) > 70
    layouts: dict[tuple[int, int], list[bool]] = {}
    for s, is_near in zip(every, near, strict=True):
        places = sorted((between(s, s.meant), between(s, s.other)))
        layouts.setdefault((places[0] // 5, places[1] // 5), []).append(is_near)
    large = [found for found in layouts.values() if len(found) > 60]
    assert len(large) > 20
    for found in large:
        assert 0.25 < sum(found) / len(found) < 0.75
    apart = Counter(abs(between(s, s.meant) - between(s, s.other)) for s in every)
    assert min(apart) >= NEAREST
    assert len(apart) > 30


@given(st.integers(1, 40), seeds)
def test_places_are_two_points_of_a_ring(meant: int, seed: int) -> None:
    other = draw_places(random.Random(seed), meant, 40)
    assert 1 <= other <= 40
    assert NEAREST <= abs(meant - other) <= 40 - NEAREST
    # It could have been the other way round, as likely: the steps that lead from the one lead to the other.
    assert (other - meant) % 40 in range(NEAREST, 40 - NEAREST + 1)
    assert (meant - other) % 40 in range(NEAREST, 40 - NEAREST + 1)


# What is said in between


PEOPLE = {
    line.split(": ")[1].split(" = ")[0]: line.split(" = ")[1]
    for line in map(str.strip, fillers.RULES.splitlines())
    if line.startswith(("ONE", "SOME"))
}
SEVERAL = ("children", "neighbors", "students", "nurses", "parents", "cousins", "friends", "people")


def contract(french: str) -> str:
    for wrong, right in (
        ("de les", "des"),
        ("à les", "aux"),
        ("de le", "du"),
        ("à le", "au"),
        ("de un", "d'un"),
    ):
        french = french.replace(f"{wrong} ", f"{right} ")
    return french


def people_in(text: str, names: dict[str, str]) -> list[str]:
    """Which people are named, in order. names: how the text names them: whose English name."""
    pattern = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return [names[found] for found in re.findall(rf"(?<![\w-])({pattern})(?![\w-])", text)]


@settings(max_examples=60)
@given(seeds, st.sampled_from(fillers.TENSES), st.integers(1, 36), st.booleans())
def test_an_aside_has_as_many_words_as_wanted_and_says_the_same_in_french(
    seed: int, tense: Any, count: int, after_noun: bool
) -> None:
    aside = fillers.draw_aside(random.Random(seed), tense, count, after_noun, set())
    assert len(re.findall(r"[\w'-]+", aside.english)) == count
    assert aside.english.count(",") == aside.french.count(",")
    assert ("which" in aside.english.split()) <= after_noun
    said = words(aside.english)
    assert not {"it", "its"} & set(said)
    assert not {"il", "elle", "ils", "elles"} & set(words(aside.french))
    # The same people in the same order, each told of by as many clauses.
    french = {name: english for english, name in PEOPLE.items()}
    french |= {f"d'{name}": english for english, name in PEOPLE.items()}
    french |= {f"qu'{name}": english for english, name in PEOPLE.items()}
    french |= {
        form: english
        for english, name in PEOPLE.items()
        for form in (contract(f"de {name} ").strip(), contract(f"à {name} ").strip())
    }
    assert people_in(aside.french, french) == people_in(aside.english, {name: name for name in PEOPLE})
    assert len(re.findall(r"\bwho\b", aside.english)) == len(re.findall(r"\bqui\b", aside.french))
    pronouns = len(re.findall(r"\b(?:que |dont |qu')", aside.french)) - len(
        re.findall(r"\bpendant qu", aside.french)
    )
    assert len(re.findall(r"\bwhich\b", aside.english)) == pronouns
    # One person's verb is not that of several, where the verb follows at once.
    begins = r"\b(which|as|if|while) (the|my|our|two|many) "
    several, one = "|".join(SEVERAL), "sister|brother|uncle|aunt|teacher|doctor|mayor|farmer|grandmother"
    assert not re.search(rf"{begins}({several}) (was|is|knows|talks|remembers|tells|shows)\b", aside.english)
    assert not re.search(rf"{begins}({one}) (were|are|know|talk|remember|tell|show)\b", aside.english)
    assert not re.search(r"\b(de|à) les\b", aside.french)


def test_nothing_in_an_aside_could_be_it() -> None:
    said = {word for text in fillers.texts() for word in words(text)} - {"square"}
    english = {
        word
        for tense in fillers.TENSES
        for rules in fillers.GRAMMAR[tense].values()
        for rule in rules
        for word in words(rule.english.replace("{}", ""))
    }
    assert english <= said
    assert not english & NOUN.keys()
    assert not english & {cue.english for cue in CUES}
    assert not english & {"it", *MADE_UP}
    assert not any(phrase.english_past in " ".join(english) for phrase in PHRASES)


@settings(max_examples=10)
@given(seeds)
def test_french_has_one_pronoun_and_every_elision(seed: int) -> None:
    vowel = "[aàâeéèêëiîïoôœuùû]"
    for sentence in far_sentences(60, seed, 40):
        assert [w for w in words(sentence.french) if w in ("il", "elle")] == [sentence.pronoun]
        assert words(sentence.english).count("it") == 1
        text = sentence.french.lower()
        assert set(re.findall(r"(\w*)qu'", text)) <= {"", "puis"}, sentence.french
        assert not re.search(rf"\b(le|la|ne|de|que|ce) {vowel}", text), sentence.french
        assert not re.search(
            rf"\bma {vowel}|\bsi il\b|\b(de|à) les? |['*]{{2}}|\*|[{{}}\[\]|]|  |,,|,\.", text
        ), sentence.french
        for said in (sentence.english, sentence.french):
            assert said[0].isupper()
            assert not re.search(r"\s[,.]|[{}\[\]|/]|,,|,\.|  ", said), said
        # Without its asides it is a sentence that people type.
        assert len(re.findall(r"[\w'-]+", sentence.english)) <= 62


def test_a_whole_sentence_in_both_languages() -> None:
    found = {s.english: s.french for s in far_sentences(400, 11)}
    again = {s.english: s.french for s in far_sentences(400, 11)}
    assert found == again
    assert found != {s.english: s.french for s in far_sentences(400, 12)}


# What is kept out of training


def test_held_out_nouns_never_meet_however_far_apart() -> None:
    for sentence in far_sentences(2000, 1):
        present = {word for word in words(sentence.english) if word in NOUN and word != "watch"}
        present |= {noun for noun in (sentence.meant, sentence.other) if noun in NOUN}
        assert not any(is_held_out(a, b) for a in present for b in present if a != b), sentence.english


@settings(max_examples=12)
@given(seeds, st.integers(1, 40), st.booleans())
def test_pairs_at_a_distance_differ_in_the_cue_only(seed: int, distance: int, choosing: bool) -> None:
    for first, second in far_pairs(4, seed, distance, choosing):
        assert between(first, first.meant) == between(second, second.other) == distance
        assert (first.meant, first.other) == (second.other, second.meant)
        assert first.meant
        assert first.other
        assert is_held_out(first.meant, first.other)
        assert NOUN[first.meant].gender != NOUN[first.other].gender
        assert {first.pronoun, second.pronoun} == {"il", "elle"}
        one, other = first.english, second.english
        same = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
        assert re.search(r"\b[Ii]t\b", one[:same] + " "), (one, other)  # what differs is said of "it"


def test_pairs_come_in_both_orders_and_roles() -> None:
    pairs = far_pairs(200, 3, 20)
    near = [between(first, first.meant) < between(first, first.other) for first, _ in pairs]
    assert 70 < sum(near) < 130
    assert 60 < sum(first.pronoun == "elle" for first, _ in pairs) < 140
    choosing = {frozenset((s.meant, s.other)) for s, _ in far_pairs(100, 3, 20, choosing=True)}
    assert not choosing & {frozenset((s.meant, s.other)) for s, _ in pairs}


# The task


def digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def test_sentences_as_they_come_are_what_they_were() -> None:
    """The shipped checkpoints are made again from these, for a seed, to the letter."""
    assert digest(sentences(2000, 7)) == "995d7b4d9570dfef"
    assert digest(minimal_pairs(50, 3)) == "93c79705ead01b38"
    assert digest(minimal_pairs(50, 3, True)) == "ca02088d239d4128"


def test_the_vocabulary_as_it_comes_is_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.tasks.pronouns.VOCABULARY_SENTENCES", 500)
    assert digest(list(vocabulary())) == "904fa247b6a8d207"
    assert not list(TASK.rare_texts())


@pytest.mark.parametrize("value", [-1, 41, 2.5, "far", True, None])
def test_a_distance_that_cannot_be_is_refused(value: Any) -> None:
    reason = "The distance must be a whole number of words from 0 to 40."
    with pytest.raises(Refusal, match=reason):
        TASK.with_data([], {"distance": value})
    if value == 41:
        with pytest.raises(Refusal, match=reason):
            far_sentences(1, 0, 41)
        with pytest.raises(Refusal, match=reason):
            far_pairs(1, 0, 41)
    for none in (far_sentences, far_pairs):
        with pytest.raises(Refusal, match=reason):
            none(1, 0, 0)


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> PronounTask:
    for name, count in {"SENTENCES": 400, "VALIDATION_SENTENCES": 40, "VOCABULARY_SENTENCES": 2000}.items():
        monkeypatch.setattr(f"model.tasks.pronouns.{name}", count)
    return TASK.with_data([], {"distance": 30})


def test_the_setting_makes_the_task_far(far: PronounTask, tmp_path: Path) -> None:
    assert TASK.with_data([]) == TASK.with_data([], {"distance": 0}) == TASK
    tokenizer = far.tokenizer(tmp_path)
    drawn = far.draw(400, 0)
    assert len(drawn) == 400
    for sentence in drawn:
        unknown = {normalise(w) for w in tokenizer.unknown_words(sentence.english).values()}
        assert unknown <= set(MADE_UP), sentence.english
        assert {normalise(w) for w in tokenizer.unknown_words(sentence.french).values()} <= set(MADE_UP)
    assert max(between(s, s.meant) for s in drawn[80:]) == 30
    assert sum(s.english.count(",") > 1 for s in drawn) > 250
    example = far.examples(tokenizer, 0)[-1]
    assert {"input_ids", "labels", "source_labels"} == set(example)
    assert [label for label in example["source_labels"] if label >= 0]
    assert len(far.validation(tokenizer, 0)) == 40
    assert "from 1 to 30 words" in far.card()
    assert "pronoun_accuracy_at_" not in TASK.card()
    assert len(list(far.sources(0))) == 400


def test_right_pronouns_are_counted_by_distance(
    far: PronounTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes the right French has them all, whoever always means the nearest noun about half."""

    class Model:
        tokenizer = far.tokenizer(tmp_path)

    m: Any = Model()
    rooms: list[int] = []

    def write(right: bool) -> Any:
        def written(
            m: Any, told: list[Sentence], cut: str | None = None, room: int | None = None
        ) -> list[list[int]]:
            assert room
            rooms.append(room)
            ids = [m.tokenizer.encode_target(s.french, s.english) for s in told]
            assert max(map(len, ids)) < room
            if right:
                return ids
            swap = {
                m.tokenizer.encode(a)[0]: m.tokenizer.encode(b)[0]
                for a, b in (("il", "elle"), ("elle", "il"))
            }
            return [
                [swap.get(i, i) for i in row] if between(s, s.meant) > between(s, s.other) else row
                for s, row in zip(told, ids, strict=True)
            ]

        return written

    monkeypatch.setattr(score, "translations", write(right=True))
    assert score.pronoun_accuracy_at(m, (1, 7, 30), 20, 30) == {1: 1.0, 7: 1.0, 30: 1.0}
    monkeypatch.setattr(score, "translations", write(right=False))
    found = score.pronoun_accuracy_at(m, (1, 15, MOST), 60)
    assert found[1] == 1.0
    assert 0.2 < found[15] < 0.8
    assert found[MOST] == 0.0
    assert max(rooms) > 60


@pytest.mark.parametrize("attention", ["none", "bahdanau"])
def test_a_recurrent_network_learns_it_from_beginning_to_end(
    attention: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"SENTENCES": 200, "VALIDATION_SENTENCES": 8, "VOCABULARY_SENTENCES": 500}
    small |= {"score.PAIRS": 4, "score.WATCHED": 2, "score.WRITTEN": 2, "score.FAR": 3}
    for name, count in small.items():
        monkeypatch.setattr(f"model.tasks.pronouns.{name}", count)
    monkeypatch.setattr("model.training.run.LOOKS", 2)
    threads = torch.get_num_threads()
    given = {"distance": 6, "network": "gru", "attention": attention, "d_model": 32, "hidden_size": 32}
    assert train(Run("pronouns", 4, settings=given), tmp_path / "run", threads=1)
    torch.set_num_threads(threads)
    m = load(tmp_path / "run")
    assert (m.first_head is None) == (attention == "none")
    found = evaluate(str(tmp_path / "run"))
    distances = [name for name in found if name.startswith("pronoun_accuracy_at_")]
    assert distances == [f"pronoun_accuracy_at_{at}" for at in (1, 2, 5, 6)]
    assert all(0 <= found[name] <= 1 for name in (*distances, "pronoun_accuracy", "exact_translation"))
    assert not {"both_members_right", "pronoun_accuracy_cut_other"} & set(found)
    assert "from 1 to 6 words" in (tmp_path / "run" / "README.md").read_text(encoding="utf-8")
