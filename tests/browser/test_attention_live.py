"""What a person does on the page on attention, by mouse, by finger and by keyboard, in a real browser."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.boards import board, press, read
from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled, with_pronouns


def go(app: App, page: Page, query: str = "") -> Locator:
    page.goto(with_pronouns(f"{app.url}/attention{query}"))
    page.locator(".headlight[data-drawn]").first.wait_for(timeout=WAIT)
    settled(page)
    return board(page) if "calculation=" in query else bars(page)


def bars(page: Page) -> Locator:
    root = page.locator(".headlight.softmax")
    root.locator(":scope[data-drawn]").wait_for(timeout=WAIT)
    return root


def sentence(page: Page) -> Locator:
    return page.locator(".st-key-answer")


def line(root: Locator, key: str) -> Locator:
    """The line of a key, by its text."""
    return root.locator(".lines .line").filter(has=root.page.get_by_text(key, exact=True)).first


def test_a_key_that_runs_from_right_to_left_stands_at_its_bar(app: App, page: Page) -> None:
    root = go(app, page, "?text=ذهب+cat")
    gaps = root.locator(".lines .line").evaluate_all("""lines => lines.map((line) => {
      const words = document.createRange();
      words.selectNodeContents(line.querySelector(".key"));
      const bar = line.querySelector(".track.score").getBoundingClientRect();
      return bar.left - words.getBoundingClientRect().right;
    })""")
    assert len(gaps) > 2
    assert all(0 <= gap < 20 for gap in gaps), gaps


def number(root: Locator, key: str, name: str) -> float:
    text = line(root, key).locator(f".number.{name}").inner_text()
    text = text.replace("−", "-").replace(",", "").replace("%", "").replace("<", "").strip()
    if "·10" in text:
        lead, power = text.split("·10")
        return float(lead) * 10 ** int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")))
    return float(text)


def every(root: Locator, name: str) -> list[float]:
    keys = root.locator(".lines .line").count()
    texts = root.locator(f".lines .number.{name}").all_inner_texts()
    assert len(texts) == keys
    return [
        float(text.replace("−", "-").replace("%", "").replace("< ", "").replace(",", "")) for text in texts
    ]


def check(root: Locator, temperature: float = 1.0) -> None:
    """Every weight that stands there is that of the scores that stand there."""
    scores = every(root, "score")
    raised = [math.exp(score / temperature) for score in scores]
    for told, power in zip(every(root, "weight"), raised, strict=True):
        assert told == pytest.approx(100 * power / sum(raised), rel=0.03, abs=0.02)


def set_score(root: Locator, key: str, share: float) -> None:
    """Drags a score to a share of its axis."""
    track = line(root, key).locator(".track.score")
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    assert box is not None
    mouse = root.page.mouse
    mouse.move(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2, steps=4)
    mouse.up()


def test_scores_are_dragged_and_the_weights_follow_and_all_is_undone(app: App, page: Page) -> None:
    root = go(app, page)
    own = every(root, "score"), every(root, "weight")
    check(root)
    set_score(root, "street", 0.9)
    assert number(root, "street", "score") > 8
    assert number(root, "street", "weight") > 5
    check(root)
    expect(sentence(page)).to_contain_text("With what you set, “animal” gets")
    expect(page).to_have_url(re.compile(r"[?&]tried=7"))
    set_score(root, "tired", 0.95)
    check(root)
    settled(page)
    line(root, "tired").get_by_role("button", name="Undo tired").click()
    assert number(root, "tired", "score") == pytest.approx(own[0][-3])
    assert number(root, "street", "score") > 8
    root.get_by_role("button", name="Undo all").click()
    assert (every(root, "score"), every(root, "weight")) == own
    expect(sentence(page)).to_contain_text("“animal” scores")
    expect(page).not_to_have_url(re.compile("tried="))


def test_a_score_is_changed_by_keys_and_kept_in_the_link(app: App, page: Page) -> None:
    root = go(app, page)
    before = number(root, "street", "score")
    line(root, "street").get_by_role("slider").focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    page.keyboard.press("ArrowRight")
    assert number(root, "street", "score") == pytest.approx(before + 3.1, abs=0.011)
    check(root)
    expect(page).to_have_url(re.compile(r"[?&]tried=7%3A1\.3|[?&]tried=7:1\.3"))
    page.reload()
    root = bars(page)
    assert number(root, "street", "score") == pytest.approx(before + 3.1, abs=0.011)
    line(root, "street").get_by_role("slider").focus()
    page.keyboard.press("Home")
    assert number(root, "street", "score") == pytest.approx(before)


def test_the_temperature_and_the_divisor_are_turned(app: App, page: Page) -> None:
    root = go(app, page)
    own = number(root, "animal", "weight")
    heat = root.locator("input.temperature")
    heat.focus()
    page.keyboard.press("End")
    assert number(root, "animal", "weight") < own
    check(root, temperature=20)
    expect(root.locator(".column.raised")).to_have_text("e^(score ÷ τ)")
    root.get_by_role("button", name="Undo all").click()
    divide = root.locator("input.divisor")
    divide.focus()
    page.keyboard.press("Home")  # ÷ 1: without scaling
    assert number(root, "animal", "score") == pytest.approx(58.68, abs=0.01)
    check(root)


def test_every_frame_of_the_cooling_is_what_it_says(app: App, page: Page) -> None:
    root = go(app, page)
    root.get_by_role("button", name="Watch it sharpen").click()
    met = set()
    for _ in range(6):
        told = root.evaluate(
            """(root) => [
                [...root.querySelectorAll(".knob output")].at(-1).textContent,
                [...root.querySelectorAll(".lines .number.score")].map((e) => e.textContent),
                [...root.querySelectorAll(".lines .number.weight")].map((e) => e.textContent),
            ]"""
        )
        temperature = float(told[0])
        scores = [float(text.replace("−", "-")) for text in told[1]]
        raised = [math.exp(score / temperature) for score in scores]
        for text, power in zip(told[2], raised, strict=True):
            share = float(text.replace("%", "").replace("< ", ""))
            told_to = 0.05 if "." in text else 0.55  # of a large share whole percent are told
            assert share == pytest.approx(100 * power / sum(raised), rel=0.03, abs=told_to)
        met.add(temperature)
        page.wait_for_timeout(250)
    assert len(met) > 2
    expect(root.get_by_role("button", name="Watch it sharpen")).to_be_visible(timeout=10_000)
    check(root)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 400, "height": 850}, has_touch=True, is_mobile=True, locale="en-US"
    )
    yield context.new_page()
    context.close()


def test_a_finger_drags_a_score(app: App, phone: Page) -> None:
    root = go(app, phone)
    track = line(root, "street").locator(".track.score")
    before = number(root, "street", "score")
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    assert box is not None
    touch = phone.context.new_cdp_session(phone)
    y = box["y"] + box["height"] / 2

    def finger(kind: str, share: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": box["x"] + share * box["width"], "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    finger("touchStart", 0.5)
    for share in (0.6, 0.7, 0.85):
        finger("touchMove", share)
    finger("touchEnd", 0.85)
    assert number(root, "street", "score") > before + 5
    expect(sentence(phone)).to_contain_text("With what you set")
    line(root, "street").get_by_role("button", name="Undo street").tap()
    assert number(root, "street", "score") == pytest.approx(before)


def test_the_steps_are_gone_through_by_mouse_and_by_keyboard(app: App, page: Page, timed: Clock) -> None:
    root = go(app, page, "?calculation=1")
    expect(sentence(page)).to_contain_text("the smallest angle of all 14 keys")
    answers = ("= 58.68, the largest of 14", "÷ √32 = 10.37", "Nothing is masked", "scores 11.85 more")
    for answer in answers[:2]:
        with timed("attention", page):
            page.get_by_role("button", name="Next").click()
            expect(sentence(page)).to_contain_text(answer)
    settled(page)
    assert float(read(root, "scores", 0, 1)) == pytest.approx(10.37, abs=0.01)
    page.mouse.move(5, 5)
    for answer in answers[2:]:
        with timed("attention", page):
            page.keyboard.press("n")
            expect(sentence(page)).to_contain_text(answer)
    settled(page)
    expect(page).not_to_have_url(re.compile("calculation="))
    page.keyboard.press("b")
    expect(sentence(page)).to_contain_text(answers[2])
    page.get_by_role("button", name="Back").focus()
    page.keyboard.press("Enter")
    expect(sentence(page)).to_contain_text(answers[1])
    page.get_by_role("radio", name="sum", exact=True).click()
    expect(sentence(page)).to_contain_text("The head's contribution")
    expect(page.get_by_role("button", name="Next")).to_be_disabled()


def choose(page: Page, name: str) -> None:
    """One of the choices that are folded beside the steps."""
    page.get_by_test_id("stPopoverButton").last.click()
    page.get_by_role("radio", name=name).click()
    page.keyboard.press("Escape")


def test_a_key_and_a_query_are_chosen_on_the_board(app: App, page: Page) -> None:
    root = go(app, page, "?calculation=3")
    press(root, "scores", -1, 4)
    expect(sentence(page)).to_contain_text("for “cross”")
    expect(page).to_have_url(re.compile(r"[?&]looked=5"))
    settled(page)
    choose(page, "every query")
    expect(sentence(page)).to_contain_text("Every one of them")
    settled(page)
    press(board(page), "scores", 0, 0)
    expect(page).to_have_url(re.compile(r"[?&]token=1(&|$)"))
    choose(page, "one query")
    expect(sentence(page)).to_contain_text("for “n't”")  # what “The” looks at most


def test_the_width_of_a_key_decides_the_spread(app: App, page: Page, timed: Clock) -> None:
    go(app, page, "?experiment=variance")
    answer = page.get_by_role("heading", level=3).first
    expect(answer).to_contain_text("√64 = 8.00")
    slider = page.get_by_role("slider", name="Features of a key")
    slider.focus()
    with timed("attention", page):
        page.keyboard.press("ArrowRight")
        expect(answer).to_contain_text("√128 = 11.31")
    settled(page)
    first = answer.inner_text()
    page.get_by_role("button", name="Sample again").click()
    expect(answer).not_to_have_text(first)
    # While the page is built anew the old curve still stands above the new one.
    expect(page.locator(".st-key-spread .js-plotly-plot")).to_have_count(1)


def test_x_is_turned_and_the_sum_follows(app: App, page: Page) -> None:
    go(app, page, "?experiment=sum")
    answer = page.get_by_role("heading", level=3).first
    expect(answer).to_contain_text("error 0.00")
    first = answer.inner_text()
    page.get_by_role("slider", name="Direction of x").focus()
    page.keyboard.press("ArrowRight")
    expect(answer).not_to_have_text(first)
    expect(answer).to_contain_text("error 0.00")
    page.get_by_role("radio", name="attention:").click()
    expect(answer).to_contain_text("all sum to 1")
