"""Two sentences read as a pair, in a real browser: both are marked, one is seen as the other looks at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from model import load, trace
from tests.browser.conftest import App
from tests.browser.linkeds import CLOSE, HEAD, assert_lit, away, button, drawn, lit, token, weights
from tests.browser.waiting import WAIT, settled
from tests.model.paired import FIRST, SECOND, save_paired
from tests.viz.traces import changed, paired, pieces, pronouns
from viz.linked import View, html

# What is written on each canvas, for tests that cannot read it there.
LISTEN = """() => {
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
    (this.canvas.written ??= []).push(text);
    return write.call(this, text, ...more);
  };
}"""
WORDS = weights(paired())  # of head 4 of layer 2, in words
A, B = [1, 2, 3, 4], [6, 7, 8, 9, 10]  # the words of both texts, without special tokens


def ways(page: Page) -> Locator:
    return page.get_by_role("group", name="Which sentence looks at which")


def second(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Second sentence (optional)")


def assert_shown(page: Page, queries: list[int], keys: list[int]) -> None:
    """Which tokens of the strip ask who is looked at, and which are looked at only."""
    for side, positions in (("query", queries), ("key", keys)):
        expect(page.locator(f'.token[data-side="{side}"]')).to_have_count(len(positions))
        assert sorted(lit(page, side)) == positions


def write_listened(page: Page) -> Callable[[str], list[str]]:
    """Has every canvas remember what is written on it from now on."""
    page.add_init_script(f"({LISTEN})()")

    def written(panel: str) -> list[str]:
        found: list[str] = page.locator(f".{panel} canvas").evaluate("canvas => canvas.written ?? []")
        return found

    return written


def test_both_texts_are_marked(page: Page, show_linked: Any) -> None:
    written = write_listened(page)
    page = show_linked(paired())
    lines = page.locator(".strip .tokens")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_have_attribute("aria-label", "sentence A")
    assert [line.inner_text().split() for line in lines.all()] == [
        ["A", "the", "dog", "sleeps", "."],
        ["B", "is", "the", "dog", "it", "?"],
    ]
    for panel in ("lines", "matrix"):
        letters = [text for text in written(panel) if text in ("A", "B")]
        assert letters[:4] in (["A", "B", "A", "B"], ["A", "A", "B", "B"])


def test_a_single_text_has_neither_letters_nor_ways(page: Page, show_linked: Any) -> None:
    written = write_listened(page)
    for trace_ in (pieces(), pronouns()):
        page = show_linked(trace_)
        expect(ways(page)).to_be_hidden()
        expect(page.locator(".letter")).to_have_count(0)
        assert not {"A", "B"} & {*written("lines"), *written("matrix")}


def test_a_looks_at_b(show_linked: Any) -> None:
    page = show_linked(paired())
    expect(ways(page).get_by_role("button", pressed=True)).to_have_text("All")
    ways(page).get_by_role("button", name="A → B").click()
    assert_shown(page, A, B)
    token(page, "dog").click()
    away(page)
    assert_lit(page, WORDS[2], "key")
    expect(page.get_by_role("status")).to_have_text(
        "“dog” looks 60 % at “it”, 4 % elsewhere. 23 % went to sentence A. "
        "12 % went to [SEP]. 1 % went to [CLS]."
    )
    # In B, who looks at a word: the words of A alone.
    button(page, "it", "key").click()
    away(page)
    assert_lit(page, WORDS[:, 9])
    expect(page.get_by_role("status")).to_contain_text("“dog” looks at “it” with 60 %")


def test_every_way_shows_its_own_queries_and_keys(show_linked: Any) -> None:
    page = show_linked(paired())
    for name, queries, keys in (("B → A", B, A), ("A → A", A, A), ("B → B", B, B)):
        ways(page).get_by_role("button", name=name).click()
        expect(ways(page).get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
        assert_shown(page, queries, keys if queries != keys else [])  # one line does for both
        expect(page.locator(".strip .tokens")).to_have_count(1 if queries == keys else 2)
        page.locator('.token[data-side="query"]').first.hover()
        assert_lit(page, WORDS[queries[0]], "query" if queries == keys else "key")
    ways(page).get_by_role("button", name="All").click()
    assert_shown(page, [*A, *B], [])


def test_special_tokens_belong_to_the_text_that_they_close(show_linked: Any) -> None:
    page = show_linked(paired(), View(heads=HEAD.heads, specials=True, words=False, segments="ab", held=(2,)))
    assert_shown(page, [*range(7)], [*range(7, 13)])
    away(page)
    row = paired()["encoder"].weights[1, 3, 2]
    said = f"{round(100 * row[:7].sum())} % went to sentence A."
    expect(page.get_by_role("status")).to_contain_text(said)


def test_a_word_of_both_texts_is_told_with_its_letter(show_linked: Any) -> None:
    page = show_linked(paired())
    page.locator('.token[data-position="2"]').hover()
    expect(page.get_by_role("status")).to_contain_text("“dog” (A) looks 60 % at “it”, 20 % at “sleeps”")
    page.locator('.token[data-position="8"]').hover()
    expect(page.get_by_role("status")).to_contain_text("“dog” (B) looks")


def test_nothing_in_a_looks_at_it(show_linked: Any) -> None:
    trace_ = paired()
    taken = trace_["encoder"].weights[1, 3].copy()
    taken[:7, 11] = 0
    page = show_linked(changed(trace_, (1, 3), taken), View(heads=HEAD.heads, segments="ab"))
    button(page, "?", "key").hover()
    expect(page.get_by_role("status")).to_have_text("Nothing in sentence A looks at “?”.")


def test_of_several_heads_the_most_that_one_gave_to_the_other_text(show_linked: Any) -> None:
    heads = ((0, 0), (1, 3))
    page = show_linked(paired(), View(heads=heads, combine="max", segments="ab", held=(2,)))
    each = [weights(paired(), View(heads=(head,)))[2, A].sum() for head in heads]
    said = f"In one of these heads {round(100 * float(max(each)))} % went to sentence A."
    expect(page.get_by_role("status")).to_contain_text(said)


def test_the_ways_are_walked_with_the_keyboard(show_linked: Any) -> None:
    page = show_linked(paired())
    ways(page).get_by_role("button", name="All").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(ways(page).get_by_role("button", pressed=True)).to_have_text("A → B")
    expect(ways(page).get_by_role("button", pressed=True)).to_have_attribute(
        "title", "From sentence A to sentence B"
    )
    assert_shown(page, A, B)


def test_the_ways_are_chosen_by_a_finger_on_a_small_screen(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(html(paired(), view=HEAD), encoding="utf-8")
    context = browser.new_context(viewport={"width": 360, "height": 800}, has_touch=True, locale="en-US")
    page = context.new_page()
    page.goto((tmp_path / "a.html").as_uri())
    drawn(page)
    way = ways(page).get_by_role("button", name="B → B")
    box = way.bounding_box()
    assert box
    assert box["x"] + box["width"] <= 360
    assert box["height"] >= 30
    way.tap()
    assert_shown(page, B, [])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_the_pictures_of_all_heads_leave_the_rest_pale(show_linked: Any) -> None:
    page = show_linked(paired())
    canvas = page.locator(".grid canvas")
    size = canvas.evaluate("canvas => [canvas.width, canvas.height]")
    pale = """canvas => {
      const context = canvas.getContext("2d");
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let sum = 0;
      for (let i = 3; i < data.length; i += 4) sum += data[i];
      return sum;
    }"""
    whole = canvas.evaluate(pale)
    ways(page).get_by_role("button", name="A → B").click()
    page.wait_for_timeout(100)
    assert size == canvas.evaluate("canvas => [canvas.width, canvas.height]")
    part = canvas.evaluate(pale)
    assert 0.2 < part / whole < 0.6  # 7 · 6 of 13 · 13 cells are as they were, the others nearly gone


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_paired("bert", tmp_path_factory.mktemp("bert"))


def test_a_second_sentence_is_typed_and_kept_in_the_link(app: App, page: Page, bert: Path) -> None:
    page.goto(f"{app.url}/?checkpoint={bert}&text={FIRST}&heads=2.1")
    field = second(page)
    field.wait_for(timeout=2 * WAIT)
    expect(page.locator(".strip .tokens")).to_have_count(1, timeout=WAIT)
    expect(ways(page)).to_be_hidden()
    field.fill(SECOND)
    field.press("Enter")
    expect(page.locator(".strip .tokens")).to_have_count(2, timeout=WAIT)
    expect(page).to_have_url(re.compile(r"pair=An\+animal|pair=An%20animal"))
    ways(page).get_by_role("button", name="A → B").click()
    expect(page).to_have_url(re.compile("segments=ab"), timeout=WAIT)
    token(page, "dog").click()
    expect(page).to_have_url(re.compile("held=3"), timeout=WAIT)

    t = trace(load(bert), FIRST, pair=SECOND).by_words()
    assert t.encoder is not None
    away(page)
    row = t.encoder.weights[1, 0, 2]
    for position, weight in lit(page, "key").items():
        assert weight == pytest.approx(float(row[position]), abs=CLOSE)
    own = [[i for i, s in enumerate(t.encoder.keys.segments or ()) if s == part] for part in (0, 1)]
    words = [[i for i in part if not t.encoder.keys.special[i]] for part in own]
    assert_shown(page, *words)

    page.reload()
    expect(ways(page).get_by_role("button", pressed=True)).to_have_text("A → B", timeout=2 * WAIT)
    expect(second(page)).to_have_value(SECOND)
    expect(button(page, "dog")).to_have_attribute("aria-pressed", "true")

    page.get_by_role("link", name="Several heads").click()
    expect(page).to_have_url(re.compile(r"/heads\?"), timeout=WAIT)
    settled(page, ".headlight[data-drawn]")
    expect(second(page)).to_have_value(SECOND, timeout=WAIT)
    page.get_by_role("link", name="Explore").click()
    expect(page).not_to_have_url(re.compile("/heads"), timeout=WAIT)
    field = second(page)
    expect(field).to_have_value(SECOND, timeout=WAIT)
    settled(page, ".headlight[data-drawn]")
    field.fill("")
    field.press("Enter")
    expect(page.locator(".strip .tokens")).to_have_count(1, timeout=WAIT)
    expect(ways(page)).to_be_hidden()
    expect(page).not_to_have_url(re.compile("pair="))


def test_an_example_of_a_pair_fills_both_fields(app: App, page: Page, bert: Path) -> None:
    page.goto(f"{app.url}/?checkpoint={bert}")
    page.get_by_role("button", name="Examples").click(timeout=2 * WAIT)
    page.get_by_role("menuitem", name="An animal is resting.").click()
    expect(second(page)).to_have_value("An animal is resting.", timeout=WAIT)
    expect(page.get_by_label("Sentence", exact=True)).to_have_value("The dog is asleep on the sofa.")
    expect(page.locator(".strip .tokens")).to_have_count(2, timeout=WAIT)
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("menuitem", name="too tired").click()
    expect(second(page)).to_have_value("", timeout=WAIT)
    expect(page.locator(".strip .tokens")).to_have_count(1, timeout=WAIT)
