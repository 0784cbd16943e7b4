"""The browser's side of the player: one scope, no markup from texts, no colours of its own."""

from __future__ import annotations

import re

from viz.steps import STRINGS
from viz.steps.assemble import WEB, paths
from viz.steps.strings import merge_strings

OWN = [path for path in paths() if path.parent == WEB]


def test_every_string_is_said_somewhere() -> None:
    """A string that no room asks for is a translator's wasted work."""
    text = "".join(path.read_text(encoding="utf-8") for path in OWN)
    knobs = {"first", "back", "on", "last"}  # asked for by the names of the buttons
    forms = {
        "cell",
        "writes",
        "ends",
        "was_given",
        "looks_back",
    }  # asked for by their names, with _2 for two keys
    shared = {"percent"}  # said by the linked view's percent()
    assert 'knob("first"' in text
    for name in STRINGS.keys() - knobs - shared:
        asked = re.search(rf"(\bs|\bstrings)\.{name}\b", text)
        form = name.removesuffix("_2").removesuffix("_alone")
        assert asked or (form in forms and f'"{form}"' in text), name


def test_motion_is_short_and_only_where_it_is_wanted() -> None:
    css = (WEB / "steps.css").read_text(encoding="utf-8")
    times = [int(time) for time in re.findall(r"(\d+)ms", css)]
    assert times
    assert max(times) <= 300
    start = css.index("@media (prefers-reduced-motion: no-preference)")
    assert not re.search(r"\b(transition|animation):", css[:start])


def test_translations_take_the_place_of_english() -> None:
    assert merge_strings({"play": "재생", "other": "x"}) == {**STRINGS, "play": "재생"}
