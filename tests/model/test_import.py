"""The package's face: light to import, and its functions beside submodules of the same name."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_model_leaves_torch_alone() -> None:
    heavy = "[name for name in ('torch', 'transformers', 'sentencepiece') if name in sys.modules]"
    assert run(f"import sys, model; from model import load, trace, Trace; print({heavy})") == "[]"


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
