"""Parts of speech: that each tag is right, that something tells it, and on which side of the word."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import Refusal
from model.networks.loss import IGNORED
from model.tasks import find
from model.tasks.tags import TagsTask, score
from model.tasks.tags.grammar import (
    LANGUAGES,
    Grammar,
    Language,
    Sentence,
    combinations,
    grammar,
    is_held_out,
    sentences,
    vocabulary,
)
from model.tasks.tags.labels import NUMBERS, TAGS, encode, find_tokens
from model.text.particles import split_particles, stands_for
from model.text.tokenizer import CompactTokenizer, train_tokenizer
from model.text.words import normalise, split_words

TASK = cast(TagsTask, find("tags"))
seeds = st.integers(min_value=0, max_value=2**32)
languages = st.sampled_from(LANGUAGES)
quick = settings(max_examples=12)


# The sentences


@quick
@given(seeds, languages, st.booleans())
def test_words_are_those_that_the_tokenizer_cuts(seed: int, language: Language, held_out: bool) -> None:
    for sentence in sentences(60, seed, language, held_out):
        split = split_particles if language == "ko" else split_words
        assert tuple(word.text for word in split(sentence.text)) == sentence.words
        assert len(sentence.tags) == len(sentence.words)
        assert set(sentence.tags) <= set(TAGS)
        assert sentence.tags[-1] == "PUNCT"
        assert not re.search(r"\s[,.]|  |[*+/A-Z]{2}|\ba [aeiou]|\ban [^aeiou]", sentence.text), sentence.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_the_forms_have_several_tags(language: Language) -> None:
    """A second look, at the sentences alone: a word has one tag, or is a form, and has its own."""
    of: dict[str, set[str]] = defaultdict(set)
    for sentence in sentences(6000, 3, language):
        for word, tag in zip(sentence.words, sentence.tags, strict=True):
            particle = language == "ko" and tag in ("ADP", "CCONJ") and word in "은는이가을를과와"
            of[stands_for(word) if particle and word not in ("이",) else normalise(word)].add(tag)
    known = {form: set(tags) for form, tags in grammar(language).choices.items()}
    several = {word for word, tags in of.items() if len(tags) > 1}
    # 이 is a particle, too; to a tokenizer that is another token, since it is written onto a word.
    of["이"].discard("ADP")
    assert {word: of[word] for word in several} == {word: known[word] for word in several}
    assert several == set(known)
    assert len(known) >= {"en": 100, "ko": 40}[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_comes_as_often_and_with_each_tag_equally_often(language: Language) -> None:
    told = sentences(9000, 4, language)
    counts = Counter((spot.form, sentence.tags[spot.place]) for sentence in told for spot in sentence.spots)
    assert all(
        spot.form == normalise(one.words[spot.place]) or spot.form == "와"
        for one in told
        for spot in one.spots
    )
    for form, tags in grammar(language).choices.items():
        found = [counts[form, tag] for tag in tags]
        assert len(found) >= 2
        assert min(found) > 0.55 * max(found), (form, found)
    spots = sum(len(one.spots) for one in told)
    after = sum(spot.side == "after" for one in told for spot in one.spots)
    assert 0.45 < after / spots < 0.75


def guess(told: list[tuple[Any, str]], asked: list[tuple[Any, str]]) -> float:
    """The share of tags that are right where each context is given its commonest tag, counted on told."""
    seen: dict[Any, Counter[str]] = defaultdict(Counter)
    for context, tag in told:
        seen[context][tag] += 1
    right = [bool(seen[context]) and seen[context].most_common(1)[0][0] == tag for context, tag in asked]
    return float(np.mean(right))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_tells_stands_before_a_form_or_only_after_it(language: Language) -> None:
    """Of the form, and the true tags of four words on one side of it: what could be known at best."""

    def contexts(seed: int, side: str, look: str) -> list[tuple[Any, str]]:
        found = []
        for one in sentences(20_000 if seed else 3000, seed, language):
            for spot in one.spots:
                if spot.side != side:
                    continue
                place = spot.place
                around = {
                    "left": tuple(zip(one.words[max(0, place - 2) : place], one.tags, strict=False)),
                    "left tags": (one.tags[max(0, place - 4) : place], one.words[place - 1] if place else ""),
                    "right tags": (one.tags[place + 1 : place + 5], one.words[place + 1]),
                }
                found.append(((spot.form, around[look]), one.tags[place]))
        return found

    def known(side: str, look: str) -> float:
        return guess(contexts(1, side, look), contexts(0, side, look))

    assert known("after", "left tags") < 0.62
    assert known("before", "left tags") > 0.9
    assert known("after", "right tags") > 0.9


@quick
@given(seeds, languages)
def test_some_combinations_are_kept_for_measuring(seed: int, language: Language) -> None:
    def held(sentence: Sentence) -> list[bool]:
        nouns = [w.lower() for w, t in zip(sentence.words, sentence.tags, strict=True) if t == "NOUN"]
        verbs = [w.lower() for w, t in zip(sentence.words, sentence.tags, strict=True) if t == "VERB"]
        assert combinations(sentence.words, sentence.tags) == {(n, v) for n in nouns for v in verbs}
        return [is_held_out(noun, verb) for noun in nouns for verb in verbs]

    assert not any(any(held(one)) for one in sentences(100, seed, language))
    assert all(any(held(one)) for one in sentences(30, seed, language, held_out=True))


def test_one_combination_in_ten_is_kept() -> None:
    share = np.mean([is_held_out(f"n{i}", f"v{j}") for i in range(100) for j in range(100)])
    assert share == pytest.approx(0.1, abs=0.01)


def test_sentences_as_a_person_tags_them() -> None:
    """Known pairs of Universal Dependencies' English treebanks, found in what is drawn."""
    told = {
        " ".join(f"{w.lower()}/{t}" for w, t in zip(s.words, s.tags, strict=True))
        for s in sentences(20_000, 5)
    }
    whole = "\n".join(told)
    for pattern in (
        r"that/SCONJ the/DET \w+/NOUN \w+/VERB",
        r"that/DET \w+/NOUN",
        r"to/PART \w+/VERB the/DET",
        r"to/ADP the/DET \w+/NOUN",
        r"no/INTJ ,/PUNCT",
        r"no/DET \w+/NOUN",
        r"'s/AUX \w+ing/VERB",
        r"'s/PART \w+/NOUN (was/AUX|\w+/VERB)",
        r"must/AUX watch/VERB",
        r"the/DET watch/NOUN",
        r"there/PRON was/AUX",
        r"light/VERB the/DET",
        r"had/AUX \w+/VERB",
        r"had/VERB (a|an|the)/DET",
    ):
        assert re.search(pattern, whole), pattern
    for wrong in (
        r"the/DET \w+/VERB",
        r"to/PART the",
        r"to/ADP \w+/VERB",
        r"must/AUX \w+/NOUN",
        r"had/AUX (a|an|the)/DET",
        r"\btwo/NUM \w+/VERB",
    ):
        assert not re.search(wrong, whole), wrong


