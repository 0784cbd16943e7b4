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


def heard(page: Page) -> list[str]:
    """What the page was told of, in order."""
    return page.locator("[data-testid=stText]").all_inner_texts()


def settle(page: Page, root: Locator, count: int) -> None:
    """Waits until the page was told of so much, and what it answered is drawn and rests."""
    expect(page.locator("[data-testid=stText]")).to_have_count(count)
    page.wait_for_timeout(450)


def pixel(root: Locator, panel: str, row: int, column: int, dx: float = 0.2, dy: float = 0.2) -> list[int]:
    """The colour of a cell, near its corner, where no number stands."""
    colour: list[int] = root.locator(f"figure[data-panel='{panel}'] canvas").evaluate(
        """(canvas, [row, column, dx, dy]) => {
            const [x, y, wide, high] = canvas.dataset.cells.split(" ").map(Number);
            const ratio = devicePixelRatio;
            const at = [x + (column + dx) * wide, y + (row + dy) * high].map((v) => Math.floor(v * ratio));
            return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
        }""",
        [row, column, dx, dy],
    )
    return colour


def rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def lines(root: Locator, panel: str, row: int | None, column: int | None) -> list[int]:
    """The colour right outside the box of a line of cells, where its outline runs."""
    colour: list[int] = root.locator(f"figure[data-panel='{panel}'] canvas").evaluate(
        """(canvas, [row, column]) => {
            const [x, y, wide, high] = canvas.dataset.cells.split(" ").map(Number);
            const [u, v] = row === null ? [column * wide - 1, high / 2] : [wide / 2, row * high - 1];
            const at = [x + u, y + v].map(Math.floor);
            return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
        }""",
        [row, column],
    )
    return colour[:3]
