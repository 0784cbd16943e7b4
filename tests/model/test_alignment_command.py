"""python -m model.alignment: a line for each line, what cannot be used told of, and the method named."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model import alignment, load, trace
from model.analysis.alignment import Aligner, MeasuredAligner, read_pharaoh, write_pharaoh
from model.tasks.translation import alignments
from model.tasks.translation.alignments import aligned
from model.text.words import split_words
from tests.model.capture.test_loading import saved

ROOT = Path(__file__).parents[2]
SHIPPED = str(ROOT / "checkpoints" / "en-fr")
PAIRS = [(pair.source, pair.target) for pair in aligned("development")][:7]
BAD = {"no tab here": "2 texts", "one\ttwo\tthree": "not 3", "\tRien.": "empty", "": "not 1", " \t ": "empty"}


def said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[int, str, str]:
    """What the command ends with, prints and tells."""
    monkeypatch.setattr(sys, "argv", ["model.alignment", *arguments])
    capsys.readouterr()
    code = alignment.main()
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda *arguments: said(capsys, monkeypatch, *arguments)


@pytest.fixture(scope="module")
def found() -> MeasuredAligner:
    """What is measured of the shipped checkpoint."""
    return alignments.measure(load(SHIPPED))


@pytest.fixture(autouse=True)
def measured_once(found: MeasuredAligner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pairs are not read again for every command."""
    monkeypatch.setattr(alignments, "measure", lambda m: found)


def by_itself(pair: tuple[str, str], aligner: Aligner) -> str:
    """The line of one pair, traced alone."""
    m = load(SHIPPED)
    return write_pharaoh(aligner.align(trace(m, pair[0], target=pair[1]), *map(split_words, pair)))


def test_a_file_is_answered_line_by_line(tmp_path: Path, run: Any, found: MeasuredAligner) -> None:
    """As the best on the development pairs, whose error rate is told beside the diagonal's."""
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{en}\t{fr}\n" for en, fr in PAIRS), encoding="utf-8-sig")
    code, out, told = run(SHIPPED, str(path))
    assert code == 0
    assert out.splitlines() == [by_itself(pair, found.aligner) for pair in PAIRS]
    for part in (found.aligner.describe(), f"{found.rates.error:.3f}", f"{found.diagonal.error:.3f}", "120"):
        assert part in told
    assert told.count("\n") == 1


def test_what_cannot_be_used_is_an_empty_line_and_told_of(tmp_path: Path, run: Any) -> None:
    lines = [*BAD, "\t".join(PAIRS[0]), "word " * 30_000 + "\tMot."]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(lines), encoding="utf-8")
    code, out, told = run(SHIPPED, str(path))
    assert code == 1
    rows = out.split("\n")
    assert len(rows) == len(lines) + 1
    assert [bool(row) for row in rows] == [False] * len(BAD) + [True, False, False]
    sentences = told.splitlines()[1:]
    for number, ((_, reason), sentence) in enumerate(zip(BAD.items(), sentences, strict=False), start=1):
        assert sentence.startswith(f"Line {number}: ")
        assert reason in sentence
    (last,) = sentences[len(BAD) :]
    assert last.startswith(f"Line {len(lines)}: Attention of 30001 tokens would take ")


