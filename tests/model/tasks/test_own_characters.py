"""What a model is taught is what its table says: how a table is cut, and what characters are written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from model import load
from model.errors import Refusal
from model.evaluate import evaluate
from model.scores import write
from model.tasks import find
from model.tasks.own import PairsTask
from model.text.tokens import detokenize
from model.training.folder import Run
from model.training.run import train
from model.training.settings import parse
from tests.model.made_up_pairs import chats, chinese, many, write_table

SMALL = {"d_model": 64, "d_ff": 128, "encoder_layers": 1, "decoder_layers": 1, "learning_rate": 5e-3}
THAI = [(f"number {i}", f"หมายเลข{i}ครับ") for i in range(12)]
JAPANESE = [(f"number {i}", f"これは{i}番です。") for i in range(12)]
LAO, KHMER = [(str(i), f"ເລກທີ{i}") for i in range(12)], [(str(i), f"លេខ{i}") for i in range(12)]
BURMESE = [(str(i), f"နံပါတ်{i}") for i in range(12)]


def task(folder: Path, rows: Any, **told: Any) -> PairsTask:
    found = find("pairs").with_data([write_table(folder / "table.tsv", rows, ("a", "b"))], told)
    assert isinstance(found, PairsTask)
    return found


@pytest.mark.parametrize(
    "rows", [chats(10), chats(300), chinese(12), chinese(600), THAI, JAPANESE, LAO, KHMER, BURMESE], ids=len
)
@pytest.mark.parametrize("kind", ["auto", "bpe", "characters"])
def test_every_text_of_a_table_comes_back(tmp_path: Path, rows: list[tuple[str, str]], kind: str) -> None:
    tokenizer = task(tmp_path, rows, tokenizer=kind).tokenizer(tmp_path / kind)
    assert not tokenizer.words
    for source, target in rows:
        assert detokenize(tokenizer, tokenizer.encode(source)) == source
        assert detokenize(tokenizer, tokenizer.encode_target(target, source), source) == target


def test_what_is_set_reaches_the_tokenizer(tmp_path: Path) -> None:
    made = task(tmp_path, chats(200), tokenizer="bpe", pieces=420, normalization="nfkc").tokenizer(tmp_path)
    assert (made.method, len(made), made.normalization) == ("bpe", 420, "nfkc")
    table = tmp_path / "table.tsv"
    known = [find("pairs").with_data([table], told) for told in ({}, {"tokenizer": "bpe", "pieces": 300})]
    assert known[0].corpus is known[1].corpus, "the table is read once"  # type: ignore[attr-defined]
    with pytest.raises(Refusal, match="The tokenizer must be one of"):
        find("pairs").with_data([table], {"tokenizer": "morphemes"})


def test_of_a_large_table_a_sample_is_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.tasks.own.SAMPLE", 200)
    learned: list[list[str]] = []

    def note(_wish: Any, texts: list[str], _folder: Path, others: Any) -> None:
        learned.append(texts)
        assert others is None

    monkeypatch.setattr("model.tasks.own.fit_tokenizer", note)
    whole = task(tmp_path, many(3000))
    whole.tokenizer(tmp_path)
    [texts] = learned
    assert len(texts) == 400
    places = [
        list(whole.pairs().training_pairs()).index(pair) for pair in zip(texts[::2], texts[1::2], strict=True)
    ]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, len(whole.pairs()) - len(whole.pairs().validation()) - 1)


def test_the_card_counts_texts_whose_letters_are_written_apart(tmp_path: Path) -> None:
    rows = [(f"한국 {i}", f"e\u0301 {i}" if i % 2 else f"é {i}") for i in range(40)]
    told = task(tmp_path, rows)
    apart = sum("\u0301" in target for _, target in told.pairs().training_pairs())
    assert f"- {apart} texts have letters whose marks are written apart" in told.card()
    assert "written apart" not in task(tmp_path, chats(40)).card()


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (
            {"pieces": 20_000},
            "The texts are too few for 20000 pieces; the largest vocabulary that fits them has",
        ),
        (
            {"pieces": 262},
            "262 pieces are too few for the characters of the texts; the smallest vocabulary has",
        ),
        ({"pieces": 9}, "The number of pieces must be a whole number from 262 to 64,000."),
        ({"tokenizer": "wordpiece"}, "The tokenizer must be one of auto, words, unigram, bpe, characters."),
    ],
)
def test_what_does_not_fit_is_refused_before_the_first_step(
    tmp_path: Path, told: dict[str, Any], reason: str
) -> None:
    table = write_table(tmp_path / "table.tsv", chats(100), ("a", "b"))
    with pytest.raises(Refusal) as refused:
        train(Run("pairs", 2, 0, (str(table),), settings=told), tmp_path / "run", threads=1)
    assert str(refused.value).startswith(reason)
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


def test_a_tokenizer_is_set_on_the_command_line() -> None:
    assert parse(["tokenizer=bpe", "pieces=420", "normalization=nfc"]) == {
        "tokenizer": "bpe",
        "pieces": 420,
        "normalization": "nfc",
    }


@pytest.fixture(scope="module", params=["chats", "chinese"])
def learned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Path]]:
    """A run on a small table that a small model can learn by heart, and the table."""
    folder = tmp_path_factory.mktemp(request.param)
    rows = chats(40) if request.param == "chats" else chinese(40)
    table = write_table(folder / "table.tsv", rows, ("a", "b"))
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.training.run.LOOKS", 1)
        patch.setattr("model.training.report.SNAPSHOTS", 2)
        assert train(Run("pairs", 250, 0, (str(table),), settings=SMALL), folder / "run", threads=1)
    yield folder / "run", table
    torch.set_num_threads(threads)


def test_a_model_writes_the_characters_of_its_table(learned: tuple[Path, Path]) -> None:
    folder, table = learned
    found = evaluate(str(folder), table)
    assert found["sentences"] == 40
    assert found["exact_reference"] > 0.8
    assert found["bleu"] > 90
    assert found["chrf"] > 90
    assert found["exact_reachable"] == 1
    rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()[1:]]
    written = "".join(write(load(folder), [source for source, _ in rows], beams=1))
    assert set(written) <= set("".join(target for _, target in rows))
    assert not set("큐ᅮᄒ") & set(written)
    assert "..." not in written


def test_its_card_and_its_reports_say_how_it_was_cut_and_measured(learned: tuple[Path, Path]) -> None:
    folder, table = learned
    card = (folder / "README.md").read_text(encoding="utf-8")
    pieces = len(load(folder).tokenizer)
    assert (
        f"Its tokenizer has {pieces:,} pieces of SentencePiece (unigram), normalization identity: texts come "
        "back as they were written." in card
    )
    tokenizer = "zh" if "chinese" in str(table) else "char"
    assert f"tok:{tokenizer} smooth" in card
    for name in ("bleu", "chrf", "exact_reference", "exact_reachable"):
        assert f"\n- `{name}`: " in card
    looks = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    [look] = [line for line in looks if "scores" in line]
    assert set(look["scores"]) == {"bleu", "chrf", "exact"}
    assert look["notes"] == {"bleu": tokenizer}
