"""The browser's side of a run's film: one scope, no markup from texts, no colours of its own."""

from __future__ import annotations

import re

from viz.forming import STRINGS
from viz.forming.assemble import WEB, paths, script
from viz.forming.strings import merge_strings

OWN = [path for path in paths() if path.parent == WEB]


def test_every_string_is_said_somewhere() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in paths())
    knobs = {"first", "back", "on", "last"}
    for name in STRINGS.keys() - knobs - {"encoder", "decoder", "cross"}:
        assert re.search(rf"(\bs|\bstrings)\.{name}\b", text), name
    assert "strings[name]" in text


def test_motion_is_short_and_only_where_it_is_wanted() -> None:
    css = (WEB / "forming.css").read_text(encoding="utf-8")
    start = css.index("@media (prefers-reduced-motion: no-preference)")
    assert not re.search(r"\b(transition|animation):", css[:start])
    assert max(int(time) for time in re.findall(r"(\d+)ms", css)) <= 300
    assert "prefers-reduced-motion" in script()


def test_translations_take_the_place_of_english() -> None:
    assert merge_strings({"play": "재생", "other": "x"}) == {**STRINGS, "play": "재생"}
