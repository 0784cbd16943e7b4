"""Where things are on a board, for tests that point at them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

# Where a canvas is, once in sight, and what it says of its cells: asked at once, for it may be drawn anew.
PLACE = """(canvas) => {
  canvas.scrollIntoViewIfNeeded();
  const { x, y } = canvas.getBoundingClientRect();
  return [x, y, canvas.dataset.cells];
}"""


def board(page: Page, at: int = 0) -> Locator:
    """The board of a page (the first, unless another is asked for), once it is drawn and rests."""
    root = page.locator(".headlight.board").nth(at)
    root.locator(":scope[data-drawn]").wait_for(timeout=30_000)
    return root


def spot(root: Locator, panel: str, row: int, column: int) -> tuple[float, float]:
    """The middle of a cell of a panel in the window. −1 is what stands along the side."""
    canvas = root.locator(f"figure[data-panel='{panel}'] canvas")
    left, top, told = canvas.evaluate(PLACE)
    assert told, f"The panel {panel} is not drawn."
    x, y, wide, high = map(float, told.split())
    across = -12 if column < 0 else (column + 0.5) * wide
    down = -9 if row < 0 else (row + 0.5) * high
    return left + x + across, top + y + down


def point(root: Locator, panel: str, row: int, column: int) -> None:
    root.page.mouse.move(*spot(root, panel, row, column))


def press(root: Locator, panel: str, row: int, column: int) -> None:
    """A click on a cell, or on what stands along the side."""
    root.page.mouse.click(*spot(root, panel, row, column))


def drag(root: Locator, panel: str, *cells: tuple[int, int]) -> None:
    """The button is held over the first cell and let go over the last."""
    mouse = root.page.mouse
    mouse.move(*spot(root, panel, *cells[0]))
    mouse.down()
    for cell in cells[1:]:
        mouse.move(*spot(root, panel, *cell))
    mouse.up()


def readout(root: Locator) -> Locator:
    """The line that tells what is pointed at."""
    return root.locator(".readout")


def read(root: Locator, panel: str, row: int, column: int) -> str:
    """What the board says of a cell: its last part, the number."""
    point(root, panel, row, column)
    value = readout(root).locator(".value")
    expect(value).to_be_visible()
    return value.inner_text()
