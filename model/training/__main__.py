"""python -m model.training TASK --output DIR: trains a task's model from nothing.

Ctrl-C saves, and --resume goes on from there. DIR/metrics.jsonl has one line for each report.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
from pathlib import Path

from model.tasks import tasks
from model.training.run import Run, train

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # malloc.h


def keep_memory() -> None:
    """Have glibc keep freed memory for the next step, where there is glibc.

    It gives large blocks back to the system and fetches them anew, page by page, which takes a third of
    a step.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m model.training", description="Train a task's model.")
    parser.add_argument("task", choices=sorted(tasks()))
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the checkpoint goes")
    parser.add_argument("--max-steps", type=int, metavar="N", help="instead of the recipe's")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--data", type=Path, nargs="+", default=[], metavar="FILE", help="to learn from")
    parser.add_argument("--test", type=Path, metavar="FILE", help="to be measured on in the end")
    parser.add_argument(
        "--credit", default="", metavar="TEXT", help="origin and licence of the data, for the card"
    )
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    parser.add_argument("--threads", type=int, metavar="N", help="processor threads (default: all)")
    given = parser.parse_args()
    keep_memory()
    try:
        run = Run(
            given.task,
            given.max_steps,
            given.seed,
            tuple(str(path.resolve()) for path in given.data),
            str(given.test.resolve()) if given.test else None,
            given.credit,
        )
        train(run, given.output, given.resume, given.threads)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
