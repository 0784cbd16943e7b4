"""What is done with a board by mouse, keys and fingers: choosing, walking, painting."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.boards import (
    drag,
    heard,
    lines,
    pixel,
    point,
    press,
    read,
    readout,
    rgb,
    settle,
    spot,
)
from tests.viz.board_app import attention, mask
from viz import scales


def test_what_is_chosen_is_outlined_and_can_be_changed(show_board: Any, page: Page) -> None:
    root = show_board()
    accent = rgb(scales.theme()["accent"])
    for name in ("scores", "masked", "weights"):
        assert lines(root, name, 7, None) == accent
    press(root, "weights", 10, 4)
    page.mouse.move(3, 3)
    settle(page, root, 1)
    assert heard(page) == ["weights queries 10 () True"]
    for name in ("scores", "masked", "weights"):
        assert lines(root, name, 10, None) == accent
        assert lines(root, name, 7, None) != accent
    point(root, "q", 0, 0)
    expect(readout(root)).to_contain_text("q, the query: “tired” · 1: ")


def test_what_stands_along_the_sides_is_chosen(show_board: Any, page: Page) -> None:
    root = show_board()
    press(root, "scores", 3, -1)
    settle(page, root, 1)
    press(root, "scores", -1, 5)
    settle(page, root, 2)
    press(root, "k", 2, 20)
    settle(page, root, 3)
    assert heard(page) == ["scores queries 3 () True", "scores keys 5 () True", "k keys 2 () True"]


def test_a_board_that_only_shows_is_not_to_be_clicked(show_board: Any, page: Page) -> None:
    root = show_board("mask", "&shows=1")
    press(root, "mask", 0, 3)
    press(root, "weights", 3, 0)
    point(root, "mask", 0, 3)
    page.wait_for_timeout(500)
    assert heard(page) == []
    assert pixel(root, "mask", 0, 3, 0.12, 0.12)[3] == 0
    assert root.locator(".panels").evaluate("e => getComputedStyle(e).cursor") == "auto"
    page.mouse.move(3, 3)
    expect(readout(root)).to_have_text("Point at a cell to read it.")


def test_keys_walk_and_choose(show_board: Any, page: Page) -> None:
    root = show_board()
    scores = attention()[2].values
    root.locator(".panels").focus()
    page.keyboard.press("ArrowRight")  # to the cursor
    page.keyboard.press("ArrowRight")
    expect(readout(root)).to_contain_text("q, the query: “it” · 2: ")
    page.keyboard.press("PageDown")
    expect(readout(root)).to_contain_text("K, the keys: “The” · 2: ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+ArrowRight")  # the keys stand across there
    expect(readout(root)).to_contain_text(f"“animal” · “animal”: {scores[1, 1]:.4f}".replace("-", "−"))
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(readout(root)).to_contain_text("QKᵀ / √dₖ: “cross” · “.”: ")
    page.keyboard.press("ArrowRight")
    expect(readout(root)).to_contain_text("QKᵀ / √dₖ: “cross” · “.”: ")
    page.keyboard.press("Enter")
    settle(page, root, 1)
    assert heard(page) == ["scores queries 3 () True"]
    page.keyboard.press("Home")
    for _ in range(9):
        page.keyboard.press("ArrowUp")  # over the first row stands the column's word
    expect(readout(root)).to_contain_text("QKᵀ / √dₖ: “The”: from ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    settle(page, root, 2)
    assert heard(page)[1] == "scores keys 1 () True"
    expect(root.locator(".panels")).to_be_focused()
    page.keyboard.press("Escape")
    expect(readout(root)).to_have_text("Point at a cell to read it; click to choose.")


def test_the_board_is_one_stop_for_the_tabulator_and_says_what_it_is(show_board: Any, page: Page) -> None:
    root = show_board()
    stops = root.locator(":is(a, button, input, [tabindex='0'])")
    expect(stops).to_have_count(1)
    page.get_by_role("textbox", name="Board").focus()
    page.keyboard.press("Tab")
    expect(root.locator(".panels")).to_be_focused()
    assert root.locator(".panels").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    expect(stops).to_have_accessible_name("Numbers in rows and columns")
    expect(stops).to_have_accessible_description(re.compile("Enter chooses"))
    expect(readout(root)).to_have_attribute("aria-live", "polite")
    names = [canvas.get_attribute("aria-label") for canvas in root.get_by_role("img").all()]
    assert names[:3] == [
        "q, the query: vector of 32 numbers",
        "K, the keys: matrix, 12 × 32",
        "QKᵀ / √dₖ: matrix, 12 × 12",
    ]


def test_cells_are_painted_by_dragging(show_board: Any, page: Page) -> None:
    root = show_board("mask")
    drag(root, "mask", (0, 1), (0, 4), (2, 4))
    assert [pixel(root, "mask", 0, column, 0.12, 0.12)[3] for column in (1, 2, 3, 4, 5)] == [255] * 4 + [0]
    settle(page, root, 1)
    cells = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 4), (2, 4)]
    assert heard(page) == [f"mask  0 {tuple(cells)} True"]
    allowed = mask()[0].allowed
    assert allowed is not None
    for row, column in np.ndindex(6, 6):
        told = read(root, "mask", row, column)
        assert (told == "crossed out") == (not allowed[row, column] and (row, column) not in cells)
    shares = [float(read(root, "weights", 0, column)) for column in range(5)]
    assert sum(shares) == pytest.approx(1, abs=3e-4)


def test_what_is_painted_over_takes_the_state_of_the_first(show_board: Any, page: Page) -> None:
    root = show_board("mask")
    drag(root, "mask", (3, 2), (3, 5))  # from allowed to shut: those that are shut already stay so
    settle(page, root, 1)
    assert heard(page) == ["mask  0 ((3, 2), (3, 3)) False"]


def test_a_fast_hand_leaves_no_holes_and_no_stroke_is_lost(show_board: Any, page: Page) -> None:
    root = show_board("mask")
    drag(root, "mask", (0, 5), (5, 5))
    for column in range(5):
        press(root, "mask", 5, column)
    settle(page, root, 6)
    down = tuple((row, 5) for row in range(5))
    assert heard(page) == [
        f"mask  0 {down} True",
        *[f"mask  0 ((5, {column}),) False" for column in range(5)],
    ]
    assert [read(root, "mask", 5, column) for column in range(6)] == ["crossed out"] * 5 + ["1"]


def test_a_row_in_which_nothing_is_allowed_is_grey(show_board: Any, page: Page) -> None:
    root = show_board("mask")
    press(root, "mask", 0, 0)
    settle(page, root, 1)
    page.mouse.move(3, 3)
    shade = rgb(scales.theme()["shade"])
    for name in ("mask", "weights"):
        assert pixel(root, name, 0, 0, 0.12, 0.12)[:3] == shade
        assert pixel(root, name, 1, 4, 0.12, 0.12)[3] == 0


def test_cells_are_switched_by_keys(show_board: Any, page: Page) -> None:
    root = show_board("mask")
    root.locator(".panels").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    expect(readout(root)).to_have_text(re.compile("“I” · “go”: (0|1)$"))
    settle(page, root, 1)
    page.keyboard.press("Enter")
    settle(page, root, 2)
    assert heard(page) == ["mask  0 ((0, 1),) True", "mask  0 ((0, 1),) False"]
    expect(readout(root)).to_contain_text("crossed out")


def test_a_finger_paints(show_board: Any, page: Page) -> None:
    root = show_board("mask")
    (x, y), (u, v) = spot(root, "mask", 0, 1), spot(root, "mask", 0, 3)
    client = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": u, "y": v}]),
        ("touchEnd", []),
    ):
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    settle(page, root, 1)
    assert heard(page) == ["mask  0 ((0, 1), (0, 2), (0, 3)) True"]