def test_korean_sentences_as_a_person_tags_them() -> None:
    whole = "\n".join(
        " ".join(f"{w}/{t}" for w, t in zip(s.words, s.tags, strict=True)) for s in sentences(9000, 5, "ko")
    )
    for pattern in (
        "(^|\\. .*)그/PRON (는|가)/ADP",
        "그/DET \\w+/NOUN",
        "하늘/NOUN 을/ADP 나는/VERB",
        "나는/PRON \\w+/NOUN",
        "\\w+/(PROPN|NOUN) (와|과)/CCONJ \\w+/(PROPN|NOUN) (가|이|은|는)/ADP",
        "(와|과)/ADP (함께/ADV|놀았다/VERB)",
        "오늘/NOUN (은|의)/ADP",
        "오늘/ADV \\w+/(PROPN|NOUN)",
        "새/NOUN 두/NUM 마리",
        "를/ADP 쓴/VERB",
        "쓴/ADJ 커피",
    ):
        assert re.search(pattern, whole, re.M), pattern


def test_a_seed_gives_the_same_sentences_and_another_gives_others() -> None:
    for language in LANGUAGES:
        once = sentences(50, 7, language)
        sentences.cache_clear()
        assert once == sentences(50, 7, language) != sentences(50, 8, language)


def test_a_table_that_does_not_explain_a_word_is_refused() -> None:
    made = Grammar("en")
    for wrong in ("xylophone", "watch"):  # unknown; of several tags and none said
        with pytest.raises(ValueError, match="does not say what"):
            made.read(f"the {wrong}")


# The task


@pytest.fixture(scope="module", params=LANGUAGES)
def far(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TagsTask, CompactTokenizer]:
    task = TASK.with_data([], {"language": request.param})
    return task, task.tokenizer(tmp_path_factory.mktemp(request.param))


