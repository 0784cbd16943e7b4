"""A recurrent network with attention, from the Train page to the scissors, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from model.training import jobs
from tests.browser.conftest import App
from tests.browser.waiting import WAIT

LONG = 240_000
TINY = "set_network=lstm&set_attention=bahdanau&set_bidirectional=true&set_d_model=32&set_hidden_size=32"


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """An app with runs of its own; what still learns at the end is stopped."""
    monkeypatch.setenv("HEADLIGHT_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("HEADLIGHT_SLOTS", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with App() as running:
        yield running
    for job in jobs.jobs():
        jobs.stop(job.folder)


def train(page: Page, url: str, settings: str) -> str:
    """Press Train and wait until the run is done; its name."""
    page.goto(f"{url}/train?task=reverse&{settings}")
    expect(page.get_by_text(re.compile(r"[\d,]+ parameters"))).to_be_visible(timeout=WAIT)
    page.locator(".st-key-train button").click()
    expect(page.locator(".st-key-run input")).to_have_value(re.compile("done"), timeout=LONG)
    return jobs.jobs()[0].name


def test_an_lstm_is_trained_its_alignment_filmed_explored_and_played(training: App, page: Page) -> None:
    name = train(page, training.url, f"{TINY}&set_steps=300&set_longest=5")
    expect(page.locator(".forming[data-drawn]")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("weight on the letter to be written").first).to_be_visible()
    page.get_by_role("link", name="Open in Explore").click()
    expect(page.get_by_text("The written text")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("layer 1 · head 1").first).to_be_visible()
    place = f"checkpoint={name}&text=a+b+c+d"
    page.goto(f"{training.url}/?{place}&edits=uniform-cross")
    expect(page.get_by_text("With 1 changes in the model").first).to_be_visible(timeout=WAIT)
    page.goto(f"{training.url}/translate?{place}&step=1")
    expect(page.get_by_text("the decoder looks").first).to_be_visible(timeout=WAIT)
    expect(page.locator(".stage .legend .cross")).to_be_visible()
    expect(page.locator(".stage .legend .encoder")).to_have_count(0)
    page.get_by_role("button", name="Next step").click()
    expect(page).to_have_url(re.compile("step=2"), timeout=WAIT)


def test_without_attention_the_page_says_what_it_shows_instead(training: App, page: Page) -> None:
    name = train(page, training.url, "set_network=gru&set_d_model=16&set_hidden_size=16&set_steps=20")
    expect(page.get_by_text("This network has no attention, so there is nothing to film")).to_be_visible()
    expect(page.locator(".st-key-loss")).to_be_visible(timeout=WAIT)
    page.goto(f"{training.url}/?checkpoint={name}")
    expect(page.get_by_text("there is no attention in it to be shown here")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Translate").last.click()
    expect(page.get_by_text("from the decoder's state").first).to_be_visible(timeout=WAIT)
