"""The linked view against its first edition and BertViz's head view, on the same attention.

Speed is of random attention of 12 layers × 12 heads; all are opened as files in the same Chromium, in turn,
and what counts is one against the other in one run. Bytes are of what trained models look at, over 128 tokens
of a fable: `en-fr`, and any other checkpoint that is named. The first edition is taken from this repository's
history (830ce0e).

 BertViz 1.4.1 fetches its libraries from a
network; here they are served from npm packages of the versions it asks for (jQuery 2.0.0 is not on npm,
2.1.0 stands in for it). BertViz shows the 12 heads of one layer as lines; the linked view shows one head
as strip, lines and matrix, and the grid of all 144.

Drawn is from the start of the navigation to the frame that shows the picture. Switch and hover are from
the moment the page gets the event to the frame that shows its effect. Memory is the largest that the
page's process ever took, where the system tells (Linux). BertViz at 256 tokens needs 10 GB of it.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from playwright.sync_api import Browser, Error, Page, Playwright, Route, TimeoutError, sync_playwright

from model import load, trace
from model.capture.encode import encode
from model.trace import Stack, Tokens, Trace
from viz.linked import View, html, pack

LENGTHS = (16, 64, 128, 256, 512, 1024)
LAYERS = HEADS = 12
LONG = 1024  # tokens at which only pointing is timed, of two layers
FIRST = "830ce0e"
ROOT = Path(__file__).resolve().parents[1]
# What the first edition makes of the same attention: its page, and the bytes of its blob and of the header.
EDITION = """
import json, struct, sys
import numpy as np
from model.trace import Stack, Tokens, Trace
from viz.linked import View, html, pack
given, page = sys.argv[1:]
arrays = np.load(given, allow_pickle=False)
def tokens(side):
    texts, words, special, unknown = side
    return Tokens(tuple(texts), tuple(words), tuple(special), tuple(unknown))
trace = Trace(**{
    kind: Stack(kind, arrays[kind], tokens(queries), tokens(keys), tuple(layers))
    for kind, (layers, queries, keys) in json.loads(str(arrays["sides"])).items()
})
open(page, "w", encoding="utf-8").write(html(trace, view=View()))
blob = pack(trace, thorough=True)
print(len(blob), struct.unpack("<I", blob[4:8])[0] + 8)
"""
FABLE = """
A fox was very hungry. He saw a crow in a tree with a piece of cheese in her mouth. "Good morning," said the
fox. "You are so beautiful today! Your feathers are like silk and your eyes shine like stars. I am sure that
your voice is even better than your face. Please sing a song for me, and I will call you the queen of all
birds." The crow was very happy to hear this. She opened her mouth and began to sing, but the cheese fell to
the ground. The fox took it at once and ate it. "Thank you," he said. "That was all I wanted. Here is some
advice for your cheese: do not trust people who say nice things about you." Then he went home, and the crow
was still hungry.
"""
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


def attention(length: int, layers: int = LAYERS) -> NDArray[np.float32]:
    """Random attention (layers, heads, queries, keys): the softmax of normal scores."""
    rng = np.random.default_rng(0)
    weights = np.exp(rng.normal(size=(layers, HEADS, length, length)).astype(np.float32))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def trace_of(weights: NDArray[np.float32]) -> Trace:
    texts = names(weights.shape[-1])
    plain = (False,) * len(texts)
    tokens = Tokens(texts, tuple(range(len(texts))), plain, plain)
    return Trace(encoder=Stack("encoder", weights, tokens, tokens, tuple(range(len(weights)))))


def read_fable(checkpoint: str, most: int = 128) -> Trace:
    """What a trained model looks at in as much of the fable as so many tokens hold."""
    m = load(checkpoint)
    words = FABLE.split()
    while len(encode(m, " ".join(words))) > most:
        words.pop()
    return trace(m, " ".join(words))


def fetch_first(folder: Path) -> Path | None:
    """The first edition's code, from the history; None where that is not at hand."""
    command = ["git", "-C", str(ROOT), "archive", FIRST, "viz", "model"]
    packed = subprocess.run(command, capture_output=True)
    if packed.returncode:
        logging.warning("The first edition is not in this copy of the repository.")
        return None
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder / "first", filter="data")
    return folder / "first"


