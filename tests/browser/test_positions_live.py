"""What a person does on the Positions page, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled, with_pronouns

DRAWN = ".headlight.board canvas"


def go(page: Page, url: str) -> Page:
    page.goto(with_pronouns(url))
    settled(page, DRAWN)
    return page


def test_another_scheme_is_another_picture(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/positions")
    sentence = page.get_by_role("heading", level=3).first
    expect(sentence).to_contain_text("Every position adds a pattern", timeout=WAIT)
    expect(page.locator(".js-plotly-plot")).to_have_count(3)
    before = page.locator(".headlight.board canvas").first.screenshot()
    with timed("positions", page):
        page.get_by_role("radio", name="Rotary").click()
        expect(sentence).to_contain_text("is turned, by an angle", timeout=WAIT)
    settled(page, DRAWN)
    assert page.locator(".headlight.board canvas").first.screenshot() != before
    expect(page).to_have_url(re.compile("scheme=rotary"))
    values = page.locator('[data-testid="stMetricValue"]')
    same = values.nth(0).inner_text()
    slider = page.get_by_role("slider", name="Both further by")
    slider.focus()
    with timed("positions", page):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text("q at 47, k at 44: distance 3")).to_be_visible(timeout=WAIT)
    expect(values.nth(0)).to_have_text(same)
    expect(values.nth(1)).to_have_text(same)


def test_words_are_shuffled_again_and_the_vectors_do_not_care(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/positions?part=shuffle")
    values = page.locator('[data-testid="stMetricValue"]')
    expect(values).to_have_count(2, timeout=WAIT)
    assert float(values.nth(0).inner_text()) > 0.5
    for press in (True, False):
        old = values.nth(0).inner_text()
        button = page.get_by_role("button", name="Shuffle again")
        with timed("positions", page):
            if press:
                button.press("Enter")
            else:
                button.click()
            expect(values.nth(0)).not_to_have_text(old, timeout=WAIT)
        assert float(values.nth(1).inner_text()) < 1e-4
    expect(page).to_have_url(re.compile("seed=2"))


def test_without_positions_a_translation_falls_apart(app: App, page: Page) -> None:
    page.goto(with_pronouns(f"{app.url}/positions?part=without"))
    expect(page.get_by_role("heading", level=3).first).to_contain_text("falls apart", timeout=WAIT)
    expect(page.get_by_text("Le vieil animal")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(1)
