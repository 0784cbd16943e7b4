"""A run that begins with what another checkpoint has learned: its tokenizer, weights and words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from model.checkpoint import Checkpoint
from model.config import CompactConfig
from model.errors import Refusal
from model.loading import find, load
from model.tasks import Task
from model.tokenizer import CompactTokenizer

ASKED = "source_output."  # what the encoder is asked belongs to the task
RECIPE = re.compile(r"^## Recipe\n\n(.+?)\n\n## ", re.MULTILINE | re.DOTALL)  # of a card
LONGEST = 10_000  # characters of a card's recipe


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

    def config(self, task: Task, tokenizer: CompactTokenizer) -> CompactConfig:
        """Its config, for a task.

        Raises ValueError where the task is for another kind of model.
        """
        wanted, found = task.config(tokenizer), self.m.model.config
        if wanted.architecture != found.architecture:
            raise Refusal(
                "This task needs a model of the kind {needed}, not {made}.",
                needed=wanted.architecture,
                made=found.architecture,
            )
        told: dict[str, Any] = found.to_dict()
        return CompactConfig(
            **{**told, "task": task.name, "source_labels": wanted.source_labels, "first_head": None}
        )

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
        return Counter(self.m.seen or {})

    def recipe(self) -> str:
        """How it was made itself, as its card says; "" where that says nothing."""
        card = self.folder / "README.md"
        told = RECIPE.search(card.read_text(encoding="utf-8")[:LONGEST]) if card.is_file() else None
        return told[1] if told else ""


def start(name: str) -> Start:
    """The checkpoint of this name or folder to begin with.

    Raises ValueError where there is none, or it is not one of this project's own.
    """
    m = load(name)
    if not isinstance(m.model.config, CompactConfig) or not isinstance(m.tokenizer, CompactTokenizer):
        raise Refusal("Only a compact Transformer can be begun with, and {name} is none.", name=m.name)
    return Start(m, find(name))
