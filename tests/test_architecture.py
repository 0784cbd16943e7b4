"""The floors of the house: which room may know of which."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the ground up: a wing of `model` knows only of those before it.
WINGS = (
    "errors",
    "locks",
    "discovery",
    "trace",
    "decodings",
    "unrolled",
    "traces",
    "edits",
    "listening",
    "attention",
    "networks",
    "data",
    "text",
    "capture",
    "decode",
    "analysis",
    "experiments",
    "scores",
    "tasks",
    "training",
    "comparison",
    "tables",
    "alignment",
    "evaluate",
)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = (ROOT / node.module.replace(".", "/")).is_dir()
            yield from (f"{node.module}.{alias.name}" if inside else node.module for alias in node.names)


def of(folder: str) -> list[tuple[Path, str]]:
    return [(path, name) for path in sorted((ROOT / folder).rglob("*.py")) for name in imports(path)]


def test_every_wing_has_its_floor() -> None:
    found = {path.stem for path in (ROOT / "model").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert found - {"__init__", "__pycache__"} == set(WINGS)


def test_no_arrow_runs_back_up_in_model() -> None:
    wrong = []
    for path, name in of("model"):
        parts = name.split(".")
        own = path.relative_to(ROOT / "model").parts[0].removesuffix(".py")
        if parts[0] != "model" or len(parts) < 2 or own == "__init__" or parts[1] not in WINGS:
            continue
        # The record's methods ask for what keeps it in files and tables, which know of it.
        if WINGS.index(parts[1]) > WINGS.index(own) and (own, parts[1]) != ("trace", "traces"):
            wrong.append(f"{path.relative_to(ROOT)} → {name}")
    assert not wrong


@pytest.mark.parametrize(
    ("folder", "banned"),
    [
        ("model", {"streamlit", "plotly", "viz", "pages", "census"}),
        ("viz", {"torch", "transformers", "pages", "census"}),
        ("pages", {"torch", "plotly", "transformers", "census"}),
    ],
)
def test_nobody_knows_of_what_stands_above(folder: str, banned: set[str]) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} → {name}" for path, name in of(folder) if name.split(".")[0] in banned
    ]
    assert not wrong


def test_viz_knows_only_the_records() -> None:
    known = {name for _path, name in of("viz") if name.split(".")[0] == "model"}
    rooms = {".".join(name.split(".")[:2]) for name in known}
    assert rooms <= {"model.trace", "model.traces", "model.decodings", "model.unrolled", "model.Trace"}, known


def calls(path: Path) -> Iterator[str]:
    """What a file calls, as it is written there: "line.split('\\t')"."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node)


@pytest.mark.parametrize(
    ("what", "rooms"),
    [
        (r".*split\('\\t'.*|csv\.\w*[Rr]eader\(.*", {"model/data"}),
        (r"(np\.)?rint\(.*", {"model/traces/levels.py", "viz/linked/codes.py"}),
        (
            r"((threading|filelock)\.)?\w*(Lock|Semaphore)\(.*|.*factory=R?Lock\).*|fcntl\..*",
            {"model/locks.py"},
        ),
    ],
    ids=["rows between tabs", "weights as bytes", "locks"],
)
def test_what_is_done_in_one_room_is_done_in_no_other(what: str, rooms: set[str]) -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("model", "viz", "pages")
        for path in (ROOT / folder).rglob("*.py")
        if any(re.fullmatch(what, call, re.DOTALL) for call in calls(path))
    }
    assert found
    assert all(any(path.startswith(room) for room in rooms) for path in found), found


def test_the_names_that_people_write_need_no_torch() -> None:
    code = (
        "import sys\nfrom model import Cut, Open, Silence, Temperature, Trace, Uniform, load, trace, watch\n"
        "assert not {'torch', 'transformers', 'pandas'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
