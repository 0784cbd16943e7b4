"""What a person does on the block page, in a real browser: with the mouse and with the keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.boards import board, press
from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled


def go(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(".headlight.board[data-drawn]").first.wait_for(timeout=WAIT)
    settled(page)


def test_another_sublayer_another_sum(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/block")
    said = page.get_by_role("heading", level=3).first
    expect(said).to_contain_text("Self-attention adds a vector", timeout=WAIT)
    expect(page.get_by_test_id("stImage")).to_have_count(2, timeout=WAIT)  # both orders of sum and norm
    with timed("block", page):
        page.get_by_role("radio", name="Feed-forward").last.click()
        expect(said).to_contain_text("Feed-forward adds a vector", timeout=WAIT)
    expect(page).to_have_url(re.compile("sublayer=feed-forward"))
    settled(page)
    with timed("block", page):
        page.get_by_role("radio", name="Self-attention").last.click()
        expect(said).to_contain_text("Self-attention adds a vector", timeout=WAIT)


def test_a_feature_is_chosen_by_mouse_and_keyboard(app: App, page: Page) -> None:
    go(page, f"{app.url}/block?feature=3")
    told = page.get_by_text("of the token, whose mean is")
    expect(told).to_contain_text("Feature 3 ", timeout=WAIT)
    press(board(page), "features", 2, 89)
    expect(told).to_contain_text("Feature 90 ", timeout=WAIT)
    settled(page)
    board(page).locator(".panels").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(told).not_to_contain_text("Feature 90 ", timeout=WAIT)
    expect(page).to_have_url(re.compile(r"feature=\d+"))


def test_the_parts_are_walked_with_the_keyboard(app: App, page: Page) -> None:
    go(page, f"{app.url}/block")
    page.get_by_role("radio", name="Residual and norm").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=3).first).to_contain_text("units fire", timeout=WAIT)
    expect(page).to_have_url(re.compile("part=feed-forward"))
    settled(page)


def test_deeper_twins_grow_longer(app: App, page: Page) -> None:
    page.goto(f"{app.url}/block?part=growth&whose=twins")
    said = page.get_by_role("heading", level=3).first
    expect(said).to_contain_text("After 12 layers", timeout=WAIT)
    expect(page.locator(".js-plotly-plot")).to_have_count(1, timeout=WAIT)
    page.get_by_role("slider").press("ArrowRight")
    expect(said).to_contain_text("After 13 layers", timeout=WAIT)
    expect(page).to_have_url(re.compile("layers=13"))
