"""A real headless Chromium and a real running app, for tests that do what a person does."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Locator,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from model.trace import Trace
from tests.browser.boards import board
from tests.browser.linkeds import HEAD, drawn
from viz.linked import View, html

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=30_000)  # milliseconds: the machine may do other things as well

Clock = Callable[[str, Page], AbstractContextManager[None]]
Times = dict[str, list[float]]  # seconds, by page
TIMES: Times = defaultdict(list)  # page -> how long each control took to be answered
FIRST: Times = defaultdict(list)  # page -> how long its first content took
# From the first stroke or click to the last change of what stands on the page, before the test saw it.
LISTEN = """() => {
  const heard = (window.answered = { first: null, last: null });
  const begin = () => (heard.first ??= performance.now());
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, begin, { capture: true, once: true });
  heard.observer = new MutationObserver(() => {
    if (heard.first !== null) heard.last = performance.now();
  });
  const watch = (root) => {
    heard.observer.observe(root, { subtree: true, childList: true, characterData: true });
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) watch(one.shadowRoot);
  };
  watch(document.querySelector('[data-testid="stMain"]'));
}"""
TELL = """() => {
  window.answered.observer.disconnect();
  return window.answered.last - window.answered.first;
}"""


@pytest.fixture(scope="session")
def timed() -> Clock:
    """`with timed("masks", page): …` around a click and its answer; the report tells the medians.

    The browser takes the time: waiting for an answer, a test looks only now and then.
    """

    @contextmanager
    def measure(name: str, page: Page) -> Iterator[None]:
        page.evaluate(LISTEN)
        yield
        TIMES[name].append(page.evaluate(TELL) / 1000)

    return measure


@pytest.fixture(scope="session")
def arrivals() -> Times:
    """How long the first content of each page took; the report tells the medians."""
    return FIRST


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = {"from a click to the answer": TIMES, "from the address to the first content": FIRST}
    for title, times in told.items():
        if times:
            terminalreporter.section(title)
        for page, seconds in sorted(times.items()):
            terminalreporter.write_line(f"{page}: p50 {1000 * median(seconds):.0f} ms of {len(seconds)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure the report tells what stood on the page."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.when == "call" and report.failed and page is not None:
        with suppress(Error):
            report.sections.append(("page", f"{page.url}\n{page.locator('body').inner_text(timeout=2000)}"))
    return report


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """Playwright, once for all tests."""
    with sync_playwright() as running:
        yield running


def chromium() -> str:
    """The machine's own Chromium."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    assert path, "Install Chromium (Debian: apt-get install chromium) to run the browser tests."
    return path


@pytest.fixture(scope="session")
def browser(driver: Playwright) -> Iterator[Browser]:
    """A browser without a window, for tests that need a context of their own: another language, a phone."""
    running = driver.chromium.launch(executable_path=chromium(), headless=True, args=list(ARGUMENTS))
    yield running
    running.close()


@pytest.fixture(scope="session")
def profile(driver: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A person's browser: it keeps what it has fetched and compiled, which saves a third of each opening."""
    context = driver.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        executable_path=chromium(),
        args=list(ARGUMENTS),
        viewport={"width": 1280, "height": 850},
        locale="en-US",
        color_scheme="light",
        accept_downloads=True,
    )
    yield context
    context.close()


@pytest.fixture
def page(profile: BrowserContext) -> Iterator[Page]:
    """A fresh page, 1280 × 850, in English and light; an uncaught error in it fails the test.

    Nothing that a page has stored, and no permission, is left to the next test.
    """
    [*before] = profile.pages
    page = profile.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    origins = {urlsplit(frame.url)._replace(path="", query="", fragment="").geturl() for frame in page.frames}
    session = profile.new_cdp_session(page)
    for origin in origins:
        if origin.startswith("http"):
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"})
    for one in profile.pages:
        if one not in before:
            one.close()
    profile.clear_cookies()
    profile.clear_permissions()
    assert not errors, f"The page raised errors: {errors}"


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser complains of, errors in its console and dialogs: any fails the test."""
    wrong: list[str] = []
    page.on("console", lambda message: wrong.extend([message.text] * (message.type == "error")))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    yield wrong
    assert not wrong


class App(AbstractContextManager["App"]):
    """One running Streamlit process, which ends with its block.

    script: what it runs, from the project's folder.
    """

    def __init__(self, script: str = "app.py") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script, f"--server.port={self.port}"],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "HF_HUB_OFFLINE": "1",
                "HEADLIGHT_NICE": "0",  # a run that is waited for need not come after what else is at work
                "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).read()
                return
            except (urllib.error.URLError, OSError):
                assert self.process.poll() is None, "The app ended before it could be reached."
                time.sleep(0.1)
        self.stop()
        raise AssertionError("The app did not answer within 60 s.")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)

    def __exit__(self, *_: object) -> None:
        self.stop()


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    """The app, shared by all tests of the session."""
    with App() as running:
        yield running


@pytest.fixture
def cold_app() -> Iterator[App]:
    """An app that nobody has opened yet."""
    with App() as running:
        yield running


@pytest.fixture(scope="session")
def board_app() -> Iterator[str]:
    """The address of a running page with nothing but a board."""
    with App("tests/viz/board_app.py") as running:
        yield running.url


@pytest.fixture
def show_board(board_app: str, page: Page, complaints: list[str]) -> Callable[..., Locator]:
    """Opens a board."""

    def open_board(name: str = "attention", more: str = "") -> Locator:
        page.goto(f"{board_app}/?board={name}{more}")
        return board(page)

    return open_board


@pytest.fixture(scope="session")
def steps_app() -> Iterator[str]:
    """The address of a running page with nothing but the player."""
    with App("tests/viz/steps_app.py") as running:
        yield running.url


@pytest.fixture
def show_film(steps_app: str, page: Page, complaints: list[str]) -> Callable[..., Page]:
    """Opens a film at a step."""

    def open_film(name: str = "tired", step: int = 0, more: str = "") -> Page:
        page.goto(f"{steps_app}/?film={name}&step={step}{more}")
        page.locator(f".headlight[data-drawn][data-step='{step}']").wait_for(timeout=30_000)
        return page

    return open_film


@pytest.fixture
def show_linked(page: Page, complaints: list[str], tmp_path: Path) -> Callable[..., Page]:
    """Opens the file of a trace; whatever it fetches is a complaint too."""
    page.on("request", lambda asked: complaints.extend([asked.url] * (not asked.url.startswith("file:"))))

    def open_file(trace: Trace, view: View = HEAD, **options: Any) -> Page:
        path = tmp_path / "linked.html"
        path.write_text(html(trace, view=view, **options), encoding="utf-8")
        page.goto(path.as_uri())
        drawn(page)
        return page

    return open_file
