"""The translation task from a file of pairs to a checkpoint that is measured, and what its scores mean."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import sacrebleu
import torch
from safetensors import safe_open

from model import load, scores, trace
from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.evaluate import evaluate
from model.networks.config import CompactConfig
from model.networks.pretrained import CompactForConditionalGeneration
from model.tasks import Example, collate, find
from model.tasks.pronouns import score as pronouns
from model.tasks.pronouns.sampling import Sentence
from model.tasks.translation import TASKS, TranslationTask, score
from model.text.tokenizer import train_tokenizer
from model.text.tokens import detokenize
from model.training import __main__ as command_line
from model.training import memory
from model.training.folder import Run
from model.training.length_batching import Lesson
from model.training.report import Report
from model.training.run import train
from tests.model.reading import merged, words_of

STEPS = 6
CREDIT = "Sentences made up for a test, CC0."
FINISHED = {
    "README.md", "config.json", "film.safetensors", "generation_config.json", "metrics.jsonl",
    "model.safetensors", "sentencepiece.model", "tokenizer_config.json", "words.tsv",
}  # fmt: skip
SMALL = {
    "model.tasks.translation.PIECES": 700,
    "model.tasks.translation.GRAMMAR_TOLD": 200,
    "model.tasks.translation.VALIDATION_SENTENCES": 8,
    "model.tasks.pronouns.score.PAIRS": 3,
    "model.tasks.pronouns.score.WATCHED": 2,
    "model.training.run.LOOKS": 2,
    "model.tasks.pronouns.score.STRANGERS": pronouns.STRANGERS[::8],
    "model.tasks.pronouns.score.ROOM": 12,
    "model.tasks.translation.score.NEWCOMERS": {("f", "animal"): "fly", ("m", "food"): "corn"},
}
OF_A_FILE = {
    *("sentences", "bleu", "bleu_signature", "chrf", "chrf_signature"),
    *("exact_reference", "exact_reachable"),
}
# Everyday sentences: who does what to what.
ROWS = [
    (f"{who[0]} {does[0]} {what[0]}.", f"{who[1]} {does[1]} {what[1]}.")
    for who, does, what in product(
        [("Tom", "Tom"), ("My mother", "Ma mère"), ("The doctor", "Le médecin"), ("Everybody", "Chacun")],
        [("likes", "aime"), ("sees", "voit"), ("sells", "vend"), ("buys", "achète"), ("draws", "dessine")],
        [
            ("tea", "du thé"), ("my car", "ma voiture"), ("an apple", "une pomme"), ("it", "cela"),
            ("this old house", "cette vieille maison"), ("two dogs", "deux chiens"), ("bread", "du pain"),
            ("the sea", "la mer"), ("a letter", "une lettre"), ("nothing", "rien"),
        ],
    )
]  # fmt: skip
HELD_OUT = ROWS[::17]


def table(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text("en\tfr\n" + "".join(f"{en}\t{fr}\n" for en, fr in rows), encoding="utf-8")
    return path


def said_by(*arguments: str) -> tuple[int, str]:
    """What the training command ends with and prints."""
    printed = StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setattr("sys.argv", ["model.training", *arguments])
        patch.setattr(memory, "keep", lambda: None)
        code = command_line.main()
    return code, printed.getvalue()


# From a file to a checkpoint


class Finished(NamedTuple):
    """batches: the English ids that were learned from, step by step."""

    folder: Path
    data: Path
    test: Path
    scores: dict[str, Any]
    batches: list[list[list[int]]]


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """As little of everything as there can be: data, model, batches and pairs to be measured on."""
    whole = TranslationTask.config

    def narrow(task: TranslationTask, tokenizer: Any) -> CompactConfig:
        config = whole(task, tokenizer).to_dict()
        for name in ("d_k", "d_v", "model_type", "transformers_version"):
            del config[name]
        return CompactConfig(**{**config, "d_model": 32, "d_ff": 64})

    recipe = replace(TASKS[0].recipe, batch_size=16, learning_rate=5e-3)
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setattr(name, value)
        patch.setattr(TranslationTask, "config", narrow)
        patch.setattr(
            "model.tasks.translation.TASKS", (replace(TASKS[0], recipe=recipe, grammar=60, couples=20),)
        )
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def finished(small: None, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    here = tmp_path_factory.mktemp("en-fr")
    data = table(here / "every day.tsv", [row for row in ROWS if row not in HELD_OUT])
    test = table(here / "test.tsv", HELD_OUT)
    batches: list[list[list[int]]] = []

    def noted(examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        if len(examples) == 16:  # the validation data are fewer
            batches.append([example["input_ids"] for example in examples])
        return collate(examples)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.training.run.collate", noted)
        code, said = said_by(
            "en-fr", "--output", str(here / "run"), "--data", str(data), "--test", str(test),
            "--credit", CREDIT, "--max-steps", str(STEPS), "--seed", "2", "--threads", "1",
        )  # fmt: skip
    assert code == 0
    return Finished(here / "run", data, test, json.loads(said[said.index("{") :]), batches)


def test_a_finished_run_is_a_checkpoint_and_nothing_else(finished: Finished) -> None:
    assert {path.name for path in finished.folder.rglob("*")} == FINISHED
    lines = [json.loads(line) for line in (finished.folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, STEPS + 1))
    m = load(finished.folder)
    assert m.model.config.task == "en-fr"
    assert m.first_head
    found = trace(m, "The animal didn't cross the street because it was too tired.").by_words()
    assert found.encoder
    assert {"animal", "street", "it"} <= set(found.encoder.query_tokens)


def test_what_was_learned_from_came_in_the_lessons_order(finished: Finished) -> None:
    task = find("en-fr").with_data([finished.data])
    examples = task.examples(pronouns.tokenizer_of(load(finished.folder)), 2)
    lesson = Lesson(examples, replace(task.recipe, max_steps=STEPS), 2)
    expected = [lesson[i]["input_ids"] for i in range(len(lesson))]
    assert [ids for batch in finished.batches for ids in batch] == expected
    assert len(finished.batches) == STEPS


def test_the_card_names_the_data_and_the_command(finished: Finished) -> None:
    text = (finished.folder / "README.md").read_text(encoding="utf-8")
    assert f"## Data\n\n{CREDIT}\n" in text
    assert text.endswith("Licence: Apache-2.0. The data have the licence named above.\n")
    command = (
        f"python -m model.training en-fr --output runs/en-fr --seed 2 --max-steps {STEPS} "
        f"--data 'every day.tsv' --test test.tsv --credit '{CREDIT}'"
    )
    assert f"    {command}\n" in text
    assert str(finished.data.parent) not in text


def test_the_cards_numbers_come_again_when_measured_again(finished: Finished) -> None:
    """To the last digit: what was measured is what was saved, in half precision."""
    again = evaluate(str(finished.folder), finished.test)
    assert again == finished.scores
    without = evaluate(str(finished.folder))
    assert without == {name: value for name, value in again.items() if name not in OF_A_FILE}
    assert again.keys() > OF_A_FILE
    assert "exact_translation" not in again
    assert (again["pairs"], again["sentences"]) == (3, len(HELD_OUT))
    card = (finished.folder / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", card, re.MULTILINE))
    assert rows.keys() == again.keys()
    for name, value in again.items():
        if isinstance(value, float):
            assert rows[name] == f"{value:.3f}"
    assert rows["bleu_signature"] == again["bleu_signature"].replace("|", " ")
    assert again["bleu_signature"].endswith(", beam 4")


def test_weights_are_saved_in_half_precision_and_once(finished: Finished) -> None:
    path = finished.folder / "model.safetensors"
    m = load(finished.folder)
    with safe_open(path, "pt") as weights:
        stored = {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    assert sum(tensor.numel() for tensor in stored.values()) == m.parameters  # tied tables are one
    header = int.from_bytes(path.read_bytes()[:8], "little")
    assert path.stat().st_size == 8 + header + 2 * m.parameters
    loaded = m.model.state_dict()
    assert {tensor.dtype for tensor in loaded.values()} == {torch.float32}
    for name, tensor in stored.items():
        assert torch.equal(loaded[name], tensor.float())


def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on in the middle of the lesson, in bfloat16, with its own files."""
    at_end = Report.on_step_end

    def interrupted(report: Report, args: Any, state: Any, control: Any, **more: Any) -> None:
        if state.global_step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        at_end(report, args, state, control, **more)

    whole = Run("en-fr", STEPS, 2, (str(finished.data),), str(finished.test), CREDIT)
    folder = tmp_path / "stopped"
    with monkeypatch.context() as patch:
        patch.setattr(Report, "on_step_end", interrupted)
        assert not train(whole, folder, threads=1)
    assert sum("learning_rate" in line for line in (folder / "metrics.jsonl").read_text().splitlines()) == 3
    with safe_open(folder / "model.safetensors", "pt") as weights:
        assert weights.get_tensor("source_output.weight").dtype == torch.float16
    load(folder)  # what there is can be looked at

    code, said = said_by("en-fr", "--output", str(folder), "--resume", "--threads", "1")
    assert code == 0
    assert json.loads(said[said.index("{") :]) == finished.scores
    assert {path.name for path in folder.rglob("*")} == FINISHED
    ours, theirs = load(folder).model.state_dict(), load(finished.folder).model.state_dict()
    for name, tensor in ours.items():
        torch.testing.assert_close(tensor, theirs[name], rtol=2**-9, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ["en-fr"],
            "The task en-fr learns from a table of sentences: give its file with --data, columns en ",
        ),
        (
            ["en-fr", "--data", "{no_french}"],
            "german.tsv has no column fr; it has en, de.",
        ),
        (["en-fr", "--data", "{good}", "{folder}"], "{folder_name} cannot be read: "),
        (["en-fr", "--data", "{good}", "--test", "{none}"], "There is no file {none} to be measured on."),
        (
            ["pronouns", "--data", "{good}"],
            "The task pronouns makes its own data and learns from no file",
        ),
        (
            ["pronouns-shortcut", "--data", "{good}"],
            "The task pronouns-shortcut makes its own data and ",
        ),
    ],
)
def test_the_command_line_refuses_in_one_sentence(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], error: str
) -> None:
    paths = {
        "good": str(finished.data),
        "no_french": str(tmp_path / "german.tsv"),
        "folder": str(tmp_path),
        "folder_name": tmp_path.name,
        "none": str(tmp_path / "none.tsv"),
    }
    (tmp_path / "german.tsv").write_text("en\tde\nGo!\tLos!\n")
    capsys.readouterr()
    code, said = said_by(*(a.format(**paths) for a in arguments), "--output", str(tmp_path / "new"))
    assert (code, said) == (2, "")
    [sentence] = capsys.readouterr().err.splitlines()
    assert sentence.startswith(error.format(**paths))
    assert sentence.endswith(".")
    assert not (tmp_path / "new").exists()


