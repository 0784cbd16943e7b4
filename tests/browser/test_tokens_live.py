"""What a person does on the Tokens page, in a real browser: mouse and keyboard, the link, a download."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.boards import board, press
from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled, with_pronouns


def go(page: Page, url: str) -> Page:
    page.goto(with_pronouns(url))
    expect(answer(page)).to_be_visible(timeout=WAIT)
    settled(page)
    return page


def answer(page: Page) -> Locator:
    return page.locator(".st-key-answer")


def row(page: Page, name: str) -> Locator:
    return page.locator(".hl-table tr", has=page.get_by_role("rowheader", name=name))


def test_a_text_is_cut_as_it_is_written(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/tokens")
    expect(answer(page)).to_contain_text("unaffordable → un + afford + able for byte-pair")
    expect(row(page, "Words").locator(".hl-unknown bdi").first).to_have_text("unaffordable")
    box = page.get_by_label("Text", exact=True)
    box.fill("It is unbreakable.")
    with timed("tokens", page):
        box.press("Enter")
        expect(answer(page)).to_contain_text("unbreakable →")
    expect(page).to_have_url(re.compile("passage=It"))
    with timed("tokens", page):
        page.get_by_role("button", name="Examples").click()
        page.get_by_role("menuitem", name="A family").click()
        expect(row(page, "Byte-pair")).to_contain_text("F0")
    expect(row(page, "WordPiece").locator(".hl-unknown").first).to_be_visible()


def test_on_a_phone_the_pieces_have_the_whole_width(app: App, page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 900})
    go(page, f"{app.url}/tokens")
    found = row(page, "Byte-pair")
    name, line = found.get_by_role("rowheader").bounding_box(), found.locator(".hl-pieces").bounding_box()
    assert name
    assert line
    assert line["width"] > 340
    assert line["y"] >= name["y"] + name["height"]
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth <= e.clientWidth")


def test_a_larger_vocabulary_makes_fewer_pieces(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/tokens")
    numbers = row(page, "Byte-pair").locator(".hl-number")
    pieces, vocabulary = numbers.first, numbers.last
    expect(vocabulary).to_have_text("1,000")
    before = int(pieces.inner_text())
    slider = page.get_by_role("slider")
    slider.focus()
    for size in (950, 900, 850):
        with timed("tokens", page):
            slider.press("ArrowLeft")
            expect(vocabulary).to_have_text(str(size))
    slider.press("Home")
    expect(vocabulary).to_have_text("450")
    assert int(pieces.inner_text()) > before
    expect(page).to_have_url(re.compile(r"[?&]size=450"))


def test_merges_are_played_by_mouse_and_by_keyboard(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/tokens?part=merges")
    pieces = page.get_by_test_id("stMetricValue").first
    start = int(pieces.inner_text())
    with timed("tokens", page):
        page.get_by_role("button", name="Next").click()
        expect(pieces).not_to_have_text(str(start))
    expect(page.locator(".hl-fresh").first).to_be_visible()
    expect(page).to_have_url(re.compile("merge=1"))
    slider = page.get_by_role("slider")
    slider.focus()
    with timed("tokens", page):
        slider.press("End")
        expect(page.locator(".hl-piece", has_text="afford")).to_have_text("afford")
    slider.press("Home")
    expect(answer(page)).to_contain_text("every character is a piece")


def test_the_merges_play_by_themselves_until_they_are_stopped(app: App, page: Page) -> None:
    go(page, f"{app.url}/tokens?part=merges")
    page.get_by_role("button", name="Play").click()
    expect(page).to_have_url(re.compile("merge=3"), timeout=20_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached", timeout=WAIT)
    page.wait_for_timeout(1000)  # what was under way when it was stopped arrives
    stopped = answer(page).inner_text()
    page.wait_for_timeout(2000)
    assert answer(page).inner_text() == stopped


def test_the_trained_tokenizer_is_saved(app: App, page: Page) -> None:
    go(page, f"{app.url}/tokens?part=train&vocabulary=300")
    expect(answer(page)).to_contain_text("300 pieces were learned")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as tokenizer.json").click()
    saved = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert len(saved["model"]["vocab"]) == 300


def test_another_piece_is_chosen_on_the_board(app: App, page: Page, timed: Clock) -> None:
    go(page, f"{app.url}/tokens?part=vectors&strips=true")
    expect(answer(page)).to_contain_text("“tired” is number 251")
    root = board(page)
    with timed("tokens", page):
        press(root, "vectors", 1, 3)
        expect(answer(page)).to_contain_text("“was” is number")
    expect(page).to_have_url(re.compile("piece=2"))
