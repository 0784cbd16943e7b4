"""The player does in a real browser what a person expects of it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from tests.browser.films import CLOSE, at, boxes, lines, lit, readout, root
from tests.viz.steps_app import FILMS, hebrew, long, tired
from tests.viz.traces import MARKUP


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
def test_lines_and_light_are_the_weights(show_film: Any, step: int) -> None:
    page, film = show_film(step=step), tired()
    cross, own = film.cross[step - 1], film.decoder[step - 1, :step]
    end = 1.0  # of the scale: some weights of this film are more than a half
    assert_drawn(page, "cross", cross, end)
    assert {line["query"] for kind in ("cross", "decoder") for line in lines(page, kind)} == {step - 1}
    assert lit(page, "source") == pytest.approx(list(cross), abs=CLOSE)
    assert lit(page, "written")[:step] == pytest.approx(list(own), abs=CLOSE)
    if step > 2:
        assert_drawn(page, "decoder", own, end)
    assert not lines(page, "encoder")


def test_lines_go_from_piece_to_piece(show_film: Any) -> None:
    page = show_film(step=9)
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


def test_nothing_right_of_the_present_step_is_shown(show_film: Any) -> None:
    page, film = show_film(step=5), tired()
    for position, text in enumerate(film.written.texts):
        piece = page.locator(f".written .token[data-position='{position}']")
        if position < 5:
            expect(piece).to_be_visible()
            expect(piece).to_have_text(text)
        else:
            expect(piece).to_be_hidden()
    said = root(page).inner_text()
    assert page.locator(".written").inner_text().split() == ["<s>", *film.written.texts[:4]]
    assert not {"traversé", "fatigué"} & set(re.findall(r"\w+", said))
    assert all(weight is None for weight in lit(page, "written")[5:])
    assert {line["key"] for line in lines(page, "decoder")} <= set(range(5))
    assert page.get_by_role("button", name="Step 6").count() == 0
    page.keyboard.press("Tab")  # the focus is nowhere yet; whatever can be reached is not of the future
    expect(page.locator(".written .to-come:focus")).to_have_count(0)


def test_it_says_in_words_what_happens(show_film: Any) -> None:
    page, film = show_film(step=3), tired()
    expect(readout(page)).to_have_attribute("aria-live", "polite")
    first, second = np.argsort(-film.cross[2])[:2]
    shares = [round(100 * weight) for weight in (*film.cross[2, [first, second]], film.decoder[2].max())]
    own = ("the start token", "“L'”", "“animal”")[film.decoder[2].argmax()]
    via = int(np.argmax(film.cross[2][:-1]))  # the last piece of the source is a special one
    onward = int(np.argmax(film.encoder[via]))
    hop = (
        f"In the encoder “{film.source.texts[via]}” looks most at itself"
        if onward == via
        else f"In the encoder “{film.source.texts[via]}” looks {round(100 * film.encoder[via, onward])} % "
        f"at “{film.source.texts[onward]}”."
    )
    expect(readout(page)).to_have_text(
        re.compile(
            re.escape(
                "Step 3 of 16: the decoder has written “L'animal”. "
                f"To write “n'” (70 %) the decoder looks {shares[0]} % at “{film.source.texts[first]}” and "
                f"{shares[1]} % at “{film.source.texts[second]}”. "
                f"In its own text it looks {shares[2]} % at {own}. {hop}"
            )
        )
    )
    page.get_by_role("button", name="To the start").click()
    expect(readout(page)).to_contain_text("The encoder reads all 14 tokens at once.")
    page.get_by_role("button", name="Next step").click()
    expect(readout(page)).to_contain_text("Step 1 of 16: the decoder has written nothing yet.")
    expect(readout(page)).to_contain_text("In its own text it looks 100 % at the start token.")
    page.get_by_role("button", name="To the end").click()
    expect(readout(page)).to_contain_text("To end the text (70 %) the decoder looks")


def hops(page: Page) -> list[dict[str, float]]:
    return [{name: line[name] for name in ("query", "key", "weight")} for line in lines(page, "hop")]


@pytest.mark.parametrize("step", [1, 5, 11, 16])
def test_the_look_goes_on_in_the_encoder(show_film: Any, step: int) -> None:
    page, film = show_film(step=step), tired()
    row = np.where(film.source.special, 0, film.cross[step - 1])
    via = int(row.argmax())
    if row[via] < 0.1:
        assert hops(page) == []
        return
    found = {int(hop["key"]): hop["weight"] for hop in hops(page)}
    assert {int(hop["query"]) for hop in hops(page)} == {via}
    expected = {k: float(w) for k, w in enumerate(film.encoder[via]) if w >= 0.05}
    assert found == pytest.approx(expected, abs=CLOSE)
    expect(page.locator(".source .passed")).to_have_attribute("data-position", str(via))


def test_what_is_being_written_is_not_given_away(show_film: Any) -> None:
    page = show_film(step=11)
    current = page.locator(".written .token.open")
    expect(current).to_have_count(1)
    expect(current).to_have_attribute("data-position", "10")
    assert current.locator("bdi").evaluate("e => getComputedStyle(e).visibility") == "hidden"
    show_film(step=12)
    before = page.locator(".written .token[data-position='10'] bdi")
    expect(before).to_be_visible()
    show_film(step=16)
    expect(page.locator(".written .token.open")).to_have_count(0)  # nothing comes after it


def test_the_likeliest_pieces_are_told(show_film: Any) -> None:
    page, film = show_film(step=12), tired()
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


def test_markup_is_text(show_film: Any) -> None:
    page = show_film("markup", step=2)
    expect(page.locator(".headlight img, .headlight b, .headlight i:not(.bar i, .scale i)")).to_have_count(0)
    expect(page.locator(".source .token").nth(1)).to_have_text(MARKUP)
    expect(page.locator(".written .outlined")).to_have_text("<i>&lt;</i>")
    expect(readout(page)).to_contain_text(f"the decoder has written “{MARKUP}”")
    expect(page.locator(".choice .text").first).to_have_text("<i>&lt;</i>")


def test_a_long_text_wraps_and_its_lines_with_it(show_film: Any) -> None:
    page, film = show_film("long", step=50), long()
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


def test_what_is_written_from_right_to_left_stands_so(show_film: Any) -> None:
    page, film = show_film("hebrew", step=4), hebrew()
    for row in ("source", "written"):
        places = [box["x"] for box in boxes(page, row)]
        assert places == sorted(places, reverse=True)
    expect(page.locator(".source .token").first).to_have_text(film.source.texts[0])
    show_film("korean", step=4)
    places = [box["x"] for box in boxes(page, "source")]
    assert places == sorted(places)
    expect(page.locator(".source .word").first).to_have_text("동물은")


@pytest.mark.parametrize("name", sorted(FILMS))
def test_every_film_fits(show_film: Any, page: Page, name: str) -> None:
    show_film(name, step=len(FILMS[name]().steps))
    for width in (400, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        assert_fits(page)


def assert_fits(page: Page) -> None:
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth <= e.clientWidth")
    outside = page.locator(".headlight button:visible").evaluate_all(
        """list => list.filter(e => {
            const box = e.getBoundingClientRect();
            return box.left < -1 || box.right > innerWidth + 1 || box.width < 8;
        }).map(e => e.outerHTML)"""
    )
    assert not outside


def test_the_theme_is_followed(show_film: Any) -> None:
    page = show_film(step=9)
    expect(root(page)).to_have_attribute("data-theme", "light")
    strongest = max(lines(page, "cross"), key=lambda line: line["weight"])
    page.emulate_media(color_scheme="dark")
    expect(root(page)).to_have_attribute("data-theme", "dark")
    weakest = min(lines(page, "cross"), key=lambda line: line["weight"])
    after = max(lines(page, "cross"), key=lambda line: line["weight"])
    assert (strongest["key"], strongest["weight"]) == (after["key"], after["weight"])
    assert sum(after["colour"]) > sum(weakest["colour"])  # in the dark, light is bright


def test_motion_is_left_out_where_it_is_not_wanted(show_film: Any, page: Page) -> None:
    moves = "e => e.getAnimations({ subtree: true }).length"
    step_on = "e => { e.querySelector('.on').click(); return e.getAnimations({ subtree: true }).length }"
    show_film(step=3)
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


def test_every_control_has_a_name(show_film: Any) -> None:
    page = show_film(step=4)
    for button in page.locator(".headlight :is(button, input):visible").all():
        expect(button).to_have_accessible_name(re.compile(r"\S"))
