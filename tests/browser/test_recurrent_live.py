"""What a person does on the pages One word after another and Gates, in a real browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled
from tests.model.recurrents import save_networks

TEXT = "text=the+film+was+not+good+because+it+was+very+bad"
STEPS = ".headlight.unrolled[data-drawn]"


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app whose runs are small recurrent networks."""
    runs = tmp_path_factory.mktemp("runs", numbered=False)
    folder = save_networks(runs, "tagger-lstm", "sentiment-lstm", "tagger-gru")
    with patch.dict(os.environ, {"HEADLIGHT_RUNS": str(folder)}), App() as running:
        yield running.url


def test_a_person_goes_from_step_to_step(networks: str, page: Page, timed: Clock) -> None:
    page.goto(f"{networks}/unrolled?{TEXT}&checkpoint=runs/tagger-lstm&moment=2")
    page.locator(STEPS).wait_for(timeout=WAIT)
    answer = page.locator(".st-key-answer p")
    expect(answer).to_contain_text("“film” is tagged")
    settled(page)
    with timed("unrolled", page):
        page.get_by_role("button", name="Next").click()
        expect(answer).to_contain_text("“was” is tagged")
    page.keyboard.press("n")
    expect(answer).to_contain_text("“not” is tagged")
    page.locator("[data-step='8']").click()
    expect(answer).to_contain_text("“very” is tagged")
    expect(page.locator("[data-step='8']")).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("moment=9"))
    page.locator("[data-step='8']").press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(answer).to_contain_text("“was” is tagged")


def test_on_a_phone_the_step_at_work_is_seen(networks: str, page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 850})
    page.goto(f"{networks}/unrolled?{TEXT}&checkpoint=tagger-gru&moment=9")
    page.locator(STEPS).wait_for(timeout=WAIT)
    box = page.locator("[data-step='8'] text.word").bounding_box()
    assert box is not None
    assert box["x"] > 0
    assert box["x"] + box["width"] < 400


def test_a_gate_is_closed_and_the_answer_told(networks: str, page: Page, timed: Clock) -> None:
    page.goto(f"{networks}/gates?{TEXT}&checkpoint=runs/sentiment-lstm&gate=input&token=4")
    answer = page.locator(".st-key-answer p")
    expect(answer).to_contain_text("Input gate closed at “not”", timeout=WAIT)
    settled(page)
    with timed("gates", page):
        page.get_by_role("radio", name="forget", exact=True).click()
        expect(answer).to_contain_text("Forget gate closed at “not”")
    page.get_by_role("radio", name="open (1)").click()
    expect(answer).to_contain_text("Forget gate open at “not”")
    expect(page).to_have_url(re.compile("gate=forget&.*held_at=1|held_at=1&.*gate=forget"))