def test_a_label_for_each_id(far: tuple[TagsTask, CompactTokenizer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.tasks.tags.SENTENCES", 200)
    task, tokenizer = far
    examples = task.examples(tokenizer, 0)
    assert len(examples) == len(list(task.sources(0))) == 200
    for example, sentence in zip(examples, sentences(200, 0, task.language), strict=True):
        assert example["input_ids"] == tokenizer.encode(sentence.text)
        assert tokenizer.unk_token_id not in example["input_ids"]
        assert not tokenizer.unknown_words(sentence.text)
        assert example["labels"] == [*(NUMBERS[tag] for tag in sentence.tags), IGNORED]
    assert len(task.validation(tokenizer, 0)) == 512
    for probe in task.probes():
        assert not tokenizer.unknown_words(probe.source)
    config = task.config(tokenizer)
    assert (config.vocab_size, config.pooling, config.task) == (len(tokenizer), "none", "tags")
    assert config.id2label == dict(enumerate(TAGS))


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_pieces_the_one_that_begins_a_word_is_labelled(language: Language, tmp_path: Path) -> None:
    told = sentences(300, 9, language)
    tokenizer = train_tokenizer((one.text for one in told), tmp_path, "unigram", 600)
    for sentence in told:
        example = encode(tokenizer, sentence)
        labelled = [label for label in example["labels"] if label != IGNORED]
        assert len(example["labels"]) == len(example["input_ids"])
        assert example["labels"][-1] == IGNORED
        words = find_tokens(tokenizer, example["input_ids"], sentence)
        numbers = [number for number in words if number is not None]
        assert numbers == sorted(set(numbers))
        assert labelled == [NUMBERS[sentence.tags[number]] for number in numbers]
        # A word begins a piece wherever a space stands before it.
        spaced = {0} | {
            i
            for i in range(1, len(sentence.words))
            if f" {sentence.words[i]}" in sentence.text
            and sentence.tags[i] not in ("PUNCT", "ADP", "PART", "AUX")
        }
        assert spaced - {i for i in spaced if i not in numbers} == spaced & set(numbers)
        assert len(numbers) > 0.6 * len(sentence.words)


def test_the_language_is_set_or_refused() -> None:
    assert TASK.with_data([]) == TASK
    assert TASK.with_data([], {"language": "ko"}).language == "ko"
    for wrong in ("fr", 1, None):
        with pytest.raises(Refusal, match="The language must be one of en, ko"):
            TASK.with_data([], {"language": wrong})


class Oracle(torch.nn.Module):
    """Knows the tag of each id that has only one, and says NOUN where an id has several."""

    device = torch.device("cpu")

    def __init__(self, task: TagsTask, tokenizer: CompactTokenizer) -> None:
        super().__init__()
        self.config = task.config(tokenizer)
        self.table = torch.full((len(tokenizer),), NUMBERS["NOUN"])
        for word, tags in {**grammar(task.language).words(), ".": {"PUNCT"}}.items():
            ids = tokenizer.encode(word)
            if len(tags) == 1 and len(ids) == 2:
                self.table[ids[0]] = NUMBERS[next(iter(tags))]
        for particle in tokenizer.particles:
            self.table[tokenizer.convert_tokens_to_ids(particle)] = NUMBERS["ADP"]

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        logits = torch.nn.functional.one_hot(self.table[input_ids], len(TAGS)).float()
        return type("Output", (), {"logits": logits})


def test_scores_are_shares_of_right_tags(far: tuple[TagsTask, CompactTokenizer]) -> None:
    task, tokenizer = far
    m: Any = type("Model", (), {"model": Oracle(task, tokenizer), "tokenizer": tokenizer})
    told = sentences(400, 11, task.language, held_out=True)
    found = task.score(m, told)
    nouns = [one.tags[spot.place] == "NOUN" for one in told for spot in one.spots]
    particles = [one.tags[s.place] == "ADP" and s.form == "와" for one in told for s in one.spots]
    expected = np.mean([a or b for a, b in zip(nouns, particles, strict=True)])
    assert found["sentences"] == 400
    assert found["words"] == sum(len(one.words) for one in told)
    assert found["ambiguous"] == pytest.approx(expected)
    total = found["words"]
    wrong = sum(not (a or b) for a, b in zip(nouns, particles, strict=True))
    an = sum(word == "an" for one in told for word in one.words)
    assert 1 - (wrong + an) / total <= found["accuracy"] + 1e-9
    assert found["accuracy"] - 1e-9 <= 1 - wrong / total
    progress = task.progress(m)
    assert set(progress.scores) == set(task.measures)
    assert len(progress.samples) == 3
    text, said, right = progress.samples[0]
    assert len(said.split()) == len(right.split())
    assert text


TREEBANK = """# sent_id = 1
# text = It doesn't.
1\tIt\tit\tPRON\tPRP\t_\t2\tnsubj\t_\t_
2-3\tdoesn't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdoes\tdo\tAUX\tVBZ\t_\t0\troot\t_\t_
3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t_\tSpaceAfter=No
4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_

1\tDogs\tdog\tNOUN\tNNS\t_\t2\tnsubj\t_\t_
2\tbark\tbark\tVERB\tVBP\t_\t0\troot\t_\t_
"""


def test_a_treebank_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.conllu"
    path.write_text(TREEBANK, encoding="utf-8")
    first, second = TASK.read(path)
    assert (first.text, first.words) == ("It doesn't.", ("It", "does", "n't", "."))
    assert (first.tags, second.tags) == (("PRON", "AUX", "PART", "PUNCT"), ("NOUN", "VERB"))
    assert score.measure([first, second], [first.tags, ["NOUN", "NOUN"]])["accuracy"] == pytest.approx(5 / 6)
    assert score.measure([first], [first.tags])["ambiguous"] is None
    path.write_text("1\tDogs\n", encoding="utf-8")
    with pytest.raises(Refusal, match=r"Line 1 of some.conllu has 2 columns"):
        TASK.read(path)
    path.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(Refusal, match="no sentence to be measured on"):
        TASK.read(path)


def test_the_vocabulary_has_every_word() -> None:
    for language in LANGUAGES:
        known = set(vocabulary(language))
        assert {"en": "an", "ko": "나는"}[language] in known
