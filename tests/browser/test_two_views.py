"""Several views in one document, as the cells of a notebook put them: each shows its own trace."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.linkeds import HEAD
from tests.viz.traces import pronouns, random
from viz.linked import View, html

WITH_IT = View(heads=HEAD.heads, held=(8,))


def status(view: Locator) -> Locator:
    return view.get_by_role("status")


def opened(page: Page, tmp_path: Path, *parts: str) -> list[Locator]:
    """A document of several parts, and the views in it."""
    path = tmp_path / "views.html"
    path.write_text("".join(parts), encoding="utf-8")
    page.goto(path.as_uri())
    views = page.locator(".headlight").all()
    for view in views:
        expect(view).to_have_attribute("data-drawn", "encoder 1.3")
    return views


def test_two_files_in_one_document_show_two_traces(page: Page, tmp_path: Path) -> None:
    files = (html(pronouns(cue), view=WITH_IT) for cue in ("tired", "wide"))
    one, two = opened(page, tmp_path, *files)
    expect(status(one)).to_contain_text("“it” looks 91 % at “animal”")
    expect(status(two)).to_contain_text("“it” looks 91 % at “street”")
    two.get_by_role("button", name="Layer 1, head 2").click()
    expect(two.locator(".chosen")).to_have_text("layer 1 · head 2")
    expect(one.locator(".chosen")).to_have_text("layer 2 · head 4")


def test_the_same_file_twice_makes_two_views(page: Page, tmp_path: Path) -> None:
    one, two = opened(page, tmp_path, *[html(pronouns(), view=WITH_IT)] * 2)
    one.locator(".token", has_text="it").last.click()
    expect(status(two)).to_contain_text("“it” looks 91 %")


def test_keys_walk_the_view_they_are_pressed_in(page: Page, tmp_path: Path) -> None:
    one, two = opened(page, tmp_path, *(html(pronouns(cue), view=HEAD) for cue in ("tired", "wide")))
    page.keyboard.press("ArrowLeft")  # nowhere in particular: the first
    expect(one.locator(".chosen")).to_have_text("layer 2 · head 3")
    two.get_by_role("button", name="Layer 2, head 2").click()
    page.keyboard.press("ArrowLeft")
    expect(two.locator(".chosen")).to_have_text("layer 2 · head 1")
    expect(one.locator(".chosen")).to_have_text("layer 2 · head 3")


def test_keys_in_the_page_around_are_left_to_it(page: Page, tmp_path: Path) -> None:
    (one,) = opened(page, tmp_path, html(pronouns(), view=HEAD), '<p contenteditable="true">code</p>')
    page.locator("p[contenteditable]").click()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(100)
    expect(one.locator(".chosen")).to_have_text("layer 2 · head 4")


def test_layers_of_a_long_text_are_those_of_its_own_file(page: Page, tmp_path: Path) -> None:
    traces = [random(300, layers=3, heads=30, seed=seed) for seed in (1, 2)]
    views = opened(page, tmp_path, *(html(t, view=View(heads=((1, 3),), held=(7,))) for t in traces))
    for view, t in zip(views, traces, strict=True):
        view.get_by_role("button", name="Layer 3, head 1", exact=True).click()
        expect(view).to_have_attribute("data-drawn", "encoder 2.0")
        page.mouse.move(2, 2)
        row = t["encoder"][2, 0][7]
        share = round(100 * float(row.max()))
        expect(status(view)).to_contain_text(f"looks {share} % at “token{row.argmax()}”")


def test_a_view_put_in_later_is_shown_and_the_first_goes_on(page: Page, tmp_path: Path) -> None:
    """As a notebook does it: the markup set, then each script made anew so that it runs."""
    (one,) = opened(page, tmp_path, html(pronouns(), view=HEAD))
    one.get_by_role("button", name="Layer 1, head 2").click()
    page.evaluate(
        """text => {
          const cell = document.createElement("div");
          cell.innerHTML = text;
          document.body.append(cell);
          for (const old of cell.querySelectorAll("script")) {
            const script = document.createElement("script");
            for (const { name, value } of old.attributes) script.setAttribute(name, value);
            script.textContent = old.textContent;
            old.replaceWith(script);
          }
        }""",
        html(pronouns("wide"), view=WITH_IT),
    )
    expect(status(page.locator(".headlight").nth(1))).to_contain_text("“it” looks 91 % at “street”")
    expect(one.locator(".chosen")).to_have_text("layer 1 · head 2")
