"""A person's own pairs: whatever two columns of a table say, the one is read and the other written.

Texts and ids stay on the disk, in files that are mapped into memory. A share of the pairs is kept for
validation, all pairs of one source together.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from model.data import pairs, tables
from model.errors import N_, Refusal
from model.networks.config import CompactConfig
from model.tasks import NOTHING, Example, Lesson, Probe, Progress, Recipe, Task, config_of
from model.text.tokenizer import CompactTokenizer, train_tokenizer
from model.text.words import normalise, split_words

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

FEWEST = 10  # pairs that can be learned from
HELD, MOST_HELD = 0.05, 500  # the share for validation
PIECES = 8000
CHARACTERS = 4000  # that are pieces of their own; rarer ones are written as their bytes
LEAST_COVERED = 0.98  # less SentencePiece does not take
BYTES = 300  # pieces for the bytes, and some more
FEW_WORDS = 1000  # with no more different words than that, words are tokens
SAMPLE = 50_000  # pairs that the tokenizer learns from
LARGE = 20_000  # pairs from which on a larger model pays
EPOCHS, FEWEST_STEPS, MOST_STEPS = 20, 600, 12_000
QUICK = 32  # validation pairs that are looked at on the way
SHOWN = 4
MEASURES = {"bleu": "BLEU", "exact": N_("exactly right")}
SETTINGS = ("source", "target", "filter", "keep")


@dataclass(frozen=True, eq=False)
class Corpus:
    """The usable pairs of some files. left_out: how many rows are not, for each reason.

    held: bool (pairs,), those that are kept for validation.
    """

    parts: tuple[pairs.Pairs, ...]
    left_out: Mapping[pairs.Reason, int]
    held: NDArray[np.bool_] = field(repr=False)

    def __len__(self) -> int:
        return len(self.held)

    def training_pairs(self) -> Iterator[tuple[str, str]]:
        """The pairs to learn from."""
        return (self.pair(int(i)) for i in np.flatnonzero(~self.held))

    def validation(self) -> list[tuple[str, str]]:
        """The pairs to look at while it learns; none of their sources is learned from."""
        return [self.pair(int(i)) for i in np.flatnonzero(self.held)]

    def pair(self, place: int) -> tuple[str, str]:
        for part in self.parts:
            if place < len(part):
                return part[place]
            place -= len(part)
        raise IndexError(place)


def hold_out(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which pairs are kept for validation: those of the lowest hashes; equal sources stay together."""
    most = min(MOST_HELD, max(1, int(HELD * len(hashes))))
    return hashes < np.sort(hashes)[most]


@lru_cache(maxsize=2)  # the app asks more than once before a run starts
def corpus(files: tuple[tuple[str, int, int], ...], told: tuple[tuple[str, Any], ...]) -> Corpus:
    """The pairs of these files (as of `tables.stamp`) by these settings."""
    parts, left_out = [], Counter[pairs.Reason]()
    for path, *_ in files:
        table = tables.read(path)
        found, out = pairs.read(table, *columns(table, dict(told)))
        parts.append(found)
        left_out.update(out)
    hashes = np.concatenate([part.hashes for part in parts])
    if len(hashes) < FEWEST:
        raise Refusal(
            "There must be at least {fewest} pairs to learn from; these columns have {count}.",
            fewest=FEWEST,
            count=len(hashes),
        )
    return Corpus(tuple(parts), left_out, hold_out(hashes))


def columns(table: tables.Table, settings: Mapping[str, Any]) -> tuple[str, str, str, tuple[str, ...]]:
    """What is read and written, the filter, its values: as set, else the first two columns and all rows."""
    keep = settings.get("keep", ())
    return (
        str(settings.get("source", table.header[0])),
        str(settings.get("target", table.header[1])),
        str(settings.get("filter", "")),
        tuple(str(value) for value in (keep if isinstance(keep, list | tuple) else [keep])),
    )


