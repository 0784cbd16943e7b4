"""What the modules of a package offer is found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from model.discovery import collect
from model.tasks import Recipe, Task, tasks

ONE = "class One:\n    name = '{name}'\nTHINGS = (One,)\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package, which can be imported by its name."""
    folder = tmp_path / f"offers_{tmp_path.name.replace('-', '_')}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    return folder


def test_files_and_folders_are_found_by_the_names_of_what_they_offer(package: Path) -> None:
    (package / "file.py").write_text(ONE.format(name="first"))
    (package / "folder").mkdir()
    (package / "folder" / "__init__.py").write_text(ONE.format(name="second"))
    (package / "helper.py").write_text("THING = 3\n")
    assert [*collect(package.name, "THINGS")] == ["first", "second"]


def test_two_of_one_name_are_refused(package: Path) -> None:
    for name in ("a", "b"):
        (package / f"{name}.py").write_text(ONE.format(name="same"))
    with pytest.raises(ValueError, match="has two that are called 'same'"):
        collect(package.name, "THINGS")


def test_a_task_that_says_nothing_of_its_lesson_is_offered() -> None:
    class Plain(Task):
        name, title, recipe = "plain", "Plain", Recipe(1, 1, 1e-3, 0)

    assert Plain.lesson is not None
    assert not Plain.measures
    kept_back = {name for name, task in tasks().items() if task.lesson is None}
    assert kept_back == {"en-fr", "pronouns-shortcut"}
