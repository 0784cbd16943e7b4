"""The browser's side of the bars of the softmax: one scope, no markup from texts, no colours of its own."""

from __future__ import annotations

import re

from viz.softmax import STRINGS
from viz.softmax.assemble import WEB, paths

OWN = [path for path in paths() if path.parent == WEB]


def test_every_string_is_said_somewhere() -> None:
    """A string that no room asks for is a translator's wasted work."""
    text = "".join(path.read_text(encoding="utf-8") for path in OWN)
    for name in STRINGS:
        assert re.search(rf"\bstrings\.{name}\b", text), name


def test_nothing_moves_by_style() -> None:
    """A transition would show lengths between two states that no number says."""
    css = (WEB / "softmax.css").read_text(encoding="utf-8")
    assert not re.search(r"\b(transition|animation):", css)
