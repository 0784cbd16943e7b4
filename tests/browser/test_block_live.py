"""What a person does on the block page, in a real browser: with the mouse and with the keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.boards import board, press
from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled


def go(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(".headlight[data-drawn]").first.wait_for(timeout=WAIT)
    settled(page)


def said(page: Page) -> Locator:
    return page.locator(".st-key-answer")


def part(page: Page, name: str) -> Locator:
    """A part of the drawn layer, by what it is called."""
    return page.locator(".headlight.block").get_by_role("button", name=re.compile(f"^{re.escape(name)}"))


def test_a_part_is_opened_by_mouse_touch_and_keyboard(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/block")
    expect(said(page)).to_contain_text("Self-attention adds a vector", timeout=WAIT)
    told = page.locator(".headlight.block section")
    with timed("block", page):
        part(page, "Feed-forward").click()
        expect(told).to_contain_text("units", timeout=WAIT)
    expect(page).to_have_url(re.compile("inside=2.sublayer"))
    expect(part(page, "Feed-forward")).to_have_attribute("aria-pressed", "true")
    settled(page)
    part(page, "Feed-forward").focus()
    page.keyboard.press("ArrowDown")
    with timed("block", page):
        page.keyboard.press("Enter")
        expect(told).to_contain_text("σ", timeout=WAIT)
    expect(page).to_have_url(re.compile("inside=1.norm"))
    expect(part(page, "LayerNorm").first).to_be_focused()  # and stays so while the numbers change


def test_the_whole_layer_and_its_answer_stand_on_the_first_screen(app: App, page: Page) -> None:
    for query in ("", "?kind=decoder"):
        page.set_viewport_size({"width": 1280, "height": 900})
        go(page, f"{app.url}/block{query}")
        picture, answer = page.locator(".headlight.block").bounding_box(), said(page).bounding_box()
        assert picture
        assert answer
        assert picture["y"] <= 260
        assert answer["y"] + answer["height"] <= 900
    page.set_viewport_size({"width": 400, "height": 850})
    go(page, f"{app.url}/block")
    picture = page.locator(".headlight.block").bounding_box()
    assert picture
    assert picture["y"] <= 420
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth <= e.clientWidth")


def test_another_sublayer_another_sum(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/block?part=residual")
    answer = said(page)
    expect(answer).to_contain_text("Self-attention adds a vector", timeout=WAIT)
    expect(page.get_by_test_id("stImage")).to_have_count(2, timeout=WAIT)  # both orders of sum and norm
    with timed("block", page):
        page.get_by_role("radio", name="Feed-forward").last.click()
        expect(answer).to_contain_text("Feed-forward adds a vector", timeout=WAIT)
    expect(page).to_have_url(re.compile("sublayer=feed-forward"))
    settled(page)
    with timed("block", page):
        page.get_by_role("radio", name="Self-attention").last.click()
        expect(answer).to_contain_text("Self-attention adds a vector", timeout=WAIT)


def test_a_feature_is_chosen_by_mouse_and_keyboard(app: App, page: Page) -> None:
    go(page, f"{app.url}/block?part=residual&feature=3")
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
    page.get_by_role("combobox", name="See").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("Feed")
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("units fire", timeout=WAIT)
    expect(page).to_have_url(re.compile("part=feed-forward"))
    settled(page)


def test_deeper_twins_grow_longer(app: App, page: Page) -> None:
    page.goto(f"{app.url}/block?part=growth&whose=twins")
    answer = said(page)
    expect(answer).to_contain_text("After 12 layers", timeout=WAIT)
    expect(page.locator(".js-plotly-plot")).to_have_count(1, timeout=WAIT)
    page.get_by_role("slider").press("ArrowRight")
    expect(answer).to_contain_text("After 13 layers", timeout=WAIT)
    expect(page).to_have_url(re.compile("layers=13"))