# What the scores mean


@pytest.fixture(scope="module")
def half_known(small: None, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A small model that knows some of the sentences that it is asked for by heart, and some not quite."""
    texts = [text for row in ROWS for text in row]
    texts += [text for pair in score.everyday(3) for s in pair for text in (s.english, s.french)]
    tokenizer = train_tokenizer(texts, tmp_path_factory.mktemp("known"), "unigram", vocab_size=600)
    torch.manual_seed(0)
    config = CompactConfig(
        vocab_size=len(tokenizer),
        d_model=48,
        num_heads=2,
        d_ff=96,
        encoder_layers=2,
        decoder_layers=1,
        dropout=0.0,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        first_head={"kind": "encoder", "layer": 1, "head": 0, "query": "it"},
    )
    network = CompactForConditionalGeneration(config)
    learned = [Sentence(*row) for row in ROWS[::8]] + pronouns.flat(score.everyday(3))
    examples = [
        {"input_ids": tokenizer.encode(s.english), "labels": tokenizer.encode_target(s.french, s.english)}
        for s in learned
    ]
    batch = collate(examples)
    optimiser = torch.optim.Adam(network.parameters(), 5e-3)
    for _ in range(60):
        network(**batch).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    return prepare(network, tokenizer, "half known")


def alone(m: Checkpoint, text: str) -> str:
    """The translation of one text by itself, with beams."""
    batch = m.tokenizer(text, return_tensors="pt")
    written = m.model.generate(**batch, num_beams=4, do_sample=False, max_new_tokens=200)  # type: ignore[operator]
    assert written[0, -1] == m.tokenizer.eos_token_id
    return detokenize(m.tokenizer, written[0].tolist())


def test_beams_of_many_texts_are_those_of_each_alone(
    half_known: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [source for source, _ in ROWS[::8]]
    expected = [alone(half_known, text) for text in texts]
    assert len(set(expected)) > len(texts) / 2
    assert scores.write(half_known, texts) == expected
    monkeypatch.setattr("model.scores.writing.BATCH", 4)
    assert scores.write(half_known, texts[::-1]) == expected[::-1]


def test_bleu_is_sacrebleus(half_known: Checkpoint) -> None:
    pairs = ROWS[::8] + ROWS[4::40]
    written = [alone(half_known, source) for source, _ in pairs]
    found = scores.measure(half_known, pairs)
    bleu = sacrebleu.corpus_bleu(written, [[target for _, target in pairs]])
    chrf = sacrebleu.corpus_chrf(written, [[target for _, target in pairs]])
    assert found["chrf"] == pytest.approx(chrf.score)
    assert 10 < bleu.score < 99
    assert found["bleu"] == pytest.approx(bleu.score)
    assert found["sentences"] == len(pairs)
    right = sum(text == target for text, (_, target) in zip(written, pairs, strict=True))
    assert 0 < right < len(pairs)
    assert found["exact_reference"] == pytest.approx(right / len(pairs))
    settings = "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"
    assert found["bleu_signature"] == f"{settings}|version:{sacrebleu.__version__}, beam 4"


def test_everyday_scores_are_what_a_reader_finds_in_the_traces(
    half_known: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pronouns, "ROOM", 100)
    found_scores = score.score(half_known)
    assert found_scores["head"] == half_known.first_head
    given, right = [], []
    for sentence in pronouns.flat(score.everyday(3)):
        found = trace(half_known, sentence.english)
        assert found.encoder
        words, groups = words_of(found.encoder, sentence.english)
        row = merged(found.encoder, groups)[1, 0, words.index("it")]
        given.append([row[words.index(noun or "")] for noun in (sentence.meant, sentence.other)])
        said = re.findall(r"(?i)\b(il|elle)\b", found.output_text or "")
        right.append(said[:1] == [sentence.pronoun])
    weights = np.array(given).reshape(3, 2, 2)
    both = (weights[..., 0] > weights[..., 1]).all(axis=1)
    assert found_scores["everyday_both_members_right"] == pytest.approx(both.mean())
    assert found_scores["everyday_antecedent_weight"] == pytest.approx(weights[..., 0].mean(), abs=1e-5)
    assert any(right)
    assert found_scores["everyday_pronoun_accuracy"] == pytest.approx(np.mean(right))
    assert found_scores["new_noun_sentences"] == 4
