"""Runs as the app starts them: they wait for their turn, can be stopped, killed and gone on with."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from model.errors import Refusal
from model.training import failures, jobs
from model.training import folder as folder_of_runs
from model.training.folder import (
    LOG,
    RESUME,
    Run,
    Status,
    begin,
    end,
    holding,
    is_held,
    metrics,
    saves,
    status,
    tell,
)
from model.training.queue import turn
from model.training.run import train

ROOT = Path(__file__).parents[3]
PATIENCE = 600  # seconds: the machine may do other things as well
# A task that is learned in no time, in a model that is hardly one.
SMALL = {"d_model": 16, "num_heads": 2, "d_ff": 16, "batch_size": 8, "warmup_steps": 5}


def run(steps: int = 60, seed: int = 1) -> Run:
    return Run("reverse", steps, seed, settings=SMALL)


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of runs for the test alone, with one place in the queue; nothing is left running."""
    monkeypatch.setenv("HEADLIGHT_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HEADLIGHT_SLOTS", "1")
    monkeypatch.setenv("HEADLIGHT_NICE", "0")  # what is waited for need not come after what else is at work
    yield tmp_path / "runs"
    for job in jobs.jobs():
        if job.is_live and job.status.pid not in (0, os.getpid()):
            os.kill(job.status.pid, signal.SIGKILL)


