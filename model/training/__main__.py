"""python -m model.training TASK --output DIR: trains a task's model, from nothing or --from a checkpoint.

Ctrl-C saves, and --resume goes on from there. DIR/metrics.jsonl has one line for each report.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from model.training import memory
from model.training.failures import explain
from model.training.folder import Run, is_underway


class Parser(argparse.ArgumentParser):
    """Tells the tasks that there are once somebody asks; to find them takes PyTorch."""

    def format_help(self) -> str:
        from model.tasks import tasks

        self.epilog = f"Tasks: {', '.join(sorted(tasks()))}."
        return super().format_help()


def arguments() -> argparse.Namespace:
    """What was typed."""
    parser = Parser(prog="python -m model.training", description="Train a task's model.")
    parser.add_argument("task", help="what is learned; the tasks are listed below")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the checkpoint goes")
    parser.add_argument(
        "--from", dest="start", metavar="CHECKPOINT", help="begin with its weights and its tokenizer"
    )
    parser.add_argument("--max-steps", type=int, metavar="N", help="instead of the recipe's")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--data", type=Path, nargs="+", default=[], metavar="FILE", help="to learn from")
    parser.add_argument("--test", type=Path, metavar="FILE", help="to be measured on in the end")
    parser.add_argument(
        "--credit", default="", metavar="TEXT", help="origin and licence of the data, for the card"
    )
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="a switch of the model or of the recipe"
    )
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    parser.add_argument("--threads", type=int, metavar="N", help="processor threads (default: all)")
    parser.add_argument(
        "--processes", type=int, metavar="N", help="how many must learn together; fewer are refused"
    )
    parser.add_argument("--tensorboard", action="store_true", help="leave logs for TensorBoard as well")
    parser.add_argument(
        "--queue", action="store_true", help="wait while the runs beside DIR keep the machine busy"
    )
    return parser.parse_args()


def main() -> int:
    given = arguments()
    memory.keep()
    try:
        with waiting(given.output) if given.queue else nullcontext():
            from transformers.utils import logging

            from model.training.run import train  # PyTorch, which a run that waits does not need
            from model.training.settings import parse

            logging.disable_progress_bar()  # each save would show one
            run = Run(
                given.task,
                given.max_steps,
                given.seed,
                tuple(str(path.resolve()) for path in given.data),
                str(given.test.resolve()) if given.test else None,
                given.credit,
                parse(given.set),
                str(Path(given.start).resolve()) if given.start else None,
            )
            train(run, given.output, given.resume, given.threads, given.tensorboard, given.processes)
    except KeyboardInterrupt:
        if is_underway(given.output):
            print("Stopped; go on with --resume.")
        return 130
    except Exception as error:
        refusal = explain(error)
        if refusal is None:
            raise
        print(refusal, file=sys.stderr)
        return 2
    return 0


def waiting(output: Path):  # type: ignore[no-untyped-def]
    """Wait for the run's turn, as `model.training.queue` says."""
    from model.training.queue import turn

    return turn(output)


if __name__ == "__main__":
    sys.exit(main())
