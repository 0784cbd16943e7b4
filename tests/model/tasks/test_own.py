"""A person's own pairs: what is learned from, what is kept back, and a run from a table to a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from model import load
from model.errors import Refusal
from model.evaluate import evaluate
from model.scores import write
from model.tasks import find
from model.tasks.own import MOST_HELD, PairsTask, hold_out, recipe_for
from model.text.tokens import detokenize
from model.traces import film
from model.training.folder import Run
from model.training.run import train
from model.training.settings import parse

FINISHED = {
    "README.md", "config.json", "film.safetensors", "generation_config.json", "metrics.jsonl",
    "model.safetensors", "sentencepiece.model", "tokenizer_config.json", "words.tsv",
}  # fmt: skip
# Who does what to what, with a third column to choose rows by.
ROWS = [
    (f"{who[0]} {what[0]} {does[0]}.", f"{who[1]} {does[1]} {what[1]}.", level)
    for (who, does, what), level in zip(
        product(
            [("톰은", "Tom"), ("어머니는", "My mother"), ("의사는", "The doctor"), ("나는", "I")],
            [("좋아한다", "like"), ("본다", "see"), ("판다", "sell"), ("산다", "buy"), ("그린다", "draw")],
            [("차를", "tea"), ("사과를", "apples"), ("책을", "books"), ("빵을", "bread"), ("바다를", "sea")],
        ),
        ["쉬움", "어려움"] * 50,
        strict=True,
    )
]  # fmt: skip


def table(path: Path, rows: list[Any] = ROWS, header: tuple[str, ...] = ("ko", "en", "level")) -> Path:
    content = "".join("\t".join(row) + "\n" for row in [header, *rows])
    path.write_bytes(content.encode("cp949"))
    return path


def task(path: Path, **told: Any) -> PairsTask:
    found = find("pairs").with_data([path], told)
    assert isinstance(found, PairsTask)
    return found


# What is learned from


def test_columns_are_chosen_or_propose_themselves(tmp_path: Path) -> None:
    path = table(tmp_path / "t.tsv")
    every = {row[:2] for row in ROWS}
    usual = task(path).pairs()
    assert {*usual.training_pairs(), *usual.validation()} == every
    other = task(path, source="en", target="ko").pairs()
    assert {*other.training_pairs(), *other.validation()} == {(b, a) for a, b in every}
    kept = task(path, filter="level", keep=["쉬움"]).pairs()
    assert {*kept.training_pairs(), *kept.validation()} == {row[:2] for row in ROWS[::2]}
    assert kept.look.aside()["filtered"] == 50
    assert task(path, filter="level", keep="쉬움").corpus is not None
    assert len(task(path, filter="level", keep="쉬움").pairs()) == 50


def test_files_are_read_together_and_what_they_repeat_is_kept(tmp_path: Path) -> None:
    one, other = table(tmp_path / "1.tsv", ROWS[:60]), table(tmp_path / "2.tsv", ROWS[40:])
    found: Any = find("pairs").with_data([one, other])
    assert len(found.pairs()) == 120
    assert {found.pairs().pair(i) for i in range(120)} == {row[:2] for row in ROWS}
    with pytest.raises(IndexError):
        found.pairs().pair(120)


def test_what_is_set_is_what_can_be_typed() -> None:
    told = parse(["source=ko", "target=en", "filter=level", 'keep=["쉬움", "1"]'])
    assert told == {"source": "ko", "target": "en", "filter": "level", "keep": ["쉬움", "1"]}


@pytest.mark.parametrize(
    ("rows", "told", "reason"),
    [
        (ROWS, {"source": "fr"}, "t.tsv has no column fr; it has ko, en, level."),
        (ROWS, {"filter": "kind"}, "t.tsv has no column kind; it has ko, en, level."),
        (ROWS, {"filter": "level", "keep": ["x"]}, "There must be at least 10 pairs to learn from; these"),
        (ROWS[:9], {}, "There must be at least 10 pairs to learn from; these columns have 9."),
        ([], {}, "t.tsv has no rows under its first one, which names the columns."),
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    tmp_path: Path, rows: list[Any], told: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refusal) as refused:
        task(table(tmp_path / "t.tsv", rows), **told)
    assert str(refused.value).startswith(reason)


def test_it_needs_a_file_that_is_there(tmp_path: Path) -> None:
    for ask in (lambda: find("pairs").with_data([]), lambda: find("pairs").validation(None, 0)):  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="The task pairs learns from a table of pairs: give its file"):
            ask()
    with pytest.raises(Refusal, match=r"none\.tsv cannot be read: No such file or directory\."):
        task(tmp_path / "none.tsv")


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = table(tmp_path / "t.tsv")
    assert task(path).corpus is task(path).corpus
    table(path, ROWS[:30])
    assert len(task(path).pairs()) == 30


@settings(max_examples=60)
@given(
    hashes=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), min_size=10, max_size=400).filter(
        lambda hashes: len(set(hashes)) > 1
    )
)
def test_equal_sources_stay_together_and_most_pairs_are_learned_from(hashes: list[int]) -> None:
    """At least one source is kept back, and at least one learned from."""
    numbers = np.array(hashes, dtype=np.uint64)
    held = hold_out(numbers)
    assert not set(numbers[held]) & set(numbers[~held])
    assert held.any()
    assert not held.all()
    fewest = min(hashes.count(number) for number in hashes)
    assert held.sum() <= max(1, 0.05 * len(hashes), fewest)


@pytest.mark.parametrize("count", [10, 400])
def test_one_text_to_read_is_refused_before_anything_is_learned(tmp_path: Path, count: int) -> None:
    rows = [("안녕", f"hello {i}", "") for i in range(count)]
    with pytest.raises(Refusal, match="All pairs have the same text to read, so that there is nothing to"):
        task(table(tmp_path / "t.tsv", rows))
    with pytest.raises(Refusal, match="at least 10 pairs to learn from; these columns have 1"):
        task(table(tmp_path / "t.tsv", rows), source="en", target="ko", filter="en", keep=["hello 1"])


def test_two_texts_to_read_are_one_to_learn_from_and_one_to_be_looked_at(tmp_path: Path) -> None:
    rows = [(f"{who} 안녕", f"hello {i}", "") for i in range(40) for who in ("너", "나")]
    found = task(table(tmp_path / "t.tsv", rows[:-1])).pairs()
    assert {source for source, _ in found.validation()} == {"나 안녕"}
    assert {source for source, _ in found.training_pairs()} == {"너 안녕"}


def test_one_in_twenty_is_kept_back_and_never_more_than_500() -> None:
    chance = np.random.default_rng(0)
    for count, expected in ((100, 5), (2000, 100), (50_000, MOST_HELD)):
        assert hold_out(chance.integers(2**63, size=count, dtype=np.uint64)).sum() == expected


def test_what_is_kept_back_does_not_depend_on_what_else_there_is(tmp_path: Path) -> None:
    """By a hash of the source: the same ones come first in whatever order the rows are."""
    forwards = task(table(tmp_path / "1.tsv")).pairs().validation()
    backwards = task(table(tmp_path / "2.tsv", ROWS[::-1])).pairs().validation()
    assert sorted(forwards) == sorted(backwards)
    assert len(forwards) == 5


def test_more_pairs_are_learned_longer() -> None:
    steps = [recipe_for(count).max_steps for count in (10, 2000, 19_999, 20_000, 150_000, 2_000_000)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (600, 12_000)
    assert all(recipe_for(n).warmup_steps <= recipe_for(n).max_steps / 2 for n in (10, 2000, 150_000))


# As tokens


def test_few_words_are_tokens_and_many_are_pieces(tmp_path: Path) -> None:
    words = task(table(tmp_path / "few.tsv")).tokenizer(tmp_path / "few")
    assert words.words
    assert words.tokenize("톰은 바다를 본다.") == ["▁톰은", "▁바다를", "▁본다", "▁."]
    rows = [
        (f"{a}{b}다 나{b}{a}", f"x{i} y{i}", "")
        for i, (a, b) in enumerate(product("가나다라마바사아자차카타" * 2, repeat=2))
    ]
    made = task(table(tmp_path / "many.tsv", rows))
    pieces = made.tokenizer(tmp_path / "many")
    assert not pieces.words
    assert 300 < len(pieces) < 300 + 60 + 1500
    assert pieces.unk_token_id not in pieces.encode("힣 é 🦄")
    for source, target in made.pairs().validation():
        assert detokenize(pieces, pieces.encode(source)) == source
        assert detokenize(pieces, pieces.encode(target)) == target


def test_rare_characters_are_bytes_where_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.text.fitting.CHARACTERS", 8)
    rows = [
        (f"{'abab'[: i % 4 + 1]} {chr(0x4E00 + i) if i % 8 == 0 else 'ba'}", f"c{i:b}") for i in range(400)
    ]
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(",".join(row) + "\n" for row in rows), "utf-8")
    tokenizer = task(tmp_path / "t.csv").tokenizer(tmp_path / "t")
    assert not tokenizer.words
    assert chr(0x4E00) not in "".join(tokenizer.get_vocab())
    assert tokenizer.tokenize(chr(0x4E00))[-3:] == ["<0xE4>", "<0xB8>", "<0x80>"]
    assert detokenize(tokenizer, tokenizer.encode(rows[8][0])) == rows[8][0]


# A run


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in [("번호", "한국어", "영어"), *((i, ko, en) for i, (ko, en, _) in enumerate(ROWS))]:
        page.append(row)
    page.append((100, "", "nothing"))
    path = tmp_path_factory.mktemp("sheet") / "dialogue.xlsx"
    book.save(path)
    return path


@pytest.fixture(scope="module")
def finished(sheet: Path) -> Iterator[Path]:
    threads = torch.get_num_threads()
    told = {"source": "한국어", "target": "영어", "d_model": 48, "d_ff": 96, "num_heads": 2}
    folder = sheet.parent / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.training.run.LOOKS", 2)
        assert train(Run("pairs", 30, 0, (str(sheet),), settings=told), folder, threads=1)
    yield folder
    torch.set_num_threads(threads)


def test_a_run_from_a_sheet_is_a_checkpoint_and_nothing_else(finished: Path) -> None:
    assert {path.name for path in finished.rglob("*")} == FINISHED
    m = load(finished)
    assert (m.model.config.task, m.first_head, m.architecture) == ("pairs", None, "encoder-decoder")
    [written] = write(m, ["톰은 빵을 산다."], beams=1)
    assert isinstance(written, str)
    assert m.word_counts
    assert m.word_counts["바다를"] > 10


def test_its_film_is_of_two_short_pairs_that_were_kept_back(finished: Path, sheet: Path) -> None:
    found = film.read(finished)
    assert found
    made = task(sheet, source="한국어", target="영어")
    held = made.pairs().validation()
    assert [(scene.source, scene.target) for scene in found.scenes] == [
        (probe.source, probe.target) for probe in made.probes()
    ]
    assert all((scene.source, scene.target) in held for scene in found.scenes)
    assert found.job is None


def test_it_is_looked_at_on_the_way_and_measured_in_the_end(finished: Path, sheet: Path) -> None:
    lines = [json.loads(line) for line in (finished / "metrics.jsonl").read_text().splitlines()]
    looks = [line for line in lines if "scores" in line]
    assert len(looks) == 2
    for look in looks:
        assert set(look["scores"]) == {"bleu", "chrf", "exact"}
        assert look["notes"] == {"bleu": "13a"}
        assert all(0 <= value <= 1 for value in look["scores"].values())
        held = dict(task(sheet, source="한국어", target="영어").pairs().validation())
        assert all(held[source] == target for source, _, target in look["samples"])
    card = (finished / "README.md").read_text(encoding="utf-8")
    assert "95 pairs were learned from, 5 kept for validation." in card
    assert "1 rows have an empty cell." in card
    assert "| `sentences` | 5 |" in card


def test_it_can_be_measured_on_a_file(finished: Path, tmp_path: Path) -> None:
    path = table(tmp_path / "test.tsv", ROWS[:12])
    assert evaluate(str(finished), path)["sentences"] == 12
    with pytest.raises(ValueError, match="learns from a table of pairs: give its file"):
        evaluate(str(finished))


def test_two_pairs_of_one_source_are_filmed_once(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    rows = [f"a b c\t{i} 번" for i in range(30)] + [f"a b c d {i}\t{i}" for i in range(30)]
    path.write_text("\n".join(["one\ttwo", *rows]), encoding="utf-8")
    sources = [probe.source for probe in task(path).probes()]
    assert len(sources) == len(set(sources)) == 2
