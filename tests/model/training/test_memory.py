"""Memory that a training process has freed: kept for the next step, and given back now and then."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getpagesize, getrusage

import pytest
import torch

from model.training import memory, run
from model.training.folder import Run

TOTAL = os.sysconf("SC_PHYS_PAGES") * getpagesize()


def in_a_process(holds: Callable[[], bool]) -> bool:
    """Whether it holds in a process of its own: what is told to the C library cannot be taken back."""
    child = os.fork()
    if not child:
        code = 1
        try:
            code = int(not holds())
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()


def test_freed_memory_is_kept_for_the_next_step() -> None:
    """Large blocks are not fetched anew from the system, page by page."""

    def faults() -> int:
        before = getrusage(RUSAGE_SELF).ru_minflt
        for _ in range(10):
            torch.ones(12_000_000)
        return getrusage(RUSAGE_SELF).ru_minflt - before

    def kept() -> bool:
        usual = faults()
        memory.keep()
        faults()
        return faults() < usual / 5

    assert in_a_process(kept)


def test_free_memory_is_given_back() -> None:
    """Also what lies below a block that is still in use."""

    def given_back() -> bool:
        memory.keep()
        many = [torch.ones(1_000_000) for _ in range(100)]
        full = resident()
        many = many[-1:]
        held = resident()
        memory.give_back()
        return held > full - 40e6 and resident() < full - 350e6

    assert in_a_process(given_back)


def test_a_c_library_without_such_functions_is_left_alone() -> None:
    assert memory.glibc("no_such_function") is None


def test_the_share_of_the_machines_memory() -> None:
    assert 0 < memory.share() < 1
    before = memory.share()
    block = torch.ones(50_000_000)
    assert memory.share() - before == pytest.approx(block.nbytes / TOTAL, rel=0.1)


@pytest.mark.parametrize(
    ("seconds", "share", "times"),
    [(-1, 0.6, 3), (-1, 0.4, 0), (3600, 0.6, 0)],
    ids=["much", "little", "just"],
)
def test_a_run_that_holds_much_gives_back_now_and_then(
    seconds: int, share: float, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[None] = []
    monkeypatch.setattr(run, "GIVE_BACK", seconds)
    monkeypatch.setattr(memory, "share", lambda: share)
    monkeypatch.setattr(memory, "give_back", lambda: given.append(None))
    assert run.train(Run("reverse", 3), tmp_path / "run", threads=1)
    assert len(given) == times
