"""One training run, from nothing or from where it stopped, to a checkpoint folder.

It can be stopped, killed and taken up at any step; what it says of itself is in `model.training.folder`.
Under torchrun several processes learn together, each on a batch of its own, and the
first one writes.
"""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import PartialState
from safetensors.torch import load_model
from torch import Tensor, nn
from torch.optim import Optimizer
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from transformers.integrations import TensorBoardCallback
from transformers.trainer_utils import IntervalStrategy

from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.errors import Refusal
from model.networks.loss import IGNORED
from model.tasks import Recipe, Task, collate, find
from model.text import word_counts
from model.text.tokenizer import CompactTokenizer
from model.training import memory
from model.training.card import card
from model.training.consistency import consistent
from model.training.failures import at_work
from model.training.folder import (
    RESUME,
    Run,
    Status,
    begin,
    end,
    saved_step,
    status,
    take_up,
    tell,
    tidy,
    withdraw,
)
from model.training.length_batching import Lesson
from model.training.optimizer import muon
from model.training.precision import precision
from model.training.report import Report, interruptible
from model.training.settings import arguments, recipe_with
from model.training.start import Start, build, start

REPORTS = 50  # lines of metrics in a run
LOOKS = 20  # at the validation data
SAVES = 20
TENSORBOARD = "tensorboard"
MUCH = 0.5  # of the machine's memory: from there on what is free is given back
GIVE_BACK = 10  # seconds from one time to the next, for each costs the steps that follow some of theirs


def train(
    run: Run,
    output: Path,
    resume: bool = False,
    threads: int | None = None,
    tensorboard: bool = False,
    processes: int | None = None,
) -> bool:
    """Trains a task's model and leaves a checkpoint in output. False where it was stopped before the end.

    resume: go on with what an interrupted run left in output, with its own settings. threads: of the
    processor; None = as many as it has. tensorboard: leave logs for TensorBoard in output/tensorboard.
    processes: how many are to learn together; None = as many as were started.
    Raises ValueError where there is no such task, its data are of no use, output is in use, or there is
    nothing to go on with, or another number of processes was started; and where the loss is no longer a
    number. What is refused before the first step
    leaves output as it was, so that the corrected command can be given at once.
    """
    last = None
    if resume:
        run, last = take_up(output, run.task)
    task = find(run.task).with_data([Path(path) for path in run.data], run.settings)
    if run.test and not Path(run.test).is_file():
        raise ValueError(f"There is no file {run.test} to be measured on.")
    if run.test:
        task.read(Path(run.test))  # so that what is no use is refused now, and not when all is learned
    recipe = recipe_with(task.recipe, run.settings, run.max_steps)
    begun = start(run.start, task) if run.start else None
    if begun and not resume:
        known = cast(CompactTokenizer, begun.m.tokenizer)
        build(task, run.settings, known, begun)  # so that what does not fit is refused now as well
    args = arguments(str(output / RESUME), recipe, run.seed, REPORTS, LOOKS, SAVES)
    if processes is not None:
        check_processes(processes, args.world_size)
    first = args.process_index == 0
    was_there = output.is_dir()
    if not resume and first:
        begin(output, run)
    if threads:
        torch.set_num_threads(threads)
    PartialState().wait_for_everyone()
    with at_work(output) if first else nullcontext():
        try:
            return work(run, task, recipe, begun, args, output, last, tensorboard)
        except ValueError:
            if first and not resume and status(output).state == "preparing":
                withdraw(output, was_there)
            raise


def check_processes(wanted: int, started: int) -> None:
    """Raises Refusal unless as many processes learn together as were asked for.

    A launcher may start fewer without a word: `accelerate launch --cpu --num_processes 2` (1.15) starts one,
    and tells it nothing of the other.
    """
    if started != wanted:
        raise Refusal(
            "{wanted} processes were asked for, and {started} learn together. Start them with: torchrun "
            "--nproc_per_node {wanted} -m model.training …",
            wanted=wanted,
            started=started,
        )


def work(
    run: Run,
    task: Task,
    recipe: Recipe,
    begun: Start | None,
    args: TrainingArguments,
    output: Path,
    last: Path | None,
    tensorboard: bool,
) -> bool:
    """The run itself, in one of its processes; the first one writes."""
    first = args.process_index == 0
    step = saved_step(last) if last else 0
    if first:
        together = args.world_size
        print(f"{together} processes learn together." if together > 1 else "One process learns.", flush=True)
        tidy(output)
        tell(output, Status.now("preparing", step, recipe.max_steps))
    set_seed(run.seed)
    with PartialState().main_process_first():
        tokenizer = (begun or task).tokenizer(output)
    network = build(task, run.settings, tokenizer, begun)
    if recipe.consistency and network.get_output_embeddings() is None:
        raise Refusal("Consistency (R-Drop) is for networks that write.")
    m = prepare(network, tokenizer, task.name)
    if last and step == recipe.max_steps:  # all was learned, and then measuring it failed
        load_model(network, last / "model.safetensors")
    else:
        step = learn(m, task, recipe, run.seed, args, output, last, tensorboard)
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
    finish(task, recipe, m, output, run, begun)
    return True


