"""python -m model.training TASK --output DIR: trains a task's model from nothing.

Ctrl-C saves, and --resume goes on from there. DIR/metrics.jsonl has one line for each report.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from model.tasks import tasks
from model.training.run import train


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m model.training", description="Train a task's model.")
    parser.add_argument("task", choices=sorted(tasks()))
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the checkpoint goes")
    parser.add_argument("--max-steps", type=int, metavar="N", help="instead of the recipe's")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    parser.add_argument("--threads", type=int, metavar="N", help="processor threads (default: all)")
    given = parser.parse_args()
    try:
        train(given.task, given.output, given.max_steps, given.seed, given.resume, given.threads)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
