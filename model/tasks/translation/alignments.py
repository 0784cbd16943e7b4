"""How well cross-attention aligns words: measured on pairs that people aligned, and chosen on other ones.

The pairs and what counts as a link in them are in alignments.tsv and alignments.md beside this file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from model.analysis.alignment import (
    METHODS,
    Aligner,
    Links,
    MeasuredAligner,
    Method,
    Rates,
    Weights,
    find_layers,
    link_diagonal,
    link_words,
    measure_links,
    read_links,
    weigh_words,
)
from model.capture.checkpoint import Checkpoint
from model.capture.record import trace_all
from model.data import lines
from model.text.words import Word, split_words

FILE = Path(__file__).with_name("alignments.tsv")
Part = Literal["development", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
Weighed = dict[Method, Weights]  # of a pair, by method: (layers, heads, target, source)


@dataclass(frozen=True)
class Aligned:
    """A pair of sentences aligned by hand. possible: all links that may be, the sure ones among them."""

    source: str
    target: str
    sure: Links
    possible: Links

    @property
    def words(self) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
        """Of the source and of the target, as the links count them."""
        return split_words(self.source), split_words(self.target)


@cache
def aligned(part: Part) -> tuple[Aligned, ...]:
    """The pairs of a part. Raises Refusal where the file has a link that cannot be."""
    return tuple(pair for of, pair in read(FILE) if of == part)


def read(path: Path) -> Iterator[tuple[str, Aligned]]:
    """Every pair of a file like alignments.tsv, with the part that it belongs to."""
    for number, (part, source, target, links) in lines.rows(path, columns=4):
        if number > 1:  # the header
            sizes = len(split_words(source)), len(split_words(target))
            yield part, Aligned(source, target, *read_links(links, number, *sizes))


def weigh(m: Checkpoint, pairs: Sequence[Aligned]) -> list[Weighed]:
    """How much each French word looks at each English one, by each method, in every layer and head."""
    traces = trace_all(m, [pair.source for pair in pairs], [pair.target for pair in pairs])
    return [
        {method: weigh_words(trace, *pair.words, method) for method in METHODS}
        for trace, pair in zip(traces, pairs, strict=True)
    ]


def rate(found: Sequence[Links], pairs: Sequence[Aligned]) -> Rates:
    """How good links are."""
    return measure_links(found, [pair.sure for pair in pairs], [pair.possible for pair in pairs])


def rate_heads(
    weighed: Sequence[Weighed], pairs: Sequence[Aligned], method: Method, layer: int, heads: Collection[int]
) -> Rates:
    """How good the links of the mean of some heads are. layer: its place among the recorded ones."""
    return rate([link_words(one[method][layer, list(heads)].mean(0)) for one in weighed], pairs)


def choose(m: Checkpoint) -> Aligner:
    """The method, layer and heads with the lowest alignment error rate on the development pairs.

    Of a layer each number of heads is tried, those that are best by themselves first; of equal ones the first
    counts, in the order of methods, layers and numbers.
    """
    pairs = aligned("development")
    weighed = weigh(m, pairs)
    best: tuple[float, Aligner] | None = None
    for method in METHODS:
        for at, layer in enumerate(find_layers(m)):
            count = weighed[0][method].shape[1]
            alone = [rate_heads(weighed, pairs, method, at, [head]).error for head in range(count)]
            order = sorted(range(count), key=alone.__getitem__)
            for most in range(1, count + 1):
                error = rate_heads(weighed, pairs, method, at, order[:most]).error
                if best is None or error < best[0]:
                    best = error, Aligner(layer, tuple(sorted(order[:most])), method)
    assert best
    return best[1]


def measure(m: Checkpoint) -> MeasuredAligner:
    """The aligner chosen on the development pairs, and how good it and the diagonal are on the test pairs."""
    aligner, pairs = choose(m), aligned("test")
    layer = find_layers(m).index(aligner.layer)
    own = rate_heads(weigh(m, pairs), pairs, aligner.method, layer, aligner.heads)
    diagonal = rate([link_diagonal(*map(len, pair.words)) for pair in pairs], pairs)
    return MeasuredAligner(aligner, own, len(pairs), diagonal)


def score(m: Checkpoint) -> dict[str, Any]:
    """What the card says of word alignment."""
    found = measure(m)
    return {
        "alignment_pairs": found.pairs,
        "alignment_by": found.aligner.describe(),
        "alignment_error_rate": found.rates.error,
        "alignment_precision": found.rates.precision,
        "alignment_recall": found.rates.recall,
        "alignment_error_rate_diagonal": found.diagonal.error,
    }