class Encoded(Sequence[Example]):
    """Pairs as ids, in a nameless file in folder that goes when the process does.

    ids: each pair's source and then its target, in as few bytes as the vocabulary needs. ends: uint64
    (2 · pairs + 1,), where each begins.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], tokenizer: CompactTokenizer, folder: Path) -> None:
        self.file = TemporaryFile(dir=folder)  # noqa: SIM115 - as long as this lives
        ends = array("Q", [0])
        kind = np.min_scalar_type(len(tokenizer) - 1)  # uint16 for 65,536 pieces, uint32 beyond
        for source, target in pairs:
            for ids in (tokenizer.encode(source), tokenizer.encode_target(target, source)):
                self.file.write(np.array(ids, dtype=kind).tobytes())
                ends.append(ends[-1] + len(ids))
        self.file.flush()
        self.ids: NDArray[Any] = np.memmap(self.file, dtype=kind, mode="r")
        self.ends = np.frombuffer(ends, dtype=np.uint64)

    def __len__(self) -> int:
        return len(self.ends) // 2

    def __getitem__(self, place: Any) -> Any:
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        begin, middle, end = (int(i) for i in self.ends[2 * (place % len(self)) :][:3])
        return {"input_ids": self.ids[begin:middle].tolist(), "labels": self.ids[middle:end].tolist()}


@dataclass(frozen=True)
class PairsTask(Task):
    """corpus: what is learned from; none is needed to measure."""

    name: str
    title: str
    recipe: Recipe
    lesson: Lesson | None
    corpus: Corpus | None = None
    measures = MEASURES
    settings = SETTINGS

    def with_data(self, data: Sequence[Path], settings: Mapping[str, Any] = NOTHING) -> Self:
        """The task with these tables; settings: "source", "target", "filter", "keep", see `columns`."""
        if not data:
            raise ValueError(f"The task {self.name} learns from a table of pairs: give its file with --data.")
        told = tuple(
            (name, tuple(value) if isinstance(value, list) else value)
            for name, value in sorted(settings.items())
            if name in self.settings
        )
        try:
            files = tuple(tables.stamp(path) for path in data)
        except OSError as error:
            raise Refusal(
                "{name} cannot be read: {what}.", name=Path(error.filename).name, what=error.strerror
            ) from error
        found = corpus(files, told)
        return replace(self, corpus=found, recipe=recipe_for(len(found)))

    def pairs(self) -> Corpus:
        """Its corpus. Raises ValueError where none was given."""
        if self.corpus is None:
            raise ValueError(f"The task {self.name} learns from a table of pairs: give its file with --data.")
        return self.corpus

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        """Of words where there are few different ones, else of as many pieces as the texts bear."""
        found = self.pairs()
        step = max(1, len(found) // SAMPLE)
        texts = [text for pair in islice(found.training_pairs(), 0, None, step) for text in pair]
        words = {normalise(word.text) for text in texts for word in split_words(text)}
        if len(words) <= FEW_WORDS:
            return train_tokenizer((text for pair in found.training_pairs() for text in pair), folder, "word")
        needed, coverage = common(Counter(chain.from_iterable(texts)))
        size = max(min(PIECES, needed + BYTES + len(words) // 4), needed + BYTES)
        return train_tokenizer(texts, folder, "unigram", size, coverage=coverage)

    def config(self, tokenizer: CompactTokenizer) -> CompactConfig:
        large = self.corpus is not None and len(self.corpus) >= LARGE
        return config_of(
            tokenizer,
            self,
            d_model=256 if large else 128,
            num_heads=4,
            d_ff=1024 if large else 512,
            encoder_layers=3 if large else 2,
            decoder_layers=3 if large else 2,
            dropout=0.1,
            label_smoothing=0.1,
        )

    def examples(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        return Encoded(self.pairs().training_pairs(), tokenizer, Path(str(tokenizer.vocab_file)).parent)

    def validation(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        return [
            {"input_ids": tokenizer.encode(source), "labels": tokenizer.encode_target(target, source)}
            for source, target in self.pairs().validation()
        ]

    def probes(self) -> Sequence[Probe]:
        """Two short validation pairs of a few words, of different sources."""
        found = self.pairs()
        choices = found.validation() or list(islice(found.training_pairs(), QUICK))
        choices.sort(key=lambda pair: (len(pair[0].split()) < 4, len(pair[0]) + len(pair[1]), pair))
        first: dict[str, str] = {}
        for source, target in choices:
            first.setdefault(source, target)
        return tuple(Probe(*pair) for pair in islice(first.items(), 2))

    def job(self, m: Checkpoint) -> None:
        """No head is known to have one."""

    def progress(self, m: Checkpoint) -> Progress:
        from model.tasks.translation.score import compute_bleu, translations

        held = self.pairs().validation()[:QUICK]
        if not held:
            return Progress({})
        written = translations(m, [source for source, _ in held], beams=1)
        found = compute_bleu(written, held)
        samples = [(source, said, target) for (source, target), said in zip(held, written, strict=True)]
        scores = {"bleu": found["bleu"] / 100, "exact": found["exact_reference"]}
        return Progress(scores, samples[:SHOWN])

    def sources(self, seed: int) -> Iterator[str]:
        return (source for source, _ in self.pairs().training_pairs())

    def choose(self, m: Checkpoint) -> None:
        """Any head may be shown first."""

    def read(self, path: Path) -> Sequence[tuple[str, str]]:
        """Pairs, in the columns that it learns from or else in the first two."""
        table = tables.read(path)
        names = self.corpus.parts[0].choice if self.corpus else None
        told = [names.source, names.target] if names else []
        source, target = told if told and set(told) <= set(table.header) else table.header[:2]
        found, _ = pairs.read(table, source, target)
        if not found:
            raise ValueError(f"{path} has no pair to be measured on.")
        return list(found)

    def score(self, m: Checkpoint, told: Sequence[tuple[str, str]] | None = None) -> dict[str, Any]:
        """On the validation pairs, or on a file's."""
        from model.tasks.translation.score import measure_bleu

        return measure_bleu(m, told or self.pairs().validation())

    def card(self) -> str:
        return CARD if self.corpus is None else CARD + "\n" + counts(self.corpus)


