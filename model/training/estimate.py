"""Before a run starts: how large its model is, and how its tokenizer is made.

How long it will take is not foretold. A few steps tried beside the app say little of it: other work shares
the machine, and looks, snapshots and the measures at the end come on top. A run that goes tells it from its
own pace (`model.training.folder.seconds_left`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from transformers import PreTrainedModel

from model.errors import Refusal
from model.locks import drawing, making
from model.tasks import Recipe, find
from model.text.tokenizer import Method
from model.training.folder import Run
from model.training.settings import recipe_with
from model.training.start import build, start

MOST = 100_000_000  # parameters of a model that the app tries: four bytes each, four times over


@dataclass(frozen=True)
class Outline:
    """parameters: of the model, as a count. recipe: how it would be learned.

    method, pieces: how SentencePiece makes its tokenizer, and how many pieces that has.
    """

    parameters: int
    recipe: Recipe
    method: Method
    pieces: int


def outline(run: Run) -> Outline:
    """The size of a run's model, tokenizer and recipe, from the task and what is set.

    Raises ValueError for what cannot be built or learned from, and for a model that is too large to be tried.
    """
    task = find(run.task).with_data([Path(path) for path in run.data], run.settings)
    recipe = recipe_with(task.recipe, run.settings, run.max_steps)
    begun = start(run.start, task) if run.start else None
    with TemporaryDirectory() as folder:
        tokenizer = (begun or task).tokenizer(Path(folder))
    with drawing, torch.random.fork_rng(), making:
        if begun is None:
            with torch.device("meta"):  # no memory is taken
                network = build(task, run.settings, tokenizer)
            check_size(network)
        else:
            network = build(task, run.settings, tokenizer, begun)
    return Outline(network.num_parameters(), recipe, tokenizer.method, len(tokenizer))


def check_size(network: PreTrainedModel) -> None:
    """Raises ValueError for a model that is too large to be tried."""
    if network.num_parameters() > MOST:
        raise Refusal(
            "This model would have {count} parameters, and at most {most} are tried here. Choose "
            "smaller sizes, fewer layers or fewer experts.",
            count=f"{network.num_parameters():,}",
            most=f"{MOST:,}",
        )
