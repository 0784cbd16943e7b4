"""Where the film stands is the page's where it asks for something new, else the person's."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz.steps_app import identifier, tired
from viz.steps.mount import Played, Turn, next_turn, play, read_choice
from viz.steps.pack import digest_of

FILM = tired()
DIGEST = digest_of(FILM)


def turn(last: Turn | None, asked: int, report: Any = None, digest: str = DIGEST, steps: int = 16) -> Turn:
    return next_turn(last, digest, steps, asked, report)


def rested(last: Turn, step: float) -> dict[str, Any]:
    return {"film": last.digest, "revision": last.revision, "step": step}


def test_the_first_step_is_the_page_s_as_far_as_there_is_one() -> None:
    assert (turn(None, 5).told, turn(None, 5).revision) == (5, 1)
    assert turn(None, 99).now == 16
    assert turn(None, -3).now == 0


def test_then_the_person_decides_and_the_browser_is_told_nothing_new() -> None:
    first = turn(None, 0)
    second = turn(first, 0, rested(first, 7.0))
    assert (second.now, second.told, second.revision) == (7, 0, 1)
    third = turn(second, 7, rested(first, 7.0))  # the page asks for what it got back
    assert (third.now, third.revision) == (7, 1)
    assert turn(third, 7, rested(first, 8.0)).now == 8


def test_another_step_is_a_new_request() -> None:
    first = turn(None, 0)
    second = turn(first, 0, rested(first, 7))
    third = turn(second, 3, rested(first, 7))
    assert (third.now, third.told, third.revision) == (3, 3, 2)
    assert turn(third, 3, rested(first, 9)).now == 3  # a report that comes late


def test_another_film_stands_where_the_person_was() -> None:
    first = turn(None, 0)
    second = turn(first, 0, rested(first, 12))
    third = turn(second, 12, rested(first, 12), digest="other")
    assert (third.now, third.told, third.revision) == (12, 12, 2)
    assert turn(second, 12, rested(first, 12), digest="short", steps=4).now == 4


def test_a_player_that_is_mounted_anew_stands_where_it_was() -> None:
    first = turn(None, 0)
    second = turn(first, 0, rested(first, 7))
    third = turn(second, 0, None)
    assert (third.told, third.revision) == (7, 2)
    assert turn(third, 0, None).revision == 2


@pytest.mark.parametrize("nonsense", ["x", 7, [], {}, {"film": DIGEST}, {"step": 3}])
def test_nonsense_from_the_browser_is_left_alone(nonsense: Any) -> None:
    first = turn(None, 2)
    assert turn(first, 2, nonsense).now == 2
    assert read_choice(FILM, first, nonsense) is None


@pytest.mark.parametrize("step", [math.nan, math.inf, 2.5, "3", None, []])
def test_steps_that_are_no_steps_are_left_alone(step: Any) -> None:
    first = turn(None, 2)
    assert turn(first, 2, rested(first, step)).now == 2
    assert read_choice(FILM, first, {**rested(first, step), "id": 1}) is None


def test_a_choice_is_one_that_was_offered_and_not_made() -> None:
    first = turn(None, 12)
    elle, il, rue = identifier("elle"), FILM.steps[10].chosen.id, identifier("rue")
    assert elle in [choice.id for choice in FILM.steps[10].best]
    assert rue not in [choice.id for choice in FILM.steps[10].best]
    assert read_choice(FILM, first, {**rested(first, 10), "id": float(elle)}) == (10, elle)
    for other in (il, rue, None, "x"):
        assert read_choice(FILM, first, {**rested(first, 10), "id": other}) is None
    for step in (-1, 16):
        assert read_choice(FILM, first, {**rested(first, step), "id": elle}) is None
    assert read_choice(FILM, replace(first, revision=2), {**rested(first, 10), "id": elle}) is None


def page(asked: int) -> None:
    import streamlit as st

    from tests.viz.steps_app import tired
    from viz.steps.mount import play

    now = play(tired(), key="here", step=asked)
    kept = st.session_state["here (steps)"]
    st.write(f"{now.step} {now.choice} {kept.revision}")


def said(app: AppTest) -> str:
    assert not app.exception
    return app.markdown[0].value


def test_a_page_gets_the_step_and_the_choice() -> None:
    app = AppTest.from_function(page, args=(3,)).run()
    assert said(app) == "3 None 1"
    report = {"film": DIGEST, "revision": 1, "step": 12}
    app.session_state["here"] = {"rest": report}
    assert said(app.run()) == "12 None 1"
    choice = {"film": DIGEST, "revision": 1, "step": 10, "id": identifier("elle")}
    app.session_state["here"] = {"rest": report, "choice": choice}
    assert said(app.run()) == f"12 (10, {identifier('elle')}) 1"


def test_without_a_session_it_stands_where_it_was_asked_to() -> None:
    assert play(FILM, key="bare", step=4) == Played(4)
