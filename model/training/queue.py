"""Whose turn it is: as many runs at once as the machine bears, the others wait in the order they came.

Nobody has to run for this to work: each waiting process looks for itself, and a lock goes with its process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from model.locks import take
from model.training.failures import at_work
from model.training.folder import RESUME, Status, is_asked, read_run, status, tell

if TYPE_CHECKING:
    from filelock import FileLock

SLOTS = ".slots"  # in the folder of all runs
POLL = 0.25  # seconds


def slots() -> int:
    """How many runs go at once: HEADLIGHT_SLOTS, else one for two cores."""
    told = os.environ.get("HEADLIGHT_SLOTS", "")
    return max(1, int(told) if told.isdigit() else (os.cpu_count() or 1) // 2)


@contextmanager
def turn(output: Path) -> Iterator[None]:
    """Wait until it is this run's turn, and keep the place within the block.

    While it waits the folder says so. The runs in the same folder of runs share the machine.
    """
    places = output.parent / SLOTS
    places.mkdir(exist_ok=True)
    with at_work(output):
        came = status(output)
        since = came.since if came.state == "waiting" else time.time()
        waiting = Status.now("waiting", came.step, came.max_steps or read_run(output).max_steps or 0)
        tell(output, replace(waiting, since=since))
        if is_asked(output, came):  # before there was anybody who could be told
            raise KeyboardInterrupt
        place = None
        while place is None:
            place = None if before(output, since) else free(places)
            if place is None:
                time.sleep(POLL)
        tell(output, Status.now("preparing", waiting.step, waiting.max_steps))
        try:
            yield
        finally:
            place.release()


def free(places: Path) -> FileLock | None:
    """A place that nobody has, taken; None where there is none."""
    found = (take(places / f"{number}.lock") for number in range(slots()))
    return next((lock for lock in found if lock is not None), None)


def order(waiting: Status, folder: Path) -> tuple[float, str]:
    """What decides who of those that wait comes first: since when, and between equals the name."""
    return waiting.since, folder.name


def before(output: Path, since: float) -> list[Path]:
    """The runs that have waited longer."""
    found = []
    for folder in output.parent.glob(f"*/{RESUME}"):
        if folder.parent == output:
            continue
        try:
            told = status(folder.parent)
        except ValueError:
            continue
        if told.state == "waiting" and order(told, folder.parent) < (since, output.name):
            found.append(folder.parent)
    return found
