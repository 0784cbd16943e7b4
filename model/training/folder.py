"""A run's folder: what it is of, how it stands, and whether a process is at work in it. Knows no torch.

While a run goes, DIR/resume holds what is needed to go on and what it says of itself; when it has ended, DIR
is a checkpoint folder and DIR/resume is gone. Every file is written beside itself and put in place whole.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from model.locks import is_taken, take

METRICS = "metrics.jsonl"
RESUME = "resume"
RUN, STATUS, LOCK, LOG = "run.json", "status.json", "lock", "log.txt"  # in DIR/resume
STOP = "stop"  # which process was asked to stop
SAVED = "checkpoint-"  # the Trainer's folders there
COMPLETE = "trainer_state.json"  # which it writes last
MADE_BY = "    python -m model.training "  # how the line of a card begins that makes the checkpoint again

State = Literal["waiting", "preparing", "training", "measuring", "stopped", "failed", "vanished", "done"]


@dataclass(frozen=True)
class Run:
    """What a run is of: enough to begin it again from nothing.

    task: its name. max_steps: instead of the recipe's. data: files to learn from; test: a file to be measured
    on in the end; credit: where they come from and their licence, for the card. settings: what is other than
    in the task's recipe and config; see `model.training.settings`. start: the checkpoint whose weights and
    tokenizer it begins with, instead of from nothing.
    """

    task: str
    max_steps: int | None = None
    seed: int = 0
    data: tuple[str, ...] = ()
    test: str | None = None
    credit: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    start: str | None = None

    def command(self) -> str:
        """What to type to make the same checkpoint again, the files where one is."""
        words = ["python -m model.training", self.task, f"--output runs/{self.task}", f"--seed {self.seed}"]
        words += ["--from", shlex.quote(f"runs/{Path(self.start).name}")] if self.start else []
        words += [f"--max-steps {self.max_steps}"] if self.max_steps else []
        words += ["--data", *(shlex.quote(Path(path).name) for path in self.data)] if self.data else []
        words += ["--test", shlex.quote(Path(self.test).name)] if self.test else []
        words += ["--credit", shlex.quote(self.credit)] if self.credit else []
        told = [shlex.quote(f"{name}={json.dumps(value)}") for name, value in self.settings.items()]
        words += ["--set", *told] if told else []
        return " ".join(words)


@dataclass(frozen=True)
class Status:
    """How a run stands.

    step: of max_steps. since: when it came to this state, in seconds since 1970. reason: why it failed, a
    sentence with {named} places; values: what stands in them.
    """

    state: State
    step: int = 0
    max_steps: int = 0
    since: float = 0.0
    pid: int = 0
    reason: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def now(
        cls,
        state: State,
        step: int = 0,
        max_steps: int = 0,
        reason: str = "",
        values: dict[str, Any] | None = None,
    ) -> Status:
        """How this process's run stands now."""
        return cls(state, step, max_steps, time.time(), os.getpid(), reason, values or {})


def begin(output: Path, run: Run) -> None:
    """A new run's folder, with what has to be known to go on with it.

    Raises ValueError where the folder is in use.
    """
    if output.is_file() or (output.is_dir() and any(output.iterdir())):
        raise ValueError(f"{output} is not empty; choose another folder, or go on with its run by --resume.")
    (output / RESUME).mkdir(parents=True)
    write(output / RESUME / RUN, json.dumps(asdict(run)))


def withdraw(output: Path, was_there: bool) -> None:
    """Take back a run that has not come to its first step: all in a folder that was empty when it began.

    was_there: whether the folder itself was a person's own; then it stays.
    """
    for path in output.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    if not was_there:
        output.rmdir()


def end(output: Path) -> None:
    """Turn a run's folder into a checkpoint's: at once, so that a process killed here has ended its run."""
    ended = (output / RESUME).rename(output / f".{RESUME}")
    shutil.rmtree(ended)


def read_run(output: Path) -> Run:
    """The run that was begun in a folder and has not ended. Raises ValueError where there is none."""
    try:
        told = json.loads((output / RESUME / RUN).read_text(encoding="utf-8"))
        return Run(**{**told, "data": tuple(told["data"])})
    except (OSError, ValueError, TypeError, KeyError):
        raise ValueError(f"There is no interrupted run in {output}; start one without --resume.") from None


def begun_with(output: Path) -> str | None:
    """The name of the checkpoint whose weights a run began with; None where it began from nothing.

    While the run goes it is in its own record; afterwards in the command on its card. None, too, for a
    folder that says neither.
    """
    with suppress(ValueError):
        begun = read_run(output).start
        return Path(begun).name if begun else None
    try:
        card = (output / "README.md").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    for line in card.splitlines():
        if line.startswith(MADE_BY):
            with suppress(ValueError):  # quotation marks that never close
                words = shlex.split(line)
                return Path(words[words.index("--from") + 1]).name if "--from" in words[:-1] else None
    return None


def take_up(output: Path, name: str) -> tuple[Run, Path | None]:
    """An interrupted run, and the folder from which the Trainer can go on; None: from the beginning.

    A folder that a killed process left half written is passed over.
    Raises ValueError where there is none, or one of another task.
    """
    run = read_run(output)
    if run.task != name:
        raise ValueError(f"The run in {output} is of the task {run.task}, not {name}.")
    return run, saves(output)[-1] if saves(output) else None


