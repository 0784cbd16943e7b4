"""What is told of each network: what it reaches at which length, how soon, and how long a token takes it."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from model import load
from model.capture.checkpoint import Checkpoint
from model.comparison.plan import GOAL, SEEDS, Contest
from model.comparison.run import Job, read_looks, read_scores
from model.tasks import collate, find
from model.training.settings import recipe_with

AT = re.compile(r"(?P<measure>\w+)_at_(?P<place>\d+)")
REPEATS, STEPS = 3, 4  # of a timing; steps in one


@dataclass(frozen=True)
class Spread:
    """A number over the seeds: its median, the least and the most; None where no seed has it."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, numbers: Sequence[float | None]) -> Spread | None:
        """None where there is no number, or one of them is missing."""
        known = [number for number in numbers if number is not None]
        if not known or len(known) < len(numbers):
            return None
        return cls(statistics.median(known), min(known), max(known))


@dataclass(frozen=True)
class Result:
    """One network of a contest. score: in the end. by_place: measure at N, N -> Spread. tokens: to GOAL, read
    and written, in training; reached: how many seeds came there. training, writing: seconds a token.
    """

    network: str
    parameters: int
    score: Spread | None
    by_place: dict[int, Spread]
    tokens: Spread | None
    reached: int
    training: float
    writing: float


def measure(contest: Contest, jobs: Sequence[Job]) -> list[Result]:
    """The results of a contest, in its order; the networks are timed in turns."""
    own = [job for job in jobs if job.contest is contest]
    models = {name: load(first(own, name).folder) for name in contest.networks}
    training, writing = time_networks(contest, models)
    each = tokens_per_example(contest, models["Transformer"])
    results = []
    for name, m in models.items():
        runs = [job for job in own if job.network == name]
        scores = [read_scores(job) for job in runs]
        tokens = [reach(job, each) for job in runs]
        results.append(
            Result(
                network=name,
                parameters=m.parameters,
                score=Spread.of([told[contest.score] for told in scores]),
                by_place=by_place(contest, scores),
                tokens=Spread.of(tokens),
                reached=sum(one is not None for one in tokens),
                training=training[name],
                writing=writing[name],
            )
        )
    return results


def first(jobs: Sequence[Job], network: str) -> Job:
    """A network's run of the first seed."""
    return next(job for job in jobs if job.network == network and job.seed == SEEDS[0])


def by_place(contest: Contest, scores: Sequence[dict[str, Any]]) -> dict[int, Spread]:
    """The contest's score at each N that was measured."""
    found = {}
    for name in scores[0]:
        told = AT.fullmatch(name)
        if told and told["measure"] == contest.score:
            spread = Spread.of([one[name] for one in scores])
            if spread:
                found[int(told["place"])] = spread
    return dict(sorted(found.items()))


def reach(job: Job, each: float) -> float | None:
    """How many tokens it had learned from at the first look with the score at GOAL; None where it never was.

    each: tokens of an example, on average.
    """
    told = {**job.contest.settings, **job.contest.networks[job.network]}
    task = find(job.contest.task).with_data([], told)
    recipe = recipe_with(task.recipe, told, job.contest.max_steps)
    for line in read_looks(job):
        if (line["scores"].get(job.contest.score) or 0) >= GOAL:
            return float(line["step"] * recipe.batch_size * each)
    return None


def tokens_per_example(contest: Contest, m: Checkpoint) -> float:
    """How many tokens are read and written for an example, on average."""
    task = find(contest.task).with_data([], contest.settings)
    examples = task.validation(cast(Any, m.tokenizer), 0)
    return float(np.mean([len(one["input_ids"]) + len(one["labels"]) for one in examples]))


def time_networks(
    contest: Contest, models: dict[str, Checkpoint]
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds a token in training and in writing, on one thread; in turns, so that all meet one machine."""
    task = find(contest.task).with_data([], contest.settings)
    m = models["Transformer"]
    examples = task.validation(cast(Any, m.tokenizer), 0)
    batch = collate(examples[:64])
    kept, threads = {name: ([], []) for name in models}, torch.get_num_threads()  # type: ignore[var-annotated]
    torch.set_num_threads(1)
    try:
        for repeat in range(REPEATS + 1):
            for name, one in models.items():
                times = time_training(one, batch), time_writing(one, batch)
                if repeat:  # the first one warms up
                    for place, seconds in enumerate(times):
                        kept[name][place].append(seconds)
    finally:
        torch.set_num_threads(threads)
    middle = [{name: statistics.median(both[place]) for name, both in kept.items()} for place in (0, 1)]
    return middle[0], middle[1]


def time_training(m: Checkpoint, batch: dict[str, Tensor]) -> float:
    """Seconds a token, read or written, of a step of learning."""
    model: Any = m.model
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0)
    given = {name: part for name, part in batch.items() if name in ("input_ids", "attention_mask", "labels")}
    tokens = int(batch["attention_mask"].sum() + (batch["labels"] >= 0).sum())
    model.train()
    begin = time.perf_counter()
    for _ in range(STEPS):
        model(**given).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    seconds = time.perf_counter() - begin
    model.eval()
    return seconds / STEPS / tokens


@torch.no_grad()
def time_writing(m: Checkpoint, batch: dict[str, Tensor]) -> float:
    """Seconds a token of a text that is written alone, greedily."""
    model: Any = m.model
    longest = int(batch["attention_mask"].sum(1).argmax())
    count = int(batch["attention_mask"][longest].sum())
    begin = time.perf_counter()
    model.generate(
        input_ids=batch["input_ids"][longest : longest + 1, :count],
        do_sample=False,
        num_beams=1,
        min_new_tokens=count,
        max_new_tokens=count,
    )
    return (time.perf_counter() - begin) / count


def compare(jobs: Sequence[Job], contests: Sequence[Contest]) -> list[list[Result]]:
    """The results of each contest."""
    return [measure(contest, jobs) for contest in contests]
