"""What a compact model can learn: one file (or folder) a task, found by its name.

A module of this package offers its tasks in TASKS; nothing else has to be told of a new one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from model.config import CompactConfig
from model.tokens import CompactTokenizer

if TYPE_CHECKING:  # scores need a model that can be traced; data alone do not
    from model.checkpoint import Checkpoint

IGNORED = -100  # the label of a position that counts in no loss
Example = Mapping[str, list[int]]


@dataclass(frozen=True)
class Recipe:
    """How a task is learned: AdamW, warm-up, then a cosine down to 0.

    batch_size: examples in a step. by_length: a batch is made of texts of like length, so that little of it
    is padding. bf16: the forward pass in bfloat16 wherever that is safe (torch's autocast). half: the weights
    are saved in half precision, to be small.
    """

    max_steps: int
    batch_size: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.98)
    clip: float = 1.0
    by_length: bool = False
    bf16: bool = False
    half: bool = False


class Task(Protocol):
    """Something to learn: its data, the model that learns it, and how well that went."""

    name: str
    title: str
    recipe: Recipe

    def given(self, data: Sequence[Path]) -> Task:
        """The task with these files to learn from. Raises ValueError where they are no use to it."""
        ...

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        """The task's tokenizer, written to folder."""
        ...

    def config(self, tokenizer: CompactTokenizer) -> CompactConfig:
        """What the model is made of."""
        ...

    def examples(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        """The training data: what the model's forward takes, as lists of ids."""
        ...

    def sources(self, seed: int) -> Iterable[str]:
        """The texts that are read in training, to tell which words the model has met."""
        ...

    def collate(self, examples: Sequence[Example]) -> dict[str, Tensor]:
        """Examples as one batch."""
        ...

    def choose(self, m: Checkpoint) -> dict[str, Any] | None:
        """The head to show first ({"kind", "layer", "head", "query"}), chosen on data of its own."""
        ...

    def score(self, m: Checkpoint, data: Path | None = None) -> dict[str, Any]:
        """How good the model is, on data it was neither trained nor chosen on, or on a file's."""
        ...

    def card(self) -> str:
        """What the data are and what the numbers of `score` mean, in Markdown."""
        ...


def tasks() -> dict[str, Task]:
    """Every task, by name."""
    found: dict[str, Task] = {}
    for module in pkgutil.iter_modules(__path__):
        for task in importlib.import_module(f"{__name__}.{module.name}").TASKS:
            found[task.name] = task
    return found


def find(name: str) -> Task:
    """The task of this name. Raises ValueError where there is none."""
    every = tasks()
    if name not in every:
        raise ValueError(f"There is no task called {name!r}; there are {', '.join(sorted(every))}.")
    return every[name]


def padded(examples: Sequence[Example], padding: Mapping[str, int]) -> dict[str, Tensor]:
    """Lists of different lengths as tensors (batch, longest), and the attention mask of input_ids.

    padding: what to fill each field with.
    """
    batch = {}
    for name, fill in padding.items():
        longest = max(len(example[name]) for example in examples)
        rows = [example[name] + [fill] * (longest - len(example[name])) for example in examples]
        batch[name] = torch.tensor(rows)
    lengths = torch.tensor([len(example["input_ids"]) for example in examples])
    places = torch.arange(batch["input_ids"].shape[1])
    batch["attention_mask"] = (places < lengths[:, None]).long()
    return batch
