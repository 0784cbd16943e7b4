"""Cold, from the start of the process: how soon a first visitor sees the title and the opening picture.

This app, a bare Streamlit app with nothing but a title, and the first edition where it is checked out in
FIRST_EDITION, each started anew in turn and opened in Chromium at once. Each round gives ratios to the bare
app.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
BARE = 'import streamlit as st\nst.title("Bare")\n'
PICTURE = ".headlight[data-drawn]"
# When the title was painted, told by the browser: who asks from outside waits until all is drawn.
PAINTED = """
new MutationObserver((_, observer) => {
  if (!document.querySelector("h1")) return;
  observer.disconnect();
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (window.titlePainted = Date.now() / 1000);
    port2.postMessage(0);
  });
}).observe(document, { subtree: true, childList: true });
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def open_when_there(page: Page, address: str) -> None:
    """Go to an address as soon as somebody answers there."""
    host, port = address.removeprefix("http://").split(":")
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                break
        time.sleep(0.01)
    page.goto(address, wait_until="commit")


def measure(browser: Browser, folder: Path, script: str, picture: bool) -> tuple[float, float]:
    """Seconds from the start of the process to the title, and to the picture (0 where there is none)."""
    port = free_port()
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US").new_page()
    page.add_init_script(PAINTED)
    begin = time.time()
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}", "--server.headless=true"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        open_when_there(page, f"http://127.0.0.1:{port}")
        page.locator("h1").first.wait_for(timeout=60_000)
        if picture:
            page.locator(PICTURE).first.wait_for(timeout=60_000)
        drawn = time.time() - begin
        page.wait_for_function("window.titlePainted", timeout=60_000)
        title = page.evaluate("window.titlePainted") - begin
        return title, drawn if picture else 0.0
    finally:
        page.context.close()
        process.terminate()
        process.wait(timeout=20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    first = os.environ.get("FIRST_EDITION")
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        bare = Path(made) / "bare.py"
        bare.write_text(BARE)
        chromium = (
            shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        )
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        apps = {"bare Streamlit": (Path(made), "bare.py", False), "Headlight": (ROOT, "app.py", True)}
        if first:
            apps["first edition"] = (Path(first), "app.py", True)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in apps}
        for _ in range(rounds + 1):  # the first round fills the disk's cache and is left out
            for name, (folder, script, picture) in apps.items():
                found[name].append(measure(browser, folder, script, picture))
        browser.close()
    plain = [title for title, _picture in found["bare Streamlit"][1:]]
    print(f"Cold start, {rounds} rounds in turn, medians\n")
    print("| app | title | picture | title ÷ bare title | picture ÷ bare title |")
    print("|---|---:|---:|---:|---:|")
    for name, times in found.items():
        titles, pictures = zip(*times[1:], strict=True)
        ratios = [
            statistics.median(one / other for one, other in zip(values, plain, strict=True))
            for values in (titles, pictures)
        ]
        drawn = f"{statistics.median(pictures):.2f} s | {ratios[0]:.2f} | {ratios[1]:.2f}"
        print(f"| {name} | {statistics.median(titles):.2f} s | {drawn if pictures[0] else '– | 1.00 | –'} |")


if __name__ == "__main__":
    main()
