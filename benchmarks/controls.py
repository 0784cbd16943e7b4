"""How long a control of a page takes from the press to the answer, in a real browser.

Each page before the Transformer is opened in headless Chromium and stands for as long as one looks at a
picture; then a control is pressed again and again, each time to a value that was not there before: told is
the time until the page's answer, or its picture where the answer stays the same, is another one.

    python -m benchmarks.controls
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import App
from tests.browser.waiting import settled

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAIT = 60_000  # milliseconds
BUDGET = 250  # milliseconds, p50
STANDS = 8  # seconds before the first press: what a page works out ahead is to count as a person meets it
ANSWER = ".st-key-answer"
SHOWN = "() => [...document.querySelectorAll('.st-key-answer, .st-key-picture')].map(e => e.innerHTML).join()"
Press = Callable[[Page], None]


@dataclass(frozen=True)
class Control:
    """page: its address. name: of what is pressed. presses: one after another."""

    page: str
    name: str
    presses: Sequence[Press]


def slide(name: str, times: int) -> list[Press]:
    """A slider, moved to the right again and again."""
    return [lambda page: page.get_by_role("slider", name=name).press("ArrowRight")] * times


def choose(*names: str) -> list[Press]:
    """Choices beside one another, each in its turn."""

    def click(name: str) -> Press:
        return lambda page: page.get_by_role("radio", name=name, exact=True).click()

    return [click(name) for name in names]


def step(name: str, times: int) -> list[Press]:
    return [lambda page: page.get_by_role("button", name=name).click()] * times


SENTENCE = "text=the+film+was+not+good+because+it+was+very+bad"
CONTROLS = (
    Control("sequence", "Window, τ", slide("Window, τ", 6)),
    Control("vectors", "Window", slide("Window: words to either side", 3)),
    Control(f"unrolled?{SENTENCE}&checkpoint=tagger-lstm&moment=1", "Next", step("Next", 8)),
    Control(
        f"gates?{SENTENCE}&checkpoint=sentiment-lstm&gate=input",
        "Gate",
        choose("forget", "candidate", "output"),
    ),
    Control("reach", "Scale of W", slide("Scale of W", 4)),
    Control("seq2seq", "Letters that are read", slide("Letters that are read", 8)),
    Control("seq2seq?network=bahdanau", "Letters that are read", slide("Letters that are read", 8)),
    Control("parallel", "Words, n", slide("Words, n", 4)),
)


def measure(page: Page, url: str, control: Control) -> list[float]:
    """Milliseconds of each press of a control."""
    page.goto(f"{url}/{control.page}")
    answer = page.locator(ANSWER)
    answer.wait_for(timeout=WAIT)
    settled(page)
    time.sleep(STANDS)
    found = []
    for press in control.presses:
        before = page.evaluate(SHOWN)
        begin = time.perf_counter()
        press(page)
        page.wait_for_function(f"before => ({SHOWN})() !== before", arg=before, timeout=WAIT)
        found.append((time.perf_counter() - begin) * 1000)
        settled(page)
    return found


def main() -> None:
    """Prints a Markdown table, each row when it is ready."""
    path = next(found for name in BROWSERS if (found := shutil.which(name)))
    print(f"{os.cpu_count()} processor cores; {BUDGET} ms are asked for; {STANDS} s before the first press\n")
    print("| page | control | presses | p50 (ms) | p95 (ms) |\n|---|---|---:|---:|---:|")
    with App() as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for control in CONTROLS:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            times = measure(page, app.url, control)
            page.close()
            middle, most = np.percentile(times, [50, 95])
            name = control.page.partition("?")[0]
            print(f"| {name} | {control.name} | {len(times)} | {middle:.0f} | {most:.0f} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
