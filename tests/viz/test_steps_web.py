"""The browser's side of the player: one scope, no markup from texts, no colours of its own."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from viz.steps import STRINGS
from viz.steps.assemble import WEB, paths, script, stylesheet
from viz.steps.strings import merge_strings

OWN = [path for path in paths() if path.parent == WEB]


def test_rooms_import_only_from_rooms_before_them() -> None:
    before: list[Path] = []
    for path in paths():
        text = path.read_text(encoding="utf-8")
        for imported in re.findall(r"^import [^;]* from \"(.+?)\";$", text, re.MULTILINE):
            where = (path.parent / imported).resolve()
            assert where.stem == "scales" or where in before, f"{path.name} imports {imported}"
        before.append(path)


def test_rooms_import_what_there_is() -> None:
    for path in OWN:
        text = path.read_text(encoding="utf-8")
        for names, where in re.findall(r"^import \{([^}]*)\} from \"(.+?)\";$", text, re.MULTILINE):
            other = (path.parent / where).resolve().read_text(encoding="utf-8")
            for name in re.findall(r"\w+", names):
                assert re.search(rf"^export (?:class|function|const) {name}\b", other, re.MULTILINE), name
                assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{path.name} does not use {name}"


def test_rooms_share_one_scope_without_a_clash() -> None:
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", script(), re.MULTILINE)
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert not re.search(r"^(import|export) ", script(), re.MULTILINE)
    assert sorted(WEB.glob("*.js")) == sorted(OWN)


def test_text_is_set_as_text_and_nothing_is_fetched() -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|DOMParser", script())
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(", script() + stylesheet())


def test_every_string_is_said_somewhere() -> None:
    """A string that no room asks for is a translator's wasted work."""
    text = "".join(path.read_text(encoding="utf-8") for path in OWN)
    knobs = {"first", "back", "on", "last"}  # asked for by the names of the buttons
    forms = {"cell", "looks", "looks_back"}  # asked for by their names, with _2 for two keys
    shared = {"percent"}  # said by the linked view's percent()
    assert 'knob("first"' in text
    for name in STRINGS.keys() - knobs - shared:
        asked = re.search(rf"(\bs|\bstrings)\.{name}\b", text)
        assert asked or (name.removesuffix("_2") in forms and f'"{name.removesuffix("_2")}"' in text), name


def test_colours_come_from_one_file() -> None:
    for path in [*OWN, WEB / "steps.css"]:
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsl", path.read_text(encoding="utf-8")), path


def test_motion_is_short_and_only_where_it_is_wanted() -> None:
    css = (WEB / "steps.css").read_text(encoding="utf-8")
    times = [int(time) for time in re.findall(r"(\d+)ms", css)]
    assert times
    assert max(times) <= 300
    start = css.index("@media (prefers-reduced-motion: no-preference)")
    assert not re.search(r"\b(transition|animation):", css[:start])


def test_translations_take_the_place_of_english() -> None:
    assert merge_strings({"play": "재생", "other": "x"}) == {**STRINGS, "play": "재생"}
