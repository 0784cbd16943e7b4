"""The browser's side of the board: one scope, no markup from texts, no colours of its own."""

from __future__ import annotations

import re
from pathlib import Path

from viz.board import STRINGS
from viz.board.assemble import WEB, paths

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


def test_every_string_is_said_somewhere() -> None:
    """A string that no room asks for is a translator's wasted work."""
    text = "".join(path.read_text(encoding="utf-8") for path in OWN)
    for name in STRINGS:
        assert re.search(rf"\bstrings\.{name}\b", text), name


def test_motion_is_short_and_only_where_it_is_wanted() -> None:
    css = (WEB / "board.css").read_text(encoding="utf-8")
    assert max(int(time) for time in re.findall(r"(\d+)ms", css)) <= 300
    start = css.index("@media (prefers-reduced-motion: no-preference)")
    assert not re.search(r"\b(transition|animation):", css[:start])
    assert "prefers-reduced-motion" in (WEB / "board.js").read_text(encoding="utf-8")
