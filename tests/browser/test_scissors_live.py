"""Scissors on the beams of Explore: by mouse, by key and by finger, and what came of it, in one glance."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import App
from tests.browser.linkeds import away, button
from tests.browser.waiting import WAIT, settled

DRAWN = ".headlight[data-drawn]"
CUT = "Cut “it” → “street” in every head (X)"


def outcome(page: Page) -> Locator:
    return page.locator(".headlight .outcome")


def readout(page: Page) -> Locator:
    return page.locator(".headlight").get_by_role("status")


def answer(page: Page) -> Locator:
    return page.locator(".st-key-answer")


def opened(page: Page, app: App, link: str = "") -> Page:
    page.goto(f"{app.url}/{link}")
    settled(page, DRAWN)
    page.locator(".snip").first.wait_for(timeout=WAIT)
    return page


def test_a_beam_is_cut_and_elle_becomes_il_on_the_same_screen(app: App, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    opened(page, app)
    expect(outcome(page)).to_contain_text("qu'elle")
    page.get_by_role("button", name=CUT).click()
    expect(answer(page)).to_contain_text("elle becomes il", timeout=WAIT)
    expect(outcome(page).locator(".after mark")).to_have_text("il")
    expect(outcome(page).locator(".before mark")).to_have_text("elle")
    expect(page).to_have_url(re.compile("edits=cut-encoder-"))
    expect(readout(page)).not_to_contain_text("“street”")
    expect(button(page, "street")).to_have_class(re.compile("severed"))
    for place in (page.locator(".lines"), outcome(page), answer(page)):  # cause and effect in one glance
        box = place.bounding_box()
        assert box
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900
    page.get_by_role("button", name="Take the cut “it” → “street” back").click()
    expect(answer(page)).to_contain_text("Cut the beam", timeout=WAIT)
    expect(page).not_to_have_url(re.compile("edits="))


def test_cuts_are_taken_back_one_by_one_and_all(app: App, page: Page) -> None:
    opened(page, app, "?edits=cut-encoder-12-9,cut-encoder-12-2,cut-encoder-12-5")
    changes = outcome(page).locator(".changes button")
    expect(changes).to_have_count(4, timeout=WAIT)
    changes.first.click()
    expect(changes).to_have_count(3, timeout=WAIT)
    outcome(page).get_by_role("button", name="Take all back").click()
    expect(changes).to_have_count(0, timeout=WAIT)
    expect(page).not_to_have_url(re.compile("edits="))


def test_the_key_x_cuts_and_mends(app: App, page: Page) -> None:
    opened(page, app)
    away(page)
    readout(page).click()
    page.keyboard.press("x")
    expect(answer(page)).to_contain_text("no longer looks at “street”", timeout=WAIT)
    expect(button(page, "street")).to_have_class(re.compile("severed"), timeout=WAIT)  # as a person sees it
    page.locator(".token", has_text="street").focus()
    page.keyboard.press("x")
    expect(page).not_to_have_url(re.compile("edits="), timeout=WAIT)


def test_a_finger_holds_a_word_and_cuts_its_beam(app: App, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 850}, has_touch=True, locale="en-US")
    page = opened(context.new_page(), app)
    scissors = page.get_by_role("button", name=CUT)
    scissors.scroll_into_view_if_needed()
    box = scissors.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 24
    scissors.tap()
    expect(answer(page)).to_contain_text("elle becomes il", timeout=WAIT)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_where_nothing_changes_the_sentence_where_it_matters_is_offered(app: App, page: Page) -> None:
    text = "The animal didn't cross the street because it was too tired."
    opened(page, app, f"?text={text}")
    page.locator(".snip[aria-pressed=false]").first.click()
    expect(answer(page)).to_contain_text("by default", timeout=WAIT)
    page.get_by_role("button", name="Try it where it matters").click()
    expect(page.get_by_label("Sentence", exact=True)).not_to_have_value(text, timeout=WAIT)
    expect(page).not_to_have_url(re.compile("edits="))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_rows_of_cross_attention_say_what_they_write(app: App, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{app.url}/?kind=cross")
    settled(page, DRAWN)
    rows = page.locator(".token[data-side=query]")
    expect(rows.first).to_have_text("L'")
    rows.first.click()
    away(page)
    expect(readout(page)).to_contain_text("To write “L'” it looks")
    expect(answer(page)).to_contain_text("To write “L'”", timeout=WAIT)


def test_a_cut_goes_along_to_the_next_page_and_can_be_taken_back_there(app: App, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    opened(page, app)
    page.get_by_role("button", name=CUT).click()
    expect(answer(page)).to_contain_text("elle becomes il", timeout=WAIT)
    page.get_by_role("link", name="Attention, step by step").click()
    taken = page.get_by_role("button", name="“it” ✂ “street”, every head")
    expect(taken).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile("edits=cut-encoder-"))
    page.get_by_role("link", name="Masks").click()
    expect(page.get_by_text("what you cut on other pages is not cut here")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="The block").click()
    taken.click(timeout=WAIT)
    expect(taken).to_have_count(0, timeout=WAIT)
    expect(page).not_to_have_url(re.compile("edits="))
    page.get_by_role("link", name="Explore").click()
    expect(answer(page)).to_contain_text("Cut the beam", timeout=WAIT)


def test_a_text_that_was_stopped_at_the_limit_is_told_of_under_it(app: App, page: Page) -> None:
    page.goto(f"{app.url}/?text=나는 cat을 좋아해요 ฉันชอบแมวมาก because 재미있다")
    settled(page, DRAWN)
    expect(outcome(page).locator(".only + .note")).to_contain_text("was stopped at the limit of")
    opened(page, app)
    expect(outcome(page).locator(".note")).to_have_count(0)
