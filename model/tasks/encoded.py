"""Pairs of texts as the examples that a model learns from, each made when it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.data.pairs import Pair
from model.tasks import Example
from model.text.tokenizer import CompactTokenizer

KEPT = 20_000  # examples; a small table is drawn from many times


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

    @cached_property
    def lengths(self) -> NDArray[np.int32]:
        """How long each example is, int32 (examples,), in bytes of its texts: about as many pieces each."""
        texts = (self.pair(int(place)) for place in self.places)
        return np.fromiter(
            (len(source.encode()) + len(target.encode()) for source, target in texts), np.int32, len(self)
        )
