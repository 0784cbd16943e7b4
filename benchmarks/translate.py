"""How fast the app answers on the Translate page: from the key that sends a sentence to the picture of it.

A real Chromium and a real app on this machine, warm: ten-word sentences that were not asked before, one
after the other; then stepping, choosing another word and cutting. Measured in the page, from the event to
the frame that shows what came of it; a step of the film is answered by the browser, all else by the app.
"""

from __future__ import annotations

import argparse
import itertools
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.linked import chromium

ROOT = Path(__file__).resolve().parents[1]
WAIT = 60_000  # milliseconds
SUBJECTS = ("dog", "cat", "horse", "rabbit", "bear", "fox", "lion", "cow", "mouse", "bird")
STREETS = ("road", "street", "bridge", "path", "river")
CUES = ("tired", "hungry", "scared", "thirsty", "sleepy", "sick")


@contextmanager
def app() -> Iterator[str]:
    """The address of a running app."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            "app.py",
            f"--server.port={port}",
            "--server.headless=true",
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).read()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def quiet(page: Page) -> None:
    """Wait until the page is drawn and has nothing to do."""
    page.locator(".headlight[data-drawn]").first.wait_for(timeout=WAIT)
    page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached", timeout=WAIT)
    page.wait_for_timeout(400)


def time_act(page: Page, act: Callable[[], None], holds: str) -> float:
    """Milliseconds from just before an act to the first frame in which the JavaScript expression holds."""
    page.evaluate(
        """(holds) => {
            const test = new Function("return " + holds);
            window.answered = new Promise((answer) => {
                const look = () => test() ? answer(performance.now()) : requestAnimationFrame(look);
                window.addEventListener("keydown", () => { window.asked ??= performance.now(); }, true);
                window.addEventListener("pointerdown", () => { window.asked ??= performance.now(); }, true);
                window.asked = null;
                requestAnimationFrame(look);
            });
        }""",
        holds,
    )
    act()
    return float(page.evaluate("window.answered.then((now) => now - window.asked)"))


# The player, which lives in a shadow root.
PLAYER = (
    "[document, ...[...document.querySelectorAll('*')].map((e) => e.shadowRoot).filter(Boolean)]"
    ".map((root) => root.querySelector('.headlight.steps')).find(Boolean)"
)

# The figure of what a cut did to every word, the last thing that the page draws for it.
CHANGED = (
    "[...document.querySelectorAll('.js-plotly-plot')]"
    ".some((figure) => figure.textContent.includes('How likely each word still is'))"
)


def expect_text(text: str) -> str:
    """JavaScript: whether the player is drawn with a text."""
    return f"{PLAYER}?.innerText.includes({text!r})"


def sentences() -> Iterator[tuple[str, str]]:
    """Ten words each, none twice, with a word of it that tells it from the one before."""
    for i, (subject, cue) in enumerate(itertools.product(SUBJECTS, CUES)):
        street = STREETS[i % len(STREETS)]
        yield f"The {subject} didn't cross the {street} because it was {cue}.", street


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=15)
    turns = parser.parse_args().turns
    rows: dict[str, list[float]] = {}
    with app() as url, sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-US")
        page.goto(f"{url}/translate")
        quiet(page)
        box = page.get_by_label("Sentence", exact=True)
        for turn, (sentence, word) in enumerate(itertools.islice(sentences(), turns + 2)):
            box.fill(sentence)
            spent = time_act(page, lambda: box.press("Enter"), expect_text(word))
            quiet(page)
            if turn >= 2:  # the first ones warm it up
                rows.setdefault("a sentence of ten words, translated and drawn", []).append(spent)
        page.goto(f"{url}/translate?step=9")
        quiet(page)
        page.locator(".headlight .readout").click()
        for turn in range(turns):
            key, step = ("ArrowRight", 10) if turn % 2 == 0 else ("ArrowLeft", 9)
            holds = f"{PLAYER}?.dataset.step === '{step}'"
            rows.setdefault("a step of the film", []).append(
                time_act(page, lambda key=key: page.keyboard.press(key), holds)  # type: ignore[misc]
            )
            quiet(page)
        page.goto(f"{url}/translate?edits=&cut=true&kind=encoder")
        quiet(page)
        pill = page.locator('[data-testid="stButtonGroup"] button', has_text="animal").last
        for turn in range(turns + 2):
            spent = time_act(page, pill.click, CHANGED if turn % 2 == 0 else f"!{CHANGED}")
            quiet(page)
            if turn >= 2:  # the first cut loads the code that measures it
                rows.setdefault("an edge cut, or mended", []).append(spent)
    print("| what a person does | p50 | p95 |\n|---|---:|---:|")
    for name, times in rows.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"| {name} | {statistics.median(times):.0f} ms | {p95:.0f} ms |")


if __name__ == "__main__":
    main()
