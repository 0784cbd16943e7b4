"""Measuring a checkpoint: its numbers against a reader who traces sentence by sentence, and plain errors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model import evaluate, load, trace
from model.attention import Cut, Edit
from model.checkpoint import Checkpoint
from model.config import CompactConfig
from model.pretrained import CompactForConditionalGeneration
from model.tasks.pronouns import score
from model.tasks.pronouns.sampling import Sentence, minimal_pairs, sentences_with
from model.tokens import train_tokenizer

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "checkpoints" / "pronouns"
PAIRS = 12
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
        found = trace(m, sentence.english)
        assert found.encoder
        self.words = [text.lower() for text in found.encoder.query_tokens]
        self.it = self.words.index("it")
        assert m.first_head
        row = found.encoder.weights[m.first_head["layer"], m.first_head["head"], self.it]
        self.meant, self.other = (float(row[self.place(noun)]) for noun in (sentence.meant, sentence.other))
        self.french = found.output_text or ""

    def place(self, noun: str | None) -> int:
        assert noun
        return self.words.index(noun)

    def right(self, cut: str | None = None) -> bool:
        """Whether the pronoun is right, also where "it" may not look at a noun."""
        edits: list[Edit] = [Cut("encoder", query=self.it, key=self.place(cut))] if cut else []
        written = trace(self.m, self.sentence.english, edits=edits).output_text or ""
        pronouns = re.findall(r"(?i)\b(il|elle)\b", written)
        return bool(pronouns) and pronouns[0].lower() == self.sentence.pronoun


def test_scores_are_what_a_reader_finds_in_the_traces(
    m: Checkpoint, pairs: list[tuple[Sentence, Sentence]]
) -> None:
    read = [[Reader(m, sentence) for sentence in pair] for pair in pairs]
    every = [reader for pair in read for reader in pair]
    strange = [Reader(m, s) for s in sentences_with(score.STRANGERS, score.MEASURING_SEED)]
    scores = score.score(m, pairs)
    assert scores.pop("head") == m.first_head
    assert scores == pytest.approx(
        {
            "pairs": PAIRS,
            "both_members_right": np.mean([all(r.meant > r.other for r in pair) for pair in read]),
            "antecedent_weight": np.mean([r.meant for r in every]),
            "other_weight": np.mean([r.other for r in every]),
            "pronoun_accuracy": np.mean([r.right() for r in every]),
            "pronoun_accuracy_cut_antecedent": np.mean([r.right(cut=r.sentence.meant) for r in every]),
            "pronoun_accuracy_cut_other": np.mean([r.right(cut=r.sentence.other) for r in every]),
            "exact_translation": np.mean([r.french == r.sentence.french for r in every]),
            "unknown_noun_sentences": len(strange),
            "unknown_noun_head_accuracy": np.mean([r.meant > r.other for r in strange]),
        },
        abs=1e-5,
    )


def test_what_is_no_attention_to_the_noun_meant_counts_as_such() -> None:
    looks = np.array(
        [[[0.9, 0.1], [0.6, 0.4]], [[0.9, 0.1], [0.4, 0.6]], [[0.5, 0.5], [0.9, 0.0]]], np.float32
    )
    assert score.both_right(looks) == pytest.approx(1 / 3)


def test_the_chosen_head_is_the_best_on_pairs_of_its_own(m: Checkpoint) -> None:
    """By how many pairs a head gets right in both members, and how much it gives to the noun meant."""
    merit = np.zeros((m.layers["encoder"], m.heads["encoder"]))
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
