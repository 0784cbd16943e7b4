"""Where tests begin: a page with a checkpoint whose figures they know, and when it has come to rest."""

from __future__ import annotations

from playwright.sync_api import Page

WAIT = 60_000  # milliseconds: the first page waits for torch


def with_pronouns(url: str) -> str:
    """The same page with the checkpoint of the pronoun grammar alone."""
    if "checkpoint=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}checkpoint=pronouns"


def settled(page: Page, drawn: str | None = None) -> None:
    """Wait until the page has stopped working, and before that until something is drawn.

    drawn: where that stands, as a selector.
    """
    if drawn:
        page.locator(drawn).first.wait_for(timeout=WAIT)
    page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached", timeout=WAIT)