def test_lines_are_answered_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are held at a time, and before the last has come."""
    m = load(SHIPPED)
    lines = ["\t".join(pair) for pair in PAIRS]
    aligner = Aligner(0, (2,))
    whole = list(alignment.align(m, lines, aligner))
    asked: list[str] = []

    def coming() -> Iterator[str]:
        for line in lines:
            asked.append(line)
            yield line

    monkeypatch.setattr(alignment, "TOGETHER", 2)
    parts = alignment.align(m, coming(), aligner)
    first = next(parts)
    assert len(asked) == 2
    assert [first, *parts] == whole
    assert [answer.line for answer in whole] == [*range(1, len(lines) + 1)]


def test_standard_input_and_objects(found: MeasuredAligner) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "model.alignment", SHIPPED, "-", "--json"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        input="\t".join(PAIRS[0]) + "\nbad\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 1
    one, other = map(json.loads, run.stdout.splitlines())
    aligner = found.aligner
    assert one == {
        "line": 1,
        "source": [word.text for word in split_words(PAIRS[0][0])],
        "target": [word.text for word in split_words(PAIRS[0][1])],
        "links": [list(link) for link in sorted(read_pharaoh(by_itself(PAIRS[0], aligner)))],
        "method": aligner.method,
        "layer": aligner.layer + 1,
        "heads": [head + 1 for head in aligner.heads],
    }
    assert other.keys() == {"line", "error"}
    assert "Line 2: " in run.stderr


def test_a_pair_with_what_is_asked_for(run: Any, found: MeasuredAligner) -> None:
    code, out, told = run(SHIPPED, "--pair", *PAIRS[1], "--layer", "2", "--heads", "4,1", "--method", "naive")
    aligner = Aligner(1, (3, 0), "naive")
    assert (code, out) == (0, by_itself(PAIRS[1], aligner) + "\n")
    assert "cross layer 2, heads 4, 1, method naive (as asked for)" in told
    code, out, told = run(SHIPPED, "--pair", *PAIRS[1], "--layer", "3")
    assert out == by_itself(PAIRS[1], Aligner(2, (0, 1, 2, 3), found.aligner.method)) + "\n"
    fewer = run(SHIPPED, "--pair", *PAIRS[1])[1].split()
    more, told = run(SHIPPED, "--pair", *PAIRS[1], "--threshold", "0.05")[1:]
    assert set(fewer) < set(more.split())
    assert "as asked for" in told, "the rate that was measured is of no threshold"


def test_words_can_be_what_spaces_part(run: Any) -> None:
    pair = ("I do n't know .", "Je ne sais pas .")
    code, out, _ = run(SHIPPED, "--pair", *pair, "--words", "spaces", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["source"], found["target"]) == (pair[0].split(), pair[1].split())
    assert sorted(j for _, j in found["links"]) == list(range(5))


@pytest.mark.parametrize("name", ["t5", "bart", "marian"])
def test_any_encoder_decoder_aligns(name: str, tmp_path: Path, run: Any) -> None:
    """Nobody measured it, and that is said."""
    code, out, told = run(
        str(saved(tmp_path, name)), "--pair", "The animal was tired.", "the street was tired"
    )
    assert code == 0
    assert len(read_pharaoh(out)) == 4
    assert "not measured for this model" in told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere/at/all", "--pair", "a", "b"], "nowhere/at/all"),
        ([str(ROOT / "checkpoints" / "repeat"), "--pair", "a", "b"], "repeat does not translate"),
        ([SHIPPED, "no-such-file.tsv"], "no-such-file.tsv"),
        ([SHIPPED, "--pair", "a", "b", "--layer", "9"], "no layer 9; it has 1, 2, 3"),
        ([SHIPPED, "--pair", "a", "b", "--heads", "9"], "no head 9"),
        ([SHIPPED, "--pair", "a", "b", "--target-language", "fr"], "no languages"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments: list[str], sentence: str, run: Any) -> None:
    code, out, told = run(*arguments)
    assert (code, out) == (2, "")
    assert sentence in told.splitlines()[-1]
    assert "Traceback" not in told


def test_a_file_that_is_no_text_is_one_sentence(tmp_path: Path, run: Any) -> None:
    (tmp_path / "pairs.bin").write_bytes(b"\xff\xfe\x00\xd8")
    code, _, told = run(SHIPPED, str(tmp_path / "pairs.bin"))
    assert code == 2
    assert told.splitlines()[-1] == f"{tmp_path / 'pairs.bin'} is no text in UTF-8."


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--pair", "a", "b", "file"],
        ["file", "--heads", "0"],
        ["file", "--layer", "x"],
        ["file", "--threshold", "2"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["model.alignment", SHIPPED, *arguments])
    with pytest.raises(SystemExit) as ended:
        alignment.main()
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_what_is_told_is_an_answer_at_once() -> None:
    """Each line is out before the next is made, so that a pipe is fed."""
    out, told = io.StringIO(), io.StringIO()

    def answers() -> Any:
        yield alignment.Answer(1, links=frozenset({(1, 0), (0, 1)}))
        assert out.getvalue() == "0-1 1-0\n"
        yield alignment.Answer(2, error="It is empty.")

    assert alignment.tell(answers(), Aligner(0, (0,)), False, out, told) == 1
    assert (out.getvalue(), told.getvalue()) == ("0-1 1-0\n\n", "Line 2: It is empty.\n")
