"""How a training process has its memory: freed blocks are kept for the next step, in large pages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model.training import memory

ROOT = Path(__file__).parents[2]
ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")
# Blocks as large as a step's are taken and freed; told are the pages fetched for it, and what is held then.
STEPS = """
import json, os, re, sys
from resource import RUSAGE_SELF, getrusage
import torch
{begin}
def faults():
    before = getrusage(RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(12_000_000)
    return getrusage(RUSAGE_SELF).ru_minflt - before

faults()
kept = torch.ones(12_000_000)
held = open("/proc/self/smaps_rollup").read()
large = int(re.search(r"AnonHugePages: +(\\d+)", held)[1]) * 1024
print(json.dumps({{"pid": os.getpid(), "argv": sys.argv[1:], "faults": faults(), "large": large}}))
"""
ANEW = "from model.training import memory; memory.begin_anew()"


def told(environment: dict[str, str], begin: str = "") -> tuple[int, dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-c", STEPS.format(begin=begin), "a b", "é"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0
    return process.pid, json.loads(said)


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.delenv(memory.NAME, raising=False)
    found = memory.environment()
    del found[memory.NAME]
    return found


def test_freed_memory_is_kept_for_the_next_step(usual: dict[str, str]) -> None:
    """Large blocks are not fetched anew from the system, page by page."""
    _, before = told(usual)
    _, after = told(memory.environment())
    assert before["faults"] > 50_000
    assert after["faults"] < before["faults"] / 100


def test_memory_is_in_large_pages(usual: dict[str, str]) -> None:
    """Where the system has some for those who ask."""
    has_some = ENABLED.is_file() and "[never]" not in ENABLED.read_text()
    _, found = told(memory.environment())
    assert (found["large"] >= 40e6) == has_some


def test_a_process_begins_anew_once_with_all_that_was_typed(usual: dict[str, str]) -> None:
    pid, found = told(usual, ANEW)
    assert found["pid"] == pid
    assert found["argv"] == ["a b", "é"]
    assert found["faults"] < 500


def test_what_a_person_has_set_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(memory.NAME, "glibc.malloc.check=1")
    assert memory.environment()[memory.NAME] == "glibc.malloc.check=1"
    _, found = told(memory.environment(), ANEW)
    assert found["faults"] > 50_000
