"""What a run tells while it goes: lines of metrics, how it stands, snapshots of its heads.

A line of metrics.jsonl is a report of learning ("loss", …) or of a look at the validation data
("validation_loss", "scores", "samples", "notes"); each says its "step" and the "seconds" since the first one,
looks included and interruptions left out.
"""

from __future__ import annotations

import json
import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from model.capture.checkpoint import Checkpoint
from model.capture.record import trace_all
from model.errors import Refusal
from model.tasks import Task
from model.traces import film
from model.training.folder import METRICS, Status, tell

SNAPSHOTS = 40


class Report(TrainerCallback):
    """Writes down what the Trainer logs, looks at how the model does, and films its heads.

    It ends the run, saved, when asked to (`stop`), and where the loss is no longer a number.
    """

    def __init__(self, output: Path, task: Task, m: Checkpoint, max_steps: int) -> None:
        self.output, self.task, self.m = output, task, m
        self.stop = False
        self.tokens = 0  # learned from since the last report, read and to be written
        self.begun = time.perf_counter()  # when the first step would have begun without interruptions
        self.since = (0, time.perf_counter())  # step and time of the last report
        self.shots = shots(max_steps)
        self.film: film.Film | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """After a resume, reports and snapshots of steps that were lost are taken back."""
        if not state.is_world_process_zero:
            return
        path = self.output / METRICS
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [line for line in lines if is_until(line, state.global_step)]
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        seen = film.read(self.output)
        self.film = seen.until(state.global_step) if seen else None
        self.since, self.tokens = (state.global_step, time.perf_counter()), 0
        before = json.loads(kept[-1]).get("seconds") if kept else None
        self.begun = self.since[1] - (before or 0.0)
        self.snapshot(state)  # what cannot be filmed is refused while nothing is begun yet
        self.stands(state)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.stop:
            control.should_save = control.should_training_stop = True
        if state.is_world_process_zero:
            self.snapshot(state)
        if control.should_save and not is_finite(self.m.model):
            raise explain_divergence(state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        if not logs or "loss" not in logs or not state.is_world_process_zero:
            return
        step, before = self.since
        self.since = (state.global_step, time.perf_counter())
        seconds = self.since[1] - before
        examples = (state.global_step - step) * args.train_batch_size * args.world_size
        line = {
            "step": state.global_step,
            "loss": logs["loss"],
            "learning_rate": logs["learning_rate"],
            "gradient_norm": logs.get("grad_norm"),
            "examples_per_second": examples / seconds,
            "tokens_per_second": self.tokens * args.world_size / seconds,
        }
        self.tokens = 0
        self.write(line)
        self.stands(state)
        print(
            f"step {line['step']} of {state.max_steps}   loss {line['loss']:.3f}   "
            f"{line['examples_per_second']:.0f} examples/s",
            flush=True,
        )
        if not math.isfinite(logs["loss"]):
            raise explain_divergence(state.global_step)

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        if not metrics or not state.is_world_process_zero:
            return
        with self.looking():
            progress = self.task.progress(self.m)
        self.write(
            {
                "step": state.global_step,
                "validation_loss": metrics["eval_loss"],
                "scores": dict(progress.scores),
                "samples": list(progress.samples),
            }
            | ({"notes": dict(progress.notes)} if progress.notes else {})
        )

    def snapshot(self, state: TrainerState) -> None:
        """Film the probes at the steps that are due, of a model that has attention."""
        step = state.global_step
        if not self.m.layers or step not in self.shots or (self.film and step in self.film.steps):
            return
        probes = self.task.probes()
        with self.looking():
            traces = trace_all(self.m, [one.source for one in probes], [one.target for one in probes])
            job = self.task.job(self.m)
        self.film = film.add_snapshot(
            self.film,
            step,
            traces,
            [probe.target for probe in probes],
            job.name if job else None,
            job.kind if job else None,
            np.asarray(job.strengths) if job else None,
        )
        film.save(self.output, self.film)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """The model as it is used, without dropout; chance and time go on afterwards as if nothing were."""
        model, begun = self.m.model, time.perf_counter()
        was_training = model.training
        model.eval()
        try:
            with torch.random.fork_rng():
                yield
        finally:
            model.train(was_training)
            step, before = self.since
            self.since = (step, before + time.perf_counter() - begun)

    def write(self, line: dict[str, Any]) -> None:
        line = {**line, "seconds": round(time.perf_counter() - self.begun, 2)}
        with (self.output / METRICS).open("a", encoding="utf-8") as file:
            file.write(
                json.dumps({name: finite(value) for name, value in line.items()}, ensure_ascii=False) + "\n"
            )

    def stands(self, state: TrainerState) -> None:
        tell(self.output, Status.now("training", state.global_step, state.max_steps))


def shots(max_steps: int) -> frozenset[int]:
    """The steps at which the heads are filmed: the beginning, and then at logarithmic distances."""
    spaced = np.geomspace(1, max(max_steps, 1), SNAPSHOTS).round().astype(int)
    return frozenset({0, *(int(step) for step in spaced)})


def is_until(line: str, step: int) -> bool:
    """Whether a line of metrics is whole, and of this step or an earlier one."""
    try:
        return bool(json.loads(line)["step"] <= step)
    except (ValueError, KeyError, TypeError):
        return False


def is_finite(model: PreTrainedModel) -> bool:
    """Whether every weight is a number."""
    return all(bool(weight.isfinite().all()) for weight in model.parameters())


def explain_divergence(step: int) -> Refusal:
    """What is said when the loss is no longer a number."""
    return Refusal(
        "At step {step} the loss was no longer a number. Try a lower learning rate or a longer warm-up.",
        step=step,
    )


def finite(value: Any) -> Any:
    """JSON has no word for what is not a number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
