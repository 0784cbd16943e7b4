"""Before a run starts: how large its model is, and how long it will take on this machine."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch.optim import AdamW
from transformers import PreTrainedModel

from model.errors import Refusal
from model.locks import drawing, making
from model.tasks import Example, Recipe, collate, find
from model.training.folder import Run
from model.training.optimizer import muon
from model.training.settings import recipe_with
from model.training.start import build, start

STEPS = 3  # that are taken to know how long one takes
START = 8.0  # seconds until the first step: the process, PyTorch, the data
MOST = 100_000_000  # numbers to learn of a model that the app tries: four bytes each, four times over
EXTRA = 1.15  # of looks, snapshots and the end


@dataclass(frozen=True)
class Outline:
    """parameters: numbers to learn. seconds: about how long it takes. recipe: how it would be learned."""

    parameters: int
    seconds: float
    recipe: Recipe


def outline(run: Run) -> Outline:
    """The size and the time of a run, from a few steps of it on its validation data.

    Raises ValueError for what cannot be built or learned from, and for a model that is too large to be tried.
    """
    task = find(run.task).with_data([Path(path) for path in run.data], run.settings)
    recipe = recipe_with(task.recipe, run.settings, run.max_steps)
    begun = start(run.start, task) if run.start else None
    with TemporaryDirectory() as folder:
        tokenizer = (begun or task).tokenizer(Path(folder))
        examples = list(task.validation(tokenizer, run.seed))
    with drawing, torch.random.fork_rng():
        with making:
            if begun is None:
                with torch.device("meta"):  # no memory is taken yet
                    check_size(build(task, run.settings, tokenizer))
            network = build(task, run.settings, tokenizer, begun)
        seconds = START + EXTRA * recipe.max_steps * step_time(network, examples, recipe)
    return Outline(network.num_parameters(), seconds, recipe)


def check_size(network: PreTrainedModel) -> None:
    """Raises ValueError for a model that is too large to be tried."""
    if network.num_parameters() > MOST:
        raise Refusal(
            "This model would have {count} numbers to learn, and at most {most} are tried here. Choose "
            "smaller sizes, fewer layers or fewer experts.",
            count=f"{network.num_parameters():,}",
            most=f"{MOST:,}",
        )


def step_time(network: PreTrainedModel, examples: list[Example], recipe: Recipe) -> float:
    """How long one step takes, in seconds."""
    optimizer = muon(network, recipe) if recipe.optimizer == "muon" else AdamW(network.parameters())
    taken = []
    for step in range(STEPS):
        first = step * recipe.batch_size % max(1, len(examples))
        batch = collate((examples[first:] + examples)[: recipe.batch_size])
        begun = time.perf_counter()
        network(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        taken.append(time.perf_counter() - begun)
    return min(taken) * (2 if recipe.consistency else 1)
