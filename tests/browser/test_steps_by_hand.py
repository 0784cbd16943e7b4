"""What is done with the player by mouse and keys: stepping, playing, choosing."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.films import CLOSE, at, lines, lit, readout, root
from tests.viz.steps_app import tired


def test_keys_step(show_film: Any) -> None:
    page = show_film(step=3)
    root(page).focus()
    for key, step in (
        ("ArrowRight", 4),
        ("ArrowRight", 5),
        ("ArrowLeft", 4),
        ("End", 16),
        ("ArrowRight", 16),
        ("Home", 0),
        ("ArrowLeft", 0),
    ):
        page.keyboard.press(key)
        at(page, step)
    expect(page.get_by_text("now 0,")).to_be_visible()


def test_buttons_pieces_and_slider_step(show_film: Any) -> None:
    page = show_film(step=3)
    page.get_by_role("button", name="Next step").click()
    at(page, 4)
    page.get_by_role("button", name="Step back").click()
    page.get_by_role("button", name="Step back").click()
    at(page, 2)
    page.get_by_role("button", name="To the end").click()
    at(page, 16)
    page.get_by_role("button", name="Step 6: “traversé”").click()
    at(page, 6)
    slider = page.get_by_role("slider", name="Step")
    slider.fill("11")
    at(page, 11)
    expect(slider).to_have_attribute("aria-valuetext", "11 / 16: il")
    expect(page).to_have_url(re.compile("step=11"))
    slider.press("ArrowRight")
    at(page, 12)
    slider.press("Home")
    at(page, 0)
    page.locator(".written .token").first.wait_for(state="hidden")


def test_it_plays_pauses_and_tells_python_when_it_rests(show_film: Any) -> None:
    page = show_film(step=2)
    page.get_by_role("button", name="2 ×").click()
    page.get_by_role("button", name="Play").click()
    expect(root(page)).to_have_attribute("data-playing", "true")
    at(page, 4)
    expect(page.get_by_text("now 2,")).to_be_visible()  # not told for each step that passes
    root(page).focus()
    page.keyboard.press(" ")
    expect(root(page)).to_have_attribute("data-playing", "false")
    stopped = root(page).get_attribute("data-step")
    expect(page.get_by_text(f"now {stopped},")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.wait_for_timeout(1100)
    assert root(page).get_attribute("data-step") == stopped


def test_it_stops_at_the_end_and_begins_anew(show_film: Any) -> None:
    page = show_film(step=15)
    page.get_by_role("button", name="2 ×").click()
    root(page).focus()
    page.keyboard.press(" ")
    at(page, 16)
    expect(root(page)).to_have_attribute("data-playing", "false")
    expect(page.get_by_text("now 16,")).to_be_visible()
    page.keyboard.press(" ")
    at(page, 0)
    expect(root(page)).to_have_attribute("data-playing", "true")
    at(page, 1)
    page.keyboard.press("ArrowRight")  # who steps has stopped it
    expect(root(page)).to_have_attribute("data-playing", "false")
    at(page, 2)


def test_another_word_is_chosen_once(show_film: Any) -> None:
    page = show_film(step=5)
    page.get_by_role("button", name="Next step").click()
    page.get_by_role("slider", name="Step").fill("11")
    page.get_by_role("button", name="“elle”, 6 %").click()  # before it has rested
    expect(page).to_have_url(re.compile("given=10(%3D|=)elle"))
    expect(page.get_by_text("now 11, chosen 1")).to_be_visible()
    expect(readout(page)).to_contain_text("You chose “elle” (6 %)")
    given = page.get_by_role("button", name="“elle”, 6 %, chosen by you")
    expect(given).to_have_attribute("aria-pressed", "true")
    expect(given).to_be_focused()
    expect(page.locator(".written .outlined")).to_have_text("elle")
    at(page, 11)
    given.click()  # it is chosen already
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("now 12, chosen 1")).to_be_visible()
    expect(readout(page)).to_contain_text("the decoder has written “… n'a pas traversé la rue parce qu'elle”")


def test_while_the_encoder_reads_a_word_can_be_asked(show_film: Any) -> None:
    page, film = show_film(), tired()
    expected = {(q, k) for q, k in np.argwhere(film.encoder >= 0.03)}
    found = {(line["query"], line["key"]) for line in lines(page, "encoder")}
    assert found <= expected
    assert len(found) == min(len(expected), 160)
    page.locator(".source .token").nth(8).hover()
    expect(readout(page)).to_contain_text("“it” looks")
    assert lit(page, "source") == pytest.approx(list(film.encoder[8]), abs=CLOSE)
    assert {line["query"] for line in lines(page, "encoder")} == {8}
    page.locator(".source .token").nth(8).click()
    page.mouse.move(2, 2)
    expect(page.get_by_role("button", name="What “it” looks at")).to_have_attribute("aria-pressed", "true")
    expect(readout(page)).to_contain_text("“it” looks")
    page.keyboard.press("ArrowRight")
    at(page, 1)
    expect(page.get_by_role("button", name="What “it” looks at")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    at(page, 2)


def test_a_player_that_comes_back_stands_where_it_was(show_film: Any) -> None:
    page = show_film(step=1)
    page.get_by_role("slider", name="Step").fill("9")
    expect(page.get_by_text("now 9,")).to_be_visible()
    page.get_by_text("Shown", exact=True).click()
    expect(root(page)).to_have_count(0)
    page.get_by_text("Shown", exact=True).click()
    at(page, 9)
    page.reload()
    at(page, 9)
