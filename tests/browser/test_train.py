"""What a person does on the Train page in a real browser: train, look on, reload, go on, play the film."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from model import load, trace
from model.traces import film
from model.training import jobs
from model.training.folder import METRICS, Run, Status, begin, tell
from tests.browser.conftest import App
from tests.browser.waiting import WAIT, settled

LONG = 240_000  # a run, on a machine that does other things as well
QUICK = "set_d_model=16&set_num_heads=2&set_d_ff=16&set_batch_size=8"


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


def ready(page: Page, url: str) -> Page:
    page.goto(url)
    expect(page.get_by_text(re.compile(r"[\d,]+ parameters"))).to_be_visible(timeout=WAIT)
    return page


def run_box(page: Page) -> Locator:
    return page.locator(".st-key-run input")


def press_train(page: Page) -> None:
    page.locator(".st-key-train button").click()
    expect(run_box(page)).to_have_value(re.compile(r"\d\d-\d\d \d\d:\d\d"), timeout=WAIT)


def test_a_run_is_watched_until_it_is_done_and_opened_in_explore(
    training: App, page: Page, browser: Browser
) -> None:
    ready(page, f"{training.url}/train?task=reverse&{QUICK}&set_steps=400")
    press_train(page)
    expect(page.get_by_text(re.compile("step [1-9][0-9,]* of 400"))).to_be_visible(timeout=LONG)
    # Somebody else looks on, and a reload changes nothing.
    other = browser.new_context(locale="ko-KR").new_page()
    other.goto(f"{training.url}/train?task=reverse")
    expect(other.locator(".st-key-run input")).to_have_value(re.compile("문자열 뒤집기"), timeout=WAIT)
    page.reload()
    expect(run_box(page)).to_have_value(re.compile("Reverse a string"), timeout=WAIT)
    expect(run_box(page)).to_have_value(re.compile("done"), timeout=LONG)
    expect(other.locator(".st-key-run input")).to_have_value(re.compile("끝남"), timeout=LONG)
    expect(page.locator(".forming[data-drawn]")).to_be_visible(timeout=WAIT)
    expect(page.locator(".chart svg").first).to_be_visible()
    page.get_by_role("link", name="Open in Explore").click()
    expect(page).to_have_url(re.compile(r"[?&]checkpoint=\d{8}-\d{6}-reverse"), timeout=WAIT)
    other.context.close()


def test_the_film_is_played_and_scrubbed(training: App, page: Page) -> None:
    ready(page, f"{training.url}/train?task=reverse&{QUICK}&set_steps=40")
    press_train(page)
    expect(run_box(page)).to_have_value(re.compile("done"), timeout=LONG)
    slider = page.get_by_role("slider", name="Step")
    expect(slider).to_have_attribute("aria-valuetext", "step 40", timeout=WAIT)
    slider.focus()
    for _ in range(12):  # so that it plays for some seconds
        page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"[?&]frame=\d+"))
    page.wait_for_timeout(1000)  # the last of the keys is on its way to the app, and its answer back
    settled(page, ".headlight[data-drawn]")
    place = page.url
    page.reload()
    expect(page).to_have_url(place)
    settled(page, ".headlight[data-drawn]")  # until then what is above the button still grows
    expect(slider).not_to_have_attribute("aria-valuetext", "step 40")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(slider).to_have_attribute("aria-valuetext", "step 40", timeout=WAIT)
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=WAIT)


def test_a_second_run_waits_and_the_first_is_stopped_and_goes_on(training: App, page: Page) -> None:
    ready(page, f"{training.url}/train?task=copy&{QUICK}&set_steps=20000")
    press_train(page)
    expect(page.get_by_text(re.compile("step [1-9][0-9,]* of 20,000"))).to_be_visible(timeout=LONG)
    first = page.url
    page.locator(".st-key-train button").click()
    expect(page.get_by_text("waiting for its turn · 1 before it")).to_be_visible(timeout=WAIT)
    training.stop()  # the app goes away, the runs do not
    with App() as anew:
        ready(page, f"{anew.url}/train?task=copy")
        expect(page.get_by_text("waiting for its turn")).to_be_visible(timeout=WAIT)
        page.goto(first.replace(training.url, anew.url))
        [older] = [job for job in jobs.jobs() if job.status.state == "training"]
        page.goto(f"{anew.url}/train?task=copy&run={older.name}")
        page.locator(".st-key-stop button").click()  # the toolbar has a "Stop" as well
        expect(run_box(page)).to_have_value(re.compile("stopped"), timeout=LONG)
        page.locator(".st-key-go-on button").click()
        expect(run_box(page)).to_have_value(re.compile("waiting"), timeout=LONG)


def test_a_new_visitor_sees_heads_form_beside_the_loss(app: App, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{app.url}/train")
    film = page.locator(".forming")
    expect(film).to_have_attribute("data-playing", "true", timeout=WAIT)
    expect(film).to_have_attribute("data-playing", "false", timeout=WAIT)
    expect(page.locator(".light-on .token[data-weight]").nth(1)).to_have_attribute(
        "data-share", re.compile(r"9\d %|100 %")
    )
    for part in (".light-on", ".sheets", ".chart"):
        for box in page.locator(part).all():
            place = box.bounding_box()
            assert place
            assert place["y"] >= 0
            assert place["y"] + place["height"] <= 900, part
    settled(page)
    before = page.locator(".headlight").get_attribute("data-step")
    chart = page.locator(".chart svg").first
    place = chart.bounding_box()
    assert place
    chart.click(position={"x": place["width"] * 0.3, "y": place["height"] / 2})
    expect(film).not_to_have_attribute("data-step", str(before))
    expect(page).to_have_url(re.compile(r"[?&]frame=\d+"), timeout=WAIT)


def test_who_wants_no_motion_sees_the_end_of_the_film(app: App, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{app.url}/train")
    film = page.locator(".forming[data-drawn]")
    film.wait_for(timeout=WAIT)
    expect(film).to_have_attribute("data-playing", "false")
    expect(page.get_by_role("slider", name="Step")).to_have_attribute("aria-valuetext", "step 2,600")


def test_what_it_writes_can_be_read_whole_beside_what_would_be_right(training: App, page: Page) -> None:
    """At 1280 pixels, texts that are longer than a column; the texts are text, not markup."""
    texts = [
        "The animal didn't cross the street because it was too tired.",
        "Tier " * 18,
        "x" * 90 + "<b>y</b>",
    ]
    folder = stopped(training)
    line = {"step": 8, "validation_loss": 2.0, "scores": {"exact": 0.5}, "samples": [texts] * 4}
    (folder / METRICS).write_text(json.dumps(line) + "\n")
    page.goto(f"{training.url}/train?task=reverse")
    table = page.get_by_test_id("stTable")
    table.wait_for(timeout=WAIT)
    settled(page)
    box = table.bounding_box()
    assert box
    for text in texts:
        cell = table.get_by_role("cell", name=text.strip()).first
        expect(cell).to_be_visible()
        found = cell.bounding_box()
        assert found
        assert box["x"] <= found["x"] < found["x"] + found["width"] <= box["x"] + box["width"] + 1
        assert cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth && !cell.querySelector('b')")


def test_a_loss_that_is_not_there_yet_has_no_numbers(training: App, page: Page) -> None:
    folder = stopped(training)
    page.goto(f"{training.url}/train?task=reverse")
    steps = [int(number) for number in page_numbers(page)]
    assert steps == sorted(set(steps)), "none but those of the steps"
    assert (steps[0], steps[-1]) == (0, 100)
    (folder / METRICS).write_text(json.dumps({"step": 8, "loss": 2.9}) + "\n")
    page.reload()
    assert page_numbers(page)[:3] == ["0", "1.5", "3"]


def stopped(training: App) -> Path:
    """The folder of a run that was stopped before its first report: its film holds more than its status."""
    folder = jobs.runs_folder() / "20260101-120000-reverse"
    begin(folder, Run("reverse", 100))
    m = load("checkpoints/pronouns")
    seen = trace(m, "The animal didn't cross the street because it was too tired.")
    taken = film.add_snapshot(None, 0, [seen], [seen.output_text])
    film.save(folder, taken)
    tell(folder, Status("stopped", 0, 100, time.time()))
    return folder


def page_numbers(page: Page) -> list[str]:
    """The numbers at the axes of the losses."""
    page.locator(".forming[data-drawn]").wait_for(timeout=WAIT)
    settled(page)
    found = page.locator(".chart svg").first.locator("text").all_text_contents()
    return [text for text in found if text]
