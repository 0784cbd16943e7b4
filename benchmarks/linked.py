"""The linked view against BertViz's head view, on the same random attention of 12 layers × 12 heads.

Both are opened as files in the same Chromium, in turn. BertViz 1.4.1 fetches its libraries from a
network; here they are served from npm packages of the versions it asks for (jQuery 2.0.0 is not on npm,
2.1.0 stands in for it). BertViz shows the 12 heads of one layer as lines; the linked view shows one head
as strip, lines and matrix, and the grid of all 144.

Drawn is from the start of the navigation to the frame that shows the picture. Switch and hover are from
the moment the page gets the event to the frame that shows its effect. Memory is the largest that the
page's process ever took, where the system tells (Linux). BertViz at 256 tokens needs 10 GB of it.
"""

from __future__ import annotations

import argparse
import logging
import re
import shutil
import statistics
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bertviz import head_view
from numpy.typing import NDArray
from playwright.sync_api import Browser, Error, Page, Playwright, Route, TimeoutError, sync_playwright

from model.trace import Stack, Tokens, Trace
from viz.linked import View, html

LENGTHS = (16, 64, 128, 256, 512)
LAYERS = HEADS = 12
LIMIT = 90  # seconds that a page may take to draw
LIBRARIES = {
    "require.min.js": ("requirejs@2.3.6", "package/require.js"),
    "jquery.min.js": ("jquery@2.1.0", "package/dist/jquery.min.js"),
    "d3.min.js": ("d3@5.7.0", "package/dist/d3.min.js"),
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Tells how long it takes from an event to the frame that shows what came of it, and when the page was
# first drawn. A message posted in an animation frame arrives when that frame has been painted.
PROBE = """
() => {
  const painted = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(0);
  });
  const when = (holds, then) => requestAnimationFrame(() => (holds() ? painted(then) : when(holds, then)));
  const isDrawn = () => document.querySelector(".headlight[data-drawn], #attention line") !== null;
  when(isDrawn, (now) => (window.drawnAt = now));
  window.measure = (type) => {
    window.took = null;
    const before = document.querySelector(".headlight")?.dataset.drawn;
    addEventListener(type, () => {
      const start = performance.now();
      const done = () => type !== "keydown" || document.querySelector(".headlight").dataset.drawn !== before;
      const look = (now) => (done() ? (window.took = now - start) : painted(look));
      painted(look);
    }, { capture: true, once: true });
  };
}
"""


@dataclass
class Figures:
    """What was measured of one page; times in milliseconds, memory in megabytes."""

    size: int
    drawn: float | None = None
    switch: float | None = None
    hover: float | None = None
    memory: float | None = None


def attention(length: int) -> NDArray[np.float32]:
    """Random attention (layers, heads, queries, keys): the softmax of normal scores."""
    rng = np.random.default_rng(0)
    weights = np.exp(rng.normal(size=(LAYERS, HEADS, length, length)).astype(np.float32))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def headlight_page(weights: NDArray[np.float32]) -> str:
    texts = names(weights.shape[-1])
    plain = (False,) * len(texts)
    tokens = Tokens(texts, tuple(range(len(texts))), plain, plain)
    return html(
        Trace(encoder=Stack("encoder", weights, tokens, tokens, tuple(range(len(weights))))), view=View()
    )


def bertviz_page(weights: NDArray[np.float32]) -> str:
    layers = [torch.from_numpy(layer)[None] for layer in weights]
    page: str = head_view(layers, list(names(weights.shape[-1])), html_action="return").data
    return page


def names(length: int) -> tuple[str, ...]:
    return tuple(f"token{i}" for i in range(length))


def switch_headlight(page: Page, _: int) -> None:
    page.evaluate("measure('keydown')")
    page.keyboard.press("ArrowDown")


def switch_bertviz(page: Page, turn: int) -> None:
    page.evaluate("measure('change')")
    page.locator("#layer").select_option(index=turn + 1, timeout=LIMIT * 1000)


def hover(page: Page, tokens: str, turn: int) -> None:
    box = page.locator(tokens).nth(turn).bounding_box()
    assert box
    page.evaluate("measure('pointermove')")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def time_act(page: Page, act: Callable[[int], None], turns: int) -> float:
    """The median time that an act takes to show, in milliseconds."""
    times = []
    for turn in range(turns):
        act(turn)
        page.wait_for_function("window.took !== null", timeout=LIMIT * 1000)
        times.append(page.evaluate("window.took"))
    return statistics.median(times)


def measure(
    browser: Browser,
    path: Path,
    libraries: dict[str, bytes],
    switch: Callable[[Page, int], None],
    tokens: str,
) -> Figures:
    """Open a page once and measure it; what is None was not reached within LIMIT seconds."""

    def serve(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[-1]
        if name in libraries:
            route.fulfill(body=libraries[name], content_type="text/javascript")
        else:
            route.abort()

    figures = Figures(path.stat().st_size)
    page = browser.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page.route(re.compile("^https?:"), serve)
    page.add_init_script(f"({PROBE})()")
    try:
        page.goto(path.as_uri(), timeout=LIMIT * 1000, wait_until="commit")
        page.wait_for_function("window.drawnAt", timeout=LIMIT * 1000)
        figures.drawn = page.evaluate("window.drawnAt")
        figures.switch = time_act(page, lambda turn: switch(page, turn), 5)
        figures.hover = time_act(page, lambda turn: hover(page, tokens, turn), 11)
    except (TimeoutError, Error) as error:
        logging.warning("%s: %s", path.name, error)
    figures.memory = memory(browser)
    return figures


def memory(browser: Browser) -> float | None:
    """The largest memory that any of the browser's page processes has taken, in megabytes."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    peaks = []
    for process in processes:
        status = Path(f"/proc/{process['id']}/status")
        if process["type"] == "renderer" and status.exists():
            peaks += [int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line]
    return max(peaks) / 1000 if peaks else None


def fetch_libraries(folder: Path) -> dict[str, bytes]:
    """BertViz's libraries, from npm."""
    if not shutil.which("npm"):
        raise SystemExit("This benchmark needs npm: BertViz's libraries come from npm packages.")
    libraries = {}
    for name, (package, member) in LIBRARIES.items():
        command = ["npm", "pack", package, "--silent", "--pack-destination", str(folder)]
        packed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(folder / packed) as archive:
            found = archive.extractfile(member)
            assert found, f"{package} has no {member}"
            libraries[name] = found.read()
    return libraries


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser of its own for every page, so that none pays for another's memory."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("This benchmark needs Chromium (Debian: apt-get install chromium).")
    browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
    try:
        yield browser
    finally:
        browser.close()


def row(length: int, name: str, runs: list[Figures], size: str) -> str:
    def median(field: str, digits: int, unit: str, scale: float = 1) -> str:
        found: list[Any] = [value for run in runs if (value := getattr(run, field)) is not None]
        return f"{statistics.median(found) / scale:.{digits}f} {unit}" if found else "–"

    drawn = median("drawn", 2, "s", 1000)
    if drawn == "–":
        drawn = f"not drawn in {LIMIT} s" if runs else "not tried"
    cells = (str(length), name, size, drawn, median("switch", 0, "ms"), median("hover", 1, "ms"))
    return "| " + " | ".join((*cells, median("memory", 0, "MB"))) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lengths", type=int, nargs="*", default=LENGTHS, metavar="N", help="tokens")
    parser.add_argument("--runs", type=int, default=3, help="how often each page is opened; medians are told")
    arguments = parser.parse_args()
    print(
        f"Random attention, {LAYERS} layers × {HEADS} heads; medians of {arguments.runs} openings, each with"
    )
    print("5 layer switches and 11 hovers (a page slower than 10 s is opened once).\n")
    print("| tokens | | bytes | drawn | layer switch | hover | browser memory |")
    print("| ---: | :--- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        libraries = fetch_libraries(Path(folder))
        given_up = False
        for length in arguments.lengths:
            weights = attention(length)
            ours, theirs = Path(folder) / "headlight.html", Path(folder) / "bertviz.html"
            ours.write_text(headlight_page(weights), encoding="utf-8")
            if not given_up:
                theirs.write_text(bertviz_page(weights), encoding="utf-8")
                bytes_theirs = f"{theirs.stat().st_size / 1e6:.2f} MB"
            else:  # one layer of it tells how large the page would be
                bytes_theirs = f"≈ {LAYERS * len(bertviz_page(weights[:1])) / 1e6:.0f} MB"
            runs: tuple[list[Figures], list[Figures]] = ([], [])
            for _ in range(arguments.runs):
                with chromium(playwright) as browser:
                    runs[0].append(measure(browser, ours, {}, switch_headlight, ".token"))
                slow = any(run.drawn is None or run.drawn > 10_000 for run in runs[1])
                if not given_up and not slow:
                    with chromium(playwright) as browser:
                        tokens = "#left > g:last-of-type > g"
                        runs[1].append(measure(browser, theirs, libraries, switch_bertviz, tokens))
            given_up = given_up or any(run.drawn is None for run in runs[1])
            print(row(length, "Headlight", runs[0], f"{runs[0][0].size / 1e6:.2f} MB"))
            print(row(length, "BertViz", runs[1], bytes_theirs), flush=True)


if __name__ == "__main__":
    main()