def saves(output: Path) -> list[Path]:
    """The states that were saved whole, the latest last."""
    found = [path for path in (output / RESUME).glob(f"{SAVED}*") if (path / COMPLETE).is_file()]
    return sorted(found, key=saved_step)


def tidy(output: Path) -> None:
    """Remove the states that were left half written, and what a later one stands for."""
    last = saves(output)[-1:]
    for folder in (output / RESUME).glob(f"{SAVED}*"):
        if folder not in last:
            shutil.rmtree(folder)


def saved_step(folder: Path) -> int:
    """The step at which a state was saved."""
    return int(folder.name.removeprefix(SAVED))


def write(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def tell(output: Path, status: Status) -> None:
    """Write down how a run stands."""
    write(output / RESUME / STATUS, json.dumps(asdict(status)))


def ask_to_stop(output: Path, pid: int) -> None:
    """Write down that a process was asked to stop; 0 is one that is only starting."""
    write(output / RESUME / STOP, str(pid))


def is_asked(output: Path, now: Status) -> bool:
    """Whether the process that is at work, or only starting, was asked to stop."""
    try:
        return (output / RESUME / STOP).read_text(encoding="utf-8") == str(now.pid)
    except OSError:
        return False


def status(output: Path) -> Status:
    """How a run stands, from its files alone. Raises ValueError where the folder holds no run."""
    if is_underway(output):
        try:
            return underway(output)
        except (OSError, ValueError):
            if is_underway(output):
                raise  # else it has ended while it was looked at
    if (output / "config.json").is_file():
        step = last_step(output)
        return Status("done", step, step, (output / "config.json").stat().st_mtime)
    raise ValueError(f"There is no run in {output}.")


def is_underway(output: Path) -> bool:
    """Whether a folder has a run that has not ended; its lock alone, looked at too late, is none."""
    return (output / RESUME / RUN).is_file()


def underway(output: Path) -> Status:
    """How a run stands that has not ended."""
    run = read_run(output)
    try:
        told = Status(**json.loads((output / RESUME / STATUS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        told = Status("waiting", max_steps=run.max_steps or 0, since=(output / RESUME / RUN).stat().st_mtime)
    if told.state in ("preparing", "training", "measuring", "waiting") and not is_held(output):
        young = told.state == "waiting" and time.time() - told.since < 20  # its process is only starting
        return told if young else Status(**{**asdict(told), "state": "vanished"})
    return told


def last_step(output: Path) -> int:
    """The step of the last report; 0 where there is none."""
    return max((line.get("step", 0) for line in metrics(output)), default=0)


def metrics(output: Path) -> list[dict[str, Any]]:
    """The reports of a run so far, without lines that are only half there, or are no reports."""
    try:
        lines = (output / METRICS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            report = json.loads(line)
        except ValueError:
            continue
        if is_report(report):
            found.append(report)
    return found


def seconds_left(lines: Sequence[Mapping[str, Any]], max_steps: int) -> float | None:
    """How many seconds a run needs for the steps that are left, by its own pace with looks and snapshots.

    lines: of its metrics. The pace is that of the latter half of what is done: much is filmed at the
    beginning. None before a tenth of the steps are done, or where the lines do not tell the time.
    """
    timed = [(line["step"], line["seconds"]) for line in lines if line.get("seconds") is not None]
    if not timed or timed[-1][0] < max_steps / 10:
        return None
    step, seconds = timed[-1]
    before = [(then, at) for then, at in timed if then <= step / 2] or timed[:1]
    then, at = before[-1]
    return (max_steps - step) * (seconds - at) / (step - then) if step > then else None


def is_report(line: Any) -> bool:
    """Whether this has what a report has: a run that came from elsewhere may hold anything."""

    def fits(name: str, value: Any) -> bool:
        if name == "scores":
            return isinstance(value, dict) and all(
                score is None or isinstance(score, int | float) for score in value.values()
            )
        if name == "notes":
            return isinstance(value, dict) and all(isinstance(note, str) for note in value.values())
        if name == "samples":
            return isinstance(value, list) and all(isinstance(one, list) and len(one) == 3 for one in value)
        return value is None or isinstance(value, int | float)

    whole = isinstance(line, dict) and isinstance(line.get("step"), int)
    return whole and all(fits(name, value) for name, value in line.items())


@contextmanager
def holding(output: Path) -> Iterator[None]:
    """Within the block this process is at work in the folder, perhaps twice over.

    Raises ValueError where another one is.
    """
    lock = take(
        output / RESUME / LOCK, wait=0.5, again=True
    )  # who looks whether it is held has it for a moment
    if lock is None:
        raise ValueError(f"Another process is at work in {output}.")
    try:
        yield
    finally:
        lock.release()


def is_held(output: Path, wait: float = 0.0) -> bool:
    """Whether a process is at work in the folder; its lock goes when it does, however it ends.

    wait: the seconds that it has to leave.
    """
    return is_taken(output / RESUME / LOCK, wait)
