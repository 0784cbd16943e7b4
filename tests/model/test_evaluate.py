"""Measuring a checkpoint: its numbers against a reader who traces sentence by sentence, and plain errors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model import evaluate, load, trace
from model.attention import Cut, Edit
from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.networks.config import CompactConfig
from model.networks.pretrained import CompactForConditionalGeneration
from model.tasks import collate
from model.tasks.pronouns import score
from model.tasks.pronouns.lexicon import Noun
from model.tasks.pronouns.sampling import Sentence, minimal_pairs, sentences, sentences_with
from model.text.tokenizer import train_tokenizer
from tests.model.reading import merged, words_of

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "checkpoints" / "pronouns"
PAIRS = 12
PIECE_PAIRS = minimal_pairs(6, seed=17)
TASKLESS = ["The animal didn't cross the street because it was too tired."]


@pytest.fixture(scope="module")
def m() -> Checkpoint:
    return load(SHIPPED)


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Sentence, Sentence]]:
    return minimal_pairs(PAIRS, seed=17)


@pytest.fixture(scope="module")
def data(pairs: list[tuple[Sentence, Sentence]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pairs as a person would write them down."""
    lines = [f"{s.english}\t{s.french}\t{s.meant}\t{s.other}\n" for pair in pairs for s in pair]
    path = tmp_path_factory.mktemp("data") / "pairs.tsv"
    path.write_text("".join(lines), encoding="utf-8")
    return path


class Reader:
    """Reads one sentence as a person would: its trace, the head's row at "it", the French."""

    def __init__(self, m: Checkpoint, sentence: Sentence) -> None:
        self.m, self.sentence = m, sentence
        found = trace(m, sentence.english, target=sentence.french)
        assert found.encoder
        self.words, self.tokens = words_of(found.encoder, sentence.english)
        self.it = self.words.index("it")
        assert m.first_head
        row = merged(found.encoder, self.tokens)[m.first_head["layer"], m.first_head["head"], self.it]
        self.meant, self.other = (float(row[self.place(noun)]) for noun in (sentence.meant, sentence.other))

    def place(self, noun: str | None) -> int:
        assert noun
        return self.words.index(noun)

    def edits(self, cut: str | None) -> list[Edit]:
        """What keeps "it" from looking at a noun."""
        keys = self.tokens[self.place(cut)] if cut else []
        return [Cut("encoder", query=query, key=key) for query in self.tokens[self.it] for key in keys]

    def french(self, cut: str | None = None) -> str:
        """What the model writes, also where "it" may not look at a noun."""
        return trace(self.m, self.sentence.english, layers=[], edits=self.edits(cut)).output_text or ""

    def right(self, cut: str | None = None) -> bool:
        """Whether the pronoun is right."""
        pronouns = re.findall(r"(?i)\b(il|elle)\b", self.french(cut))
        return bool(pronouns) and pronouns[0].lower() == self.sentence.pronoun


def as_read(m: Checkpoint, pairs: list[tuple[Sentence, Sentence]], nouns: Sequence[Noun]) -> dict[str, Any]:
    """Every score, sentence by sentence."""
    read = [[Reader(m, sentence) for sentence in pair] for pair in pairs]
    every = [reader for pair in read for reader in pair]
    strange = [Reader(m, s) for s in sentences_with(nouns, score.MEASURING_SEED)]
    return {
        "pairs": len(pairs),
        "both_members_right": np.mean([all(r.meant > r.other for r in pair) for pair in read]),
        "antecedent_weight": np.mean([r.meant for r in every]),
        "other_weight": np.mean([r.other for r in every]),
        "pronoun_accuracy": np.mean([r.right() for r in every]),
        "pronoun_accuracy_cut_antecedent": np.mean([r.right(cut=r.sentence.meant) for r in every]),
        "pronoun_accuracy_cut_other": np.mean([r.right(cut=r.sentence.other) for r in every]),
        "exact_translation": np.mean([r.french() == r.sentence.french for r in every]),
        "unknown_noun_sentences": len(strange),
        "unknown_noun_head_accuracy": np.mean([r.meant > r.other for r in strange]),
    }


