"""How long training takes to come to a score, beside another edition of this project.

Both run `python -m model.training` with their own recipes, in turns, each a process of its own, and end when
one of the run's own looks finds the score. Seconds count from the command on. The other edition is a git
worktree of its commit in a temporary folder, run with the same interpreter.

    python -m benchmarks.scores --tasks pronouns reverse --seeds 0 1 2 --threads 1
    python -m benchmarks.scores --tasks en-fr --data train.tsv --test test.tsv
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIRST = "830ce0e"  # the first edition
TARGETS = {  # what a look has to find
    "pronouns": ("both_members_right", 0.95),
    "reverse": ("exact", 0.99),
    "en-fr": ("bleu", 44.9),
}
PARTS = ("before the first step", "steps", "looks", "film", "saving")


@dataclass(frozen=True)
class Reached:
    """seconds: to the score, from the command on; processor: the seconds that its threads worked.

    spent: what the seconds went to, PARTS. score: what was found at this step.
    """

    step: int
    score: float
    seconds: float
    processor: float
    spent: dict[str, float]

    @classmethod
    def read(cls, told: dict[str, Any]) -> Reached:
        spent = dict.fromkeys(PARTS, 0.0) | told.pop("spent")
        spent["steps"] = told["seconds"] - sum(spent.values())
        return cls(**told, spent=spent)


@contextmanager
def edition(commit: str) -> Iterator[Path]:
    """A folder with the files of a commit, for as long as the block lasts."""
    git = ["git", "-C", str(ROOT), "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "edition"
        subprocess.run([*git, "add", "--detach", str(place), commit], check=True, capture_output=True)
        try:
            yield place
        finally:
            subprocess.run([*git, "remove", "--force", str(place)], check=True, capture_output=True)


def reach(place: Path, task: str, seed: int, given: argparse.Namespace) -> Reached:
    """A run of a task in an edition's folder, to its score. Raises RuntimeError where it never gets there."""
    name, target = TARGETS[task]
    with tempfile.TemporaryDirectory() as folder:
        looks = Path(folder) / "looks.jsonl"
        command = [task, "--output", f"{folder}/run", "--seed", str(seed)]
        command += ["--threads", str(given.threads)] if given.threads else []
        command += ["--data", str(given.data.resolve())] if task == "en-fr" else []
        told = [str(looks), name, str(given.target or target), str(given.test and given.test.resolve())]
        program = [sys.executable, f"{ROOT}/benchmarks/scored_run.py", str(time.time())]
        ended = subprocess.run(
            [*program, *told, str(given.sentences), *command], cwd=place, capture_output=True, text=True
        )
        found = [json.loads(line) for line in looks.read_text().splitlines()] if looks.is_file() else []
    if not found or found[-1]["score"] < (given.target or target):
        best = max((one["score"] for one in found), default=None)
        raise RuntimeError(f"{task}, seed {seed}, in {place}: best {best}. {ended.stderr[-500:]}")
    return Reached.read(found[-1])


def row(task: str, seed: int, name: str, found: Reached, ratio: float | None = None) -> str:
    parts = " | ".join(f"{found.spent[part]:.1f}" for part in PARTS)
    told = "" if ratio is None else f"{ratio:.2f}"
    return (
        f"| {task} | {seed} | {name} | {found.step} | {found.seconds:.1f} | {found.processor:.1f} | {parts} "
        f"| {told} |"
    )


def main() -> None:
    """Prints a Markdown table, each pair of rows when it is ready."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=TARGETS, default=["pronouns", "reverse"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="N")
    parser.add_argument("--against", default=FIRST, metavar="COMMIT", help="the other edition")
    parser.add_argument("--target", type=float, metavar="SCORE", help="instead of the task's own")
    parser.add_argument("--threads", type=int, metavar="N", help="processor threads (default: all)")
    parser.add_argument("--data", type=Path, metavar="FILE", help="what en-fr learns from")
    parser.add_argument("--test", type=Path, metavar="FILE", help="on what its BLEU is taken, greedily")
    parser.add_argument("--sentences", type=int, default=300, metavar="N", help="so many pairs of it")
    given = parser.parse_args()
    if "en-fr" in given.tasks and not (given.data and given.test):
        parser.error("en-fr needs --data and --test")
    print("Seconds from the command to the score\n")
    titles = ("task", "seed", "edition", "steps", "seconds", "processor", *PARTS, "ratio")
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
    with edition(given.against) as other:
        for task in given.tasks:
            ratios = []
            for seed in given.seeds:
                theirs, ours = (reach(place, task, seed, given) for place in (other, ROOT))
                ratios.append(ours.seconds / theirs.seconds)
                print(row(task, seed, given.against, theirs))
                print(row(task, seed, "this one", ours, ratios[-1]), flush=True)
            cells = [task, "median", *[""] * (len(titles) - 3), f"{statistics.median(ratios):.2f}"]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