def make_first(code: Path, one: Trace, page: Path) -> tuple[int, int]:
    """The first edition's page of a trace. Returns the bytes of its blob, and of the blob's header."""
    given = page.with_suffix(".npz")
    sides = {
        kind: (
            one[kind].layers,
            *(
                (side.texts, side.words, side.special, side.unknown)
                for side in (one[kind].queries, one[kind].keys)
            ),
        )
        for kind in one.kinds
    }
    arrays: dict[str, Any] = {kind: one[kind].weights for kind in one.kinds}
    np.savez(given, sides=np.array(json.dumps(sides)), **arrays)
    done = subprocess.run(
        [sys.executable, "-c", EDITION, str(given), str(page)],
        cwd=code,
        check=True,
        capture_output=True,
        text=True,
    )
    given.unlink()
    whole, header = map(int, done.stdout.split())
    return whole, header


def compare_bytes(checkpoints: list[str], code: Path | None, folder: Path) -> None:
    """Prints how many bytes the attention of trained models takes."""
    print(
        "\n| trained | | bytes of attention | blob | page |\n| :--- | :--- | ---: | ---: | ---: |", flush=True
    )
    for name in checkpoints:
        one = read_fable(name)
        page = folder / "trained.html"
        page.write_text(html(one), encoding="utf-8")
        ours = (*count_bytes(pack(one, thorough=True)), page.stat().st_size)
        shown = "/".join(Path(name).parts[-2:])
        rows = [("Headlight", ours)]
        if code:
            whole, header = make_first(code, one, page)
            rows.append(("first edition", (whole - header, whole, page.stat().st_size)))
            rows.append(("ratio", tuple(a / b for a, b in zip(ours, rows[-1][1], strict=True))))  # type: ignore[arg-type]
        for who, numbers in rows:
            told = [f"{n:.2f}" if who == "ratio" else f"{n:,}" for n in numbers]
            print(f"| {shown} | {who} | {' | '.join(told)} |", flush=True)


def count_bytes(blob: bytes) -> tuple[int, int]:
    """Of a blob the bytes that are attention, and all."""
    length = struct.unpack("<I", blob[4:8])[0]
    sections = json.loads(blob[8 : 8 + length])["sections"]
    return sum(section["bytes"] for section in sections if not section.get("about")), len(blob)


def bertviz_page(weights: NDArray[np.float32]) -> str:
    from bertviz import head_view

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
    switches: int = 5,
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
        figures.switch = time_act(page, lambda turn: switch(page, turn), switches)
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
    parser.add_argument("--layers", type=int, default=LAYERS, help="of the random attention; 6 at least")
    parser.add_argument("--no-bertviz", action="store_true", help="against the first edition alone")
    parser.add_argument(
        "--checkpoints", nargs="*", default=["checkpoints/en-fr"], help="trained models whose bytes are told"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        code = fetch_first(folder)
        compare_bytes(arguments.checkpoints, code, folder)
        print(
            f"\nRandom attention, {arguments.layers} layers × {HEADS} heads; "
            f"medians of {arguments.runs} openings, each"
        )
        print("with 5 layer switches and 11 hovers (a page slower than 10 s is opened once).\n")
        print("| tokens | | bytes | drawn | layer switch | hover | browser memory |")
        print("| ---: | :--- | ---: | ---: | ---: | ---: | ---: |", flush=True)
        libraries = {} if arguments.no_bertviz else fetch_libraries(folder)
        given_up = arguments.no_bertviz
        for length in arguments.lengths:
            weights = attention(length, 2 if length >= LONG else arguments.layers)
            pages = {"Headlight": folder / "headlight.html"}
            pages["Headlight"].write_text(html(trace_of(weights), view=View()), encoding="utf-8")
            if code:
                pages["first edition"] = folder / "first.html"
                make_first(code, trace_of(weights), pages["first edition"])
            if not given_up and length < LONG:
                pages["BertViz"] = folder / "bertviz.html"
                pages["BertViz"].write_text(bertviz_page(weights), encoding="utf-8")
            runs: dict[str, list[Figures]] = {name: [] for name in pages}
            for _ in range(arguments.runs):
                for name, page in pages.items():
                    if any(run.drawn is None or run.drawn > 10_000 for run in runs[name]):
                        continue
                    switch: Callable[[Page, int], None] = switch_headlight
                    tokens = ".token"
                    if name == "BertViz":
                        switch, tokens = switch_bertviz, "#left > g:last-of-type > g"
                    switches = 1 if length >= LONG else 5
                    with chromium(playwright) as browser:
                        runs[name].append(measure(browser, page, libraries, switch, tokens, switches))
            given_up = given_up or any(run.drawn is None for run in runs.get("BertViz", ()))
            for name, page in pages.items():
                print(row(length, name, runs[name], f"{page.stat().st_size / 1e6:.2f} MB"), flush=True)


if __name__ == "__main__":
    main()
