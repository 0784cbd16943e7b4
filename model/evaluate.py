"""python -m model.evaluate CHECKPOINT [--data FILE]: how good a checkpoint is, as one JSON object."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from transformers.utils import logging

from model import load
from model.tasks import find

DOCS = Path(__file__).resolve().parents[1] / "docs"


def evaluate(checkpoint: str, data: Path | None = None) -> dict[str, Any]:
    """The scores of a checkpoint on the task that it was trained for, or on a file in that task's form.

    Raises ValueError where the checkpoint cannot be loaded or belongs to no task.
    """
    m = load(checkpoint)
    task = getattr(m.model.config, "task", "")
    if not task:
        raise ValueError(f"{m.name} does not say what it was trained for, so there is nothing to measure.")
    measured = find(task, getattr(m.model.config, "task_settings", None))
    return measured.score(m, measured.read(data) if data else None)


def compare(output: Path) -> None:
    """Trains and measures every network, and writes docs/comparison.md with its figure."""
    from model.comparison import measure, run, table
    from model.comparison.plan import CONTESTS

    jobs = run.run_all(output)
    table.write_page(DOCS, measure.compare(jobs, CONTESTS))
    print(f"{DOCS / table.PAGE} is written.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m model.evaluate", description="Measure a checkpoint.")
    parser.add_argument("checkpoint", nargs="?", help="a folder, or a name on the Hub")
    parser.add_argument("--data", type=Path, metavar="FILE", help="instead of the task's own data")
    parser.add_argument(
        "--compare",
        type=Path,
        metavar="DIR",
        help="train networks of every family in DIR and write down what they reach in docs/comparison.md",
    )
    given = parser.parse_args()
    if (given.checkpoint is None) == (given.compare is None) or (given.compare and given.data):
        parser.error("give a checkpoint, with --data if you like, or --compare")
    logging.disable_progress_bar()
    try:
        if given.compare:
            compare(given.compare)
            return 0
        scores = evaluate(given.checkpoint, given.data)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(scores, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
