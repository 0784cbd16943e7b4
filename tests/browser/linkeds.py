"""Where things are in the linked view, and what it shows of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page

from model.trace import Stack, Trace
from viz.linked import View

CLOSE = 0.006  # weights travel as bytes
HEAD = View(heads=((1, 3),))


def drawn(page: Page) -> None:
    page.locator(".headlight[data-drawn]").wait_for()


def token(page: Page, text: str, side: str = "query") -> Locator:
    return page.locator(f'.token[data-side="{side}"]').get_by_text(text, exact=True)


def button(page: Page, text: str, side: str = "query") -> Locator:
    return page.locator(f'.token[data-side="{side}"]', has=page.get_by_text(text, exact=True))


def away(page: Page) -> None:
    page.mouse.move(2, 2)


def read(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def lit(page: Page, side: str = "query") -> dict[int, float]:
    """The weight on each token of a strip, by position; of a long one when all have followed."""
    page.locator(".strip:not([data-behind])").first.wait_for()
    rows = page.locator(f'.token[data-side="{side}"]').evaluate_all(
        "list => list.map(e => [Number(e.dataset.position), Number(e.dataset.weight)])"
    )
    return dict(rows)


def assert_lit(page: Page, expected: NDArray[np.floating], side: str = "query", summed: int = 1) -> None:
    """summed: of how many weights each is the sum; the error of each adds to it."""
    found = lit(page, side)
    assert found
    for position, weight in found.items():
        assert weight == pytest.approx(expected[position], abs=summed * CLOSE), position


def weights(trace: Trace, view: View = HEAD) -> NDArray[np.float32]:
    """What the view shows, computed in NumPy: (queries, keys)."""
    stack: Stack = trace.by_words()[view.kind] if view.words else trace[view.kind]
    heads = np.stack([stack.weights[stack.layers.index(layer), head] for layer, head in view.heads])
    return heads.max(axis=0) if view.combine == "max" else heads.mean(axis=0)
