"""Texts as the examples that a model learns from, each made when it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.data.pairs import Pair
from model.tasks import Example
from model.text.tokenizer import CompactTokenizer

KEPT = 20_000  # examples; a small table is drawn from many times


class Made(Sequence[Example]):
    """As many examples as count, each made of its place when it is drawn, and kept."""

    def __init__(self, count: int, make: Callable[[int], Example]) -> None:
        self.make = make
        self.kept: list[Example | None] = [None] * count

    def __len__(self) -> int:
        return len(self.kept)

    def __getitem__(self, place: Any) -> Any:
        place = range(len(self))[place]
        example = self.kept[place]
        if example is None:
            example = self.kept[place] = self.make(place)
        return example


class Encoded(Sequence[Example]):
    """Pairs as ids. Nothing is encoded before it is drawn, so that a run on a large table begins at once.

    pair: gives the pair at a place. places: int (examples,), which of them are examples, in this order.
    The first KEPT that are drawn are kept as they are.
    """

    def __init__(
        self, pair: Callable[[int], Pair], places: NDArray[np.integer[Any]], tokenizer: CompactTokenizer
    ) -> None:
        self.pair, self.places, self.tokenizer = pair, places, tokenizer
        self.kept: dict[int, Example] = {}

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, place: Any) -> Any:
        found = int(self.places[place])
        if found in self.kept:
            return self.kept[found]
        example = self.encode(*self.pair(found))
        if len(self.kept) < KEPT:
            self.kept[found] = example
        return example

    def encode(self, source: str, target: str) -> Example:
        """A pair as ids."""
        ids = self.tokenizer.encode(source)
        return {"input_ids": ids, "labels": self.tokenizer.encode_target(target, source)}
