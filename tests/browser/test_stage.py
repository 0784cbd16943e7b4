"""The first screen of every page: where its picture begins, that it is whole with its answer, that no text is
clipped or stands on another, on a laptop, a projector and a phone, in both languages. The report tells how
soon the picture stands there."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from pages.common import menu
from pages.common.stage import ANSWER, PICTURE
from tests.browser.boxes import clipped, lines, overlapping, small
from tests.browser.conftest import App, Times

WAIT = 60_000
PAGES = menu.pages()
DRAWN = ".headlight[data-drawn], .js-plotly-plot"
IDEAS = ("Before the Transformer", "Text", "Attention", "The model")
# What each of these is about; one answers in words.
SHOWN = {one.name: "h3" if one.name == "tokens" else DRAWN for one in PAGES if one.group in IDEAS}
HELP = "Help"  # pages that are read, and have no answer of their own


class Screen(NamedTuple):
    width: int
    height: int
    top: int  # where the picture begins at the latest


LAPTOP, PROJECTOR, PHONE = Screen(1280, 900, 260), Screen(1920, 1080, 380), Screen(400, 850, 420)
LEAST = 18  # pixels of type on a projector


def box(page: Page, key: str) -> dict[str, float]:
    found = page.locator(f".st-key-{key}")
    expect(found).to_have_count(1, timeout=WAIT)
    measured = found.bounding_box()
    assert measured is not None
    return {"top": measured["y"], "bottom": measured["y"] + measured["height"]}


def is_wrong(said: ConsoleMessage) -> bool:
    """An error, but for what Streamlit asks for below a page's address before it asks at the root."""
    return said.type == "error" and "/_stcore/" not in said.location.get("url", "")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("one", PAGES, ids=[one.name for one in PAGES])
def test_the_first_screen(app: App, page: Page, arrivals: Times, one: menu.Page, language: str) -> None:
    wrong: list[str] = []
    page.on("console", lambda said: wrong.extend([said.text] * is_wrong(said)))
    address = f"{app.url}/{'' if one.default else one.name}?lang={language}"
    for screen in (LAPTOP, PROJECTOR, PHONE):
        page.set_viewport_size({"width": screen.width, "height": screen.height})
        if screen is not PROJECTOR:  # a window is drawn larger, a phone opens the page
            page.goto(address, wait_until="commit")
        if screen is LAPTOP and one.name in SHOWN and language == "ko":  # the app is warm
            page.locator(SHOWN[one.name]).first.wait_for(timeout=WAIT)
            arrivals[one.name].append(page.evaluate("performance.now()") / 1000)
        picture = box(page, PICTURE)
        if one.group != HELP:
            expect(page.locator(f".st-key-{ANSWER} p").first).not_to_be_empty(timeout=WAIT)
        page.wait_for_timeout(500)
        picture = box(page, PICTURE)
        assert picture["top"] <= screen.top
        if one.group != HELP:
            answer = box(page, ANSWER)
            assert answer["bottom"] <= screen.height
            assert screen is PHONE or picture["bottom"] <= screen.height
        found = lines(page)
        assert not clipped(found)
        assert not overlapping(found)
        if screen is PROJECTOR:
            assert not small([line for line in found if float(line["top"]) < screen.height], LEAST)
    assert not wrong
