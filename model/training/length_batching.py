"""The order in which a run learns its examples, where batches are of texts of like length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.tasks import Example, Recipe

BLUR = 1.25


class Lesson(Sequence[Example]):
    """The examples of a whole run in the order in which they are learned from, batches of like length.

    Lengths are blurred, so that other neighbours meet in each epoch, and batches come in any order. They are
    the examples' own `lengths` where they have some (see `Task.examples`), else as many as there are ids.
    """

    def __init__(self, examples: Sequence[Example], recipe: Recipe, seed: int) -> None:
        self.examples = examples
        lengths = getattr(examples, "lengths", None)
        if lengths is None:
            lengths = np.array([len(example["input_ids"]) + len(example["labels"]) for example in examples])
        chance = np.random.default_rng(seed)
        epoch = max(1, len(examples) // recipe.batch_size)  # batches
        order: list[NDArray[np.int64]] = []
        while len(order) < recipe.max_steps:
            drawn = np.resize(chance.permutation(len(lengths)), epoch * recipe.batch_size)
            ordered = drawn[np.argsort(lengths[drawn] * chance.uniform(1, BLUR, len(drawn)))]
            order += list(chance.permutation(ordered.reshape(epoch, recipe.batch_size)))
        self.order = np.concatenate(order[: recipe.max_steps])

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, place: Any) -> Any:
        return self.examples[self.order[place]]
