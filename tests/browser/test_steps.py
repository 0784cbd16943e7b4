"""The player does in a real browser what a person expects of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App
from tests.viz.steps_app import FILMS, hebrew, long, tired
from tests.viz.traces import MARKUP

ROOT = Path(__file__).resolve().parents[2]
CLOSE = 6e-5  # weights are told with four decimals


@pytest.fixture(scope="module")
def steps_app() -> Iterator[str]:
    """The address of a running page with nothing but the player."""
    running = App("tests/viz/steps_app.py")
    yield running.url
    running.stop()


@pytest.fixture
def show(steps_app: str, page: Page, complaints: list[str]) -> Callable[..., Page]:
    """Opens a film at a step."""

    def open_film(name: str = "tired", step: int = 0, more: str = "") -> Page:
        page.goto(f"{steps_app}/?film={name}&step={step}{more}")
        page.locator(f".headlight[data-drawn][data-step='{step}']").wait_for(timeout=30_000)
        return page

    return open_film


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


def assert_drawn(page: Page, kind: str, row: NDArray[np.float32], end: float) -> None:
    """Every weight that can be seen is a line, and the more the weight the wider and darker the line."""
    found = {line["key"]: line for line in lines(page, kind)}
    assert sorted(found) == [key for key, weight in enumerate(row) if weight >= 0.01 * end]
    widths = np.array([line["width"] for line in found.values()])
    weights = np.array([row[key] for key in found])
    for key, line in found.items():
        assert line["weight"] == pytest.approx(row[key], abs=CLOSE)
    slope, offset = np.polyfit(weights, widths, 1)
    np.testing.assert_allclose(widths, slope * weights + offset, atol=0.02)
    assert slope > 0
    order = np.argsort(weights)
    lightness = np.array([sum(line["colour"]) for line in found.values()])[order]
    assert (np.diff(lightness) <= 0).all()


@pytest.mark.parametrize("step", [1, 2, 9, 16])
def test_lines_and_light_are_the_weights(show: Any, step: int) -> None:
    page, film = show(step=step), tired()
    cross, own = film.cross[step - 1], film.decoder[step - 1, :step]
    end = 1.0  # of the scale: some weights of this film are more than a half
    assert_drawn(page, "cross", cross, end)
    assert {line["query"] for kind in ("cross", "decoder") for line in lines(page, kind)} == {step - 1}
    assert lit(page, "source") == pytest.approx(list(cross), abs=CLOSE)
    assert lit(page, "written")[:step] == pytest.approx(list(own), abs=CLOSE)
    if step > 2:
        assert_drawn(page, "decoder", own, end)
    assert not lines(page, "encoder")


def test_lines_go_from_piece_to_piece(show: Any) -> None:
    page = show(step=9)
    source, written = boxes(page, "source"), boxes(page, "written")
    page.wait_for_timeout(400)
    for kind, keys in (("cross", source), ("decoder", written)):
        found = lines(page, kind)
        assert len(found) > 4
        for line in found:
            (x, y), (u, v) = line["ends"]
            key = keys[line["key"]]
            assert (x, u) == pytest.approx((written[9]["x"], key["x"]), abs=1.5)
            assert (y < written[9]["top"]) == (kind == "cross")  # between the rows, or under the row
            assert v == pytest.approx(key["bottom"], abs=4)


def test_nothing_right_of_the_present_step_is_shown(show: Any) -> None:
    page, film = show(step=5), tired()
    for position, text in enumerate(film.written.texts):
        piece = page.locator(f".written .token[data-position='{position}']")
        if position < 5:
            expect(piece).to_be_visible()
            expect(piece).to_have_text(text)
        else:
            expect(piece).to_be_hidden()
    said = root(page).inner_text()
    assert page.locator(".written").inner_text().split() == ["<s>", *film.written.texts[:5]]
    assert not {"traversé", "fatigué"} & set(re.findall(r"\w+", said))
    assert all(weight is None for weight in lit(page, "written")[5:])
    assert {line["key"] for line in lines(page, "decoder")} <= set(range(5))
    assert page.get_by_role("button", name="Step 6").count() == 0
    page.keyboard.press("Tab")  # the focus is nowhere yet; whatever can be reached is not of the future
    expect(page.locator(".written .to-come:focus")).to_have_count(0)


def test_it_says_in_words_what_happens(show: Any) -> None:
    page, film = show(step=3), tired()
    expect(readout(page)).to_have_attribute("aria-live", "polite")
    first, second = np.argsort(-film.cross[2])[:2]
    shares = [round(100 * weight) for weight in (*film.cross[2, [first, second]], film.decoder[2].max())]
    own = ("the start token", "“L'”", "“animal”")[film.decoder[2].argmax()]
    expect(readout(page)).to_have_text(
        "Step 3 of 16: the decoder has written “L'animal”. "
        f"It looks {shares[0]} % at “{film.source.texts[first]}” and "
        f"{shares[1]} % at “{film.source.texts[second]}” in the source. "
        f"In its own text it looks {shares[2]} % at {own}. It writes “n'” (70 %)."
    )
    page.get_by_role("button", name="To the start").click()
    expect(readout(page)).to_contain_text("The encoder reads all 14 pieces at once.")
    page.get_by_role("button", name="Step on").click()
    expect(readout(page)).to_contain_text("Step 1 of 16: the decoder has written nothing yet.")
    expect(readout(page)).to_contain_text("In its own text it looks 100 % at the start token.")
    page.get_by_role("button", name="To the end").click()
    expect(readout(page)).to_contain_text("It ends the text with “</s>” (70 %).")


def test_keys_step(show: Any) -> None:
    page = show(step=3)
    root(page).focus()
    for key, step in (
        ("ArrowRight", 4),
        ("ArrowRight", 5),
        ("ArrowLeft", 4),
        ("End", 16),
        ("ArrowRight", 16),
        ("Home", 0),
        ("ArrowLeft", 0),
    ):
        page.keyboard.press(key)
        at(page, step)
    expect(page.get_by_text("now 0,")).to_be_visible()


def test_buttons_pieces_and_slider_step(show: Any) -> None:
    page = show(step=3)
    page.get_by_role("button", name="Step on").click()
    at(page, 4)
    page.get_by_role("button", name="Step back").click()
    page.get_by_role("button", name="Step back").click()
    at(page, 2)
    page.get_by_role("button", name="To the end").click()
    at(page, 16)
    page.get_by_role("button", name="Step 6: “traversé”").click()
    at(page, 6)
    slider = page.get_by_role("slider", name="Step")
    slider.fill("11")
    at(page, 11)
    expect(slider).to_have_attribute("aria-valuetext", "11 / 16: il")
    expect(page).to_have_url(re.compile("step=11"))
    slider.press("ArrowRight")
    at(page, 12)
    slider.press("Home")
    at(page, 0)
    page.locator(".written .token").first.wait_for(state="hidden")


def test_it_plays_pauses_and_tells_python_when_it_rests(show: Any) -> None:
    page = show(step=2)
    page.get_by_role("button", name="2 ×").click()
    page.get_by_role("button", name="Play").click()
    expect(root(page)).to_have_attribute("data-playing", "true")
    at(page, 4)
    expect(page.get_by_text("now 2,")).to_be_visible()  # not told for each step that passes
    root(page).focus()
    page.keyboard.press(" ")
    expect(root(page)).to_have_attribute("data-playing", "false")
    stopped = root(page).get_attribute("data-step")
    expect(page.get_by_text(f"now {stopped},")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.wait_for_timeout(1100)
    assert root(page).get_attribute("data-step") == stopped


def test_it_stops_at_the_end_and_begins_anew(show: Any) -> None:
    page = show(step=15)
    page.get_by_role("button", name="2 ×").click()
    root(page).focus()
    page.keyboard.press(" ")
    at(page, 16)
    expect(root(page)).to_have_attribute("data-playing", "false")
    expect(page.get_by_text("now 16,")).to_be_visible()
    page.keyboard.press(" ")
    at(page, 0)
    expect(root(page)).to_have_attribute("data-playing", "true")
    at(page, 1)
    page.keyboard.press("ArrowRight")  # who steps has stopped it
    expect(root(page)).to_have_attribute("data-playing", "false")
    at(page, 2)


def test_the_likeliest_pieces_are_told(show: Any) -> None:
    page, film = show(step=12), tired()
    rows = page.locator(".choice:visible")
    expect(rows).to_have_count(4)
    for row, choice in zip(rows.all(), film.steps[11].best, strict=True):
        expect(row.locator(".text")).to_have_text(choice.text)
        expect(row.locator(".number")).to_have_text(f"{round(100 * choice.chance)} %")
        expect(row).to_have_accessible_name(f"“{choice.text}”, {round(100 * choice.chance)} %")
        expect(row).to_have_attribute("title", re.compile(f"Log-probability −{-choice.logprob:.2f}"))
        expect(row).to_have_attribute("aria-pressed", str(choice == film.steps[11].chosen).lower())
        bar = row.locator(".bar i")
        expect(bar).to_have_attribute("style", f"width: {100 * (choice.chance or 0.03):g}%;")
        hollow = bar.evaluate("e => getComputedStyle(e).backgroundColor") == "rgba(0, 0, 0, 0)"
        assert hollow == (choice.chance == 0)
    expect(page.locator(".others .number")).to_have_text("4 %")
    page.get_by_role("button", name="To the start").click()
    expect(page.locator(".choice:visible")).to_have_count(0)
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()


def test_another_word_is_chosen_once(show: Any) -> None:
    page = show(step=5)
    page.get_by_role("button", name="Step on").click()
    page.get_by_role("slider", name="Step").fill("11")
    page.get_by_role("button", name="“elle”, 6 %").click()  # before it has rested
    expect(page).to_have_url(re.compile("given=10(%3D|=)elle"))
    expect(page.get_by_text("now 11, chosen 1")).to_be_visible()
    expect(readout(page)).to_contain_text("You gave it “elle” (6 %).")
    given = page.get_by_role("button", name="“elle”, 6 %, given by you")
    expect(given).to_have_attribute("aria-pressed", "true")
    expect(given).to_be_focused()
    expect(page.locator(".written .outlined")).to_have_text("elle")
    at(page, 11)
    given.click()  # it is chosen already
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("now 12, chosen 1")).to_be_visible()
    expect(readout(page)).to_contain_text("the decoder has written “… n'a pas traversé la rue parce qu'elle”")


def test_while_the_encoder_reads_a_word_can_be_asked(show: Any) -> None:
    page, film = show(), tired()
    expected = {(q, k) for q, k in np.argwhere(film.encoder >= 0.03)}
    found = {(line["query"], line["key"]) for line in lines(page, "encoder")}
    assert found <= expected
    assert len(found) == min(len(expected), 160)
    page.locator(".source .token").nth(8).hover()
    expect(readout(page)).to_contain_text("“it” looks")
    assert lit(page, "source") == pytest.approx(list(film.encoder[8]), abs=CLOSE)
    assert {line["query"] for line in lines(page, "encoder")} == {8}
    page.locator(".source .token").nth(8).click()
    page.mouse.move(2, 2)
    expect(page.get_by_role("button", name="What “it” looks at")).to_have_attribute("aria-pressed", "true")
    expect(readout(page)).to_contain_text("“it” looks")
    page.keyboard.press("ArrowRight")
    at(page, 1)
    expect(page.get_by_role("button", name="What “it” looks at")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    at(page, 2)


def test_markup_is_text(show: Any) -> None:
    page = show("markup", step=2)
    expect(page.locator(".headlight img, .headlight b, .headlight i:not(.bar i, .scale i)")).to_have_count(0)
    expect(page.locator(".source .token").nth(1)).to_have_text(MARKUP)
    expect(page.locator(".written .outlined")).to_have_text("<i>&lt;</i>")
    expect(readout(page)).to_contain_text(f"the decoder has written “{MARKUP}”")
    expect(page.locator(".choice .text").first).to_have_text("<i>&lt;</i>")


def test_a_long_text_wraps_and_its_lines_with_it(show: Any) -> None:
    page, film = show("long", step=50), long()
    for width in (1280, 700, 400):
        page.set_viewport_size({"width": width, "height": 850})
        page.wait_for_timeout(300)
        source, written = boxes(page, "source"), boxes(page, "written")
        assert len({round(box["top"]) for box in source}) > 2
        assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth <= e.clientWidth")
        for kind, keys in (("cross", source), ("decoder", written)):
            found = lines(page, kind)
            assert len(found) > 10
            for line in found:
                (x, _), (u, v) = line["ends"]
                key = keys[line["key"]]
                assert (x, u) == pytest.approx((written[50]["x"], key["x"]), abs=1.5)
                assert v == pytest.approx(key["bottom"], abs=4)
    assert lit(page, "source") == pytest.approx(list(film.cross[49]), abs=CLOSE)


def test_what_is_written_from_right_to_left_stands_so(show: Any) -> None:
    page, film = show("hebrew", step=4), hebrew()
    for row in ("source", "written"):
        places = [box["x"] for box in boxes(page, row)]
        assert places == sorted(places, reverse=True)
    expect(page.locator(".source .token").first).to_have_text(film.source.texts[0])
    show("korean", step=4)
    places = [box["x"] for box in boxes(page, "source")]
    assert places == sorted(places)
    expect(page.locator(".source .word").first).to_have_text("동물은")


@pytest.mark.parametrize("name", sorted(FILMS))
@pytest.mark.parametrize("width", [400, 1920])
def test_every_film_fits(show: Any, page: Page, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    show(name, step=len(FILMS[name]().steps))
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth <= e.clientWidth")
    outside = page.locator(".headlight button:visible").evaluate_all(
        """list => list.filter(e => {
            const box = e.getBoundingClientRect();
            return box.left < -1 || box.right > innerWidth + 1 || box.width < 8;
        }).map(e => e.outerHTML)"""
    )
    assert not outside


def test_the_theme_is_followed(show: Any) -> None:
    page = show(step=9)
    expect(root(page)).to_have_attribute("data-theme", "light")
    strongest = max(lines(page, "cross"), key=lambda line: line["weight"])
    page.emulate_media(color_scheme="dark")
    expect(root(page)).to_have_attribute("data-theme", "dark")
    weakest = min(lines(page, "cross"), key=lambda line: line["weight"])
    after = max(lines(page, "cross"), key=lambda line: line["weight"])
    assert (strongest["key"], strongest["weight"]) == (after["key"], after["weight"])
    assert sum(after["colour"]) > sum(weakest["colour"])  # in the dark, light is bright


def test_motion_is_left_out_where_it_is_not_wanted(show: Any, page: Page) -> None:
    moves = "e => e.getAnimations({ subtree: true }).length"
    step_on = "e => { e.querySelector('.on').click(); return e.getAnimations({ subtree: true }).length }"
    show(step=3)
    assert root(page).evaluate(step_on) > 0
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_timeout(400)
    assert root(page).evaluate(step_on) == 0
    at(page, 5)
    expect(page.locator(".light g")).to_have_count(1)
    page.get_by_role("button", name="2 ×").click()
    page.get_by_role("button", name="Play").click()
    at(page, 6)
    assert root(page).evaluate(moves) == 0


def test_a_player_that_comes_back_stands_where_it_was(show: Any) -> None:
    page = show(step=1)
    page.get_by_role("slider", name="Step").fill("9")
    expect(page.get_by_text("now 9,")).to_be_visible()
    page.get_by_text("Shown", exact=True).click()
    expect(root(page)).to_have_count(0)
    page.get_by_text("Shown", exact=True).click()
    at(page, 9)
    page.reload()
    at(page, 9)


def test_every_control_has_a_name(show: Any) -> None:
    page = show(step=4)
    for button in page.locator(".headlight :is(button, input):visible").all():
        expect(button).to_have_accessible_name(re.compile(r"\S"))