class Teacher(Trainer):
    """The Trainer, with the recipe's optimizer; it counts for the report the tokens that it learns from."""

    def __init__(self, report: Report, recipe: Recipe, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.report = report
        self.recipe = recipe

    def create_optimizer(self, model: nn.Module | None = None) -> Optimizer:
        if self.recipe.optimizer == "muon" and self.optimizer is None:
            self.optimizer = muon(cast(nn.Module, self.model if model is None else model), self.recipe)
        return super().create_optimizer(model)

    def training_step(self, model: nn.Module, inputs: dict[str, Any], *more: Any) -> Tensor:
        self.report.tokens += int(inputs["attention_mask"].sum())
        if self.report.m.architecture == "encoder-decoder":
            self.report.tokens += int((inputs["labels"] != IGNORED).sum())
        return super().training_step(model, inputs, *more)

    def autocast_smart_context_manager(self, cache_enabled: bool | None = True) -> torch.autocast:
        """bfloat16 from torch itself: accelerate's, asked by the Trainer, copies all logits to float32."""
        kind = self.args.device.type
        halved = precision(self.recipe, kind) == torch.bfloat16
        return torch.autocast(kind, torch.bfloat16, halved, cache_enabled=cache_enabled)

    def compute_loss(self, model: Any, inputs: dict[str, Any], *more: Any, **named: Any) -> Any:
        if not (self.recipe.consistency and model.training):
            return super().compute_loss(model, inputs, *more, **named)
        return consistent(model, inputs, self.recipe.consistency)

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Not counted: nobody is told, and looking for the model's parameters in each step takes its time."""
        return 0


def learn(
    m: Checkpoint,
    task: Task,
    recipe: Recipe,
    seed: int,
    args: TrainingArguments,
    output: Path,
    last: Path | None,
    tensorboard: bool,
) -> int:
    """Trains the model by the recipe, from the folder last on where there is one; the step it came to."""
    tokenizer = cast(CompactTokenizer, m.tokenizer)
    examples, looks = task.examples(tokenizer, seed), task.validation(tokenizer, seed)
    if recipe.by_length:  # the processes' batches together are one
        examples = Lesson(examples, replace(recipe, batch_size=recipe.batch_size * args.world_size), seed)
    if not looks:
        args.eval_strategy = IntervalStrategy.NO
    report = Report(output, task, m, recipe.max_steps)
    trainer = Teacher(
        report,
        recipe,
        model=m.model,
        args=args,
        train_dataset=examples,
        eval_dataset=looks or None,
        data_collator=collate,
        callbacks=[report, GivesBack(), *(logs(output / TENSORBOARD) if tensorboard else [])],
    )
    trainer.remove_callback(PrinterCallback)
    with interruptible(report):
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    return trainer.state.global_step


def settings_to_keep(run: Run, task: Task) -> dict[str, Any] | None:
    """What the task was set to, where that has a meaning without the files that it learned from."""
    told = {name: value for name, value in run.settings.items() if name in task.settings}
    told |= {"from_table": True} if task.from_table else {}
    try:
        find(run.task, told)
    except ValueError:
        return None
    return told or None


class GivesBack(TrainerCallback):
    """Gives free memory back to the system where this process has come to hold much of the machine's."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        if time.monotonic() - self.last > GIVE_BACK and memory.share() > MUCH:
            memory.give_back()
            self.last = time.monotonic()


def logs(folder: Path) -> list[TrainerCallback]:
    """What writes logs for TensorBoard. Raises ValueError where that is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ValueError("TensorBoard is not installed; install the package tensorboard.") from None
    return [TensorBoardCallback(SummaryWriter(str(folder)))]


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


def finish(task: Task, recipe: Recipe, m: Checkpoint, output: Path, run: Run, begun: Start | None) -> None:
    """Chooses the head to show, measures, writes the card; what was needed to go on is removed."""
    network, tokenizer = m.model, m.tokenizer
    network.eval()
    network.config.first_head = task.choose(m)
    network.config.task_settings = settings_to_keep(run, task)
    m = replace(m, first_head=network.config.first_head)
    save(network, tokenizer, output, recipe.half)
    met = word_counts.count(task.sources(run.seed))
    # The larger count, not the sum: the runs of a chain mostly learn from the same texts.
    word_counts.save(output, met | begun.words() if begun else met)
    scores = task.score(m, task.read(Path(run.test)) if run.test else None)
    (output / "README.md").write_text(
        card(task, recipe, m, scores, run.command(), run.credit, begun), encoding="utf-8"
    )
    end(output)
    print(json.dumps(scores, indent=2))
