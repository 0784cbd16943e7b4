"""Traces in the cells of a notebook: each in a frame of its own, in the notebook's theme."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.viz.traces import pronouns

LOOK = (
    "e => [getComputedStyle(e).font, getComputedStyle(document.body).margin]"  # of a heading, and of the page
)


def test_cells_of_a_notebook_show_their_traces_and_leave_the_page_alone(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "notebook.html"
    cells = [pronouns(cue)._repr_html_() for cue in ("tired", "wide")]
    path.write_text(f"<body style='margin: 3px'><h1>Mine</h1>{''.join(cells)}", encoding="utf-8")
    page.set_content("<body style='margin: 3px'><h1>Mine</h1>")
    plain = page.locator("h1").evaluate(LOOK)
    page.goto(path.as_uri())
    for number, cue in enumerate(("tired", "wide")):
        frame = page.frame_locator("iframe").nth(number)
        expect(frame.locator(".headlight")).to_have_attribute("data-drawn", "encoder 0.0")
        expect(frame.locator("h1")).to_contain_text(cue)
        frame.get_by_role("button", name="Layer 2, head 4").click()
        frame.locator(".token").get_by_text("it", exact=True).hover()
        noun = "animal" if cue == "tired" else "street"
        expect(frame.get_by_role("status")).to_contain_text(f"“it” looks 91 % at “{noun}”")
    styles = page.locator("h1").evaluate(LOOK)
    assert styles == plain


def test_a_short_text_is_seen_whole_in_its_cell(page: Page) -> None:
    page.set_viewport_size({"width": 1000, "height": 900})
    page.set_content(f"<body style='margin: 0'>{pronouns()._repr_html_()}")
    expect(page.frame_locator("iframe").locator(".headlight")).to_have_attribute("data-drawn", "encoder 0.0")
    below = page.frame_locator("iframe").locator(".panels").evaluate("e => e.getBoundingClientRect().bottom")
    assert below < page.locator("iframe").evaluate("e => e.clientHeight")


@pytest.mark.parametrize(
    ("body", "theme"),
    [
        ("", "light"),
        ('data-jp-theme-light="false"', "dark"),
        ('data-jp-theme-light="true"', "light"),
        ('class="vscode-dark"', "dark"),
        ('style="color-scheme: dark"', "dark"),
    ],
)
def test_a_cell_is_dark_where_the_notebook_is(browser: Browser, body: str, theme: str) -> None:
    context = browser.new_context(color_scheme="null")  # nothing emulated, which would hold in every frame
    page = context.new_page()
    page.set_content(f"<body {body}>{pronouns()._repr_html_()}")
    expect(page.frame_locator("iframe").locator(".headlight")).to_have_attribute("data-theme", theme)
    context.close()
