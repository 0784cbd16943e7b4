"""What a person did is told to the page once, and nonsense never."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import streamlit as st
from hypothesis import given, strategies
from streamlit.testing.v1 import AppTest

from tests.viz.board_app import attention, mask
from viz.board import Act, numbered_axis, panel
from viz.board import mount as room
from viz.board.mount import Known

MASK = Known(mask())


def choice(number: float, place: Any = 2, axis: Any = "queries", name: Any = "weights") -> dict[str, Any]:
    return {"number": number, "panel": name, "axis": axis, "place": place}


def stroke(number: float, painted: Any, allowed: Any = True, name: str = "mask") -> dict[str, Any]:
    return {"number": number, "panel": name, "painted": painted, "allowed": allowed}


def acts(*listed: Any, heard: int = 0, known: Known = MASK) -> tuple[list[Act], int]:
    return known.acts({"sides": known.sides, "acts": list(listed)}, heard)


def test_choices_and_strokes_are_told_in_order() -> None:
    found, number = acts(choice(1.0), stroke(2.0, [[0.0, 1.0], [0, 2]], allowed=False), choice(3, 5, "keys"))
    assert found == [
        Act("weights", "queries", 2),
        Act("mask", painted=((0, 1), (0, 2)), allowed=False),
        Act("weights", "keys", 5),
    ]
    assert number == 3


def test_what_was_heard_is_not_told_again() -> None:
    both = choice(4), choice(5, 1)
    assert acts(*both, heard=4) == ([Act("weights", "queries", 1)], 5)
    assert acts(*both, heard=5) == ([], 5)


def test_what_was_meant_for_another_board_is_heard_and_left_alone() -> None:
    known = Known(attention())
    report = {"sides": MASK.sides, "acts": [choice(1), choice(2)]}
    assert known.acts(report, 0) == ([], 2)


@pytest.mark.parametrize(
    "nonsense",
    [
        choice(1, 6),
        choice(1, -1),
        choice(1, 1.5),
        choice(1, None),
        choice(1, math.nan),
        choice(1, math.inf),
        choice(1, True),
        choice(1, axis="features"),
        choice(1, axis=["queries"]),
        choice(1, name="other"),
        choice(1, name=["mask"]),
        stroke(1, [[0, 0]], name="weights"),  # not to be painted
        stroke(1, [[0, 0]], allowed=1),
        stroke(1, [[6, 0], [0, -1], [0], [0, 1, 2], "ab", None, [0, "1"]]),
        stroke(1, "cells"),
        stroke(1, []),
        {"number": 1},
    ],
)
def test_nonsense_is_left_out(nonsense: dict[str, Any]) -> None:
    assert acts(nonsense, choice(2)) == ([Act("weights", "queries", 2)], 2)


@pytest.mark.parametrize("report", [None, 7, "x", [], {}, {"acts": None}, {"acts": "ab"}, {"acts": [1, {}]}])
def test_a_report_that_is_none_is_left_alone(report: Any) -> None:
    assert MASK.acts(report, 3) == ([], 3)


JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.floats() | strategies.text(max_size=4),
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(
            strategies.sampled_from(["number", "panel", "axis", "place", "painted", "allowed", "acts"]), inner
        )
    ),
    max_leaves=12,
)


@given(strategies.lists(JSON, max_size=3))
def test_whatever_comes_is_survived(listed: list[Any]) -> None:
    found, _ = acts(*listed)
    for act in found:
        assert act.panel in MASK.panels


def test_cells_that_are_there_are_painted() -> None:
    found, _ = acts(stroke(1, [[5, 5], [6, 0], [0, 0]]))
    assert found == [Act("mask", painted=((5, 5), (0, 0)), allowed=True)]


def test_a_side_of_one_name_may_be_of_two_lengths() -> None:
    one = panel("a", "", np.zeros((2, 5)), numbered_axis("places", 2), numbered_axis("places", 5))
    found, _ = acts(choice(1, 4, "places", "a"), known=Known([one]))
    assert found == [Act("a", "places", 4)]


def test_the_page_is_told_before_it_runs_again(monkeypatch: pytest.MonkeyPatch) -> None:
    mounted: dict[str, Any] = {}
    monkeypatch.setattr(room, "_component", lambda: lambda **given: mounted.update(given))
    told: list[Act] = []
    room.board(mask(), key="told", act=told.append)
    sides = MASK.sides
    for listed in ([choice(1)], [choice(1), stroke(2, [[0, 1]])]):
        st.session_state["told"] = {"act": {"sides": sides, "acts": listed}}
        mounted["on_act_change"]()
    assert told == [Act("weights", "queries", 2), Act("mask", painted=((0, 1),), allowed=True)]
    mounted.clear()
    room.board(mask(), key="told")
    assert "on_act_change" not in mounted


def test_boards_open_without_a_browser() -> None:
    for name in ("attention", "empty", "strange"):
        app = AppTest.from_file("../viz/board_app.py")
        app.query_params["board"] = name
        assert not app.run().exception