@pytest.fixture
def few_threads() -> Iterator[None]:
    """What a run of this process sets holds for the test alone."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def until(true: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, (status(folder), (folder / RESUME / LOG).read_text()[-2000:])
        time.sleep(0.05)


def comes_to(folder: Path, *states: str) -> Status:
    until(lambda: status(folder).state in (*states, "failed", "vanished"), folder)
    assert status(folder).state in states, (folder / RESUME / LOG).read_text()[-2000:]
    return status(folder)


def losses(folder: Path) -> dict[int, float]:
    return {line["step"]: line["loss"] for line in metrics(folder) if "loss" in line}


def test_a_run_becomes_a_checkpoint_and_the_next_waits_for_it() -> None:
    first = jobs.start(run())
    second = jobs.start(run(seed=2))
    assert first.name < second.name
    seen: set[tuple[str, str]] = set()

    def both_done() -> bool:
        seen.add((status(first).state, status(second).state))
        return status(second).state == "done"

    until(both_done, first)
    assert ("training", "waiting") in seen
    assert not {(one, two) for one, two in seen if "training" in (one, two) and one == two}
    found = jobs.jobs()
    assert [job.folder for job in found] == [second, first]
    assert {job.status.state for job in found} == {"done"}
    assert not any(job.is_live for job in found)
    jobs.remove(first)
    assert [job.folder for job in jobs.jobs()] == [second]


def test_a_killed_run_goes_on_to_the_same_end(runs: Path, few_threads: None) -> None:
    whole = runs / "whole"
    assert train(run(400), whole, threads=1)
    folder = jobs.start(run(400))
    until(lambda: bool(saves(folder)) and status(folder).step > 20, folder)
    os.kill(status(folder).pid, signal.SIGKILL)
    until(lambda: not is_held(folder), folder)
    assert status(folder).state == "vanished"
    assert not next(job for job in jobs.jobs() if job.folder == folder).is_live
    jobs.go_on(folder)
    comes_to(folder, "done")
    assert losses(folder) == pytest.approx(losses(whole), abs=1e-6)
    weights, others = load_file(folder / "model.safetensors"), load_file(whole / "model.safetensors")
    for name, value in weights.items():
        torch.testing.assert_close(value, others[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize("state", ["stopped", "training"])
def test_who_has_told_its_end_has_the_time_to_leave(runs: Path, monkeypatch: Any, state: str) -> None:
    """A person who presses "Go on" as soon as it can be pressed is not refused."""
    begun: list[Path] = []
    monkeypatch.setattr(jobs, "launch", lambda folder, task: begun.append(folder))
    folder = jobs.start(run())
    begun.clear()
    code = (
        "import sys, time; from pathlib import Path; from model.training.folder import holding\n"
        "with holding(Path(sys.argv[1])): print('there', flush=True); time.sleep(1)"
    )
    leaves = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdout=subprocess.PIPE)
    assert leaves.stdout is not None
    assert leaves.stdout.readline() == b"there\n"
    tell(folder, Status.now(state, 5, 60))  # type: ignore[arg-type]
    if state == "stopped":
        jobs.go_on(folder)
        assert begun == [folder]
    else:
        with pytest.raises(Refusal, match="still at work"):
            jobs.go_on(folder)
    leaves.wait()


def test_a_run_is_stopped_and_goes_on() -> None:
    folder = jobs.start(run(4000))
    until(lambda: status(folder).step > 100, folder)
    with pytest.raises(Refusal, match="still at work"):
        jobs.go_on(folder)
    with pytest.raises(Refusal, match="stop it first"):
        jobs.remove(folder)
    for _press in range(5):
        jobs.stop(folder)  # what is asked again is not cut short
    stopped = comes_to(folder, "stopped")
    assert 100 < stopped.step < 4000
    assert saves(folder)[-1].name.endswith(f"-{stopped.step}")
    jobs.stop(folder)  # nothing happens
    jobs.go_on(folder)
    until(lambda: status(folder).step > stopped.step, folder)
    jobs.stop(folder)
    comes_to(folder, "stopped")


@pytest.mark.parametrize("usual", [signal.default_int_handler, signal.SIG_IGN])
def test_a_run_that_waits_can_be_stopped(usual: Any) -> None:
    """Also where the app was started as `app &`, which has it and its children ignore Ctrl-C."""
    folder = jobs.runs_folder() / "a"
    begin(folder, run())
    with turn(folder):  # the only place is taken
        before = signal.signal(signal.SIGINT, usual)
        try:
            other = jobs.start(run())
        finally:
            signal.signal(signal.SIGINT, before)
        until(lambda: bool(is_held(other) and status(other).pid), other)
        assert status(other).state == "waiting"
        jobs.stop(other)
        comes_to(other, "stopped")
    jobs.go_on(other)
    comes_to(other, "done")


def test_a_run_is_stopped_before_its_process_has_said_who_it_is() -> None:
    folder = jobs.start(run(4000))
    assert status(folder).pid == 0
    jobs.stop(folder)
    assert jobs.job_of(folder).is_stopping  # type: ignore[union-attr]
    comes_to(folder, "stopped")
    assert not saves(folder)
    jobs.go_on(folder)
    until(lambda: status(folder).state == "training", folder)
    jobs.stop(folder)
    comes_to(folder, "stopped")


def test_nobody_else_is_stopped_while_a_process_is_only_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds its folder before it says who it is."""
    monkeypatch.setattr(jobs, "launch", lambda folder, task: None)
    stopped: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, sign: stopped.append(pid))
    folder = jobs.start(run())
    with holding(folder):
        jobs.stop(folder)
        tell(folder, Status.now("stopped", 5, 60))
    jobs.go_on(folder)
    with holding(folder):
        jobs.stop(folder)
    assert stopped == []
    assert (status(folder).state, status(folder).step) == ("waiting", 5)


def test_a_run_outlives_the_app() -> None:
    program = "from tests.model.training.test_jobs import jobs, run; print(jobs.start(run()))"
    app = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    folder = Path(app.stdout.strip())
    assert folder.is_dir(), app.stderr
    comes_to(folder, "done")


