"""What a person does on the page on several heads, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.boards import board, press
from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled, with_pronouns


def go(app: App, page: Page, query: str = "") -> None:
    page.goto(with_pronouns(f"{app.url}/heads{query}"))
    expect(answer(page)).to_be_visible(timeout=WAIT)
    settled(page)


def answer(page: Page) -> Locator:
    return page.locator(".st-key-answer")


def test_another_layer_and_another_token_by_mouse_and_by_keyboard(app: App, page: Page, timed: Clock) -> None:
    go(app, page, "?kind=encoder&layer=2&v=3")
    root = board(page)
    panel = root.locator("figure").first.get_attribute("data-panel") or ""
    with timed("heads", page):
        press(root, panel, 0, 0)
        expect(answer(page)).to_contain_text("From “The”")
    expect(page).to_have_url(re.compile(r"[?&]token=1(&|$)"))
    settled(page)
    page.get_by_test_id("stPopoverButton").last.click()
    layer = page.get_by_role("radiogroup", name="Layer").get_by_role("radio", name="1", exact=True)
    share = answer(page).inner_text()
    layer.focus()
    with timed("heads", page):
        page.keyboard.press("Space")
        expect(answer(page)).not_to_have_text(share)


def test_two_heads_that_differ_are_seen_at_once(app: App, page: Page) -> None:
    """At its first query each of the two looks most where the sentence says, by the board's own numbers."""
    go(app, page)
    told = re.findall(r"head (\d+) (?:looks most )?at “(.+?)”", answer(page).inner_text())
    assert len(told) == 2
    root = board(page)
    for head, key in told:
        note = root.locator(f"figure[data-panel='head {int(head) - 1}'] .note")
        expect(note).to_contain_text(f"→ “{key}”")
    assert told[0][1] != told[1][1]


def test_the_width_is_resized(app: App, page: Page) -> None:
    go(app, page, "?part=width")
    expect(answer(page)).to_contain_text("128 = 4 × 32")
    expect(page.locator(".st-key-slices .bars .point")).to_have_count(4)
    heads = page.get_by_role("slider", name="Heads, h")
    heads.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("128 features cannot be shared evenly among 5 heads")).to_be_visible()
    settled(page)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(answer(page)).to_contain_text("128 = 8 × 16")
    expect(page.locator(".st-key-slices .bars .point")).to_have_count(8)


def test_this_machine_is_measured(app: App, page: Page) -> None:
    go(app, page, "?part=costs")
    page.get_by_role("button", name="Measure on this machine").click()
    expect(page.locator(".st-key-times .js-plotly-plot")).to_have_count(1, timeout=WAIT)


def test_the_head_goes_along_from_page_to_page(app: App, page: Page) -> None:
    go(app, page, "?kind=cross")
    page.get_by_role("link", name="Attention, step by step").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How does a word find what it looks at?")
    expect(page.get_by_test_id("stPopoverButton").last).to_contain_text("Cross", timeout=WAIT)
    expect(page).to_have_url(re.compile(r"[?&]kind=cross"))
    settled(page)
    page.get_by_test_id("stPopoverButton").last.click()
    page.get_by_role("radio", name="3", exact=True).click()
    expect(page).to_have_url(re.compile(r"[?&]head=3"))
    settled(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Several heads").click()
    expect(answer(page)).to_contain_text("looks most at", timeout=WAIT)
