"""What is done with the linked view by mouse, keys and fingers: holding, walking, scrolling."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from tests.browser.linkeds import HEAD, assert_lit, away, button, drawn, token, weights
from tests.viz.traces import pronouns
from viz.linked import View, html


def test_click_holds_and_click_again_or_escape_lets_go(show_linked: Any) -> None:
    page = show_linked(pronouns())
    token(page, "it").click()
    away(page)
    expect(page.get_by_role("status")).to_contain_text("“it” looks 91 %")
    expect(button(page, "it")).to_have_attribute("aria-pressed", "true")
    token(page, "it").click()
    expect(page.get_by_role("status")).to_contain_text("Point at a word")
    token(page, "street").click()
    away(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("status")).to_contain_text("Point at a word")
    expect(button(page, "street")).to_have_attribute("aria-pressed", "false")


def test_clicks_hold_in_every_panel(show_linked: Any) -> None:
    page = show_linked(pronouns())
    box = page.locator(".lines canvas").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.12, box["y"] + 8.5 * box["height"] / 13)
    away(page)
    expect(button(page, "it")).to_have_attribute("aria-pressed", "true")
    page.mouse.click(box["x"] + box["width"] * 0.88, box["y"] + 1.5 * box["height"] / 13)
    away(page)
    expect(button(page, "it")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("status")).to_contain_text("“it” looks at “animal” with 91 %")


def test_arrow_keys_walk_layers_and_heads(show_linked: Any) -> None:
    page = show_linked(pronouns(), replace(HEAD, held=(8,)))
    expect(page.locator(".chosen")).to_have_text("layer 2 · head 4")
    for key, head in (
        ("ArrowUp", "layer 1 · head 4"),
        ("ArrowUp", "layer 1 · head 4"),
        ("ArrowLeft", "layer 1 · head 3"),
        ("ArrowDown", "layer 2 · head 3"),
        ("ArrowRight", "layer 2 · head 4"),
        ("ArrowRight", "layer 2 · head 4"),
    ):
        page.keyboard.press(key)
        expect(page.locator(".chosen")).to_have_text(head)
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(50)
    assert_lit(page, weights(pronouns(), View(heads=((1, 2),)))[8])


def test_an_arrow_key_that_leads_to_no_head_scrolls_the_page(show_linked: Any) -> None:
    page = show_linked(pronouns())
    page.set_viewport_size({"width": 900, "height": 300})
    page.locator("body").click(position={"x": 2, "y": 2})
    page.keyboard.press("ArrowUp")
    expect(page.locator(".chosen")).to_have_text("layer 1 · head 4")
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("ArrowDown")
    expect(page.locator(".chosen")).to_have_text("layer 2 · head 4")
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("ArrowDown")
    until = time.monotonic() + 10
    while page.evaluate("scrollY") == 0:  # it scrolls smoothly
        assert time.monotonic() < until
        page.wait_for_timeout(50)


def test_the_keyboard_alone_is_enough(show_linked: Any) -> None:
    page = show_linked(pronouns())
    for _ in range(3 + 1 + 9):  # the three kinds of attention, the options, then the words up to “it”
        page.keyboard.press("Tab")
    expect(button(page, "it")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("“it” looks 91 %")
    page.keyboard.press("Enter")
    expect(button(page, "it")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("End")
    expect(button(page, ".")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Layer 2, head 4")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Layer 2, head 3")).to_be_focused()
    expect(page.get_by_role("button", name="Layer 2, head 3")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(button(page, "it")).to_have_attribute("aria-pressed", "false")


def test_a_finger_holds_and_lets_go(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "linked.html"
    path.write_text(html(pronouns(), view=HEAD), encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(path.as_uri())
    drawn(page)
    button(page, "it").tap()
    expect(page.get_by_role("status")).to_contain_text("“it” looks 91 %")
    page.get_by_role("button", name="Layer 1, head 1").tap()
    expect(page.locator(".chosen")).to_have_text("layer 1 · head 1")
    button(page, "it").tap()
    expect(page.get_by_role("status")).to_contain_text("Point at a word")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