@pytest.mark.parametrize(("told", "gentle"), [("", jobs.GENTLE), ("3", 3), ("much", jobs.GENTLE), ("99", 19)])
def test_how_gentle_a_run_is_can_be_told(told: str, gentle: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADLIGHT_NICE", told)
    assert jobs.gentleness() == gentle


def test_the_app_comes_first_at_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADLIGHT_NICE")
    folder = jobs.start(run(4000))
    until(lambda: status(folder).step > 0, folder)
    pid = status(folder).pid
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(own + jobs.GENTLE, 19)
    assert os.getsid(pid) != os.getsid(0)
    jobs.stop(folder)
    comes_to(folder, "stopped")


def test_a_loss_that_is_no_number_is_told() -> None:
    # The decay is times the rate, so that every weight grows 98-fold in each step.
    settings = {**SMALL, "learning_rate": 99.0, "schedule": "constant", "weight_decay": 1.0}
    folder = jobs.start(Run("reverse", 400, settings=settings))
    failed = comes_to(folder, "failed")
    assert "no longer a number" in failed.reason
    assert 0 < failed.values["step"] < 400


def test_what_is_no_use_is_told_where_the_run_is() -> None:
    folder = jobs.start(Run("reverse", 10, settings={"d_model": 15}))
    failed = comes_to(folder, "failed")
    assert failed.reason.startswith("The width (d_model) must be a multiple of the number of heads")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (OSError(errno.EDQUOT, "Quota exceeded"), "The disk is full"),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "The disk is full"),
        (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos"), "The disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "not be read or written: Permission denied"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "There is not enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "There is not enough memory"),
        (FileNotFoundError(errno.ENOENT, "No such file", "allocated.tsv"), "not be read or written: No such"),
        (MemoryError(), "There is not enough memory"),
        (Refusal("This is no text."), "This is no text."),
        (
            RuntimeError("[enforce fail at inline_container.cc:145] . PytorchStreamReader failed reading"),
            None,
        ),
        (RuntimeError("a fault of ours"), None),
        (SafetensorError("a fault of ours"), None),
    ],
)
def test_what_ends_a_run_is_told_in_one_sentence(error: Exception, told: str | None) -> None:
    found = failures.explain(error)
    assert found is None if told is None else told in str(found)


