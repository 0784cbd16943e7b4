"""The board does in a real browser what a person expects of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.boards import (
    board,
    lines,
    pixel,
    point,
    press,
    read,
    readout,
    rgb,
    spot,
)
from tests.viz.board_app import BOARDS, attention, large
from tests.viz.traces import MARKUP
from viz import scales


def expected(value: float, end: float, *, signed: bool, dark: bool = False) -> list[float]:
    """The colour of a value, from the scales themselves."""
    steps = scales.diverging(dark) if signed else scales.sequential(dark)
    share = np.clip(value / end, -1 if signed else 0, 1)
    at = ((share + 1) / 2 if signed else share) * (len(steps) - 1)
    return [float(np.interp(at, range(len(steps)), [rgb(step)[i] for step in steps])) for i in range(3)]


def test_pointing_tells_the_cell(show_board: Any) -> None:
    root, panels = show_board(), {one.name: one for one in attention()}
    rng = np.random.default_rng(0)
    for name in ("scores", "weights", "k"):
        for _ in range(3):
            row, column = (int(rng.integers(0, n)) for n in panels[name].values.shape)
            value, one = float(panels[name].values[row, column]), panels[name]
            told = read(root, name, row, column)
            if one.allowed is not None and not one.allowed[row, column]:
                assert told == "crossed out"
                continue
            assert float(told.replace("−", "-")) == pytest.approx(value, abs=6e-5)
            place = one.columns.texts[column]
            shown = f"“{place}”" if name != "k" else place
            expect(readout(root)).to_contain_text(f"{one.title}: “{one.rows.texts[row]}” · {shown}: ")
    root.page.mouse.move(3, 3)
    expect(readout(root)).to_have_text("Point at a cell to read it; click to choose.")


def test_what_has_no_number_is_told(show_board: Any) -> None:
    root = show_board()
    assert read(root, "masked", 0, 1) == "−∞, crossed out"
    assert read(root, "weights", 0, 1) == "crossed out"
    root = show_board("strange")
    told = [read(root, "strange", 0, column) for column in range(8)]
    assert told == ["0", "−1.0e−9", "0.5000", "1234.5000", "no value", "∞", "−∞", "−32500000"]
    point(root, "one", 0, 0)
    expect(readout(root)).to_have_text("one: 0.2500")


def test_a_line_is_told_from_its_least_to_its_most(show_board: Any) -> None:
    root, scores = show_board(), attention()[2].values
    point(root, "scores", 4, -1)
    least, most = (f"{value:.4f}".replace("-", "−") for value in (scores[4].min(), scores[4].max()))
    expect(readout(root)).to_have_text(f"QKᵀ / √dₖ: “the”: from {least} to {most}")
    point(root, "q", -1, 8)
    value = f"{attention()[0].values[0, 8]:.4f}".replace("-", "−")
    expect(readout(root)).to_have_text(f"q, the query: 9: from {value} to {value}")


@pytest.mark.parametrize("dark", [False, True])
def test_cells_have_the_colours_of_their_numbers(show_board: Any, page: Page, dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    root = show_board()
    expect(root).to_have_attribute("data-theme", "dark" if dark else "light")
    for one in attention():
        finite = one.values[np.isfinite(one.values)]
        end = one.end or float(np.abs(finite).max())
        for row, column in ((0, 0), (one.values.shape[0] - 1, 3), (one.values.shape[0] // 2, 1)):
            found = pixel(root, one.name, row, column)
            if one.allowed is not None and not one.allowed[row, column]:
                continue
            signed = one.scale == "signed"
            wanted = expected(float(one.values[row, column]), end, signed=signed, dark=dark)
            assert found[3] == 255
            assert found[:3] == pytest.approx(wanted, abs=3), (one.name, row, column)


def test_a_cell_that_is_not_allowed_is_not_filled_but_crossed(show_board: Any) -> None:
    root = show_board()
    corner = pixel(root, "weights", 2, 9, 0.12, 0.12)
    assert corner[3] == 0
    across = np.linspace(0.1, 0.9, 33)
    line = [
        np.mean([dx for dx in across if pixel(root, "weights", 2, 9, dx, dy)[3]]) for dy in (0.3, 0.5, 0.7)
    ]
    assert line == pytest.approx([0.7, 0.5, 0.3], abs=0.1)  # a diagonal, and nothing else
    assert pixel(root, "weights", 2, 1, 0.12, 0.12)[3] == 255
    assert pixel(root, "masked", 2, 9, 0.3, 0.7)[3] == 0  # −∞ says it already
    ink = [pixel(root, "masked", 2, 9, part, 0.5)[3] for part in np.linspace(0.3, 0.7, 15)]
    assert any(ink)


def test_the_theme_is_followed(show_board: Any, page: Page) -> None:
    root = show_board()
    light = pixel(root, "scores", 0, 0)
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-theme", "dark")
    page.wait_for_timeout(100)
    assert sum(pixel(root, "scores", 0, 4)) < sum(light)


def test_rows_and_columns_light_up_wherever_they_are(show_board: Any, page: Page) -> None:
    root = show_board()
    quiet = rgb(scales.theme()["quiet"])
    point(root, "weights", 9, 3)
    page.wait_for_timeout(100)
    for name in ("scores", "masked", "weights"):
        assert lines(root, name, 9, None) == quiet
        assert lines(root, name, None, 3) == quiet
    assert lines(root, "k", 3, None) == quiet  # the keys stand down the side there
    assert lines(root, "k", 9, None) != quiet
    point(root, "q", 0, 30)
    page.wait_for_timeout(100)
    assert lines(root, "k", None, 30) == quiet
    assert lines(root, "scores", 0, None) != quiet  # the one query of q is not the first of all


def sizes(root: Locator, name: str) -> tuple[float, float]:
    told = root.locator(f"figure[data-panel='{name}'] canvas").get_attribute("data-cells")
    assert told
    wide, high = (float(number) for number in told.split()[2:])
    return wide, high


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_every_board_fits(show_board: Any, page: Page, name: str) -> None:
    page.set_viewport_size({"width": 400, "height": 900})
    root = show_board(name)
    for width in (400, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        assert_fits(root, name)


def assert_fits(root: Locator, name: str) -> None:
    page = root.page
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth <= e.clientWidth")
    outer = root.bounding_box()
    assert outer
    for one in BOARDS[name]():
        canvas = root.locator(f"figure[data-panel='{one.name}'] canvas")
        box = canvas.bounding_box()
        assert box
        assert box["x"] >= outer["x"] - 1
        assert box["x"] + box["width"] <= outer["x"] + outer["width"] + 1
        wide, high = sizes(root, one.name)
        assert max(wide, high) <= 44 * 2 * 1.2
        assert high * len(one.rows) <= 560 * 1.2 + 1


def test_cells_of_long_sides_are_drawn_block_by_block_and_can_be_read(show_board: Any) -> None:
    root, (near, signed) = show_board("large"), large()
    wide, high = sizes(root, "near")
    assert wide == high < 3
    for row, column in ((150, 147), (299, 0), (0, 299), (40, 20)):
        told = read(root, "near", row, column)
        assert near.allowed is not None
        if near.allowed[row, column]:
            assert float(told.replace("−", "-")) == pytest.approx(near.values[row, column], abs=6e-5)
        else:
            assert told == "crossed out"
    row, column = (int(place) for place in np.unravel_index(signed.values.argmin(), signed.values.shape))
    dark, pale = pixel(root, "signed", row, column, 0, 0), pixel(root, "signed", 3, 299, 0, 0)
    assert dark[2] - dark[0] > 60  # blue
    assert max(pale[:3]) - min(pale[:3]) < 8
    assert pixel(root, "near", 10, 250, 0, 0)[3] < 255  # hatched


def test_panels_stand_together_where_that_is_asked_for(show_board: Any) -> None:
    def height(root: Locator) -> float:
        told: float = root.locator(".panels").evaluate("e => e.getBoundingClientRect().height")
        return told

    apart = show_board()
    before, cell = height(apart), sizes(apart, "scores")
    close = show_board(more="&together=1")
    assert height(close) < 0.8 * before
    assert sizes(close, "scores") < cell


def test_panels_with_a_sign_between_them_are_level(show_board: Any) -> None:
    root = show_board(more="&together=1")
    middles = []
    for name, count in (("q", 1), ("k", 12), ("scores", 12)):
        top, bottom = spot(root, name, 0, 0)[1], spot(root, name, count - 1, 0)[1]
        middles.append((top + bottom) / 2)
    assert middles == pytest.approx([middles[0]] * 3, abs=1)
    for sign in ("·", "="):
        box = root.get_by_text(sign, exact=True).bounding_box()
        assert box
        assert box["y"] + box["height"] / 2 == pytest.approx(middles[0], abs=1.5)


def test_colours_glide_unless_motion_is_not_wanted(show_board: Any, page: Page) -> None:
    watch = """root => new Promise((done) => {
        const canvas = root.querySelector("figure[data-panel='q'] canvas");
        const seen = new Set();
        const begun = performance.now();
        const look = () => {
            const [x, y, wide, high] = canvas.dataset.cells.split(" ").map(Number);
            const at = [x + 28.3 * wide, y + 0.3 * high].map(Math.floor);
            seen.add(String(canvas.getContext("2d").getImageData(...at, 1, 1).data));
            if (performance.now() - begun < 1500) requestAnimationFrame(look);
            else done(seen.size);
        };
        look();
    })"""
    root = show_board()
    press(root, "scores", 2, -1)
    assert root.evaluate(watch) > 3
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_timeout(300)
    press(root, "scores", 9, -1)
    assert root.evaluate(watch) <= 2


def test_strange_words_are_words(show_board: Any) -> None:
    root = show_board("strange")
    expect(root.locator("img, b, script")).to_have_count(0)
    expect(root.locator("figure[data-panel='row'] .title")).to_have_text(MARKUP)
    point(root, "strange", 4, 0)
    expect(readout(root)).to_contain_text("</script><img src=x one")
    point(root, "strange", 1, 7)
    expect(readout(root)).to_contain_text("“الحيوان” · “동물은”: −32500000")
    point(root, "strange", 2, 2)
    expect(readout(root)).to_contain_text("“👩‍👩‍👧” · “␣”: 0.5000")
    point(root, "strange", 3, 0)
    expect(readout(root)).to_contain_text(f"“{'x' * 23}…” · “ü”")
    height = readout(root).evaluate("e => e.getBoundingClientRect().height")
    root.page.mouse.move(3, 3)
    assert readout(root).evaluate("e => e.getBoundingClientRect().height") == height


def test_the_scale_is_explained_where_no_numbers_stand(show_board: Any) -> None:
    root = show_board("vectors")
    legends = root.locator(".legend:visible")
    shown = [text.split() for text in legends.all_inner_texts()]
    assert len(shown) == 5
    assert all(low == f"−{high}" for low, high in shown)
    root = show_board("many")
    expect(root.locator(".legend:visible")).to_have_count(1)  # they all wear the same
    assert root.locator(".legend:visible").inner_text().split() == ["0", "1"]


def test_many_panels_answer_the_pointer_within_a_frame(show_board: Any, page: Page) -> None:
    page.add_init_script(
        """const plain = window.requestAnimationFrame;
        window.spent = [];
        window.requestAnimationFrame = (f) => plain.call(window, (now) => {
            const begun = performance.now();
            f(now);
            window.spent.push(performance.now() - begun);
        });"""
    )
    for name, panel, count in (("many", "head 3", 16), ("huge", "near", 512)):
        root = show_board(name)
        page.wait_for_timeout(300)
        page.evaluate("window.spent = []")
        (x, y), (u, v) = spot(root, panel, 0, 0), spot(root, panel, count - 1, count - 1)
        for step in range(40):
            page.mouse.move(x + (u - x) * step / 39, y + (v - y) * ((step * 7) % 40) / 39)
            page.wait_for_timeout(20)
        spent = sorted(page.evaluate("window.spent"))
        assert len(spent) >= 20
        assert spent[len(spent) // 4] < 16, spent  # the rest is what else the machine does


def test_a_board_comes_and_goes(show_board: Any, page: Page) -> None:
    root = show_board()
    field = page.get_by_role("textbox", name="Board")
    for name in ("empty", "mask", "attention"):
        field.fill(name)
        field.press("Enter")
        expect(page.locator("figure")).to_have_count(len(BOARDS[name]()))
        if name != "empty":
            board(page)
    point(root, "scores", 7, 7)
    expect(readout(root)).to_contain_text("“it” · “it”: ")


def test_places_are_thinned_out_at_round_numbers(show_board: Any) -> None:
    """The middle of each number over the strip of 128 features is over its cell."""
    root = show_board("vectors")
    canvas = root.locator("figure[data-panel='v128'] canvas")
    drawn: list[tuple[str, float]] = canvas.evaluate(
        """canvas => new Promise((done) => {
            const context = canvas.getContext("2d");
            const plain = context.fillText;
            const told = [];
            context.fillText = function (text, x, y) {
                told.push([text, x]);
                plain.call(this, text, x, y);
            };
            canvas.dispatchEvent(new PointerEvent("pointermove", {
                bubbles: true, composed: true, pointerType: "mouse",
                clientX: canvas.getBoundingClientRect().left + canvas.clientWidth / 2,
                clientY: canvas.getBoundingClientRect().top + canvas.clientHeight / 2,
            }));
            setTimeout(() => { context.fillText = plain; done(told); }, 300);
        })"""
    )
    told = canvas.get_attribute("data-cells")
    assert told
    x, _, wide, _ = map(float, told.split())
    numbers = [(int(text), at) for text, at in drawn if text.isdigit()]
    assert len(numbers) > 4
    for number, at in numbers:
        assert at == pytest.approx(x + (number - 0.5) * wide, abs=1)
    places = [at for _, at in sorted(numbers)]
    assert all(after - before > 18 for before, after in pairwise(places))
    assert sum(number % 10 != 0 for number, _ in numbers) <= 2  # the first, and the one that is pointed at
