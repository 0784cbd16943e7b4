"""A whole training run against a bare PyTorch loop over the same batches, examples a second.

The run is `python -m model.training`'s: with its reports, looks at the validation data, saved states and
the film. The loop has the same model, batches, optimizer, schedule and clipping, and nothing else. Each is a
process of its own, in turn; time counts from the first batch on.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import torch
from torch.utils.data import DataLoader
from transformers import get_scheduler, set_seed

from model.tasks import collate, find
from model.training import memory, run
from model.training.folder import Run
from model.training.length_batching import Lesson
from model.training.precision import precision
from model.training.settings import SCHEDULES
from model.training.start import build

TASKS = ("reverse", "repeat", "pronouns")


def whole(name: str) -> float:
    """Seconds that the Trainer takes for a task's run, all that it tells included."""
    seconds: list[float] = []
    train = run.Teacher.train

    def time_training(*args: Any, **more: Any) -> Any:
        begin = time.perf_counter()
        found = train(*args, **more)
        seconds.append(time.perf_counter() - begin)
        return found

    with tempfile.TemporaryDirectory() as folder, patch.object(run.Teacher, "train", time_training):
        run.train(Run(name), Path(folder) / "run")
    return seconds[0]


def bare(name: str) -> float:
    """Seconds that a loop takes over the batches of the same run."""
    task = find(name).with_data([], {})
    recipe = task.recipe
    set_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = task.tokenizer(Path(folder))
    model = build(task, {}, tokenizer).train()
    examples = task.examples(tokenizer, 0)
    if recipe.by_length:
        examples = Lesson(examples, recipe, 0)
    order = cast(Any, examples)
    batches: Any = DataLoader(order, recipe.batch_size, not recipe.by_length, collate_fn=collate)
    optimizer = torch.optim.AdamW(
        model.parameters(), recipe.learning_rate, recipe.betas, weight_decay=recipe.weight_decay, fused=True
    )
    schedule = get_scheduler(SCHEDULES[recipe.schedule], optimizer, recipe.warmup_steps, recipe.max_steps)
    step, begin = 0, time.perf_counter()
    while step < recipe.max_steps:
        for batch in batches:
            with torch.autocast("cpu", torch.bfloat16, enabled=precision(recipe, "cpu") == torch.bfloat16):
                loss = model(**batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            step += 1
            if step == recipe.max_steps:
                break
    return time.perf_counter() - begin


def measure(kind: str, name: str) -> float:
    """Examples a second of one of the two, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.trainer", "--one", kind, name]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    recipe = find(name).recipe
    return recipe.max_steps * recipe.batch_size / float(json.loads(told.stdout))


def main() -> None:
    """Prints a Markdown table, each row when it is ready."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=TASKS, metavar="TASK")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", nargs=2, metavar=("KIND", "TASK"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        kind, name = arguments.one
        memory.keep()
        with contextlib.redirect_stdout(io.StringIO()):
            seconds = {"whole": whole, "bare": bare}[kind](name)
        print(json.dumps(seconds))
        return
    print(f"Whole runs on {torch.get_num_threads()} CPU threads, examples a second\n")
    print("| task | this project's run | bare loop | ratio |\n|---|---|---|---|")
    for name in arguments.tasks:
        pairs = [(measure("whole", name), measure("bare", name)) for _ in range(arguments.repeats)]
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        print(f"| {name} | {ours:,.0f} | {theirs:,.0f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
