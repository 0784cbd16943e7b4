"""The order in which a run learns its examples, where batches are of texts of like length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.tasks import Example, Recipe

POOL = 32  # batches that are sorted together
BLUR = 1.25


class Lesson(Sequence[Example]):
    """The examples of a whole run in the order in which they are learned from, batches of like length.

    Examples are drawn anew in each epoch. As many as POOL batches take are made at once, sorted by length and
    cut into batches, which come in any order: so nothing is made, or has to tell its length, long before it
    is learned from. Lengths are blurred, so that a batch is not of one length alone. A pool's examples are
    let go when another is asked for.
    """

    def __init__(self, examples: Sequence[Example], recipe: Recipe, seed: int) -> None:
        self.examples, self.seed = examples, seed
        self.batch_size, self.steps = recipe.batch_size, recipe.max_steps
        chance = np.random.default_rng(seed)
        self.epoch = max(1, len(examples) // recipe.batch_size)  # batches
        self.order: list[NDArray[np.int32]] = []  # of each epoch
        for _ in range(0, recipe.max_steps, self.epoch):
            drawn = np.resize(chance.permutation(len(examples)), self.epoch * recipe.batch_size)
            self.order.append(drawn.astype(np.int32))
        self.pool = (-1, -1)
        self.made: list[Example] = []

    def __len__(self) -> int:
        return self.steps * self.batch_size

    def __getitem__(self, place: Any) -> Any:
        epoch, within = divmod(range(len(self))[place], self.epoch * self.batch_size)
        pool, inside = divmod(within, POOL * self.batch_size)
        if self.pool != (epoch, pool):
            self.made, self.pool = self.arrange(epoch, pool), (epoch, pool)
        return self.made[inside]

    def arrange(self, epoch: int, pool: int) -> list[Example]:
        """The examples of one pool, in the order in which they are learned from."""
        size = POOL * self.batch_size
        drawn = [self.examples[i] for i in self.order[epoch][pool * size : (pool + 1) * size]]
        lengths = [len(example["input_ids"]) + len(example["labels"]) for example in drawn]
        chance = np.random.default_rng([self.seed, epoch, pool])
        blurred = np.array(lengths) * chance.uniform(1, BLUR, len(lengths))
        batches = np.argsort(blurred).reshape(-1, self.batch_size)
        return [drawn[i] for i in chance.permutation(batches).ravel()]
