"""Words in every script, in a real browser: the whole word is held, and where it comes from is said."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App
from tests.browser.waiting import settled
from tests.model.families import build
from tests.model.text.tongues import MAKERS

DRAWN = ".headlight[data-drawn]"
LATE = "I can't find my phone; I'm late."


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small encoders with tokenizers like BERT's and one that spells every character."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("word_piece", "characters", "compact_bpe"):
        tokenizer = MAKERS[name]()
        tokenizer.save_pretrained(folder / name)
        build("bert", vocab_size=len(tokenizer), pad_token_id=3).save_pretrained(folder / name)
    return folder


def go(app: App, page: Page, checkpoint: str | Path, text: str, **more: str) -> Page:
    asked = {"checkpoint": str(checkpoint), "text": text, **more}
    page.goto(f"{app.url}/?" + "&".join(f"{key}={quote(value)}" for key, value in asked.items()))
    settled(page, DRAWN)
    return page


def tokens(page: Page, side: str = "query") -> Locator:
    return page.locator(f".strip .token[data-side={side}]")


def pressed(page: Page) -> Locator:
    return page.locator(".strip .token[aria-pressed=true]")


def origin(page: Page) -> Locator:
    return page.locator(".headlight .origin")


@pytest.mark.parametrize("name", ["word_piece", "characters"])
def test_a_click_holds_the_whole_contraction(app: App, page: Page, models: Path, name: str) -> None:
    """BERT cuts it into didn ' t; what is held is one word, and the matrix has one row for it."""
    go(app, page, models / name, "The animal didn’t cross it")
    assert tokens(page).all_inner_texts() == ["The", "animal", "didn’t", "cross", "it"]
    tokens(page).nth(2).click()
    expect(page).to_have_url(re.compile("held="))
    expect(pressed(page)).to_have_text(["didn’t"])
    expect(page.locator(".headlight").get_by_role("status")).to_contain_text("“didn’t” looks")
    page.get_by_role("button", name="Pieces", exact=True).click()
    pieces = ["didn", "’", "t"] if name == "word_piece" else ["␣", *"didn’t"]
    expect(pressed(page)).to_have_text(pieces)
    expect(page).to_have_url(re.compile("words=0"))
    page.reload()
    settled(page, DRAWN)
    expect(pressed(page)).to_have_text(pieces)


def test_a_translator_of_pieces_holds_whole_words(app: App, page: Page) -> None:
    go(app, page, "en-fr", LATE)
    assert tokens(page).all_inner_texts()[:4] == ["I", "can't", "find", "my"]
    tokens(page).nth(1).click()
    expect(page).to_have_url(re.compile(r"[?&]held=(\d+,)*2(,|&|$)|held=(\d+%2C)*2\b"))
    expect(pressed(page).first).to_have_text("can't")
    page.get_by_role("button", name="Decoder", exact=True).click()
    words = tokens(page)
    expect(words.nth(4)).to_have_text("à")
    assert "␣" not in words.all_inner_texts()
    words.nth(4).click()
    expect(pressed(page)).to_have_text(["à"])
    page.get_by_role("button", name="Pieces", exact=True).click()
    expect(pressed(page)).to_have_text(["␣", "à"])


def test_a_link_of_the_second_edition_opens_on_the_same_word(app: App, page: Page) -> None:
    go(app, page, "en-fr", LATE, kind="decoder", heads="1.1", held="7", v="2")
    expect(pressed(page)).to_have_text(["à"])
    expect(page).to_have_url(re.compile(r"[?&]held=7(&|$)"))
    expect(page).to_have_url(re.compile(r"[?&]v=3(&|$)"))
    expect(origin(page)).to_be_hidden()


def test_a_chinese_sentence_has_several_words_and_says_whence(app: App, page: Page, models: Path) -> None:
    go(app, page, models / "characters", "我们喜欢学习自然语言。")
    assert tokens(page).all_inner_texts() == ["我们", "喜欢", "学习", "自然", "语言", "。"]
    expect(origin(page)).to_contain_text("ICU's dictionary")
    expect(origin(page)).not_to_contain_text("reach")
    page.get_by_role("button", name="Pieces", exact=True).click()
    expect(origin(page)).to_be_hidden()
    assert "".join(tokens(page).all_inner_texts()) == "我们喜欢学习自然语言。"
    go(app, page, models / "characters", "我们喜欢学习自然语言。", pieces="true")
    expect(page.get_by_text("6 words, 11 tokens", exact=False)).to_be_visible()
    expect(page.get_by_test_id("stCaptionContainer").get_by_text("ICU's dictionary")).to_be_visible()


def test_words_that_pieces_join_are_said_to_be_joined(app: App, page: Page, models: Path) -> None:
    go(app, page, models / "word_piece", "ฉันรักภาษาไทย it")
    said = origin(page)
    expect(said).to_contain_text(re.compile(r"\d pieces reach from one such word into the next"))
    assert len(tokens(page).all_inner_texts()) < 5
