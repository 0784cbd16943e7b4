"""python -m model.alignment CHECKPOINT FILE: which words of sentences stand for which of their translations.

FILE has a sentence and its translation on each line, a tab between them; - is the standard input. Each line
is answered by one: links in Pharaoh's format, 0-0 1-2, the source's word and the target's, both from 0. A
line that cannot be used is answered by an empty one, and told of on the standard error; the command then ends
with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from model.analysis.alignment import (
    METHODS,
    Aligner,
    Links,
    MeasuredAligner,
    check,
    count_heads,
    middle,
    write_pharaoh,
)
from model.data.lines import cut
from model.text.words import Word, split_spaces, split_words

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

TOGETHER = 256  # lines that are held at a time
WORDS: dict[str, Callable[[str], Sequence[Word]]] = {"marks": split_words, "spaces": split_spaces}


@dataclass(frozen=True)
class Answer:
    """What is said of one line, from 1: its words and links, or why there are none."""

    line: int
    source: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    links: Links = frozenset()
    error: str = ""

    def to_json(self, aligner: Aligner) -> str:
        """As an object; layer and heads as people count them, from 1."""
        if self.error:
            return json.dumps({"line": self.line, "error": self.error}, ensure_ascii=False)
        told = {
            "line": self.line,
            "source": self.source,
            "target": self.target,
            "links": sorted(self.links),
            "method": aligner.method,
            "layer": aligner.layer + 1,
            "heads": [head + 1 for head in aligner.heads],
        }
        return json.dumps(told, ensure_ascii=False)


def find_measured(m: Checkpoint) -> MeasuredAligner | None:
    """The aligner that was chosen and measured on pairs of the checkpoint's own task, where that has some."""
    from model.tasks import tasks

    task = tasks().get(getattr(m.model.config, "task", ""))
    return None if task is None else task.measure_alignment(m)


def default(m: Checkpoint) -> tuple[Aligner, str]:
    """How a checkpoint's links are read where nobody says it, and why so.

    By what was chosen on pairs of its task, where there are some; else by the mean of all heads in the
    middle. Raises Refusal where it has no cross-attention.
    """
    usual = middle(m)
    found = find_measured(m)
    if found is None:
        return usual, "the mean of the middle layer, not measured for this model"
    return found.aligner, (
        f"chosen on other pairs; on {found.pairs} pairs its alignment error rate is {found.rates.error:.3f}, "
        f"the diagonal's {found.diagonal.error:.3f}"
    )


def align(
    m: Checkpoint,
    lines: Iterable[str],
    aligner: Aligner,
    split: Callable[[str], Sequence[Word]] = split_words,
) -> Iterator[Answer]:
    """An answer for each line, in order; source and target stand on it with a tab between them."""
    numbered = enumerate(lines, start=1)
    while part := list(islice(numbered, TOGETHER)):
        yield from align_together(m, part, aligner, split)


def align_together(
    m: Checkpoint,
    numbered: Sequence[tuple[int, str]],
    aligner: Aligner,
    split: Callable[[str], Sequence[Word]],
) -> list[Answer]:
    """The same for a few lines with their numbers, in as few batches as there can be."""
    from model.capture.record import trace_all

    def answer(number: int, pair: Sequence[str], trace: Any) -> Answer:
        source, target = map(split, pair)
        links = aligner.align(trace, source, target)
        return Answer(number, tuple(w.text for w in source), tuple(w.text for w in target), links)

    answers: dict[int, Answer] = {}
    pairs: dict[int, tuple[str, str]] = {}
    for number, line in numbered:
        cells = [cell.strip() for cell in cut(line)]
        if len(cells) != 2:
            answers[number] = Answer(
                number, error=f"It needs 2 texts with a tab between them, not {len(cells)}."
            )
        elif not all(cells):
            answers[number] = Answer(number, error="One of its texts is empty.")
        else:
            pairs[number] = cells[0], cells[1]
    try:
        sources, targets = [pair[0] for pair in pairs.values()], [pair[1] for pair in pairs.values()]
        traces = trace_all(m, sources, targets, [aligner.layer])
        for (number, pair), trace in zip(pairs.items(), traces, strict=True):
            answers[number] = answer(number, pair, trace)
    except ValueError:  # some line of them: which one is found by itself
        for number, pair in pairs.items():
            try:
                (trace,) = trace_all(m, pair[:1], pair[1:], [aligner.layer])
                answers[number] = answer(number, pair, trace)
            except ValueError as error:
                answers[number] = Answer(number, error=str(error))
    return [answers[number] for number, _ in numbered]


