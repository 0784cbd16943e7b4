"""The browser's side of every view: one scope, no markup from texts, nothing fetched, colours of one file."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

VIEWS = ("board", "forming", "softmax", "steps", "whole")
NAMED = re.compile(r"^(?:async )?(?:const|let|function|class)\s+([A-Za-z_$][\w$]*)", re.MULTILINE)


@pytest.fixture(params=VIEWS)
def view(request: pytest.FixtureRequest) -> Any:
    """How a view is put together."""
    return import_module(f"viz.{request.param}.assemble")


def own(view: Any) -> list[Path]:
    """The rooms that no other view has."""
    return [path for path in view.paths() if path.parent == view.WEB]


def test_rooms_import_only_what_there_is_in_rooms_before_them(view: Any) -> None:
    before: list[Path] = []
    for path in view.paths():
        text = path.read_text(encoding="utf-8")
        for names, where in re.findall(r"^import \{([^}]*)\} from \"(.+?)\";$", text, re.MULTILINE):
            other = (path.parent / where).resolve()
            assert other.stem == "scales" or other in before, f"{path.name} imports {where}"
            for name in re.findall(r"\w+", names) if path in own(view) else ():
                found = other.read_text(encoding="utf-8")
                there = rf"^export (?:async )?(?:class|function|const) {name}\b"
                assert re.search(there, found, re.MULTILINE), name
                assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{path.name} does not use {name}"
        before.append(path)


@pytest.mark.parametrize("name", [*VIEWS, "linked"])
def test_rooms_share_one_scope_without_a_clash(name: str) -> None:
    script = import_module(f"viz.{name}.assemble").script()
    names = NAMED.findall(script)
    assert len(names) > 20
    assert [one for one, count in Counter(names).items() if count > 1] == []
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)


def test_no_room_is_left_out(view: Any) -> None:
    assert sorted(view.WEB.glob("*.js")) == sorted(own(view))


def test_text_is_set_as_text_and_nothing_is_fetched(view: Any) -> None:
    script = view.script()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|DOMParser", script)
    told = script + view.stylesheet()
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(|fetch\(", told)


def test_colours_come_from_one_file(view: Any) -> None:
    for path in [*own(view), *view.WEB.glob("*.css")]:
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsl", path.read_text(encoding="utf-8")), path
