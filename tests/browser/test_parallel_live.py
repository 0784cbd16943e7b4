"""What a person does on One at a time, or all at once, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled

PLOT = ".js-plotly-plot"


def test_longer_texts_and_times_measured_here(app: App, page: Page, timed: Clock) -> None:
    page.goto(f"{app.url}/parallel?cost_width=32")
    settled(page, PLOT)
    answer = page.locator(".st-key-answer")
    expect(answer).to_contain_text("256 steps, one after another", timeout=WAIT)
    slider = page.get_by_role("slider", name="Words, n")
    with timed("parallel", page):
        slider.press("ArrowRight")
        expect(answer).to_contain_text("512 steps, one after another", timeout=WAIT)
    expect(page).to_have_url(re.compile("n=512"))
    page.get_by_role("button", name="Measure on this machine").click()
    expect(answer).to_contain_text("Measured at n = 512", timeout=WAIT)
    expect(page.get_by_text("rounds in turns; threads:")).to_be_visible()
    expect(page.locator(PLOT)).to_have_count(2)
