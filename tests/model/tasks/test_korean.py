"""The Korean pronoun task: who is meant, what is kept out of training, and what the scores mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import load, trace
from model.attention import Cut
from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.networks.config import CompactConfig
from model.networks.loss import IGNORED
from model.networks.pretrained import CompactForConditionalGeneration
from model.tasks import collate, find
from model.tasks.korean import PROBES, TASKS, KoreanTask, score
from model.tasks.korean.grammar import Text, minimal_pairs, texts, vocabulary
from model.tasks.korean.names import GENDER, NAMES, PRONOUNS, SHOWN, for_choosing, invent_word, is_held_out
from model.text.particles import cut
from model.text.tokenizer import CompactTokenizer
from model.text.tokens import detokenize
from model.training.folder import Run
from model.training.run import train

TASK = TASKS[0]
seeds = st.integers(min_value=0, max_value=2**32)
quick = settings(max_examples=10)
SMALL = {
    "model.tasks.korean.TEXTS": 200,
    "model.tasks.korean.VALIDATION_TEXTS": 8,
    "model.tasks.korean.score.PAIRS": 4,
    "model.tasks.korean.score.WATCHED": 2,
    "model.training.run.LOOKS": 2,
}
NARROW = {"d_model": 48, "num_heads": 2, "d_k": None, "d_v": None, "d_ff": 64, "dropout": 0.0}
# A pronoun as a reader finds it: alone or with a particle, and no part of another word.
PRONOUN = re.compile(r"(?<!\w)(그녀|그)(?=(?:는|가|를|와|의|에게|도|로)?(?!\w))")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> CompactTokenizer:
    return TASK.tokenizer(tmp_path_factory.mktemp("tokenizer"))


def stems(text: str) -> set[str]:
    words = re.findall(r"\w+", text)
    return {word[: cut(word)] for word in words} | set(words)


# The texts


@quick
@given(seeds)
def test_a_rewriting_puts_names_for_pronouns_and_changes_nothing_else(seed: int) -> None:
    for text in texts(60, seed):
        found = PRONOUN.findall(text.source)
        assert len(found) == len(text.meant), text.source
        assert not PRONOUN.findall(text.target)
        names = iter(text.meant)
        rewritten = PRONOUN.sub(lambda _: next(names), text.source)  # noqa: B023
        # Particles aside, which agree with what stands before them.
        forms = str.maketrans("은이을과", "는가를와")
        ours, theirs = rewritten.translate(forms), text.target.translate(forms)
        assert ours.replace("으로", "로") == theirs.replace("으로", "로")


@quick
@given(seeds)
def test_the_pronoun_has_the_gender_of_the_one_who_is_meant(seed: int) -> None:
    for text in texts(60, seed):
        present = stems(text.source) & GENDER.keys()
        for pronoun, name in zip(PRONOUN.findall(text.source), text.meant, strict=True):
            assert name in stems(text.source)
            if name in GENDER:
                assert pronoun == PRONOUNS[GENDER[name]]
            else:  # somebody unknown: of another gender than the one who is known
                assert all(PRONOUNS[GENDER[other]] != pronoun for other in present)


def test_held_out_names_never_meet_in_training() -> None:
    for text in texts(3000, 0):
        present = sorted(stems(text.source) & GENDER.keys())
        assert not any(is_held_out(a, b) for a in present for b in present if a != b), text.source
    assert all(is_held_out(*pair) and is_held_out(*sorted(pair)) for pair in map(tuple, SHOWN))
    every = [(a, b) for a in NAMES["f"] for b in NAMES["m"]]
    assert sum(is_held_out(a, b) for a, b in every) / len(every) == pytest.approx(0.1, abs=0.02)


def test_texts_of_one_and_of_two_people_and_some_who_are_unknown() -> None:
    every = texts(3000, 1)
    assert len({text.source for text in every}) == 3000
    known = [len(stems(text.source) & GENDER.keys()) for text in every]
    assert min(known.count(n) for n in (0, 1, 2)) > 200
    strangers = [name for text in every for name in text.meant if name not in GENDER]
    assert 0.1 < len(strangers) / sum(len(text.meant) for text in every) < 0.4
    pronouns = [pronoun for text in every for pronoun in PRONOUN.findall(text.source)]
    assert pronouns.count("그녀") / len(pronouns) == pytest.approx(0.5, abs=0.04)
    assert sum(len(text.meant) > 1 for text in every) > 300
    assert 50 < sum(not text.meant for text in every) < 250


def test_names_are_words_without_a_particle() -> None:
    assert "아이유" in NAMES["f"]
    assert min(len(names) for names in NAMES.values()) > 70
    assert not set(NAMES["f"]) & set(NAMES["m"])
    assert all(cut(name) == len(name) for name in GENDER)


@quick
@given(seeds)
def test_invented_words_are_unknown_and_whole(seed: int) -> None:
    import random

    known = {word for text in vocabulary() for word in stems(text)}
    chance = random.Random(seed)
    for _ in range(200):
        word = invent_word(chance)
        assert cut(word) == len(word)
        assert word not in known


@quick
@given(seeds, st.booleans())
def test_minimal_pairs_differ_in_the_pronoun_which_changes_the_meaning(seed: int, choosing: bool) -> None:
    for first, second in minimal_pairs(10, seed, choosing):
        assert (first.meant[0], first.other) == (second.other, second.meant[0])
        assert is_held_out(first.meant[0], second.meant[0])
        assert for_choosing(first.meant[0], second.meant[0]) == choosing
        [one], [other] = PRONOUN.findall(first.source), PRONOUN.findall(second.source)
        assert {one, other} == {"그", "그녀"}
        assert PRONOUN.sub("_", first.source) == PRONOUN.sub("_", second.source)
        for text in (first, second):
            assert text.source != text.target
            assert len(text.meant) == 1


def test_a_seed_gives_the_same_texts() -> None:
    once = texts(50, 7)
    texts.cache_clear()
    assert once == texts(50, 7) != texts(50, 8)


# As examples


def test_labels_name_the_one_meant_and_texts_come_back(tokenizer: CompactTokenizer) -> None:
    for text in texts(300, 3):
        example = TASK.example(tokenizer, text)
        ids, labels = example["input_ids"], example["source_labels"]
        assert len(labels) == len(ids)
        found = tokenizer.convert_ids_to_tokens(ids)
        places = [i for i, token in enumerate(found) if token in ("▁그", "▁그녀")]
        assert [i for i, label in enumerate(labels) if label != IGNORED] == places
        spelling = tokenizer.unknown_words(text.source)
        named = tokenizer.convert_ids_to_tokens([labels[i] for i in places])
        assert [spelling.get(token, token.lstrip("▁")) for token in named] == list(text.meant)
        assert tokenizer.unk_token_id not in ids
        assert detokenize(tokenizer, example["labels"], text.source) == text.target
        assert detokenize(tokenizer, ids, text.source) == text.source


def test_only_what_is_invented_and_numbers_are_unknown(tokenizer: CompactTokenizer) -> None:
    known = {word for text in vocabulary() for word in stems(text)}
    assert not any(tokenizer.unknown_words(word) for word in known)
    for text in texts(300, 4, unknown=0):
        for word in tokenizer.unknown_words(text.source).values():
            assert word not in known
    assert tokenizer.unknown_words(PROBES[0].source) == {
        "<unk1>": "1993년",
        "<unk2>": "호텔",
        "<unk3>": "델루나",
    }


def test_sources_have_no_word_that_nobody_knows(
    tokenizer: CompactTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.tasks.korean.TEXTS", 200)
    sources = list(TASK.sources(0))
    assert len(sources) == 200
    for source in sources:
        assert not tokenizer.unknown_words(source)
    assert any("아이유" in word for word in " ".join(sources).split()) or "아이유" in GENDER


def test_the_probes_are_what_the_task_asks_for() -> None:
    assert PROBES[0].source == "아이유는 1993년에 태어났다. 그녀는 최근에 드라마 호텔 델루나에 출연했다"
    for probe, name in zip(TASK.probes(), ("아이유", "철수"), strict=True):
        assert PRONOUN.sub(name, probe.source) == probe.target


def test_it_is_found_and_needs_no_file(tmp_path: Path) -> None:
    assert isinstance(find("pronouns-ko"), KoreanTask)
    assert find("pronouns-ko").with_data([]) == TASK
    with pytest.raises(ValueError, match="makes its own data and learns from no file"):
        TASK.with_data([tmp_path])


# What the scores mean


@pytest.fixture(scope="module")
def half_known(tokenizer: CompactTokenizer) -> Checkpoint:
    """A small model that has begun to learn four texts by heart."""
    torch.manual_seed(0)
    config = CompactConfig(**{**TASK.config(tokenizer).to_dict(), **NARROW})
    network = CompactForConditionalGeneration(config)
    batch = collate([TASK.example(tokenizer, text) for text in score.flat(minimal_pairs(2, 6))])
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(40):
        network(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return prepare(network, tokenizer, "half known")


def test_looks_are_what_a_trace_has(half_known: Checkpoint) -> None:
    every = score.flat(minimal_pairs(3, 5))
    weights = score.looks(half_known, every)
    for text, row in zip(every, weights, strict=True):
        stack = trace(half_known, text.source, text.target)["encoder"]
        tokens = stack.query_tokens
        query = next(i for i, token in enumerate(tokens) if token in ("그", "그녀"))
        for k, name in enumerate((text.meant[0], text.other)):
            expected = stack.weights[:, :, query, tokens.index(name)]
            np.testing.assert_allclose(row[..., k], expected, atol=1e-5)


def test_a_rewriting_is_what_a_trace_writes_with_and_without_the_cut(half_known: Checkpoint) -> None:
    for text in score.flat(minimal_pairs(2, 6)):
        for told in (None, "meant", "other"):
            name = text.meant[0] if told == "meant" else text.other
            tokens = trace(half_known, text.source, text.target)["encoder"].query_tokens
            query = next(i for i, token in enumerate(tokens) if token in ("그", "그녀"))
            edits = (Cut("encoder", query, tokens.index(name)),) if told and name else ()
            [written] = score.rewritings(half_known, [text], told)
            expected = trace(half_known, text.source, edits=edits).output_text
            assert expected
            assert written == expected


def test_names_and_exact_rewritings_are_counted(half_known: Checkpoint) -> None:
    every = score.flat(minimal_pairs(2, 8))
    right = [text.target for text in every]
    wrong = [minimal.target for minimal in (every[1], every[0], every[3], every[2])]  # the other one's
    assert (score.exact(every, right), score.score_names(half_known, every, right)) == (1.0, 1.0)
    assert (score.exact(every, wrong), score.score_names(half_known, every, wrong)) == (0.0, 0.0)
    half = [right[0], wrong[1], right[2], wrong[3]]
    assert (score.exact(every, half), score.score_names(half_known, every, half)) == (0.5, 0.5)
    assert score.score_names(half_known, every, [""] * 4) == 0.0


def test_a_file_of_pairs_is_measured_or_refused(half_known: Checkpoint, tmp_path: Path) -> None:
    rows = [
        "철수는 영희를 만났다. 그는 웃었다.\t철수는 영희를 만났다. 철수는 웃었다.\t철수\t영희",
        "철수는 영희를 만났다. 그녀는 웃었다.\t철수는 영희를 만났다. 영희는 웃었다.\t영희\t철수",
    ]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(rows), encoding="utf-8")
    [(first, second)] = score.read_pairs(path)
    assert (first.meant, first.other, second.meant) == (("철수",), "영희", ("영희",))
    assert TASK.score(half_known, TASK.read(path))["pairs"] == 1
    for wrong, reason in (
        (rows[:1], "even number of lines"),
        ([], "even number of lines"),
        (["a\tb"], "needs 4 columns between tabs, not 2"),
        ([rows[0].replace("\t영희", "\t민지")], "needs both names and one 그 or 그녀"),
        (["철수는 영희를 만났다.\t\t철수\t영희"], "needs both names and one 그 or 그녀"),
    ):
        path.write_text("\n".join(wrong), encoding="utf-8")
        with pytest.raises(ValueError, match=reason):
            score.read_pairs(path)
    with pytest.raises(ValueError, match="one pronoun and two people"):
        score.people(Text("", ""))


def test_a_run_from_beginning_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SMALL.items():
        monkeypatch.setattr(name, value)
    threads = torch.get_num_threads()
    assert train(Run("pronouns-ko", 4), tmp_path / "run", threads=1)
    torch.set_num_threads(threads)
    m = load(tmp_path / "run")
    assert m.first_head
    assert (m.first_head["kind"], m.first_head["query"]) == ("encoder", "그녀")
    found = trace(m, PROBES[0].source)
    assert found.encoder
    assert found.encoder.query_tokens[:2] == ("아이유", "는")
    assert m.word_counts
    assert len(m.word_counts) > 300
    assert not any(character.isdigit() for word in m.word_counts for character in word)
    told: Any = (tmp_path / "run" / "README.md").read_text(encoding="utf-8")
    assert "name_accuracy_cut_antecedent" in told
