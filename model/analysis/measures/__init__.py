"""One number for each head: observers that measure, one file (or folder) a measure, found by its name.

A module of this package offers its measures in MEASURES; nothing else has to be told of a new one. A measure
of weights needs a few words and one function:

    class First(Measure):
        name, title, unit = "first", N_("Weight on the first token"), ""
        told = N_("How much each token gives to the first one, on average.")

        def of(self, weights, place, first):
            return weights[..., 0]

    MEASURES = (First,)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from model.capture.checkpoint import Checkpoint
from model.capture.checks import check, check_places, check_size, check_vectors, choose
from model.capture.encode import readable
from model.capture.forward import forward
from model.capture.observers import Observer, Place
from model.capture.record import read_text
from model.discovery import collect
from model.edits import Edit
from model.listening import Part, Seen
from model.trace import KINDS, Kind, Tokens

Numbers = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of one kind of attention. Both are float32 (layers, heads), NaN where no head is.

    layers: as the model numbers them, from 0. values: the mean over all queries that look at anything.
    even: the same for a head that looks evenly at all that it may look at; NaN where the model does not tell
    what that is.
    """

    kind: Kind
    layers: tuple[int, ...]
    values: Numbers
    even: Numbers


class Measure(Observer):
    """An observer of one pass over one text, which makes a number of each head.

    name: by which it is found. title: what it is called; unit: of its numbers; told: what they mean, in one
    sentence. Each is marked by N_ to be translated. kinds: the kinds of attention that it is said of.
    sides: the tokens along the (queries, keys) of each kind.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    unit: ClassVar[str] = ""
    told: ClassVar[str] = ""
    kinds: ClassVar[tuple[Kind, ...]] = KINDS
    parts: frozenset[Part] = frozenset({"scores"})  # and with them the mask, which says who may look at whom

    def __init__(self, sides: Mapping[Kind, tuple[Tokens, Tokens]]) -> None:
        self.sides = sides
        self.values: dict[tuple[Kind, int], list[Numbers]] = defaultdict(list)
        self.even: dict[tuple[Kind, int], list[Numbers]] = defaultdict(list)

    def of(self, weights: Tensor, place: Place, first: int) -> Tensor:
        """The number of each query: (heads, queries, keys) -> (heads, queries); NaN where there is none.

        weights: each row sums to 1, or is NaN where a query looks at nothing. Of a row with a sink, or of
        one over two texts, they are the shares among these keys. first: the first query, from 0.
        """
        raise NotImplementedError

    def wants(self, place: Place) -> bool:
        return place.kind in self.kinds and place.layer is not None and place.call == 0

    def attention(self, place: Place, seen: Seen) -> None:
        where = place.kind, place.layer
        first = sum(rows.shape[1] for rows in self.values[where])  # type: ignore[index]
        weights = seen.weights[0].float()
        values = self.of(shares(weights), place, first)
        even = values.new_full(values.shape, np.nan)
        if seen.mask is not None:
            even = self.of(shares(seen.mask.expand(seen.weights.shape)[0].float()), place, first)
        self.values[where].append(values.cpu().numpy())  # type: ignore[index]
        self.even[where].append(even.cpu().numpy())  # type: ignore[index]

    def result(self) -> dict[Kind, Measured]:
        """What has been measured, by kind; a kind that was not there is left out."""
        found = {}
        for kind in KINDS:
            layers = tuple(sorted(layer for of_kind, layer in self.values if of_kind == kind))
            if layers:
                values = stack_layers([mean(self.values[kind, layer]) for layer in layers])
                even = stack_layers([mean(self.even[kind, layer]) for layer in layers])
                found[kind] = Measured(kind, layers, values, even)
        return found


def shares(rows: Tensor) -> Tensor:
    """Rows that sum to 1; NaN where all is 0."""
    return rows / rows.sum(-1, keepdim=True)


def mean(rows: Sequence[Numbers]) -> Numbers:
    """The mean over the queries that have a number, of rows (heads, queries) that came one after another."""
    every = np.concatenate(rows, axis=1, dtype=np.float64)
    known = np.isfinite(every)
    total, count = np.where(known, every, 0).sum(1), known.sum(1)
    return np.divide(total, count, out=np.full(len(every), np.nan), where=count > 0).astype(np.float32)


def stack_layers(layers: Sequence[Numbers]) -> Numbers:
    """(layers, heads), filled up with NaN where a layer has fewer heads than another."""
    found = np.full((len(layers), max(map(len, layers))), np.nan, np.float32)
    for row, heads in zip(found, layers, strict=True):
        row[: len(heads)] = heads
    return found


def measures() -> dict[str, type[Measure]]:
    """Every measure, by name."""
    return collect(__name__, "MEASURES")


def find(name: str) -> type[Measure]:
    """The measure of this name. Raises ValueError where there is none."""
    every = measures()
    if name not in every:
        raise ValueError(f"There is no measure called {name!r}; there are {', '.join(sorted(every))}.")
    return every[name]


def measure(
    m: Checkpoint,
    text: str,
    name: str,
    edits: Sequence[Edit] = (),
    target: str | Sequence[int] | None = None,
    pair: str | None = None,
) -> dict[Kind, Measured]:
    """A number for each head, from one pass over a text: by kind of attention, where the measure has any.

    name: of the measure. edits, target, pair: as in `model.trace`; an encoder-decoder without a target writes
    first. Raises ValueError for a measure that is not there and for what cannot be traced.
    """
    kind = find(name)
    if kind.parts - Measure.parts:
        check_vectors(m)
    edits = tuple(edits)
    check(m, edits)
    read = read_text(m, readable(text), target, choose(m, None, ["weights"]), edits, None, pair)
    form = m.reach([read.row])
    check(form, edits)
    read = read.limit_to(form.layers)
    check_places(edits, read.sides, free="cross" in read.sides and target is None)
    check_size(form, read.sides, choose(form, None, ["weights"]))
    observer = kind(read.sides)
    forward(form, read.row, [observer], edits)
    return observer.result()
