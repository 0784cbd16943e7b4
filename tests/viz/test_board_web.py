"""The browser's side of the board: one scope, no markup from texts, no colours of its own."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from viz.board import STRINGS
from viz.board.assemble import WEB, paths, script, stylesheet

OWN = [path for path in paths() if path.parent == WEB]


def test_rooms_import_what_there_is_from_rooms_before_them() -> None:
    before: list[Path] = []
    for path in paths():
        text = path.read_text(encoding="utf-8")
        for names, where in re.findall(r"^import \{([^}]*)\} from \"(.+?)\";$", text, re.MULTILINE):
            other = (path.parent / where).resolve()
            if other.stem == "scales":
                continue
            assert other in before, f"{path.name} imports {where}"
            for name in re.findall(r"\w+", names):
                told = other.read_text(encoding="utf-8")
                assert re.search(rf"^export (?:class|function|const) {name}\b", told, re.MULTILINE), name
                assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{path.name} does not use {name}"
        before.append(path)


def test_what_a_room_lends_is_borrowed() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in OWN}
    for path, text in texts.items():
        for name in re.findall(r"^export (?:class|function|const) (\w+)", text, re.MULTILINE):
            assert name == "component" or any(
                re.search(rf"\b{name}\b", other) for at, other in texts.items() if at != path
            ), f"{path.name} exports {name}"


def test_rooms_share_one_scope_without_a_clash() -> None:
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", script(), re.MULTILINE)
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert not re.search(r"^(import|export) ", script(), re.MULTILINE)
    assert sorted(WEB.glob("*.js")) == sorted(OWN)


def test_text_is_set_as_text_and_nothing_is_fetched() -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|DOMParser", script())
    assert not re.search(r"https?://|@import|url\(|fetch\(", script() + stylesheet())


def test_every_string_is_said_somewhere() -> None:
    """A string that no room asks for is a translator's wasted work."""
    text = "".join(path.read_text(encoding="utf-8") for path in OWN)
    for name in STRINGS:
        assert re.search(rf"\bstrings\.{name}\b", text), name


def test_colours_come_from_one_file() -> None:
    for path in [*OWN, WEB / "board.css"]:
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsl", path.read_text(encoding="utf-8")), path


def test_motion_is_short_and_only_where_it_is_wanted() -> None:
    css = (WEB / "board.css").read_text(encoding="utf-8")
    assert max(int(time) for time in re.findall(r"(\d+)ms", css)) <= 300
    start = css.index("@media (prefers-reduced-motion: no-preference)")
    assert not re.search(r"\b(transition|animation):", css[:start])
    assert "prefers-reduced-motion" in (WEB / "board.js").read_text(encoding="utf-8")
