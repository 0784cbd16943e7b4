"""What a person does on the page on attention, by mouse and by keyboard, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.boards import board, press, read
from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled, with_pronouns


def go(app: App, page: Page, query: str = "") -> Locator:
    page.goto(with_pronouns(f"{app.url}/attention{query}"))
    page.locator(".headlight[data-drawn]").first.wait_for(timeout=WAIT)
    settled(page)
    return board(page)


def sentence(page: Page) -> Locator:
    return page.get_by_role("heading", level=3).first


def test_the_steps_are_gone_through_by_mouse_and_by_keyboard(app: App, page: Page, timed: Clock) -> None:
    root = go(app, page)
    expect(sentence(page)).to_contain_text("asks with a query of 32 numbers")
    answers = ("= 58.68, the largest of 14", "÷ √32 = 10.37", "Nothing is masked", "into 100 %")
    for answer in answers[:2]:
        with timed("attention", page):
            page.get_by_role("button", name="On").click()
            expect(sentence(page)).to_contain_text(answer)
    settled(page)
    assert float(read(root, "scores", 0, 1)) == pytest.approx(10.37, abs=0.01)
    page.mouse.move(5, 5)
    for answer in answers[2:]:
        with timed("attention", page):
            page.keyboard.press("n")
            expect(sentence(page)).to_contain_text(answer)
    settled(page)
    page.wait_for_timeout(400)  # numbers glide
    assert float(read(root, "scores", 0, 1)) > 0.99
    expect(page).to_have_url(re.compile(r"[?&]step=5"))
    page.keyboard.press("b")
    expect(sentence(page)).to_contain_text(answers[2])
    page.get_by_role("button", name="Back").focus()
    page.keyboard.press("Enter")
    expect(sentence(page)).to_contain_text(answers[1])
    page.get_by_role("radio", name="sum", exact=True).click()
    expect(sentence(page)).to_contain_text("Summed feature by feature")
    expect(page.get_by_role("button", name="On")).to_be_disabled()


def test_a_key_and_a_query_are_chosen_on_the_board(app: App, page: Page) -> None:
    root = go(app, page, "?step=2")
    press(root, "scores", -1, 4)
    expect(sentence(page)).to_contain_text("k of “cross”")
    expect(page).to_have_url(re.compile(r"[?&]looked=5"))
    settled(page)
    page.get_by_role("radio", name="every query").click()
    expect(sentence(page)).to_contain_text("14 × 14 = 196")
    settled(page)
    press(board(page), "scores", 0, 0)
    expect(page).to_have_url(re.compile(r"[?&]token=1(&|$)"))
    page.get_by_role("radio", name="one query").click()
    expect(sentence(page)).to_contain_text("q of “The”")


def test_the_width_of_a_key_decides_the_spread(app: App, page: Page, timed: Clock) -> None:
    go(app, page, "?experiment=variance")
    answer = page.get_by_role("heading", level=3).last
    expect(answer).to_contain_text("√64 = 8.00")
    slider = page.get_by_role("slider", name="Features of a key")
    slider.focus()
    with timed("attention", page):
        page.keyboard.press("ArrowRight")
        expect(answer).to_contain_text("√128 = 11.31")
    settled(page)
    first = answer.inner_text()
    page.get_by_role("button", name="Draw again").click()
    expect(answer).not_to_have_text(first)
    # While the page is built anew the old curve still stands above the new one.
    expect(page.locator(".st-key-spread .js-plotly-plot")).to_have_count(1)


def test_x_is_turned_and_the_sum_follows(app: App, page: Page) -> None:
    go(app, page, "?experiment=sum")
    answer = page.get_by_role("heading", level=3).last
    first = answer.inner_text()
    assert "error 0.00" in first
    page.get_by_role("slider", name="Direction of x").focus()
    page.keyboard.press("ArrowRight")
    expect(answer).not_to_have_text(first)
    expect(answer).to_contain_text("error 0.00")
    page.get_by_role("radio", name="attention:").click()
    expect(answer).to_contain_text("all sum to 1")
