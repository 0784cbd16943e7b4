"""How a run begins: with random weights, or with what another checkpoint has learned.

Then it takes over that one's tokenizer, weights and words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from model.capture.checkpoint import Checkpoint
from model.capture.load import find, load, read_config
from model.errors import Refusal
from model.networks import families
from model.networks.families import OwnConfig
from model.tasks import Task
from model.text import fitting
from model.text.tokenizer import CompactTokenizer
from model.training.settings import config_with

ASKED = "source_output."  # what the encoder is asked belongs to the task
MAKING = re.compile(r"^## Data\n\n.+?(?=\n\n## Measured$)", re.MULTILINE | re.DOTALL)  # in a card
LONGEST = 100_000  # characters of a card that are looked at


@dataclass(frozen=True, eq=False)
class Start:
    """The checkpoint to begin with, and its folder."""

    m: Checkpoint
    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    def tokenizer(self, output: Path) -> CompactTokenizer:
        """Its tokenizer, written to output."""
        self.m.tokenizer.save_pretrained(output)
        return CompactTokenizer.from_pretrained(output)

    def config(self, wanted: OwnConfig) -> OwnConfig:
        """Its config, for the task that wants another."""
        told: dict[str, Any] = self.m.model.config.to_dict()
        of_the_task = {
            "task": wanted.task,
            "source_labels": wanted.source_labels,
            "first_head": None,
            "task_settings": None,
        }
        kind: Any = type(self.m.model.config)
        made: OwnConfig = kind(**{**told, **of_the_task, "use_cache": True})  # a Trainer may have noted False
        return made

    def hand_on(self, network: PreTrainedModel) -> None:
        """Its weights, to a network of the same sizes; what its encoder was asked only where that is alike.

        Raises ValueError where the sizes are others.
        """
        weights, needed = self.m.model.state_dict(), network.state_dict()
        for name in [name for name in weights if name.startswith(ASKED)]:
            if name not in needed or needed[name].shape != weights[name].shape:
                del weights[name]
        left = {name for name in needed.keys() ^ weights.keys() if not name.startswith(ASKED)}
        if left or any(needed[name].shape != weight.shape for name, weight in weights.items()):
            raise Refusal("A model that begins with {name} must have its layers and sizes.", name=self.name)
        network.load_state_dict(weights, strict=False)

    def words(self) -> Counter[str]:
        """The words that it has met."""
        return Counter(self.m.word_counts or {})

    def making(self) -> str:
        """Its data, their credit and its recipe, as its card says them; "" where that says nothing.

        What the task's measures mean stands once in a card, with the numbers.
        """
        card = self.folder / "README.md"
        told = MAKING.search(card.read_text(encoding="utf-8")[:LONGEST]) if card.is_file() else None
        found = re.sub(r"^## (Data|Recipe)$", rf"## \1 of `{self.name}`", told[0], flags=re.M) if told else ""
        return "\n\n".join(part for part in found.split("\n\n") if not part.startswith("- `"))


def start(name: str, task: Task) -> Start:
    """The checkpoint of this name or folder, for a task to begin with.

    Raises ValueError where there is none, it is not one of this project's own, or not of the task's kind.
    """
    m = load(name)
    if not isinstance(m.model.config, OwnConfig) or not isinstance(m.tokenizer, CompactTokenizer):
        raise Refusal(
            "Training can start only from a network of this app's own, and {name} is not one.", name=m.name
        )
    needed, made = task.config(m.tokenizer).architecture, m.model.config.architecture
    if needed != made:
        raise Refusal("This task needs a model of the kind {needed}, not {made}.", needed=needed, made=made)
    return Start(m, find(name).folder)


def fits(folder: Path, task: str, architecture: str) -> bool:
    """Whether a run of a task, whose models have this architecture, can begin with a folder's checkpoint.

    A person's own pairs go with every network of this project's own of their kind; any other task's words
    only with one that has learned it.
    """
    try:
        config = read_config(folder, folder.name)
    except ValueError:
        return False
    is_kind = isinstance(config, OwnConfig) and config.architecture == architecture
    return is_kind and task in ("pairs", config.task)


def build(
    task: Task, settings: Mapping[str, Any], tokenizer: CompactTokenizer, begun: Start | None = None
) -> PreTrainedModel:
    """The network of a run before its first step.

    Raises ValueError for what cannot be built, and for sizes or a tokenizer that are not those of what it
    begins with.
    """
    if begun and (told := [name for name in fitting.SETTINGS if name in settings]):
        raise Refusal(
            "A model that begins with {name} keeps its tokenizer; {names} cannot be set.",
            name=begun.name,
            names=", ".join(told),
        )
    usual = task.config(tokenizer)
    config = config_with(begun.config(usual) if begun else usual, settings)
    network = families.build(config)
    if begun:
        begun.hand_on(network)
    return network
