"""What a person does on the page of the whole path, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled, with_pronouns


def go(page: Page, url: str) -> None:
    page.goto(with_pronouns(url))
    expect(page.locator(".st-key-outlook .js-plotly-plot")).to_have_count(1, timeout=2 * WAIT)
    settled(page)


def answer(page: Page) -> Locator:
    return page.get_by_role("heading", level=3).first


def test_another_source_word_leads_to_another_piece(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/path")
    expect(answer(page)).to_contain_text("“il”")
    page.get_by_label("The source token that is followed").click()
    with timed("path", page):
        page.get_by_role("option", name="2 · animal").click()
        expect(answer(page)).to_contain_text("writes “animal”", timeout=WAIT)
    expect(page).to_have_url(re.compile("token=2"))
    expect(page.locator(".st-key-outlook .js-plotly-plot")).to_contain_text("chosen")


def test_the_step_is_chosen_with_the_keyboard(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/path")
    box = page.get_by_label("The piece that is written")
    box.focus()
    box.press("ArrowDown")
    page.get_by_role("option", name="12 · était").wait_for(timeout=WAIT)
    box.press("ArrowDown")
    with timed("path", page):
        box.press("Enter")
        expect(answer(page)).not_to_contain_text("“il”, with", timeout=WAIT)
    expect(page).to_have_url(re.compile(r"step=\d+"))


def test_a_stage_links_to_its_own_page_with_the_same_sentence(app: App, page: Page) -> None:
    go(page, f"{app.url}/path?text=The+dog+ate+the+cake+because+it+was+hungry.")
    page.get_by_role("link", name="This cross-attention").click()
    expect(page).to_have_url(re.compile(r"/attention\?.*kind=cross"), timeout=WAIT)
    expect(page.get_by_label("Sentence", exact=True)).to_have_value(
        "The dog ate the cake because it was hungry.", timeout=WAIT
    )
