"""One training run: a folder that ends as a checkpoint, and can be stopped and taken up on the way.

While it trains, DIR/resume holds what is needed to go on; when it ends, DIR is a checkpoint folder with
metrics.jsonl beside it, and DIR/resume is gone.
"""

from __future__ import annotations

import json
import math
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

import model.pretrained  # noqa: F401 - makes compact models known to the Auto classes
from model.checkpoint import prepare
from model.tasks import Recipe, Task, find
from model.tokens import CompactTokenizer
from model.training.card import card

METRICS = "metrics.jsonl"
RESUME = "resume"
RUN = "run.json"
REPORTS = 50  # lines of metrics in a run
SAVES = 5
MODELS: dict[str, Any] = {
    "encoder-decoder": AutoModelForSeq2SeqLM,
    "decoder": AutoModelForCausalLM,
    "encoder": AutoModelForMaskedLM,
}


def train(
    name: str,
    output: Path,
    max_steps: int | None = None,
    seed: int = 0,
    resume: bool = False,
    threads: int | None = None,
) -> bool:
    """Trains a task's model and leaves a checkpoint in output. False where it was stopped before the end.

    max_steps: instead of the recipe's. resume: go on with what an interrupted run left in output, with
    its own seed and number of steps. threads: of the processor; None = as many as it has.
    Raises ValueError where there is no such task, output is in use, or there is nothing to go on with.
    """
    task = find(name)
    last = taken_up(output, name) if resume else None
    if last:
        begun = json.loads((output / RESUME / RUN).read_text())
        max_steps, seed = begun["max_steps"], begun["seed"]
    recipe = shortened(task.recipe, max_steps)
    if not last:
        begin(output, {"task": name, "max_steps": max_steps, "seed": seed})
    if threads:
        torch.set_num_threads(threads)
    set_seed(seed)
    tokenizer = task.tokenizer(output)
    config = task.config(tokenizer)
    network = MODELS[config.architecture].from_config(config)
    report = Report(output / METRICS, recipe)
    trainer = Trainer(
        model=network,
        args=arguments(output / RESUME, recipe, seed),
        train_dataset=task.examples(tokenizer, seed),
        data_collator=task.collate,
        callbacks=[report],
    )
    trainer.remove_callback(PrinterCallback)
    with interruptible(report):
        trainer.train(resume_from_checkpoint=last)
    if trainer.state.global_step < recipe.max_steps:
        save(network, tokenizer, output)
        print(f"Stopped at step {trainer.state.global_step} of {recipe.max_steps}; go on with --resume.")
        return False
    finish(task, recipe, network, tokenizer, output, command(name, max_steps, seed))
    return True


def begin(output: Path, run: dict[str, Any]) -> None:
    """A new run's folder, with what has to be known to go on with it."""
    if output.is_file() or (output.is_dir() and any(output.iterdir())):
        raise ValueError(f"{output} is not empty; choose another folder, or go on with its run by --resume.")
    (output / RESUME).mkdir(parents=True)
    (output / RESUME / RUN).write_text(json.dumps(run))


def taken_up(output: Path, name: str) -> str:
    """The folder of an interrupted run from which the Trainer can go on."""
    begun = output / RESUME / RUN
    last = get_last_checkpoint(str(output / RESUME)) if begun.is_file() else None
    if last is None:
        raise ValueError(f"There is no interrupted run in {output}; start one without --resume.")
    task = json.loads(begun.read_text())["task"]
    if task != name:
        raise ValueError(f"The run in {output} is of the task {task}, not {name}.")
    return str(last)


def shortened(recipe: Recipe, max_steps: int | None) -> Recipe:
    """The recipe with another number of steps, at most half of them warm-up."""
    if max_steps is None:
        return recipe
    if max_steps < 1:
        raise ValueError(f"There must be at least 1 step, not {max_steps}.")
    return replace(recipe, max_steps=max_steps, warmup_steps=min(recipe.warmup_steps, max_steps // 2))


def arguments(folder: Path, recipe: Recipe, seed: int) -> TrainingArguments:
    """The recipe in the Trainer's words."""
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=recipe.max_steps,
        per_device_train_batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=recipe.warmup_steps,
        weight_decay=recipe.weight_decay,
        adam_beta1=recipe.betas[0],
        adam_beta2=recipe.betas[1],
        max_grad_norm=recipe.clip,
        logging_steps=max(1, recipe.max_steps // REPORTS),
        save_steps=max(1, recipe.max_steps // SAVES),
        save_total_limit=1,
        seed=seed,
        disable_tqdm=True,
        report_to=[],
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )


class Report(TrainerCallback):
    """Writes what the Trainer logs to metrics.jsonl, and stops the run, saved, when asked to."""

    def __init__(self, path: Path, recipe: Recipe) -> None:
        self.path, self.recipe = path, recipe
        self.stop = False
        self.since = (0, time.perf_counter())  # step and time of the last report

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """After a resume, lines of steps that were lost are taken back."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        kept = [line for line in lines if json.loads(line)["step"] <= state.global_step]
        self.path.write_text("".join(f"{line}\n" for line in kept))
        self.since = (state.global_step, time.perf_counter())

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        if not logs or "loss" not in logs:
            return
        step, now = self.since
        self.since = (state.global_step, time.perf_counter())
        pace = (self.since[0] - step) * self.recipe.batch_size / (self.since[1] - now)
        line = {
            "step": state.global_step,
            "loss": logs["loss"],
            "learning_rate": logs["learning_rate"],
            "gradient_norm": logs.get("grad_norm"),
            "examples_per_second": pace,
        }
        with self.path.open("a") as file:
            file.write(json.dumps({name: finite(value) for name, value in line.items()}) + "\n")
        print(
            f"step {line['step']} of {state.max_steps}   loss {line['loss']:.3f}   {pace:.0f} examples/s",
            flush=True,
        )

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.stop:
            control.should_save = control.should_training_stop = True


def finite(value: float | None) -> float | None:
    """JSON has no word for what is not a number."""
    return value if value is not None and math.isfinite(value) else None


@contextmanager
def interruptible(report: Report) -> Iterator[None]:
    """Ctrl-C lets the step end and the run be saved; a second one stops at once."""
    if threading.current_thread() is not threading.main_thread():  # only it can hear signals
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        report.stop = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def save(network: PreTrainedModel, tokenizer: CompactTokenizer, output: Path) -> None:
    """Weights, config and tokenizer, in the form that `model.load` reads."""
    network.save_pretrained(output)
    tokenizer.save_pretrained(output)


def finish(
    task: Task,
    recipe: Recipe,
    network: PreTrainedModel,
    tokenizer: CompactTokenizer,
    output: Path,
    remake: str,
) -> None:
    """Chooses the head to show, measures, writes the card; what was needed to go on is removed."""
    m = prepare(network, tokenizer, task.name)
    network.config.first_head = task.choose(m)
    m = replace(m, first_head=network.config.first_head)
    save(network, tokenizer, output)
    scores = task.score(m)
    (output / "README.md").write_text(card(task, recipe, m, scores, remake), encoding="utf-8")
    shutil.rmtree(output / RESUME)
    print(json.dumps(scores, indent=2))


def command(name: str, max_steps: int | None, seed: int) -> str:
    """What to type to make the same checkpoint again."""
    steps = f" --max-steps {max_steps}" if max_steps else ""
    return f"python -m model.training {name} --output runs/{name} --seed {seed}{steps}"