@pytest.mark.parametrize("ending", [Refusal("This is no text."), KeyboardInterrupt()])
def test_what_ends_a_run_is_told_before_its_folder_is_let_go(
    runs: Path, ending: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else who looks in between would say that it vanished."""
    folder = runs / "ends"
    begin(folder, run())
    seen: list[tuple[str, bool]] = []
    monkeypatch.setattr(failures, "tell", lambda output, now: seen.append((now.state, is_held(output))))
    tell(folder, Status.now("training", 7, 60))
    with pytest.raises(type(ending)), failures.at_work(folder):
        raise ending
    assert seen == [("failed" if isinstance(ending, Refusal) else "stopped", True)]
    assert not is_held(folder)


FULL = """
import os, runpy, sys
from model.training.report import Report
usual = Report.on_log

def full(report, args, state, control, **more):
    if state.global_step > 30:
        os.mkdir(os.path.join(args.output_dir, "checkpoint-31"))  # what the full disk cut short
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534")
    return usual(report, args, state, control, **more)

Report.on_log = full
runpy.run_module("model.training", run_name="__main__")
"""


def test_a_full_disk_leaves_what_was_saved(runs: Path) -> None:
    folder = runs / "full"
    begin(folder, run())
    ended = subprocess.run(
        [sys.executable, "-c", FULL, "reverse", "--output", str(folder), "--resume", "--threads", "1"],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.strip().splitlines()[-1].startswith("The disk is full.")
    assert status(folder).state == "failed"
    assert status(folder).reason.startswith("The disk is full.")
    assert saves(folder)
    assert not (folder / "resume" / "checkpoint-31").exists()
    jobs.go_on(folder)
    comes_to(folder, "done")


def test_two_processes_learn_what_one_does_from_batches_twice_as_large(
    tmp_path: Path, few_threads: None
) -> None:
    small = {**SMALL, "optimizer": "adamw"}  # Muon computes in bfloat16, and makes much of what is rounded
    assert train(Run("reverse", 12, settings={**small, "batch_size": 16}), tmp_path / "one", threads=1)
    settings = [f"{key}={json.dumps(value)}" for key, value in {**small, "batch_size": 8}.items()]
    command = ["reverse", "--output", str(tmp_path / "two"), "--max-steps", "12", "--threads", "1"]
    command += ["--processes", "2"]
    together = ["-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone"]
    ended = subprocess.run(
        [sys.executable, *together, "-m", "model.training", *command, "--set", *settings],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert ended.stdout.startswith("2 processes learn together.")
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-4, atol=1e-5)
    assert [line["loss"] for line in metrics(tmp_path / "two") if "loss" in line] == pytest.approx(
        [line["loss"] for line in metrics(tmp_path / "one") if "loss" in line], rel=1e-3
    )


@pytest.mark.parametrize(
    "launcher", [[], ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2"]]
)
def test_fewer_processes_than_were_asked_for_are_refused(launcher: list[str], tmp_path: Path) -> None:
    command = ["-m", "model.training", "reverse", "--output", str(tmp_path / "run"), "--processes", "2"]
    ended = subprocess.run(
        [sys.executable, *launcher, *command],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert ended.returncode
    assert "2 processes were asked for, and 1 learn together. Start them with: torchrun" in ended.stderr
    assert not (tmp_path / "run").exists()


# How a folder stands, from its files alone


def test_a_folder_says_how_it_stands(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no run in"):
        status(tmp_path)
    folder = tmp_path / "a"
    begin(folder, run())
    assert status(folder).state == "waiting"  # its process is only starting
    tell(folder, Status("waiting", since=time.time() - 60))
    assert status(folder).state == "vanished"
    with holding(folder):
        assert is_held(folder)
        tell(folder, Status.now("training", 7, 60))
        assert (status(folder).state, status(folder).step) == ("training", 7)
        with holding(folder):  # by the same process once more
            pass
        assert is_held(folder)
    assert not is_held(folder)
    assert status(folder).state == "vanished"
    (folder / RESUME / "status.json").write_text("{")
    assert status(folder).state in ("waiting", "vanished")


def test_a_lock_that_somebody_left_behind_is_no_run(runs: Path) -> None:
    """As where its lock was looked at while the run ended."""
    folder = runs / "ended"
    begin(folder, run())
    (folder / "config.json").write_text("{}")
    end(folder)
    (folder / RESUME).mkdir()
    (folder / RESUME / "lock").touch()
    assert status(folder).state == "done"
    assert [job.status.state for job in jobs.jobs()] == ["done"]


@pytest.mark.parametrize("reader", [folder_of_runs, jobs])
def test_a_run_that_ends_while_it_is_looked_at_is_done(
    runs: Path, reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = runs / "ends"
    begin(folder, run())
    (folder / "config.json").write_text("{}")
    usual = reader.read_run

    def ending(output: Path) -> Run:
        found = usual(output) if reader is folder_of_runs else None
        if (output / RESUME).is_dir():
            end(output)
        return found or usual(output)

    monkeypatch.setattr(reader, "read_run", ending)
    (job,) = jobs.jobs()
    assert job.status.state == "done"
    assert job.run is None


def test_half_a_line_of_metrics_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": 2}\n[1]\n{"step": 2, "lo')
    assert metrics(tmp_path) == [{"step": 1, "loss": 2}]
    whole = '{"step": 3, "loss": null, "scores": {"exact": 0.5}, "samples": [["a", "b", "c"]]}'
    noted = '{"step": 4, "scores": {"bleu": null}, "notes": {"bleu": "too short for BLEU"}}'
    strange = (
        '{"step": "x"}',
        '{"loss": 1}',
        '{"step": 4, "scores": 5}',
        '{"step": 4, "scores": {"a": "b"}}',
        '{"step": 4, "notes": {"a": 1}}',
        '{"step": 4, "notes": ["a"]}',
    )
    more = ('{"step": 4, "samples": [["a"]]}', '{"step": 4, "samples": 1}', '{"step": 4, "loss": "x"}')
    (tmp_path / "metrics.jsonl").write_text("\n".join((*strange, whole, noted, *more)))
    assert metrics(tmp_path) == [json.loads(whole), json.loads(noted)]
    assert metrics(tmp_path / "nowhere") == []


def test_only_the_apps_own_runs_are_removed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(Refusal, match="own runs"):
        jobs.remove(tmp_path / "mine")
    assert (tmp_path / "mine").is_dir()
