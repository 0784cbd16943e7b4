"""The picture of the whole model: what a frame costs while it zooms, steps, is dragged and pointed at.

Models made by hand, one stack of 12 layers × 12 heads × 64 tokens and an encoder-decoder of 6 + 6 layers, in
headless Chromium without a graphics card. Told is the processor time of the page's main thread for
each frame, with everything in it: script, layout, paint. The times of frames are those of the browser's own
trace.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.viz.wholes import detail, page, whole
from viz.whole import View

MODELS: dict[str, dict[str, Any]] = {
    "12 layers, 12 heads, 64 tokens": {"layers": (0, 12), "heads": 12, "lengths": (64, 64)},
    "6 + 6 layers, 12 heads, 64 tokens": {"layers": (6, 6), "heads": 12, "lengths": (64, 64)},
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-gpu")
BUDGET = 8  # milliseconds, p95


class Trace:
    """The browser's trace of what is done within it: the main thread's time for each frame."""

    def __init__(self, session: CDPSession) -> None:
        self.session = session
        self.events: list[dict[str, Any]] = []
        self.done = False
        session.on("Tracing.dataCollected", lambda told: self.events.extend(told["value"]))
        session.on("Tracing.tracingComplete", lambda _told: setattr(self, "done", True))

    def __enter__(self) -> Trace:
        self.events.clear()
        self.done = False
        categories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
        self.session.send("Tracing.start", {"traceConfig": {"includedCategories": categories}})
        return self

    def __exit__(self, *_: object) -> None:
        self.session.send("Tracing.end")

    def frames(self, page: Page) -> list[float]:
        """Milliseconds of processor time, one for each frame in which something was drawn."""
        while not self.done:
            page.wait_for_timeout(50)
        main = next(
            (event["pid"], event["tid"]) for event in self.events if event["name"] == "FireAnimationFrame"
        )
        own = [event for event in self.events if (event["pid"], event["tid"]) == main]
        begun = sorted(event["ts"] for event in own if event["name"] == "FireAnimationFrame")
        begun = [ts for i, ts in enumerate(begun) if not i or ts - begun[i - 1] > 1500]  # one a frame
        tasks = [event for event in own if event["name"] == "RunTask" and event["ph"] == "X"]
        found = np.zeros(len(begun))
        for task in tasks:
            # A frame's work: the task that holds its animation frame, and those up to the next one.
            place = int(np.searchsorted(begun, task["ts"] + task["dur"], side="right")) - 1
            if place >= 0:
                found[place] += task.get("tdur", task["dur"]) / 1000
        for pause in own:  # what is done in pauses, in small pieces, waits for frames and holds up none
            if pause["name"] == "FireIdleCallback":
                place = int(np.searchsorted(begun, pause["ts"], side="right")) - 1
                if place >= 0:
                    found[place] -= pause.get("tdur", pause["dur"]) / 1000
        return list(found)


def zoom(shown: Page) -> None:
    """From the whole model into a layer, a head, a multiplication, and out again; then with the wheel."""
    canvas = shown.locator("canvas[tabindex]")
    canvas.focus()
    for key in ("Enter", "Enter", "Enter", "Escape", "Escape", "Escape"):
        shown.keyboard.press(key)
        shown.wait_for_timeout(420)
    box = canvas.bounding_box()
    assert box
    shown.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.6)
    for direction in (-100, 100):
        for _ in range(40):
            shown.mouse.wheel(0, direction)
            shown.wait_for_timeout(17)


def step(shown: Page) -> None:
    """Station by station through the first layers."""
    shown.locator("canvas[tabindex]").focus()
    for _ in range(14):
        shown.keyboard.press("ArrowRight")
        shown.wait_for_timeout(380)
    shown.keyboard.press("Home")
    shown.wait_for_timeout(400)


def point(shown: Page) -> None:
    """The pointer over the whole picture."""
    box = shown.locator("canvas[tabindex]").bounding_box()
    assert box
    for i in range(80):
        x, y = (i * 37) % 97 / 97, (i * 53) % 89 / 89
        shown.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        shown.wait_for_timeout(17)


ACTS = (zoom, step, point)


def main() -> None:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("This benchmark needs Chromium (Debian: apt-get install chromium).")
    print(f"Main thread, milliseconds of processor time a frame; the aim is p95 ≤ {BUDGET}.")
    print(f"1280 × 900, Chromium without a graphics card, {os.cpu_count()} cores.\n")
    print("| | bytes | | frames | median | p95 | largest |")
    print("| :--- | ---: | :--- | ---: | ---: | ---: | ---: |", flush=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for name, sizes in MODELS.items():
            made = whole(**sizes)
            look = made.find_look(made.attention["decoder"], sizes["lengths"][1] - 1)
            assert look is not None
            file = Path(folder) / "whole.html"
            file.write_text(
                page(made, View(), detail(made, "decoder", look.layer, look.head, 64)), encoding="utf-8"
            )
            with closing(playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))) as browser:
                shown = browser.new_page(viewport={"width": 1280, "height": 900})
                shown.goto(file.as_uri())
                shown.locator(".headlight[data-drawn]").wait_for(timeout=60_000)
                shown.wait_for_timeout(3000)  # the beams are made in pauses
                trace = Trace(shown.context.new_cdp_session(shown))
                for act in ACTS:
                    with trace:
                        act(shown)
                    times = np.array(trace.frames(shown))
                    told = [f"{np.percentile(times, share):.1f} ms" for share in (50, 95, 100)]
                    cells = (
                        name,
                        f"{file.stat().st_size / 1e6:.2f} MB",
                        act.__name__,
                        str(len(times)),
                        *told,
                    )
                    print("| " + " | ".join(cells) + " |", flush=True)
                    name = ""


if __name__ == "__main__":
    main()
