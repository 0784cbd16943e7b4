"""What a person does on the Masks page, in a real browser."""

from __future__ import annotations

import re
import time
from itertools import pairwise

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled, with_pronouns

DRAWN = ".headlight.board canvas"


def go(page: Page, url: str) -> Page:
    page.goto(with_pronouns(url))
    settled(page, DRAWN)
    return page


def said(page: Page) -> Locator:
    return page.locator(".st-key-answer")


def test_masks_are_switched_with_mouse_and_keyboard(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/masks?kind=encoder&layer=2")
    expect(said(page)).to_contain_text("these 91 of 196 pairs", timeout=WAIT)
    with timed("masks", page):
        page.get_by_role("button", name="Padding").click()
        expect(said(page)).to_contain_text("closes 97 of 196 pairs", timeout=WAIT)
    expect(page).to_have_url(re.compile("masks=causal%2Cpadding"))
    expect(page.get_by_label("Another sentence, of another length")).to_be_visible()
    page.get_by_role("button", name="Causal").focus()
    with timed("masks", page):
        page.keyboard.press("Enter")
        expect(said(page)).to_contain_text("closes 42 of 196 pairs", timeout=WAIT)
    settled(page, DRAWN)
    canvases = page.locator(".headlight.board canvas")
    expect(canvases).to_have_count(3)  # scores, weights without the mask and with it, in one row
    tops = "all => new Set(all.map(one => one.getBoundingClientRect().top)).size"
    until = time.monotonic() + 10  # titles of one and of two lines come one after the other
    while canvases.evaluate_all(tops) > 1 and time.monotonic() < until:
        page.wait_for_timeout(100)
    boxes = [panel.bounding_box() for panel in canvases.all()]
    for left, right in pairwise(boxes):
        assert left
        assert right
        assert right["x"] >= left["x"] + left["width"]
        assert right["y"] == left["y"]


def test_a_row_is_painted_over(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/masks?part=paint&kind=encoder&layer=2&masks=none")
    expect(said(page)).to_have_text(re.compile("^196 of 196"), timeout=WAIT)
    canvas = page.locator(".headlight.board canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    with timed("masks", page):
        page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6)
        expect(said(page)).to_have_text(re.compile("^195 of 196"), timeout=WAIT)
    expect(page).to_have_url(re.compile("painted=14x14-"))
    page.get_by_role("button", name="Close this row").press("Enter")
    expect(said(page)).to_contain_text("closed altogether", timeout=WAIT)
    expect(page.get_by_text("three implementations disagree")).to_be_visible()
    page.get_by_role("button", name="Start again").click()
    expect(said(page)).to_have_text(re.compile("^196 of 196"), timeout=WAIT)
    expect(page).not_to_have_url(re.compile("painted"))


def test_a_later_word_leaks_only_without_the_mask(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/masks?part=leak")
    expect(said(page)).to_contain_text("exactly 0", timeout=WAIT)
    first = said(page).inner_text()
    assert "“il” becomes “elle”" in first
    with timed("masks", page):
        page.get_by_role("radio", name="dans").click()
        expect(said(page)).to_contain_text("“dans”", timeout=WAIT)
    expect(said(page)).to_contain_text("exactly 0")
    expect(page).to_have_url(re.compile(r"becomes=\d+"))