def common(characters: Counter[str]) -> tuple[int, float]:
    """How many characters are common enough to be pieces, and which share of the text they make up."""
    total, covered = characters.total(), 0
    for place, (_, count) in enumerate(characters.most_common(), start=1):
        covered += count
        if place >= CHARACTERS and covered / total >= LEAST_COVERED:
            return place, covered / total
    return len(characters), 1.0


def recipe_for(count: int) -> Recipe:
    """How this many pairs are learned: some times over, within what a person waits for."""
    steps = EPOCHS * math.ceil(count / RECIPE.batch_size)
    steps = min(MOST_STEPS, max(FEWEST_STEPS, steps))
    large = count >= LARGE
    return replace(
        RECIPE,
        max_steps=steps,
        learning_rate=1e-3 if large else RECIPE.learning_rate,
        warmup_steps=1000 if large else RECIPE.warmup_steps,
    )


def counts(found: Corpus) -> str:
    """What was used and what was not, in Markdown."""
    held = int(found.held.sum())
    lines = [f"- {len(found) - held:,} pairs were learned from, {held:,} kept for validation."]
    lines += [f"- {count:,} rows {WHY[reason]}." for reason, count in found.left_out.items() if count]
    return "\n".join(lines) + "\n"


WHY: dict[pairs.Reason, str] = {
    "filtered": "were not asked for",
    "empty": "have an empty cell",
    "long": f"have a text of more than {pairs.LONGEST} bytes",
    "repeated": "say the same as another one",
}
CARD = f"""
The pairs come from a table: one column is read, another is written. A share of them ({HELD:.0%}, at most
{MOST_HELD}), chosen by a hash of what is read, is kept for validation.

- `bleu`: sacreBLEU of what is written for them by beam search, against the one reference of each;
  `exact_reference`: the share of them that are the reference to the letter.
"""
RECIPE = Recipe(max_steps=3000, batch_size=64, learning_rate=2e-3, warmup_steps=200, by_length=True)
LESSON = Lesson(
    N_("Your own pairs"),
    N_("A table of yours, with what is read in one column and what is to be written in another."),
    7,
)
TASKS = (PairsTask("pairs", "Pairs of your own", RECIPE, LESSON),)
