"""Nothing that is read is cut off or written over, on a phone and where there is little room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from math import atan2, hypot, pi, sin
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.boards import board
from tests.browser.conftest import App
from tests.browser.waiting import WAIT, settled

# What is written on canvases: [text, font, two numbers of the transform and its place], for each.
LISTEN = """(() => {
  const write = CanvasRenderingContext2D.prototype.fillText;
  window.written = [];
  CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
    const { a, b, c, d, e, f } = this.getTransform();
    window.written.push([text, this.font, [a, b, e, f]]);
    return write.call(this, text, ...more);
  };
})()"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 400, "height": 850}, locale="ko-KR")
    context.add_init_script(LISTEN)
    yield context.new_page()
    context.close()


def written(page: Page) -> list[Any]:
    told: list[Any] = page.evaluate("window.written")
    return told


def test_the_answer_of_the_path_is_read_on_a_phone(app: App, phone: Page) -> None:
    phone.goto(f"{app.url}/path?checkpoint=pronouns-ko")
    phone.locator(".headlight.whole[data-drawn][data-still=true]").wait_for(timeout=2 * WAIT)
    settled(phone)
    assert {text for text, font, _ in written(phone) if font.startswith(("bold", "700"))} == {"아이유"}


@pytest.mark.parametrize("name", ["heads", "masks"])
def test_words_over_narrow_columns_do_not_touch(app: App, phone: Page, name: str) -> None:
    phone.goto(f"{app.url}/{name}?checkpoint=pronouns-ko")
    board(phone)
    settled(phone)
    leaning = [(text, font, at) for text, font, at in written(phone) if at[1] < 0]
    assert {"드라마", "호텔", "델루나"} <= {text for text, _, _ in leaning}
    for (_, font, (a, b, x, y)), (_, _, (_, _, other, down)) in pairwise(leaning):
        if down == y and other > x:  # the next column of the same panel
            high = float(re.findall(r"([0-9.]+)px", font)[0]) * hypot(a, b)
            assert (other - x) * sin(atan2(-b, a)) >= high
            assert pi / 4 - 0.01 < atan2(-b, a) <= pi / 2


def test_a_checkpoint_that_is_longer_than_its_box_ends_in_an_ellipsis(app: App, phone: Page) -> None:
    phone.goto(f"{app.url}/?checkpoint=pronouns-shortcut")
    field = phone.locator(".st-key-checkpoint input")
    field.wait_for(timeout=WAIT)
    assert field.evaluate("field => getComputedStyle(field).textOverflow") == "ellipsis"


def test_a_number_over_an_arc_is_not_covered_by_that_of_a_piece(app: App, page: Page) -> None:
    page.goto(f"{app.url}/translate?checkpoint=en-fr&text={quote('.')}")
    page.locator(".headlight.steps .light text").wait_for(timeout=WAIT)
    settled(page)
    over, piece = page.locator(".headlight.steps").evaluate("""root => {
      const token = root.querySelector(".source .token.told");
      const { bottom, height } = getComputedStyle(token, "::before");
      const lower = token.getBoundingClientRect().bottom - parseFloat(bottom);
      const number = root.querySelector(".light text").getBoundingClientRect();
      return [number.bottom, lower - parseFloat(height)];
    }""")
    assert over <= piece + 6  # the box of a line of text has room under its digits
