"""Where things are in a film, and what its player shows of them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

CLOSE = 6e-5  # weights are told with four decimals


def root(page: Page) -> Locator:
    return page.locator(".headlight")


def at(page: Page, step: int) -> None:
    expect(root(page)).to_have_attribute("data-step", str(step))


def readout(page: Page) -> Locator:
    return page.locator(".readout")


def lines(page: Page, kind: str) -> list[dict[str, Any]]:
    """The lines of one kind that are not just fading out: query, key, weight, width, colour, ends."""
    found: list[dict[str, Any]] = page.locator(
        f".light g:not(.leaving) path[data-kind='{kind}']"
    ).evaluate_all(
        """list => list.map(path => ({
            query: Number(path.dataset.query),
            key: Number(path.dataset.key),
            weight: Number(path.dataset.weight),
            width: Number(path.getAttribute("stroke-width")),
            colour: path.getAttribute("stroke").match(/\\d+/g).map(Number),
            ends: [0, path.getTotalLength()].map(n => path.getPointAtLength(n)).map(p => [p.x, p.y]),
        }))"""
    )
    return found


def lit(page: Page, row: str) -> list[float | None]:
    """The weight on each piece of a row, None where none is told."""
    found: list[str] = page.locator(f".{row} .token").evaluate_all("list => list.map(e => e.dataset.weight)")
    return [float(weight) if weight else None for weight in found]


def boxes(page: Page, row: str) -> list[dict[str, float]]:
    """Where the pieces of a row are, from the corner of the drawing."""
    found: list[dict[str, float]] = page.locator(f".{row} .token").evaluate_all(
        """list => {
            const corner = list[0].getRootNode().querySelector(".light").getBoundingClientRect();
            return list.map(e => e.getBoundingClientRect()).map(({ left, right, top, bottom }) => ({
                x: (left + right) / 2 - corner.left, top: top - corner.top, bottom: bottom - corner.top,
            }));
        }"""
    )
    return found
