"""What a compact model can learn: one file (or folder) a task, found by its name.

A module of this package offers its tasks in TASKS; nothing else has to be told of a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.discovery import collect
from model.networks.config import CompactConfig
from model.networks.families import OwnConfig
from model.networks.loss import IGNORED
from model.networks.recurrent.config import CELLS
from model.text.tokenizer import CompactTokenizer
from model.trace import Kind

if TYPE_CHECKING:  # scores need a model that can be traced; data alone do not
    from model.analysis.alignment import MeasuredAligner
    from model.capture.checkpoint import Checkpoint

NOTHING: Mapping[str, Any] = MappingProxyType({})  # is set
Example = Mapping[str, list[int]]


@dataclass(frozen=True)
class Recipe:
    """How a task is learned: a linear warm-up of the learning rate, then the schedule.

    optimizer: "adamw", or "muon" for the matrices of the layers, which then need fewer steps; see
    `model.training.optimizer`. betas: of AdamW; momentum: of Muon; matrix_rate: how many times as high Muon's
    learning rate is. schedule: of the learning rate, a "cosine"
    down to 0, the "paper"'s (falling with the square root of the step, §5.3) or "constant". batch_size:
    examples in a step. by_length: a batch is made of texts of like length, so that little of it is padding.
    bf16: the forward pass in bfloat16 wherever that is safe (torch's autocast), on a device that is fast at
    it. half: the weights are saved in half precision, to be small. consistency: the α of R-Drop, how much two
    passes over a batch, each with dropout of its own, have to agree (Liang et al. 2021, eq. 4); any but 0
    doubles the time of a step.
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
    schedule: str = "cosine"
    optimizer: str = "adamw"
    momentum: float = 0.95
    matrix_rate: float = 1.0
    consistency: float = 0.0


@dataclass(frozen=True)
class Probe:
    """A text whose attention is filmed while a model learns.

    target: what an encoder-decoder is to write for it.
    """

    source: str
    target: str | None = None


@dataclass(frozen=True, eq=False)
class Job:
    """How strongly each head does what the task asks of heads: float32 (layers, heads), 0 to 1.

    name: of the measure. kind: whose heads are measured.
    """

    name: str
    kind: Kind
    strengths: NDArray[np.float32]


@dataclass(frozen=True)
class Progress:
    """How far a model has come: a few measures, quickly taken, and texts with what it writes for them.

    scores: each from 0 to 1, or None where there is none. samples: (what it reads, what it writes, what would
    be right). notes: what has to be said of a score, by its name: how it was taken, or why there is none; in
    words that are marked by N_, or a name that is the same in every language.
    """

    scores: Mapping[str, float | None]
    samples: Sequence[tuple[str, str, str]] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """How the Train page offers a task; all of it is marked by N_ to be translated.

    title: what the page calls it, where that is not the task's own title. told: what it asks. order: its
    place among the others, which are sorted by it and then by name. watch: what to watch for in the film of
    its attention, where there will be one.
    """

    title: str = ""
    told: str = ""
    order: int = 100
    watch: str = ""


class Task(Protocol):
    """Something to learn: its data, the model that learns it, and how well that went.

    name, title: of the task. recipe: how it is learned. lesson: how the Train page offers it; None = not at
    all. recurrent: how a recurrent network learns it, where that is another recipe. measures: what its scores
    and its job are called in words, by name, each marked by N_. settings: the names of what `with_data`
    takes. from_table: whether a table was learned from where the task can do without one; a config keeps it,
    and `with_data` takes it from there.
    """

    name: str
    title: str
    recipe: Recipe
    lesson: Lesson | None = Lesson()
    recurrent: Recipe | None = None
    measures: Mapping[str, str] = NOTHING
    settings: tuple[str, ...] = ()
    from_table: bool = False

    def recipe_of(self, network: object) -> Recipe:
        """The recipe for a network, as the setting of that name tells it; None: the task's own."""
        return self.recipe if self.recurrent is None or network not in CELLS else self.recurrent

    def with_data(self, data: Sequence[Path], settings: Mapping[str, Any] = NOTHING) -> Self:
        """The task with these files to learn from, and what is set of how it reads them.

        Raises ValueError where they are no use to it: most tasks make their data themselves.
        """
        if data:
            raise ValueError(f"The task {self.name} makes its own data and learns from no file.")
        return self

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        """The task's tokenizer, written to folder."""
        ...

    def config(self, tokenizer: CompactTokenizer) -> OwnConfig:
        """What the model is made of, where no other network is asked for."""
        ...

    def examples(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        """The training data: what the model's forward takes, as lists of ids.

        An example may be made only when it is drawn, so that the first step need not wait for the last one.
        """
        ...

    def validation(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        """Examples like those, to look at while it learns; none of them is learned from."""
        ...

    def probes(self) -> Sequence[Probe]:
        """The texts that are filmed."""
        ...

    def job(self, m: Checkpoint) -> Job | None:
        """How strongly each head does its job; None where the task asks nothing of heads. Quickly taken."""
        ...

    def progress(self, m: Checkpoint) -> Progress:
        """How far the model has come, on data that it has not learned from. Quickly taken."""
        ...

    def sources(self, seed: int) -> Iterable[str]:
        """The texts that are read in training, to tell which words the model has met."""
        ...

    def choose(self, m: Checkpoint) -> dict[str, Any] | None:
        """The head to show first ({"kind", "layer", "head", "query"}), chosen on data of its own."""
        ...

    def measure_alignment(self, m: Checkpoint) -> MeasuredAligner | None:
        """How a model's cross-attention aligns words best; None where the task has no pairs to tell it by."""
        return None

    def read(self, path: Path) -> Sequence[Any]:
        """What a file in the task's form has to measure a model on.

        Raises ValueError where that is nothing.
        """
        ...

    def score(self, m: Checkpoint, told: Sequence[Any] | None = None) -> dict[str, Any]:
        """How good the model is, on data it was neither trained nor chosen on, or on what `read` found."""
        ...

    def card(self, m: Checkpoint | None = None) -> str:
        """What the data are and what the numbers of `score` mean, in Markdown. m: the model that learned."""
        ...


def tasks() -> dict[str, Task]:
    """Every task, by name."""
    return collect(__name__, "TASKS")


def find(name: str, settings: Mapping[str, Any] | None = None) -> Task:
    """The task of this name, with what a checkpoint's config says that it was set to.

    Raises ValueError where there is none, and for settings that need files.
    """
    every = tasks()
    if name not in every:
        raise ValueError(f"There is no task called {name!r}; there are {', '.join(sorted(every))}.")
    return every[name].with_data([], settings) if settings else every[name]


def config_of(tokenizer: CompactTokenizer, task: Task, **made: Any) -> CompactConfig:
    """The config of a model that learns a task, with the ids of its tokenizer. made: the rest of it."""
    return CompactConfig(
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        task=task.name,
        **made,
    )


def collate(examples: Sequence[Example]) -> dict[str, Tensor]:
    """Examples as one batch: tensors (batch, longest), and the attention mask of input_ids.

    Ids are filled up with 0, which the mask hides, and labels with IGNORED.
    """
    batch = {}
    for name in examples[0]:
        longest = max(len(example[name]) for example in examples)
        fill = [0 if name == "input_ids" else IGNORED] * longest
        batch[name] = torch.tensor([(example[name] + fill)[:longest] for example in examples])
    lengths = torch.tensor([len(example["input_ids"]) for example in examples])
    places = torch.arange(batch["input_ids"].shape[1])
    batch["attention_mask"] = (places < lengths[:, None]).long()
    return batch
