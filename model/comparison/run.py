"""Trains and measures what is compared, two runs at a time, each a process of its own on one thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.comparison.plan import CONTESTS, SEEDS, Contest
from model.errors import Refusal
from model.training.folder import METRICS, RESUME, RUN

AT_ONCE = 2
SCORES = "scores.json"  # of a run, beside its checkpoint


@dataclass(frozen=True)
class Job:
    """One network that learns one contest's task from one seed, in a folder of its own."""

    contest: Contest
    network: str
    seed: int
    folder: Path

    @property
    def is_done(self) -> bool:
        """Whether it is trained and measured."""
        return (self.folder / SCORES).is_file()


def find_jobs(output: Path, contests: Sequence[Contest] = CONTESTS) -> Iterator[Job]:
    """All that has to be done, whole contests one after another."""
    for contest in contests:
        for seed in SEEDS:
            for network in contest.networks:
                name = f"{contest.task}-{network.lower().replace(' + ', '-')}-{seed}"
                yield Job(contest, network, seed, output / name)


def run_all(output: Path, contests: Sequence[Contest] = CONTESTS, at_once: int = AT_ONCE) -> list[Job]:
    """Does what is not done yet, and says so. Raises ValueError where a run ends without a checkpoint."""
    jobs = list(find_jobs(output, contests))
    left = [job for job in jobs if not job.is_done]
    print(f"{len(jobs) - len(left)} of {len(jobs)} runs are there.", flush=True)
    with ThreadPoolExecutor(at_once) as pool:
        for job in pool.map(run, left):
            print(f"{job.folder.name} is trained and measured.", flush=True)
    return jobs


def run(job: Job) -> Job:
    """Trains and measures one network."""
    told = {**job.contest.settings, **job.contest.networks[job.network]}
    settings = [f"{name}={json.dumps(value)}" for name, value in told.items()]
    train = ["model.training", job.contest.task, "--output", str(job.folder), "--threads", "1"]
    if (job.folder / RESUME / RUN).is_file():
        call([*train, "--resume"])
    elif not (job.folder / "README.md").is_file():  # which is written last
        steps = ["--max-steps", str(job.contest.max_steps), "--seed", str(job.seed)]
        call([*train, *steps, "--set", *settings])
    scores = call(["model.evaluate", str(job.folder)])
    (job.folder / SCORES).write_text(scores, encoding="utf-8")
    return job


def call(arguments: Sequence[str]) -> str:
    """What a command of this project prints. Raises ValueError where it fails."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise Refusal("{command} failed: {reason}", command=" ".join(arguments[:2]), reason=last)
    return done.stdout


def read_scores(job: Job) -> dict[str, Any]:
    """What the network reached in the end."""
    found: dict[str, Any] = json.loads((job.folder / SCORES).read_text(encoding="utf-8"))
    return found


def read_looks(job: Job) -> list[Mapping[str, Any]]:
    """What it reached on the way: {"step", "scores", …}, the first look first."""
    lines = (job.folder / METRICS).read_text(encoding="utf-8").splitlines()
    return [line for line in map(json.loads, lines) if line.get("scores")]
