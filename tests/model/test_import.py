"""The package's face: light to import, and its functions beside submodules of the same name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import assert_type

from model import Trace, trace
from model.capture.checkpoint import Checkpoint

ROOT = Path(__file__).resolve().parents[2]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_model_leaves_torch_alone() -> None:
    heavy = "[name for name in ('torch', 'transformers', 'sentencepiece') if name in sys.modules]"
    assert run(f"import sys, model; from model import load, trace, Trace; print({heavy})") == "[]"


def test_the_package_alone_leaves_numpy_alone() -> None:
    """What a page shows first needs neither: its question stands before NumPy is imported."""
    code = "import sys; from model import Cut, load; from model.errors import N_; "
    assert run(code + "print('numpy' in sys.modules)") == "False"


def test_functions_and_submodules_of_the_same_name() -> None:
    code = """
import model.trace
from model.trace import Stack, Trace
import model.capture.load, model.capture.record
from model import load, trace
import model
assert callable(trace) and callable(load) and model.trace is trace and model.load is load
assert model.Trace is Trace and Stack.__module__ == "model.trace"
try:
    model.load("no/such/folder/at/all")
except ValueError as error:
    print(error)
assert model.load is load and model.trace is trace
"""
    assert run(code) == "There is no folder no/such/folder/at/all."


def types_of_one_and_of_many(m: Checkpoint) -> None:
    """Read by mypy alone: what comes back of a text, and of a list of them."""
    assert_type(trace(m, "a"), Trace)
    assert_type(trace(m, ["a", "b"], target=["c", "d"]), list[Trace])


def test_what_trace_takes_is_written_once() -> None:
    told = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "model").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line == "@overload"
    ]
    assert told == ["model/__init__.py"] * 2