def test_scores_are_what_a_reader_finds_in_the_traces(
    m: Checkpoint, pairs: list[tuple[Sentence, Sentence]]
) -> None:
    scores = score.score(m, pairs)
    assert scores.pop("head") == m.first_head
    assert scores == pytest.approx(as_read(m, pairs, score.STRANGERS), abs=1e-5)


def test_what_is_no_attention_to_the_noun_meant_counts_as_such() -> None:
    looks = np.array(
        [[[0.9, 0.1], [0.6, 0.4]], [[0.9, 0.1], [0.4, 0.6]], [[0.5, 0.5], [0.9, 0.0]]], np.float32
    )
    assert score.both_right(looks) == pytest.approx(1 / 3)


def test_the_chosen_head_is_the_best_on_pairs_of_its_own(m: Checkpoint) -> None:
    """By how many pairs a head gets right in both members, and how much it gives to the noun meant."""
    merit = np.zeros((m.depth["encoder"], m.heads["encoder"]))
    for pair in minimal_pairs(PAIRS, score.CHOOSING_SEED, choosing=True):
        right = np.ones_like(merit, dtype=bool)
        for sentence in pair:
            found = trace(m, sentence.english).encoder
            assert found
            words = [text.lower() for text in found.query_tokens]
            assert sentence.meant
            assert sentence.other
            row = found.weights[:, :, words.index("it")]
            meant, other = row[..., words.index(sentence.meant)], row[..., words.index(sentence.other)]
            right &= meant > other
            merit += meant / (2 * PAIRS)
        merit += right / PAIRS
    layer, head = np.unravel_index(merit.argmax(), merit.shape)
    assert score.choose(m, pairs=PAIRS) == {"kind": "encoder", "layer": layer, "head": head, "query": "it"}


# A tokenizer of pieces


