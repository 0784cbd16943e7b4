"""One training run: a folder that ends as a checkpoint, and can be stopped and taken up on the way.

While it trains, DIR/resume holds what is needed to go on; when it ends, DIR is a checkpoint folder with
metrics.jsonl beside it, and DIR/resume is gone.
"""

from __future__ import annotations

import json
import math
import shlex
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_model
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
from model import seen
from model.checkpoint import prepare
from model.tasks import Example, Recipe, Task, find
from model.tokens import CompactTokenizer
from model.training.card import card

METRICS = "metrics.jsonl"
RESUME = "resume"
RUN = "run.json"
REPORTS = 50  # lines of metrics in a run
SAVES = 20
BLUR = 1.25
MODELS: dict[str, Any] = {
    "encoder-decoder": AutoModelForSeq2SeqLM,
    "decoder": AutoModelForCausalLM,
    "encoder": AutoModelForMaskedLM,
}


@dataclass(frozen=True)
class Run:
    """What a run is of: enough to begin it again from nothing.

    task: its name. max_steps: instead of the recipe's. data: files to learn from; test: a file to be measured
    on in the end; credit: where they come from and their licence, for the card.
    """

    task: str
    max_steps: int | None = None
    seed: int = 0
    data: tuple[str, ...] = ()
    test: str | None = None
    credit: str = ""

    def command(self) -> str:
        """What to type to make the same checkpoint again, the files where one is."""
        words = ["python -m model.training", self.task, f"--output runs/{self.task}", f"--seed {self.seed}"]
        words += [f"--max-steps {self.max_steps}"] if self.max_steps else []
        words += ["--data", *(shlex.quote(Path(path).name) for path in self.data)] if self.data else []
        words += ["--test", shlex.quote(Path(self.test).name)] if self.test else []
        words += ["--credit", shlex.quote(self.credit)] if self.credit else []
        return " ".join(words)


def train(run: Run, output: Path, resume: bool = False, threads: int | None = None) -> bool:
    """Trains a task's model and leaves a checkpoint in output. False where it was stopped before the end.

    resume: go on with what an interrupted run left in output, with its own settings. threads: of the
    processor; None = as many as it has.
    Raises ValueError where there is no such task, its data are of no use, output is in use, or there is
    nothing to go on with.
    """
    last = None
    if resume:
        run, last = taken_up(output, run.task)
    task = find(run.task).given([Path(path) for path in run.data])
    if run.test and not Path(run.test).is_file():
        raise ValueError(f"There is no file {run.test} to be measured on.")
    recipe = shortened(task.recipe, run.max_steps)
    if not resume:
        begin(output, run)
    if threads:
        torch.set_num_threads(threads)
    set_seed(run.seed)
    tokenizer = task.tokenizer(output)
    config = task.config(tokenizer)
    network = MODELS[config.architecture].from_config(config)
    step = int(last.rpartition("-")[2]) if last else 0
    if last and step == recipe.max_steps:  # all was learned, and then measuring it failed
        load_model(network, Path(last) / "model.safetensors")
    else:
        examples = task.examples(tokenizer, run.seed)
        step = learn(network, task, examples, recipe, run.seed, output, last)
    if recipe.half:
        network.half().float()  # what is measured is what is saved
    if step < recipe.max_steps:
        save(network, tokenizer, output, recipe.half)
        print(f"Stopped at step {step} of {recipe.max_steps}; go on with --resume.")
        return False
    finish(task, recipe, network, tokenizer, output, run)
    return True


def learn(
    network: PreTrainedModel,
    task: Task,
    examples: Sequence[Example],
    recipe: Recipe,
    seed: int,
    output: Path,
    last: str | None,
) -> int:
    """Trains the network by the recipe, from the folder last on where there is one; the step it came to."""
    report = Report(output / METRICS, recipe)
    trainer = Trainer(
        model=network,
        args=arguments(output / RESUME, recipe, seed),
        train_dataset=Lesson(examples, recipe, seed) if recipe.by_length else examples,
        data_collator=task.collate,
        callbacks=[report],
    )
    trainer.remove_callback(PrinterCallback)
    with interruptible(report):
        trainer.train(resume_from_checkpoint=last)
    return trainer.state.global_step


def begin(output: Path, run: Run) -> None:
    """A new run's folder, with what has to be known to go on with it."""
    if output.is_file() or (output.is_dir() and any(output.iterdir())):
        raise ValueError(f"{output} is not empty; choose another folder, or go on with its run by --resume.")
    (output / RESUME).mkdir(parents=True)
    (output / RESUME / RUN).write_text(json.dumps(asdict(run)))


def taken_up(output: Path, name: str) -> tuple[Run, str | None]:
    """An interrupted run, and the folder from which the Trainer can go on; None: from the beginning."""
    begun = output / RESUME / RUN
    if not begun.is_file():
        raise ValueError(f"There is no interrupted run in {output}; start one without --resume.")
    told = json.loads(begun.read_text())
    run = Run(**{**told, "data": tuple(told["data"])})
    if run.task != name:
        raise ValueError(f"The run in {output} is of the task {run.task}, not {name}.")
    return run, get_last_checkpoint(str(output / RESUME))


class Lesson(Sequence[Example]):
    """The examples of a whole run in the order in which they are learned from, batches of like length.

    Lengths are blurred, so that other neighbours meet in each epoch, and batches come in any order.
    """

    def __init__(self, examples: Sequence[Example], recipe: Recipe, seed: int) -> None:
        self.examples = examples
        lengths = np.array([len(example["input_ids"]) + len(example["labels"]) for example in examples])
        chance = np.random.default_rng(seed)
        epoch = max(1, len(examples) // recipe.batch_size)  # batches
        order: list[NDArray[np.int64]] = []
        while len(order) < recipe.max_steps:
            drawn = np.resize(chance.permutation(len(lengths)), epoch * recipe.batch_size)
            ordered = drawn[np.argsort(lengths[drawn] * chance.uniform(1, BLUR, len(drawn)))]
            order += list(chance.permutation(ordered.reshape(epoch, recipe.batch_size)))
        self.order = np.concatenate(order[: recipe.max_steps])

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, place: Any) -> Any:
        return self.examples[self.order[place]]


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
        train_sampling_strategy="sequential" if recipe.by_length else "random",
        bf16=recipe.bf16,
        use_cpu=not torch.cuda.is_available(),
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


def save(network: PreTrainedModel, tokenizer: CompactTokenizer, output: Path, half: bool = False) -> None:
    """Weights, config and tokenizer, in the form that `model.load` reads. half: in half precision."""
    weights = network.state_dict()
    if half:
        once = {tensor.data_ptr(): tensor.half() for tensor in weights.values()}  # tied ones stay one
        weights = {name: once[tensor.data_ptr()] for name, tensor in weights.items()}
    network.save_pretrained(output, state_dict=weights)
    tokenizer.save_pretrained(output)


def finish(
    task: Task,
    recipe: Recipe,
    network: PreTrainedModel,
    tokenizer: CompactTokenizer,
    output: Path,
    run: Run,
) -> None:
    """Chooses the head to show, measures, writes the card; what was needed to go on is removed."""
    m = prepare(network, tokenizer, task.name)
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
