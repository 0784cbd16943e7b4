"""How soon a page shows what it is about, once the app is warm; the report tells it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from pages.common.menu import pages
from tests.browser.conftest import App, Times

WAIT = 60_000  # milliseconds: the first page waits for torch
PICTURE = ".headlight[data-drawn], .js-plotly-plot"
WORDS = {"tokens": "h3"}  # what answers in words
IDEAS = ("Text", "Attention", "The model")
PAGES = {page.name: WORDS.get(page.name, PICTURE) for page in pages() if page.group in IDEAS}


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_shows_what_it_is_about(app: App, page: Page, arrivals: Times, name: str) -> None:
    for _ in range(2):  # with the first the app is warm
        page.goto(f"{app.url}/{name}", wait_until="commit")
        page.locator(PAGES[name]).first.wait_for(timeout=WAIT)
        arrived = page.evaluate("performance.now()") / 1000
    arrivals[name].append(arrived)
    assert page.get_by_role("heading", level=1).count() == 1
