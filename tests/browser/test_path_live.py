"""What a person does with the picture of the whole model, in a real browser."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from model import load, trace
from model.decode.decoding import write
from tests.browser.conftest import App, Clock
from tests.browser.waiting import WAIT, settled, with_pronouns
from tests.model.families import TEXT
from viz.columns import percent

HEAD = ("encoder", 1, 2)  # that the checkpoint's card names
QUERY, KEY = 8, 1  # “it” and “animal”


def go(page: Page, url: str) -> Locator:
    page.goto(with_pronouns(url))
    root = picture(page)
    settled(page)
    return root


def picture(page: Page) -> Locator:
    root = page.locator(".headlight.whole")
    root.locator(":scope[data-drawn][data-still=true]").wait_for(timeout=2 * WAIT)
    return root


def answer(page: Page) -> Locator:
    return page.locator(".st-key-answer")


def told(root: Locator) -> Locator:
    return root.locator(".told")


def stands(root: Locator, at: str) -> None:
    root.locator(f":scope[data-at='{at}'][data-still=true]").wait_for(timeout=WAIT)


def spot(root: Locator, part: str, x: float = 0.5, y: float = 0.5) -> tuple[float, float]:
    """A point of the window in a part that can be seen: shares of its width and height."""
    canvas = root.locator("canvas")
    boxes: dict[str, Any] = json.loads(canvas.get_attribute("data-parts") or "{}")
    left, top, width, height = boxes[part]
    outer = canvas.bounding_box()
    assert outer
    return outer["x"] + left + x * width, outer["y"] + top + y * height


def press(root: Locator, part: str, x: float = 0.5, y: float = 0.5) -> None:
    root.page.mouse.click(*spot(root, part, x, y))


@pytest.fixture(scope="module")
def head() -> Any:
    """The head of the card, taken apart in Python."""
    from model.analysis.head import head

    m = load("checkpoints/pronouns")
    ids = list(write(m, TEXT).ids)
    found = trace(m, TEXT, ids, record=("scores", "qkv", "output"))
    return head(found[HEAD[0]], HEAD[1], HEAD[2])  # type: ignore[index]


def test_clicks_lead_from_the_whole_model_into_one_multiplication_with_the_models_numbers(
    app: App, page: Page, timed: Clock, head: Any
) -> None:
    root = go(page, f"{app.url}/path")
    press(root, "encoder.1", 0.5, 0.15)
    stands(root, "encoder.1")
    with timed("path", page):
        press(root, "encoder.1.2")
        stands(root, "encoder.1.2")
        expect(told(root)).to_contain_text("q: ", timeout=WAIT)  # its detail has come
    expect(told(root)).to_contain_text(f"“it” looks at “animal” {percent(float(head.weights[QUERY, KEY]))}")
    expect(page).to_have_url(re.compile(r"at=encoder\.2\.3"))
    press(root, "encoder.1.2.pair")
    stands(root, "encoder.1.2.pair")
    dot, score = head.dots[QUERY, KEY], head.scores[QUERY, KEY]
    expect(told(root)).to_contain_text(
        f"q · k = {dot:.2f}, scaled: {score:.2f}. Softmax over the row: weight {head.weights[QUERY, KEY]:.3f}"
    )
    page.mouse.move(*spot(root, "encoder.1.2.pair", 0.03 + 0.94 * 4.5 / head.q.shape[1], 0.2))
    expect(told(root)).to_contain_text(f"Feature 5: q {head.q[QUERY, 4]:.2f}".replace("-", "−"), timeout=WAIT)


def test_the_wheel_leads_into_a_layer_and_out_again(app: App, page: Page) -> None:
    root = go(page, f"{app.url}/path")
    page.mouse.move(*spot(root, "encoder.1", 0.4, 0.8))
    for _ in range(14):
        page.mouse.wheel(0, -240)
    expect(root).not_to_have_attribute("data-at", "")
    assert (root.get_attribute("data-at") or "").startswith("encoder")
    expect(page).to_have_url(re.compile(r"at=encoder"), timeout=WAIT)
    for _ in range(20):
        page.mouse.wheel(0, 240)
    stands(root, "")


def test_the_keyboard_goes_the_whole_way_and_says_it(app: App, page: Page) -> None:
    root = go(page, f"{app.url}/path")
    root.locator("canvas").focus()
    said = []
    page.keyboard.press("ArrowRight")
    expect(root.locator(".station")).to_have_text(re.compile(r"^1 of \d+$"), timeout=WAIT)
    count = int((root.locator(".station").inner_text()).split()[-1])
    for place in range(count):
        expect(root.locator(".station")).to_have_text(f"{place + 1} of {count}")
        root.locator(":scope[data-still=true]").wait_for()
        said.append(told(root).inner_text())
        page.keyboard.press("ArrowRight")
    assert len(set(said)) == count
    assert "number 11 in the vocabulary" in said[0]
    assert "“il” 90 %" in said[-1]
    page.keyboard.press("Escape")
    stands(root, "")
    for at in ("encoder.1", "encoder.1.2", "encoder.1.2.pair"):  # along the light
        page.keyboard.press("Enter")
        stands(root, at)
    page.keyboard.press("Home")
    stands(root, "")


def test_another_word_that_is_clicked_is_followed(app: App, page: Page) -> None:
    root = go(page, f"{app.url}/path")
    expect(answer(page)).to_contain_text("writes “il”")
    press(root, "encoder.tokens", 0.215, 0.2)  # “animal”
    expect(answer(page)).to_contain_text("writes “animal”", timeout=WAIT)
    expect(page).to_have_url(re.compile("token=2"))
    page.reload()
    picture(page)
    expect(answer(page)).to_contain_text("writes “animal”", timeout=WAIT)


def test_a_part_opens_its_page_with_the_same_sentence_and_head(app: App, page: Page) -> None:
    go(page, f"{app.url}/path?text=The+dog+ate+the+cake+because+it+was+hungry.&at=encoder.2.3")
    page.get_by_role("link", name="This head, step by step").click()
    expect(page).to_have_url(re.compile(r"/attention\?"), timeout=WAIT)
    expect(page).to_have_url(re.compile(r"head=3|layer=2|kind=encoder|text="), timeout=WAIT)
    expect(page.get_by_label("Sentence", exact=True)).to_have_value(
        "The dog ate the cake because it was hungry.", timeout=WAIT
    )


def test_it_is_a_table_and_its_parts_can_be_reached_with_tab(app: App, page: Page) -> None:
    root = go(page, f"{app.url}/path")
    root.get_by_role("button", name="The same as a table").click()
    rows = root.locator("table tbody tr")
    expect(rows.first).to_contain_text("Encoder · Tokens")
    expect(rows.last).to_contain_text("“il” 90 %")
    part = root.locator(".inside button", has_text="Encoder layer 2")
    part.focus()
    expect(told(root)).to_contain_text("Encoder layer 2")
    page.keyboard.press("Enter")
    stands(root, "encoder.1")


def test_with_less_motion_it_is_there_at_once(app: App, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    root = go(page, f"{app.url}/path")
    root.locator("canvas").focus()
    moved = page.evaluate(
        """() => {
          const root = document.querySelector(".headlight.whole") ?? [...document.querySelectorAll("*")]
            .map((one) => one.shadowRoot?.querySelector(".headlight.whole")).find(Boolean);
          root.querySelector("canvas").dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true }));
          return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() =>
            resolve([root.dataset.at, root.dataset.still]))));
        }"""
    )
    assert moved == ["encoder.1", "true"]


def test_two_fingers_zoom_and_a_tap_opens(app: App, browser: Any) -> None:
    context = browser.new_context(
        viewport={"width": 400, "height": 850}, locale="en-US", has_touch=True, color_scheme="dark"
    )
    page = context.new_page()
    root = go(page, f"{app.url}/path")
    box = root.locator("canvas").bounding_box()
    assert box
    assert box["y"] < 420
    x, y = spot(root, "encoder.1", 0.5, 0.6)
    session = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]},
        )

    touch("touchStart", (x - 10, y), (x + 10, y))
    for apart in (30, 60, 100):
        touch("touchMove", (x - apart, y), (x + apart, y))
    touch("touchEnd")
    expect(root).not_to_have_attribute("data-at", "")
    root.get_by_role("button", name="Whole model").click()
    stands(root, "")
    page.touchscreen.tap(*spot(root, "encoder.1", 0.5, 0.1))
    stands(root, "encoder.1")
    context.close()
