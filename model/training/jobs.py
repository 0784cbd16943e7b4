"""Runs as the app starts them: processes of their own, which live on when the app does not. Knows no torch.

The app begins a run's folder and starts the command that a terminal would; everything else it reads from
the folder. So any number of browsers, and an app that was started anew, see the same.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from model.errors import Refusal
from model.training.folder import (
    LOG,
    RESUME,
    STOP,
    Run,
    Status,
    ask_to_stop,
    begin,
    is_asked,
    is_held,
    read_run,
    status,
    tell,
)

ROOT = Path(__file__).resolve().parents[2]
GENTLE = 10  # how nice a run is to the app beside it
REMOVED = ".removed"  # the folder beside the runs where removed ones lie for a while
KEPT = 7 * 24 * 3600  # seconds for which a removed run can be restored
LEAVES = 10.0  # seconds in which a process that has told its end is gone
ENDED = ("stopped", "failed", "vanished", "done")

# What the process does before anything else: it hears Ctrl-C, even of an app that was started where that is
# ignored (`app &`), and leaves the app the first turn at the processor.
# Linux schedules sessions against each other, so there the niceness of the session counts.
PROGRAM = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
gentle = sys.argv.pop(1)
os.nice(int(gentle))
try:
    open("/proc/self/autogroup", "w").write(gentle)
except OSError:
    pass
sys.argv[0] = "model.training"
runpy.run_module("model.training", run_name="__main__")
"""


@dataclass(frozen=True)
class JobOf:
    """A run and how it stands.

    run: None once it has ended and is a checkpoint. is_stopping: whether it was asked to and has not yet.
    """

    folder: Path
    status: Status
    run: Run | None
    is_stopping: bool = False

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def is_live(self) -> bool:
        return self.status.state not in ENDED


def runs_folder() -> Path:
    """Where the app's runs are: HEADLIGHT_RUNS, else runs/ beside app.py."""
    return Path(os.environ.get("HEADLIGHT_RUNS") or ROOT / "runs")


def gentleness() -> int:
    """How much later than the app a run comes at the processor: HEADLIGHT_NICE, 0 to 19, else GENTLE."""
    told = os.environ.get("HEADLIGHT_NICE", "")
    return min(int(told), 19) if told.isdigit() else GENTLE


def start(run: Run) -> Path:
    """Begin a run in a new folder and start its process.

    Raises ValueError where the folder cannot be made.
    """
    folder = runs_folder() / free_name(run.task)
    try:
        begin(folder, run)
        tell(folder, comes(0, run.max_steps or 0))
        launch(folder, run.task)
    except OSError as error:
        raise Refusal("The run cannot be started: {what}.", what=error.strerror or str(error)) from error
    return folder


def go_on(folder: Path) -> None:
    """Start the process of a run that was stopped, failed or vanished again.

    Raises ValueError where it has ended, or is still at work.
    """
    run = read_run(folder)
    if is_at_work(folder):
        raise Refusal("This run is still at work.")
    now = status(folder)
    (folder / RESUME / STOP).unlink(missing_ok=True)
    tell(folder, comes(now.step, now.max_steps))
    launch(folder, run.task)


def is_at_work(folder: Path) -> bool:
    """Whether a process is at work in a run's folder; one that has told its end has the time to leave."""
    return is_held(folder, wait=LEAVES if status(folder).state in ENDED else 0.0)


def comes(step: int, max_steps: int) -> Status:
    """How a run stands whose process is only starting."""
    return replace(Status.now("waiting", step, max_steps), pid=0)


def launch(folder: Path, task: str) -> None:
    """The command that a terminal would run, in a session of its own."""
    typed = [task, "--output", str(folder), "--resume", "--queue"]
    command = [sys.executable, "-c", PROGRAM, str(gentleness()), *typed]
    with (folder / RESUME / LOG).open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    _children.append(process)
    _children[:] = [child for child in _children if child.poll() is None]  # those that ended leave no zombie


_children: list[subprocess.Popen[bytes]] = []


def stop(folder: Path) -> None:
    """Ask a run to save and end, as Ctrl-C would. Nothing happens where it has ended, or was asked.

    A second Ctrl-C would end it at once, with nothing saved. One that is only starting finds the request.
    """
    now = status(folder)
    if is_asked(folder, now):
        return
    if now.pid and is_held(folder):
        with suppress(OSError):  # on a full disk it is stopped all the same
            ask_to_stop(folder, now.pid)
        os.kill(now.pid, signal.SIGINT)
    elif not now.pid and now.state == "waiting":
        ask_to_stop(folder, now.pid)
        if status(folder).pid:  # it has said who it is in between, and may have looked too early
            stop(folder)


@dataclass(frozen=True)
class Removed:
    """A run that was removed and can still be restored.

    name: as it was called. since: when it was removed, in seconds since 1970.
    """

    folder: Path
    name: str
    since: int


def remove(folder: Path) -> Removed:
    """Move a run that is not at work aside, with everything it made; what has lain there for KEPT is deleted.

    Raises ValueError where it is at work.
    """
    if (folder / RESUME).is_dir() and is_at_work(folder):
        raise Refusal("This run is still at work; stop it first.")
    if folder.parent != runs_folder():
        raise Refusal("Only the app's own runs can be removed.")
    aside = runs_folder() / REMOVED
    aside.mkdir(exist_ok=True)
    now = int(time.time())
    for old in removed():
        if now - old.since > KEPT:
            shutil.rmtree(old.folder, ignore_errors=True)
    return Removed(folder.rename(aside / f"{now} {folder.name}"), folder.name, now)


def restore(gone: Removed) -> Path:
    """Put a removed run back where it was.

    Raises ValueError where it is no longer there, or another run has its name.
    """
    place = runs_folder() / gone.name
    if place.exists():
        raise Refusal("A run of this name already exists.")
    try:
        return gone.folder.rename(place)
    except OSError as error:
        raise Refusal("This run is no longer there.") from error


def removed() -> list[Removed]:
    """The runs that were removed and are still there, the last one first."""
    found = []
    for folder in (runs_folder() / REMOVED).glob("*"):
        when, _space, name = folder.name.partition(" ")
        if when.isdigit() and name:
            found.append(Removed(folder, name, int(when)))
    return sorted(found, key=lambda one: (one.since, one.name), reverse=True)


def jobs() -> list[JobOf]:
    """Every run, the newest first."""
    folders = [path for path in runs_folder().glob("*") if path.is_dir() and not path.name.startswith(".")]
    found = [job for job in map(job_of, folders) if job]
    return sorted(found, key=lambda job: job.folder.name, reverse=True)


def job_of(folder: Path) -> JobOf | None:
    """The run in a folder; None where there is none."""
    for _again in range(2):  # it may end while it is looked at
        with suppress(ValueError):
            now = status(folder)
            run = None if now.state == "done" else read_run(folder)
            return JobOf(folder, now, run, now.state not in ENDED and is_asked(folder, now))
    return None


def free_name(task: str) -> str:
    """A name for a new run's folder: when it was begun, and its task."""
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{re.sub('[^a-z0-9-]', '', task)}"
    names = [stem, *(f"{stem}-{i}" for i in range(2, 100))]
    return next(name for name in names if not (runs_folder() / name).exists())
