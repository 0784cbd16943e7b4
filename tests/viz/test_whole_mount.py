"""Where the picture stands is the page's where it asks for something new, else the person's."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from viz.whole.mount import Turn, next_turn
from viz.whole.view import View, is_place

START = View("", 3, 2)


def report(turn: Turn, **view: Any) -> dict[str, Any]:
    told = {"at": "", "read": 3, "step": 2, "query": None, "key": None, **view}
    return {"record": turn.digest, "revision": turn.revision, "view": told}


def test_the_page_begins_and_the_person_goes_on() -> None:
    first = next_turn(None, "a", START, None)
    assert (first.now, first.revision, first.reported) == (START, 1, False)
    moved = next_turn(first, "a", START, report(first, at="encoder.1.2"))
    assert moved.now == View("encoder.1.2", 3, 2)
    assert (moved.told, moved.revision, moved.reported) == (START, 1, True)
    linked = next_turn(moved, "a", moved.now, report(first, at="encoder.1.2"))
    assert (linked.now, linked.revision) == (moved.now, 1)


def test_another_link_is_a_new_request() -> None:
    first = next_turn(None, "a", START, None)
    moved = next_turn(first, "a", START, report(first, at="output"))
    asked = View("decoder.0", 1, 0)
    third = next_turn(moved, "a", asked, report(first, at="output"))
    assert (third.now, third.told, third.revision, third.reported) == (asked, asked, 2, False)


def test_another_record_is_sent_whole_and_stands_where_the_person_was() -> None:
    first = next_turn(None, "a", START, None)
    moved = next_turn(first, "a", START, report(first, at="encoder.1"))
    other = next_turn(moved, "b", moved.now, report(first, at="encoder.1"))
    assert (other.now.at, other.digest, other.reported) == ("encoder.1", "b", False)


def test_a_browser_that_lost_the_record_gets_it_again() -> None:
    first = next_turn(None, "a", START, None)
    moved = next_turn(first, "a", START, report(first, at="encoder.1"))
    lost = {"record": "a", "revision": 1, "lost": True}
    again = next_turn(moved, "a", moved.now, lost)
    assert (again.now.at, again.reported, again.revision) == ("encoder.1", False, 2)
    assert not next_turn(moved, "a", moved.now, None).reported


@pytest.mark.parametrize(
    "nonsense",
    ["x", 7, [], {}, {"record": "a"}, {"record": "a", "revision": 1, "view": {"at": "../etc"}}],
)
def test_nonsense_is_left_alone(nonsense: Any) -> None:
    first = next_turn(None, "a", START, None)
    assert next_turn(first, "a", START, nonsense).now == START


@pytest.mark.parametrize("number", [math.nan, math.inf, -1, 2.5, "3", None, [], True, 1e9])
def test_places_that_are_none_are_passed_over(number: Any) -> None:
    first = next_turn(None, "a", START, None)
    assert next_turn(first, "a", START, report(first, at="output", read=number)).now.read is None


@given(some.text(max_size=20) | some.none() | some.integers())
def test_only_places_are_places(at: Any) -> None:
    assert is_place(at) in (True, False)
    if is_place(at):
        assert View.from_json({"at": at}) is not None


@pytest.mark.parametrize(
    ("at", "head", "layer"),
    [
        ("", None, None),
        ("encoder.tokens", None, None),
        ("encoder.1", None, ("encoder", 1)),
        ("decoder.0.cross", None, ("decoder", 0)),
        ("encoder.1.3", ("encoder", 1, 3), ("encoder", 1)),
        ("cross.0.2.pair", ("cross", 0, 2), ("decoder", 0)),
        ("output", None, None),
    ],
)
def test_a_place_tells_its_layer_and_head(at: str, head: Any, layer: Any) -> None:
    assert (View(at).head, View(at).layer) == (head, layer)