@pytest.fixture(scope="module")
def of_pieces(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A small model of pieces so short that "it" is several of them; it half knows PIECE_PAIRS by heart."""
    texts = [text for s in sentences(300, 1) for text in (s.english, s.french)]
    without_it = [re.sub("(?i)it", "", text) for text in texts]
    tokenizer = train_tokenizer(without_it, tmp_path_factory.mktemp("pieces"), "unigram", vocab_size=500)
    torch.manual_seed(0)
    config = CompactConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        num_heads=2,
        d_ff=64,
        encoder_layers=2,
        decoder_layers=1,
        dropout=0.0,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        first_head={"kind": "encoder", "layer": 1, "head": 1, "query": "it"},
    )
    network = CompactForConditionalGeneration(config)
    examples = [
        {"input_ids": tokenizer.encode(s.english), "labels": tokenizer.encode_target(s.french, s.english)}
        for s in score.flat(PIECE_PAIRS)
    ]
    batch = collate(examples)
    optimiser = torch.optim.Adam(network.parameters(), 5e-3)
    for _ in range(60):
        network(**batch).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    return prepare(network, tokenizer, "pieces")


def test_scores_with_pieces_are_what_a_reader_finds_in_the_traces(
    of_pieces: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_up = [Reader(of_pieces, sentence) for sentence in score.flat(PIECE_PAIRS)]
    assert all(len(r.tokens[r.it]) > 1 for r in cut_up)
    assert any(len(r.tokens[r.place(r.sentence.meant)]) > 1 for r in cut_up)
    strangers = score.STRANGERS[::6]
    monkeypatch.setattr(score, "STRANGERS", strangers)
    monkeypatch.setattr(score, "ROOM", 100)
    scores = score.score(of_pieces, PIECE_PAIRS)
    assert scores.pop("head") == of_pieces.first_head
    assert scores == pytest.approx(as_read(of_pieces, PIECE_PAIRS, strangers), abs=1e-5)
    assert 0 < scores["pronoun_accuracy"] < 1
    assert 0 < scores["exact_translation"] < 1


@pytest.mark.parametrize("cut", ["meant", "other"])
def test_every_piece_of_it_is_cut_from_every_piece_of_the_noun(of_pieces: Checkpoint, cut: str) -> None:
    every = score.flat(PIECE_PAIRS)
    for sentence in every:
        noun, kept = (sentence.meant, sentence.other)[:: 1 if cut == "meant" else -1]
        edits = score.edits(of_pieces, sentence, cut)
        stack = trace(of_pieces, sentence.english, edits=edits).encoder
        assert stack
        words, groups = words_of(stack, sentence.english)
        weights = merged(stack, groups)
        row = weights[:, :, words.index("it")]  # (layers, heads, keys)
        assert (row[..., words.index(noun or "")] == 0).all()
        assert (row[..., words.index(kept or "")] > 0).all()
        assert stack.weights.sum(-1) == pytest.approx(1, abs=1e-5)
        # And nothing else is cut.
        assert (np.delete(weights, words.index("it"), axis=2) > 0).all()
    # Many at once, each under its own cut, write what each writes alone.
    together = score.translations(of_pieces, every, cut)
    assert together == [*chain.from_iterable(score.translations(of_pieces, [one], cut) for one in every)]


def test_a_translation_is_right_however_it_is_cut_into_pieces(of_pieces: Checkpoint) -> None:
    tokenizer = score.tokenizer_of(of_pieces)
    for sentence in score.flat(PIECE_PAIRS):
        ids = tokenizer.encode_target(sentence.french, sentence.english)
        pieces = [piece for token in tokenizer.convert_ids_to_tokens(ids[:-1]) for piece in token]
        single: Any = [*map(tokenizer.convert_tokens_to_ids, pieces), ids[-1]]
        assert len(single) > len(ids)
        for written in (ids, single):
            assert score.same(of_pieces, written, sentence)
            assert score.pronoun(of_pieces, written) == sentence.pronoun
        assert not score.same(of_pieces, [*ids[:-2], ids[-1]], sentence)


# The command


def test_the_command_prints_one_json_object(m: Checkpoint, data: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "model.evaluate", str(SHIPPED), "--data", str(data)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.count("\n") == 1
    scores = json.loads(run.stdout)
    assert scores["pairs"] == PAIRS
    assert scores == evaluate.evaluate(str(SHIPPED), data)


# Plain errors


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command says on stderr where it cannot measure."""
    monkeypatch.setattr(sys, "argv", ["model.evaluate", *arguments])
    capsys.readouterr()
    assert evaluate.main() == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.strip().splitlines()[-1]


def test_a_missing_folder_is_a_plain_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(monkeypatch, capsys, str(tmp_path / "nowhere"))
    assert "nowhere" in said


def test_a_checkpoint_without_a_task_is_a_plain_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer = train_tokenizer(TASKLESS, tmp_path)
    config = CompactConfig(
        vocab_size=len(tokenizer),
        d_model=8,
        num_heads=2,
        d_ff=8,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
    )
    CompactForConditionalGeneration(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    said = refused(monkeypatch, capsys, str(tmp_path))
    assert said.endswith("does not say what it was trained for, so there is nothing to measure.")


def test_data_that_hold_no_pairs_are_a_plain_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "nothing.tsv" in refused(
        monkeypatch, capsys, str(SHIPPED), "--data", str(tmp_path / "nothing.tsv")
    )
    (tmp_path / "one.tsv").write_text("It is tired.\n")
    said = refused(monkeypatch, capsys, str(SHIPPED), "--data", str(tmp_path / "one.tsv"))
    assert said == f"Line 1 of {tmp_path / 'one.tsv'} needs 4 columns between tabs, not 1."
