"""One training run, from nothing or from where it stopped, to a checkpoint folder.

It can be stopped, killed and taken up at any step; what it says of itself is in `model.training.folder`.
Under torchrun or `accelerate launch` several processes learn together, each on a batch of its own, and the
first one writes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from safetensors.torch import load_model
from torch import Tensor, nn
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    set_seed,
)
from transformers.integrations import TensorBoardCallback

import model.pretrained  # noqa: F401 - makes compact models known to the Auto classes
from model import seen
from model.checkpoint import Checkpoint, prepare
from model.tasks import IGNORED, Example, Recipe, Task, find
from model.training.card import card
from model.training.folder import RESUME, SAVED, Run, Status, begin, held, saved_step, taken_up, tell
from model.training.lesson import Lesson
from model.training.report import Report, interruptible
from model.training.settings import arguments, config_with, recipe_with

REPORTS = 50  # lines of metrics in a run
LOOKS = 20  # at the validation data
SAVES = 20
TENSORBOARD = "tensorboard"
MODELS: dict[str, Any] = {
    "encoder-decoder": AutoModelForSeq2SeqLM,
    "decoder": AutoModelForCausalLM,
    "encoder": AutoModelForMaskedLM,
}


def train(
    run: Run, output: Path, resume: bool = False, threads: int | None = None, tensorboard: bool = False
) -> bool:
    """Trains a task's model and leaves a checkpoint in output. False where it was stopped before the end.

    resume: go on with what an interrupted run left in output, with its own settings. threads: of the
    processor; None = as many as it has. tensorboard: leave logs for TensorBoard in output/tensorboard.
    Raises ValueError where there is no such task, its data are of no use, output is in use, or there is
    nothing to go on with; and where the loss is no longer a number.
    """
    machines = PartialState()
    last = None
    if resume:
        run, last = taken_up(output, run.task)
    task = find(run.task).given([Path(path) for path in run.data])
    if run.test and not Path(run.test).is_file():
        raise ValueError(f"There is no file {run.test} to be measured on.")
    recipe = recipe_with(task.recipe, run.settings, run.max_steps)
    if not resume and machines.is_main_process:
        begin(output, run)
    machines.wait_for_everyone()
    if not machines.is_main_process:
        return worked(run, task, recipe, output, last, threads)
    with held(output):
        return worked(run, task, recipe, output, last, threads, tensorboard)


def worked(
    run: Run,
    task: Task,
    recipe: Recipe,
    output: Path,
    last: Path | None,
    threads: int | None,
    tensorboard: bool = False,
) -> bool:
    """The run itself, in one of its processes."""
    machines = PartialState()
    first = machines.is_main_process
    if threads:
        torch.set_num_threads(threads)
    step = saved_step(last) if last else 0
    if first:
        tidy(output, last)
        tell(output, Status.now("preparing", step, recipe.max_steps))
    set_seed(run.seed)
    with machines.main_process_first():
        tokenizer = task.tokenizer(output)
    config = config_with(task.config(tokenizer), run.settings)
    network = MODELS[config.architecture].from_config(config)
    m = prepare(network, tokenizer, task.name)
    if last and step == recipe.max_steps:  # all was learned, and then measuring it failed
        load_model(network, last / "model.safetensors")
    else:
        examples = task.examples(tokenizer, run.seed)
        looks = task.validation(tokenizer, run.seed)
        step = learn(m, task, examples, looks, recipe, run.seed, output, last, tensorboard)
    if not first:
        return step >= recipe.max_steps
    if recipe.half:
        network.half().float()  # what is measured is what is saved
    if step < recipe.max_steps:
        save(network, tokenizer, output, recipe.half)
        tell(output, Status.now("stopped", step, recipe.max_steps))
        print(f"Stopped at step {step} of {recipe.max_steps}; go on with --resume.")
        return False
    tell(output, Status.now("measuring", step, recipe.max_steps))
    finish(task, recipe, m, output, run)
    return True


class Teacher(Trainer):
    """The Trainer, which counts for the report the tokens that it learns from."""

    def __init__(self, report: Report, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.report = report

    def training_step(self, model: nn.Module, inputs: dict[str, Any], *more: Any) -> Tensor:
        self.report.tokens += int(inputs["attention_mask"].sum())
        if self.report.m.architecture == "encoder-decoder":
            self.report.tokens += int((inputs["labels"] != IGNORED).sum())
        return super().training_step(model, inputs, *more)


def learn(
    m: Checkpoint,
    task: Task,
    examples: Sequence[Example],
    looks: Sequence[Example],
    recipe: Recipe,
    seed: int,
    output: Path,
    last: Path | None,
    tensorboard: bool,
) -> int:
    """Trains the model by the recipe, from the folder last on where there is one; the step it came to.

    looks: the validation data; without any it is not looked at on the way.
    """
    report = Report(output, task, m, recipe.max_steps)
    trainer = Teacher(
        report,
        model=m.model,
        args=arguments(str(output / RESUME), recipe, seed, REPORTS, LOOKS if looks else 0, SAVES),
        train_dataset=Lesson(examples, recipe, seed) if recipe.by_length else examples,
        eval_dataset=looks or None,
        data_collator=task.collate,
        callbacks=[report, *(logs(output / TENSORBOARD) if tensorboard else [])],
    )
    trainer.remove_callback(PrinterCallback)
    with interruptible(report):
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    return trainer.state.global_step


def logs(folder: Path) -> list[TrainerCallback]:
    """What writes logs for TensorBoard. Raises ValueError where that is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ValueError("TensorBoard is not installed; install the package tensorboard.") from None
    return [TensorBoardCallback(SummaryWriter(str(folder)))]


def tidy(output: Path, last: Path | None) -> None:
    """Without the states that a killed process left half written."""
    for folder in (output / RESUME).glob(f"{SAVED}*"):
        if folder != last:
            shutil.rmtree(folder)


def save(
    network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, output: Path, half: bool = False
) -> None:
    """Weights, config and tokenizer, in the form that `model.load` reads. half: in half precision."""
    weights = network.state_dict()
    if half:
        once = {tensor.data_ptr(): tensor.half() for tensor in weights.values()}  # tied ones stay one
        weights = {name: once[tensor.data_ptr()] for name, tensor in weights.items()}
    network.save_pretrained(output, state_dict=weights)
    tokenizer.save_pretrained(output)


def finish(task: Task, recipe: Recipe, m: Checkpoint, output: Path, run: Run) -> None:
    """Chooses the head to show, measures, writes the card; what was needed to go on is removed."""
    network, tokenizer = m.model, m.tokenizer
    network.eval()
    network.config.first_head = task.choose(m)
    m = replace(m, first_head=network.config.first_head)
    save(network, tokenizer, output, recipe.half)
    seen.save(output, seen.count(task.sources(run.seed)))
    scores = task.score(m, Path(run.test) if run.test else None)
    (output / "README.md").write_text(
        card(task, recipe, m, scores, run.command(), run.credit), encoding="utf-8"
    )
    shutil.rmtree(output / RESUME)
    print(json.dumps(scores, indent=2))