def numbers(text: str) -> tuple[int, ...]:
    """Heads as they are typed, 1,3: numbers from 1; given back from 0."""
    return tuple(dict.fromkeys(number(part) for part in text.split(",")))


def number(text: str) -> int:
    """One such number."""
    if not (text.strip().isascii() and text.strip().isdigit() and 0 < int(text) < 10**6):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")
    return int(text) - 1


def share(text: str) -> float:
    """A number above 0, up to 1."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share from 0 to 1")
    return found


def arguments() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(
        prog="python -m model.alignment",
        description="Word alignment from cross-attention, in Pharaoh's format.",
        epilog="Methods: shift, the step that has just read the word; naive, the step that writes it.",
    )
    parser.add_argument("checkpoint", help="a folder, or a name on the Hub")
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="a sentence, a tab and its translation on each line; - is stdin",
    )
    parser.add_argument("--pair", nargs=2, metavar=("SOURCE", "TARGET"), help="one pair instead of a file")
    parser.add_argument("--layer", type=number, metavar="N", help="of the decoder, from 1")
    parser.add_argument(
        "--heads", type=numbers, metavar="N,N", help="of that layer, from 1; their mean is taken"
    )
    parser.add_argument("--method", choices=METHODS)
    parser.add_argument(
        "--threshold",
        type=share,
        metavar="SHARE",
        help="link a word also to each other one that gets this share of what it gives to the sentence",
    )
    parser.add_argument(
        "--words",
        choices=WORDS,
        default="marks",
        help="marks: punctuation, n't and l' are words (default); spaces: only what spaces part",
    )
    parser.add_argument("--source-language", metavar="CODE", help="of a translator that has several")
    parser.add_argument("--target-language", metavar="CODE")
    parser.add_argument("--json", action="store_true", help="an object for each line, with words and method")
    given = parser.parse_args()
    if (given.file is None) == (given.pair is None):
        parser.error("give either FILE or --pair")
    return given


def find_aligner(m: Checkpoint, given: argparse.Namespace) -> tuple[Aligner, str]:
    """What was asked for, and what that is: of another layer all heads, where none are named."""
    aligner, why = default(m)
    usual = aligner
    if given.layer is not None and given.layer != aligner.layer:
        check(m, replace(aligner, layer=given.layer, heads=()))
        aligner = replace(aligner, layer=given.layer, heads=tuple(range(count_heads(m, given.layer))))
    if given.heads:
        aligner = replace(aligner, heads=given.heads)
    if given.method:
        aligner = replace(aligner, method=given.method)
    check(m, aligner)
    aligner = replace(aligner, threshold=given.threshold)
    return aligner, why if aligner == usual else "as asked for"


def opened(given: argparse.Namespace) -> Any:
    """The lines, as something to be entered. Raises OSError where there is no such file."""
    if given.pair:
        pair = (" ".join(text.split()) for text in given.pair)  # a tab or a new line would end a text
        return nullcontext(["\t".join(pair)])
    if given.file == "-":
        sys.stdin.reconfigure(encoding="utf-8-sig")  # type: ignore[union-attr]
        return nullcontext(sys.stdin)
    return Path(given.file).open(encoding="utf-8-sig")


def tell(answers: Iterable[Answer], aligner: Aligner, as_json: bool, out: TextIO, told: TextIO) -> int:
    """Write each answer as soon as it is there; 1 where a line could not be used, else 0."""
    code = 0
    for answer in answers:
        print(answer.to_json(aligner) if as_json else write_pharaoh(answer.links), file=out, flush=True)
        if answer.error:
            code = 1
            print(f"Line {answer.line}: {answer.error}", file=told)
    return code


def main() -> int:
    given = arguments()
    from transformers.utils import logging

    from model import load

    logging.disable_progress_bar()
    try:
        m = load(given.checkpoint).translating(given.source_language, given.target_language)
        aligner, why = find_aligner(m, given)
        print(f"{m.name}: {aligner.describe()} ({why}).", file=sys.stderr)
        with opened(given) as lines:
            answers = align(m, lines, aligner, WORDS[given.words])
            return tell(answers, aligner, given.json, sys.stdout, sys.stderr)
    except UnicodeDecodeError:
        print(f"{given.file} is no text in UTF-8.", file=sys.stderr)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
