"""A person's own pairs: whatever two columns of a table say, the one is read and the other written.

Texts stay on the disk, in files that are mapped into memory; their ids are made when they are drawn. A share
of the pairs is kept for validation, all pairs of one source together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from model.data import looks, pairs, tables
from model.data.looks import Look, look
from model.errors import N_, Refusal
from model.networks.config import CompactConfig
from model.tasks import NOTHING, Example, Lesson, Probe, Progress, Recipe, Task, config_of
from model.tasks.encoded import Encoded
from model.text import fitting
from model.text.fitting import Wanted, count_apart, fit_tokenizer, wanted
from model.text.tokenizer import CompactTokenizer

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

FEWEST = 10  # pairs that can be learned from
HELD, MOST_HELD = 0.05, 500  # the share for validation
SAMPLE = 50_000  # pairs that the tokenizer learns from
LARGE = 20_000  # pairs from which on a larger model pays
EPOCHS, FEWEST_STEPS, MOST_STEPS = 20, 600, 12_000
QUICK = 32  # validation pairs that are looked at on the way
SHOWN = 4
MEASURES = {"bleu": "BLEU", "chrf": "chrF", "exact": N_("exactly right")}


@dataclass(frozen=True, eq=False)
class Corpus:
    """The usable pairs of some files, as they were looked at.

    held: bool (pairs,), those that are kept for validation.
    """

    look: Look
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
        for part in self.look.parts:
            if place < len(part.pairs):
                return part.pairs[place]
            place -= len(part.pairs)
        raise IndexError(place)


def hold_out(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which pairs are kept for validation: those of the lowest hashes; equal sources stay together.

    hashes: of what is read, at least two different ones. Where those of the lowest are more than a share,
    they are those of the source that has fewest.
    """
    most = min(MOST_HELD, max(1, int(HELD * len(hashes))))
    held = hashes < np.sort(hashes)[most]
    if held.any():
        return held
    different, counts = np.unique(hashes, return_counts=True)
    fewest: NDArray[np.bool_] = hashes == different[counts.argmin()]
    return fewest


@lru_cache(maxsize=8)  # the app asks more than once before a run starts
def corpus(look: Look) -> Corpus:
    """The pairs of a look. Raises Refusal where they are too few, or all have the same text to read."""
    if len(look) < FEWEST:
        raise Refusal(
            "There must be at least {fewest} pairs to learn from; these columns have {count}.",
            fewest=FEWEST,
            count=len(look),
        )
    hashes = np.concatenate([part.pairs.hashes for part in look.parts])
    if (hashes == hashes[0]).all():
        raise Refusal("All pairs have the same text to read, so that there is nothing to tell them apart by.")
    return Corpus(look, hold_out(hashes))


@dataclass(frozen=True)
class PairsTask(Task):
    """corpus: what is learned from; none is needed to measure. cut: what is set of its tokenizer."""

    name: str
    title: str
    recipe: Recipe
    lesson: Lesson | None
    corpus: Corpus | None = None
    cut: Wanted = field(default_factory=Wanted)
    measures = MEASURES
    settings = (*looks.SETTINGS, *fitting.SETTINGS)

    def with_data(self, data: Sequence[Path], settings: Mapping[str, Any] = NOTHING) -> Self:
        """The task with these tables; settings: see `model.data.looks` and, of the tokenizer, `wanted`."""
        if not data:
            raise ValueError(f"The task {self.name} learns from a table of pairs: give its file with --data.")
        cut = wanted(settings)
        found = corpus(look(data, settings))
        return replace(self, corpus=found, recipe=recipe_for(len(found)), cut=cut)

    def pairs(self) -> Corpus:
        """Its corpus. Raises ValueError where none was given."""
        if self.corpus is None:
            raise ValueError(f"The task {self.name} learns from a table of pairs: give its file with --data.")
        return self.corpus

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        """Of words or of pieces; see `model.text.fitting`. Of a large table it learns from a sample."""
        found = self.pairs()
        places = np.flatnonzero(~found.held)
        whole = len(places) <= SAMPLE
        drawn = places if whole else places[np.linspace(0, len(places) - 1, SAMPLE).astype(int)]
        texts = [text for place in drawn for text in found.pair(int(place))]
        others = [text for pair in found.validation() for text in pair] if whole else None
        return fit_tokenizer(self.cut, texts, folder, others)

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
        found = self.pairs()
        return Encoded(found.pair, np.flatnonzero(~found.held), tokenizer)

    def validation(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        found = self.pairs()
        return Encoded(found.pair, np.flatnonzero(found.held), tokenizer)

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
        from model.scores import compute, write

        held = self.pairs().validation()[:QUICK]
        if not held:
            return Progress({})
        written = write(m, [source for source, _ in held], beams=1)
        found = compute(written, [target for _, target in held])
        samples = [(source, said, target) for (source, target), said in zip(held, written, strict=True)]
        return Progress(found.shares(), samples[:SHOWN], found.notes())

    def sources(self, seed: int) -> Iterator[str]:
        return (source for source, _ in self.pairs().training_pairs())

    def choose(self, m: Checkpoint) -> None:
        """Any head may be shown first."""

    def read(self, path: Path) -> Sequence[tuple[str, str]]:
        """Pairs, in the columns that it learns from or else in those that propose themselves."""
        names = self.corpus.look.parts[0].choice if self.corpus else None
        told = {"source": names.source, "target": names.target} if names else {}
        there = {*tables.read(path).header}
        found = look([path], told if there >= {*told.values()} else {})
        if not len(found):
            raise ValueError(f"{path} has no pair to be measured on.")
        return [pair for part in found.parts for pair in part.pairs]

    def score(self, m: Checkpoint, told: Sequence[tuple[str, str]] | None = None) -> dict[str, Any]:
        """On the validation pairs, or on a file's."""
        from model.scores import measure

        return measure(m, told or self.pairs().validation())

    def card(self, m: Checkpoint | None = None) -> str:
        if self.corpus is None:
            return CARD
        apart = count_apart(text for pair in self.corpus.training_pairs() for text in pair)
        return CARD + "\n" + counts(self.corpus) + (APART.format(count=apart) if apart else "")


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
    lines += [f"- {count:,} rows {WHY[reason]}." for reason, count in found.look.aside().items() if count]
    return "\n".join(lines) + "\n"


WHY: dict[pairs.Reason, str] = {
    "filtered": "were not asked for",
    "broken": "cannot be read",
    "quote": "have a quotation mark that never closes",
    "wide": "have more cells than the table has columns",
    "narrow": "have fewer cells than the table has columns",
    "empty": "have an empty cell",
    "long": f"have a text of more than {pairs.LONGEST} bytes",
    "repeated": "say the same as another one",
}
CARD = f"""
The pairs come from a table: one column is read, another is written. A share of them ({HELD:.0%}, at most
{MOST_HELD}), chosen by a hash of what is read, is kept for validation.
"""
APART = """- {count:,} texts have letters whose marks are written apart (they are not in Unicode NFC); what is
  typed with composed ones reads like them only with `normalization=nfc`, or one of the nfkc kind.
"""
RECIPE = Recipe(max_steps=3000, batch_size=64, learning_rate=2e-3, warmup_steps=200, by_length=True)
LESSON = Lesson(
    N_("Your own pairs"),
    N_("A table of yours, with what is read in one column and what is to be written in another."),
    10,
)
TASKS = (PairsTask("pairs", "Pairs of your own", RECIPE, LESSON),)
