"""What several tests of the pages begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.training import jobs
from pages.common import ahead, ask, checkpoints, startup


@pytest.fixture(autouse=True)
def begins_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages open with the same checkpoint in all languages, but where a test is about that."""
    monkeypatch.setattr(ask, "AT_HOME", {})


@pytest.fixture(autouse=True)
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is there when a page is opened; what is shown before it is has tests of its own."""
    monkeypatch.setattr(startup, "is_cold", lambda: False)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread goes on working behind a test."""
    monkeypatch.setattr(ahead, "work", lambda *told: None)


@pytest.fixture
def pronouns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages open with the checkpoint of the pronoun grammar alone, whose figures the tests know."""
    monkeypatch.setattr(checkpoints, "DEFAULT", "pronouns")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of runs for the test alone, which is not there yet; no process is started."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("HEADLIGHT_RUNS", str(folder))
    monkeypatch.setattr(jobs, "launch", lambda folder, task: None)
    return folder
