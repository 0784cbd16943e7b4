"""The linked view inside Streamlit: it tells Python what is seen, and the link keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.linkeds import assert_lit, away, button, token
from tests.viz.traces import random


@pytest.fixture(scope="module")
def small_app() -> Iterator[str]:
    """The address of a running page with nothing but the linked view."""
    with App("tests/viz/linked_app.py") as running:
        yield running.url


def test_the_view_is_reported_and_lives_in_the_link(small_app: str, page: Page) -> None:
    page.goto(f"{small_app}/?heads=2.4")
    token(page, "it").click()
    expect(page).to_have_url(re.compile("held=9"))
    page.get_by_role("button", name="Layer 1, head 2").click()
    expect(page).to_have_url(re.compile(r"heads=1\.2"))
    expect(page.get_by_text("'heads': '1.2', 'held': '9'")).to_be_visible()
    page.reload()
    expect(page.locator(".chosen")).to_have_text("layer 1 · head 2")
    expect(button(page, "it")).to_have_attribute("aria-pressed", "true")


def test_another_sentence_keeps_head_and_word(small_app: str, page: Page) -> None:
    page.goto(f"{small_app}/?heads=1.1")
    page.get_by_role("button", name="Layer 2, head 4").click()
    token(page, "it").click()
    expect(page).to_have_url(re.compile("held=9"))
    page.get_by_label("Text").fill("very wide")
    page.get_by_label("Text").press("Enter")
    expect(token(page, "very")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("“it” looks 91 % at “street”")


def test_a_head_that_is_chosen_while_the_text_is_read_anew_stays(small_app: str, page: Page) -> None:
    page.goto(f"{small_app}/?heads=1.1")
    box = page.get_by_label("Read anew")
    for turn, head in enumerate((2, 3)):
        page.get_by_role("button", name=f"Layer 2, head {head}").click()
        box.dispatch_event("click")  # before the choice is told
        expect(page.get_by_text(re.compile(rf"now .*'heads': '2\.{head}'"))).to_be_visible()
        expect(page.locator(".chosen")).to_have_text(f"layer 2 · head {head}")
        expect(box).to_be_checked(checked=turn == 0)


def test_data_is_sent_once_and_drawn_anew_when_it_comes_back(small_app: str, page: Page) -> None:
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(len(frame))))
    page.goto(f"{small_app}/?text=128&heads=3.3")
    token(page, "token5").click()
    expect(page).to_have_url(re.compile("held=6"))
    first = sum(sent)
    assert first > 300_000
    sent.clear()
    token(page, "token9").click()
    expect(page).to_have_url(re.compile("held=6%2C10|held=6,10"))
    assert sum(sent) < first / 5
    page.get_by_text("Shown", exact=True).click()
    expect(page.locator(".headlight")).to_have_count(0)
    page.get_by_text("Shown", exact=True).click()
    expect(page.locator(".chosen")).to_have_text("layer 3 · head 3")
    expect(button(page, "token9")).to_have_attribute("aria-pressed", "true")


def test_the_theme_is_followed(small_app: str, page: Page) -> None:
    page.goto(f"{small_app}/?heads=2.4&held=9")
    expect(page.locator(".headlight")).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".headlight")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("status").first).to_contain_text("“it” looks 91 %")


def test_layers_of_a_long_text_come_when_wanted(small_app: str, page: Page) -> None:
    page.goto(f"{small_app}/?text=384&heads=1.1&held=8")
    expect(page.locator(".readout")).to_contain_text("“token7” looks", timeout=20_000)
    page.get_by_role("button", name="Layer 9, head 2").click()
    away(page)
    expect(page.locator(".chosen")).to_have_text("layer 9 · head 2")
    expect(page.locator(".readout")).to_contain_text("“token7” looks", timeout=10_000)
    assert_lit(page, random(384)["encoder"].weights[8, 1, 7])
