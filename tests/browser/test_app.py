"""What a person does with the app, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pages.common import menu
from tests.browser.conftest import App
from tests.browser.waiting import WAIT, settled, with_pronouns

DRAWN = ".headlight[data-drawn]"


@pytest.fixture
def korean(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1920, "height": 1080}, locale="ko-KR", color_scheme="dark"
    )
    yield context.new_page()
    context.close()


def go(page: Page, url: str) -> Page:
    page.goto(url)
    settled(page, DRAWN)
    return page


def read(page: Page) -> Locator:
    """The line that says the row in words."""
    return page.locator(".headlight").get_by_role("status").last  # the one before may still be leaving


def write(page: Page, label: str, text: str) -> None:
    box = page.get_by_label(label, exact=True)
    box.fill(text)
    box.press("Enter")


def parameter(page: Page, name: str, value: str) -> None:
    expect(page).to_have_url(re.compile(rf"[?&]{name}={re.escape(value)}(&|$)"))


def test_it_looks_at_animal_and_with_wide_at_street(app: App, page: Page) -> None:
    go(page, app.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("What does a word look at?")
    expect(read(page)).to_contain_text(re.compile(r"“it” looks ([6-9]\d|100) % at “street”"))
    expect(page.get_by_text("parce qu'elle était trop large", exact=False)).to_be_visible()
    animal = page.locator(".token").get_by_text("animal", exact=True).first
    animal.hover()
    page.mouse.move(5, 5)
    write(page, "Sentence", "The animal didn't cross the street because it was too tired.")
    expect(read(page)).to_contain_text(re.compile(r"“it” looks ([6-9]\d|100) % at “animal”"))
    expect(page.get_by_text("parce qu'il était trop fatigué", exact=False)).to_be_visible()


def test_heads_are_walked_by_keyboard_and_the_walk_is_in_the_link(app: App, page: Page) -> None:
    go(page, app.url)
    page.get_by_text("Words and tokens").wait_for(timeout=WAIT)  # the model is there, too
    settled(page)
    first = re.search(r"layer (\d) · head (\d)", page.locator(".headlight").inner_text())
    assert first
    layer, head = int(first[1]), int(first[2])
    read(page).click()
    step, other = ("ArrowRight", head + 1) if head < 4 else ("ArrowLeft", head - 1)
    page.keyboard.press(step)
    expect(page.locator(".headlight")).to_contain_text(f"layer {layer} · head {other}")
    parameter(page, "heads", f"{layer}.{other}")


def test_a_link_shows_the_same_view_in_another_browser(app: App, page: Page, korean: Page) -> None:
    go(page, with_pronouns(app.url))
    write(page, "Sentence", "The dog chased the car because it was too fast.")
    expect(page.locator(".token").get_by_text("chased", exact=True).first).to_be_visible()
    settled(page, DRAWN)
    page.locator(".token").get_by_text("dog", exact=True).first.click()
    page.mouse.move(5, 5)
    page.get_by_role("radio", name="Cross").or_(page.get_by_role("button", name="Cross")).first.click()
    parameter(page, "kind", "cross")
    page.get_by_role("radio", name="Encoder").or_(page.get_by_role("button", name="Encoder")).first.click()
    page.locator(".token").get_by_text("car", exact=True).first.click()
    page.mouse.move(5, 5)
    parameter(page, "held", "5")
    said = read(page).inner_text()
    shares = re.findall(r"(\d+) %", said)
    go(korean, page.url)
    expect(korean.get_by_role("heading", level=1)).to_have_text("단어는 무엇을 볼까요?")
    assert re.findall(r"(\d+) %", read(korean).inner_text()) == shares


def test_english_and_korean_follow_the_browser_and_can_be_switched(app: App, korean: Page) -> None:
    go(korean, app.url)
    heading = korean.get_by_role("heading", level=1)
    expect(heading).to_have_text("단어는 무엇을 볼까요?")
    expect(read(korean)).to_contain_text("“그녀”의 시선: “아이유”에")
    korean.get_by_role("radio", name="English").or_(
        korean.get_by_role("button", name="English")
    ).first.click()
    expect(heading).to_have_text("What does a word look at?")
    parameter(korean, "lang", "en")
    settled(korean)
    expect(read(korean)).to_contain_text("“그녀” looks")


SHOWN = "(at) => [getComputedStyle(at).fontSize, getComputedStyle(at, '::after').content]"


def test_streamlits_own_words_are_in_the_persons_language(app: App, page: Page, korean: Page) -> None:
    for reader in (page, korean):
        go(reader, app.url)
        reader.get_by_label("Sentence").or_(reader.get_by_label("문장", exact=True)).first.press("x")
    hint = "[data-testid=InputInstructions] span"
    assert page.locator(hint).first.evaluate(SHOWN)[1] == "none"
    assert korean.locator(hint).first.evaluate(SHOWN) == ["0px", '"Enter를 누르면 적용됩니다"']
    korean.get_by_test_id("stMainMenu").locator("button").click()
    dark = korean.get_by_test_id("stMainMenuItem-theme-Dark")
    assert dark.evaluate(SHOWN) == ["0px", '"어둡게"']
    korean.goto(f"{app.url}/train?elsewhere=true")
    dropped = korean.get_by_test_id("stFileUploaderDropzone").last
    dropped.wait_for(timeout=WAIT)
    assert dropped.locator("button p").evaluate(SHOWN) == ["0px", '"파일 올리기"']
    limits = dropped.get_by_test_id("stFileUploaderDropzoneInstructions").locator("span")
    assert limits.evaluate(SHOWN) == ["0px", '"파일당 최대 500 MB • ZIP"']
    expect(limits).to_have_text("500MB per file • ZIP")  # what stands below the Korean words
    korean.get_by_text("모델과 학습 설정").click()
    number = korean.get_by_test_id("stNumberInputContainer").first
    number.locator("input").fill("999999")
    number.locator("input").press("Enter")
    number.get_by_test_id("stNumberInputIcon").or_(number.locator("[data-testid*=Tooltip]")).last.hover()
    told = korean.get_by_test_id("stTooltipErrorContent").locator("p")
    assert told.evaluate(SHOWN) == ["0px", '"허용 범위를 벗어난 숫자입니다."']


# The Korean words of a page that are on two lines.
BROKEN = """() => [...document.querySelectorAll(".stMain :is(p, li, td, th, small)")].flatMap(at =>
  [...at.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).flatMap((node) =>
    [...node.data.matchAll(/[가-힣]+/g)].filter(({ 0: word, index }) => {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      return new Set([...range.getClientRects()].map(({ top }) => top)).size > 1;
    }).map(([word]) => word)))"""


@pytest.mark.parametrize("place", ["guide", "train", "tokens"])
def test_korean_breaks_between_words(app: App, korean: Page, place: str) -> None:
    korean.set_viewport_size({"width": 400, "height": 900})
    korean.goto(f"{app.url}/{place}")
    korean.get_by_role("heading", level=1).wait_for(timeout=WAIT)
    settled(korean)
    korean.locator("[data-testid=stMain] p:visible").nth(3).wait_for(timeout=WAIT)
    korean.wait_for_timeout(1000)  # what comes last is looked at, too
    until = time.monotonic() + 10  # the style comes a moment after the words
    while (broken := korean.evaluate(BROKEN)) and time.monotonic() < until:
        korean.wait_for_timeout(100)
    assert broken == []


@pytest.mark.parametrize("image", ["png", "svg"])
def test_a_figure_is_saved(app: App, page: Page, tmp_path: Path, image: str) -> None:
    go(page, f"{app.url}/?figure=true&image={image.upper()}")
    chart = page.locator(".js-plotly-plot").last
    chart.wait_for()
    chart.hover()
    with page.expect_download() as download:
        chart.locator('[data-title*="ownload"]').first.click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.suffix == f".{image}"
    start = path.read_bytes()[:300]
    assert start.startswith(b"\x89PNG") if image == "png" else b"<svg" in start


def test_the_view_is_saved_as_a_page_that_needs_no_network(app: App, page: Page, tmp_path: Path) -> None:
    go(page, f"{app.url}/?figure=true")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the whole view as a page").click()
    path = tmp_path / "view.html"
    download.value.save_as(path)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.locator(".headlight[data-drawn]").wait_for()
    expect(read(page)).to_contain_text("“it” looks")
    assert asked == [path.as_uri()]


def test_the_difference_of_two_sentences_is_drawn_for_the_held_word(app: App, page: Page) -> None:
    tired = "The animal didn't cross the street because it was too tired."
    go(page, f"{with_pronouns(app.url)}&compared=true&text={tired}")
    chart = page.locator(".js-plotly-plot").first
    expect(chart).to_contain_text("What “it” looks at")
    bars: dict[str, float] = chart.evaluate(
        "e => Object.fromEntries(e._fullData.flatMap(t => Array.from(t.x, (x, i) => [x, t.y[i]])))"
    )
    assert bars["animal"] < -0.8
    assert bars["street"] > 0.8
    read(page).click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Hold a word that both sentences have")).to_be_visible()


def test_mistakes_are_answered_where_they_were_made(app: App, page: Page) -> None:
    go(page, app.url)
    write(page, "Sentence", "   ")
    expect(page.get_by_text("The text is empty; write a sentence.")).to_be_visible()
    write(page, "Sentence", "The cat was tired.")
    expect(page.locator(".token").get_by_text("cat", exact=True).first).to_be_visible()
    page.goto(f"{app.url}/?checkpoint=no/such-model")
    expect(page.get_by_text("There is no folder no/such-model", exact=False)).to_be_visible(timeout=WAIT)


@pytest.mark.parametrize("path", ["/guide", "/guide?lang=ko", "/?text=The+dog+was+tired.&lang=ko"])
def test_a_cold_deep_link_works(cold_app: App, page: Page, path: str) -> None:
    page.goto(cold_app.url + path)
    heading = page.get_by_role("heading", level=1)
    heading.wait_for(timeout=WAIT)
    said: dict[str, Any] = {
        "/guide": "How do I read these pictures?",
        "/guide?lang=ko": "이 그림들은 어떻게 읽나요?",
        "/?text=The+dog+was+tired.&lang=ko": "단어는 무엇을 볼까요?",
    }
    expect(heading).to_have_text(said[path])
    expect(page.get_by_test_id("stSidebarNav").get_by_role("link")).to_have_count(len(menu.pages()))
    expect(page.get_by_role("dialog")).to_have_count(0)
    if "text=" in path:
        settled(page, DRAWN)
        expect(page.locator(".token").get_by_text("dog", exact=True).first).to_be_visible()


def test_nothing_overflows(app: App, page: Page) -> None:
    go(page, app.url)
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(300)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_main_button_can_be_read_in_the_dark(app: App, browser: Browser) -> None:
    context = browser.new_context(color_scheme="dark", locale="en-US")
    page = context.new_page()
    page.goto(f"{app.url}/attention")
    label = page.get_by_role("button", name="Next").locator("p")
    label.wait_for(timeout=WAIT)
    button = label.locator("xpath=ancestor::button")
    assert label.evaluate("(at) => getComputedStyle(at).color") == "rgb(28, 25, 23)"
    assert button.evaluate("(at) => getComputedStyle(at).backgroundColor") == "rgb(251, 191, 36)"
    context.close()
