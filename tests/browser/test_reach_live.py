"""What a person does on How far does it reach?, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.boards import board, press
from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled

PLOT = ".js-plotly-plot"


def test_another_scale_of_w_is_another_picture(app: App, page: Page, timed: Clock) -> None:
    page.goto(f"{app.url}/reach")
    settled(page, PLOT)
    answer = page.locator(".st-key-answer")
    expect(answer).to_contain_text("W × 1: 100 words back all five", timeout=WAIT)
    slider = page.get_by_role("slider", name="Scale of W")
    for scale in ("1.5", "2"):  # at once or while they are measured in the background
        slider.press("ArrowRight")
        expect(answer).to_contain_text(f"W × {scale}:", timeout=WAIT)
    for key, scale in (("ArrowLeft", "1.5"), ("ArrowLeft", "1"), ("ArrowRight", "1.5")):
        with timed("reach", page):
            slider.press(key)
            expect(answer).to_contain_text(f"W × {scale}:", timeout=WAIT)
    expect(page).to_have_url(re.compile("gain=1.5"))
    page.goto(f"{app.url}/reach?gain=4")
    expect(answer).to_contain_text("RNN (ReLU) has exploded", timeout=WAIT)


def test_a_word_is_asked_by_its_row(app: App, page: Page, timed: Clock) -> None:
    page.goto(f"{app.url}/reach?part=trained&checkpoint=pronouns&text=The+animal+was+tired.")
    answer = page.locator(".st-key-answer")
    expect(answer).to_contain_text("The state behind", timeout=WAIT)
    settled(page)
    for row, word in ((1, "animal"), (3, "tired")):
        with timed("reach", page):
            press(board(page), "reach", row, -1)
            expect(answer).to_contain_text(f"behind “{word}”", timeout=WAIT)
    expect(page).to_have_url(re.compile("token=4"))
