"""What a person does on the Positions page, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled, with_pronouns

DRAWN = ".headlight.board canvas, .js-plotly-plot"


def go(page: Page, url: str) -> Page:
    page.goto(with_pronouns(url))
    settled(page, DRAWN)
    return page


def test_another_scheme_is_another_picture(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/positions")
    sentence = page.locator(".st-key-answer")
    expect(sentence).to_contain_text("Most alike are 11 and 12", timeout=WAIT)
    words = page.locator(".js-plotly-plot .xaxislayer-above text, .js-plotly-plot .xaxislayer-below text")
    for word in ("The", "animal", "0", "13"):
        expect(words.get_by_text(word, exact=True).first).to_be_visible()
    before = page.locator(".js-plotly-plot").first.screenshot()
    with timed("positions", page):
        page.get_by_role("radio", name="Rotary").click()
        expect(sentence).to_contain_text("is turned, by an angle", timeout=WAIT)
    settled(page, DRAWN)
    assert page.locator(".js-plotly-plot").first.screenshot() != before
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
    answer = page.locator(".st-key-answer")
    order = page.get_by_text("Shuffled: ")
    expect(answer).to_contain_text("the order makes no difference", timeout=WAIT)
    for press in (True, False):
        old = order.inner_text()
        button = page.get_by_role("button", name="Shuffle again")
        with timed("positions", page):
            if press:
                button.press("Enter")
            else:
                button.click()
            expect(order).not_to_have_text(old, timeout=WAIT)
        expect(answer).to_contain_text("the order makes no difference")
    expect(page).to_have_url(re.compile("shuffle=2"))


def test_without_positions_a_translation_falls_apart(app: App, page: Page) -> None:
    page.goto(with_pronouns(f"{app.url}/positions?part=without"))
    expect(page.locator(".st-key-answer")).to_contain_text("another translation", timeout=WAIT)
    expect(page.get_by_text("Le vieil animal")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(1)
