"""What a person does on the Translate page, and with cuts on Explore, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import App
from tests.browser.waiting import WAIT, settled, with_pronouns

DRAWN = ".headlight[data-drawn]"
IL = "L'animal n'a pas traversé la rue parce qu'il était trop fatigué."
LINKS = re.compile(r"[0-9]+-[0-9]+( [0-9]+-[0-9]+)+")
ELLE = "L'animal n'a pas traversé la rue parce qu'elle était trop fatiguée."


@pytest.fixture
def korean(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1920, "height": 1080}, locale="ko-KR", color_scheme="dark"
    )
    yield context.new_page()
    context.close()


def go(page: Page, url: str) -> Page:
    page.goto(with_pronouns(url))
    settled(page, DRAWN)
    return page


def translation(page: Page) -> Locator:
    return page.locator("[data-testid=stExpander] h3").first


def at(page: Page, step: int) -> None:
    expect(page.locator(".headlight")).to_have_attribute("data-step", str(step))


def parameter(page: Page, name: str, value: str) -> None:
    expect(page).to_have_url(re.compile(rf"[?&]{name}={re.escape(value)}(&|$)"))


def test_a_sentence_is_translated_and_stepped_through(app: App, page: Page) -> None:
    go(page, f"{app.url}/translate")
    at(page, 11)  # before “il” is written
    assert "step=" not in page.url
    expect(page.locator(".written .open")).to_have_text("il")
    expect(page.locator(".written .open bdi")).to_have_css("visibility", "hidden")
    expect(page.get_by_text(IL)).to_be_hidden()
    expect(page.locator(".st-key-answer")).to_have_text(
        re.compile(r"To write il the light leads to it \(\d+\s%\), and from there to animal \(\d+\s%\)\.")
    )
    expect(translation(page)).to_have_text(IL)
    page.locator(".headlight .readout").click()
    for step in (10, 9, 8):
        page.keyboard.press("ArrowLeft")
        at(page, step)
    parameter(page, "step", "8")
    expect(page.locator(".headlight .readout")).to_contain_text("Step 8 of 16")


def test_while_it_plays_everything_stands_on_one_screen(app: App, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    go(page, f"{app.url}/translate")
    page.get_by_role("button", name="To the start").click()
    page.get_by_role("button", name="2 ×").click()
    page.get_by_role("button", name="Play").click()
    at(page, 3)
    for part in (".source", ".written", ".light", ".choices", ".readout", ".st-key-answer"):
        box = page.locator(part).first.bounding_box()
        assert box
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900, part
    expect(page.locator(".headlight")).to_have_attribute("data-playing", "true")


def test_another_word_is_chosen_and_the_rest_follows(app: App, page: Page, korean: Page) -> None:
    go(page, f"{app.url}/translate?step=11")
    at(page, 11)
    page.get_by_role("button", name=re.compile("^“elle”")).click()
    expect(translation(page)).to_contain_text("qu'elle était")
    expect(page).to_have_url(re.compile(r"[?&]prefix=[\d.]+"))
    settled(page, DRAWN)
    go(korean, page.url)
    expect(korean.get_by_role("heading", level=1)).to_have_text("번역문은 어떻게 만들어질까요?")
    expect(translation(korean)).to_have_text(translation(page).text_content() or "")
    at(korean, 11)
    page.get_by_role("button", name="Let the model choose again").click()
    expect(translation(page)).to_have_text(IL)
    expect(page).not_to_have_url(re.compile("prefix"))


def test_cutting_it_from_animal_changes_the_pronoun(app: App, page: Page, korean: Page) -> None:
    go(page, f"{app.url}/?text=The animal didn't cross the street because it was too tired.")
    page.get_by_text("Cut and see", exact=True).click()
    page.locator('[data-testid="stButtonGroup"] button', has_text="animal").last.click()
    expect(page.get_by_text(ELLE).first).to_be_visible()
    parameter(page, "edits", "cut-encoder-9-2")
    expect(page.locator(".st-key-moved .js-plotly-plot")).to_have_count(1)  # it stands above the switch
    settled(page, DRAWN)
    page.get_by_text("Attention vs. effect", exact=True).click()
    expect(page.locator(".st-key-effect .js-plotly-plot")).to_have_count(1)
    settled(page, DRAWN)
    go(korean, page.url)
    expect(korean.get_by_text(ELLE).first).to_be_visible()
    expect(korean.locator(".st-key-effect .js-plotly-plot")).to_have_count(1)
    page.get_by_role("button", name=re.compile("“it” ✂ “animal”")).last.click()
    expect(page.get_by_text(ELLE)).to_have_count(0)
    expect(page).not_to_have_url(re.compile("edits"))


def test_a_cut_on_the_translate_page_is_played(app: App, page: Page) -> None:
    go(page, f"{app.url}/translate?edits=cut-encoder-9-2&cut=true&kind=encoder")
    expect(translation(page)).to_have_text(ELLE)
    expect(page.get_by_text(IL)).to_be_visible()  # as it was before


def test_a_beam_is_drawn_and_a_draw_is_drawn_again(app: App, page: Page) -> None:
    go(page, f"{app.url}/translate?how=beam&tree=true")
    expect(page.locator(".st-key-beam .js-plotly-plot")).to_have_count(1)
    go(page, f"{app.url}/translate?how=sampling&temperature=2.0&seed=3")
    first = translation(page).text_content() or ""
    go(page, f"{app.url}/translate?how=sampling&temperature=2.0&seed=4")
    expect(translation(page)).not_to_have_text(first)
    go(page, f"{app.url}/translate?how=sampling&temperature=2.0&seed=3")
    expect(translation(page)).to_have_text(first)


def test_the_sentence_goes_along_to_another_page(app: App, page: Page) -> None:
    go(page, app.url)
    box = page.get_by_label("Sentence", exact=True)
    box.fill("The dog ate the cake because it was hungry.")
    box.press("Enter")
    expect(page.get_by_text("Le chien a mangé le gâteau", exact=False).first).to_be_visible()
    settled(page, DRAWN)
    page.get_by_role("link", name="Translate").click()
    expect(translation(page)).to_contain_text("Le chien a mangé le gâteau", timeout=WAIT)
    expect(page.get_by_label("Sentence", exact=True)).to_have_value(
        "The dog ate the cake because it was hungry."
    )


def test_words_are_aligned_and_the_line_is_taken_away(app: App, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{app.url}/translate")
    settled(page, DRAWN)
    page.get_by_text("Word alignment", exact=True).click()
    panel = page.get_by_test_id("stExpander").filter(has_text="Word alignment")
    code = panel.get_by_test_id("stCode")
    expect(code).to_have_text(LINKS)
    parameter(page, "align", "true")
    expect(panel).to_contain_text("alignment error rate")
    code.hover()
    code.get_by_role("button", name="Copy to clipboard").click()
    assert page.evaluate("navigator.clipboard.readText()") == code.inner_text()
    with page.expect_download() as saved:
        panel.get_by_role("button", name="Save as alignment.txt").click()
    assert saved.value.suggested_filename == "alignment.txt"
    assert saved.value.path().read_text() == f"{code.inner_text()}\n"
    before = code.inner_text()
    panel.get_by_role("radio", name="that writes the word").click()
    expect(code).not_to_have_text(before)
    parameter(page, "align_method", "naive")
