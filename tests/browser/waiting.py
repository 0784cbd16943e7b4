"""When a page has come to rest, for tests that go on from there."""

from __future__ import annotations

from playwright.sync_api import Page

WAIT = 60_000  # milliseconds: the first page waits for torch


def settled(page: Page, drawn: str | None = None) -> None:
    """Wait until the page has stopped working, and before that until something is drawn.

    drawn: where that stands, as a selector.
    """
    if drawn:
        page.locator(drawn).first.wait_for(timeout=WAIT)
    page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached", timeout=WAIT)
