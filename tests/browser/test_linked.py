"""The linked view does in a real browser what a person expects of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.linkeds import CLOSE, HEAD, assert_lit, away, button, read, token, weights
from tests.viz.traces import HEBREW, MARKUP, changed, pieces, pronouns, random
from viz import scales
from viz.linked import View


def test_pointing_at_it_lights_animal(show_linked: Any) -> None:
    page = show_linked(pronouns())
    expect(page.get_by_role("status")).to_contain_text("Point at a word")
    token(page, "it").hover()
    expect(page.get_by_role("status")).to_contain_text("“it” looks 91 % at “animal”, 5 % at “it”")
    assert_lit(page, weights(pronouns())[8])
    fill = button(page, "animal").evaluate("e => getComputedStyle(e).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", fill))) < 3 * 100  # umber, nearly the scale's end
    expect(button(page, "it")).to_have_class(re.compile("outlined"))
    away(page)
    expect(page.get_by_role("status")).to_contain_text("Point at a word")


def test_wide_lights_street(show_linked: Any) -> None:
    page = show_linked(pronouns("wide"), replace(HEAD, held=(8,)))
    expect(page.get_by_role("status")).to_contain_text("“it” looks 91 % at “street”")


def test_held_words_are_summed(show_linked: Any) -> None:
    page = show_linked(pronouns())
    token(page, "it").click()
    token(page, "street").click()
    away(page)
    expect(page.get_by_role("status")).to_contain_text("“street” + “it” together look")
    assert_lit(page, weights(pronouns())[[6, 8]].sum(axis=0) / 2)


def test_all_panels_share_the_selection(show_linked: Any) -> None:
    page = show_linked(pronouns())
    lines, matrix = page.locator(".lines canvas"), page.locator(".matrix canvas")
    box = lines.bounding_box()
    assert box
    row = box["height"] / 13
    page.mouse.move(box["x"] + box["width"] * 0.12, box["y"] + 8.5 * row)
    expect(page.get_by_role("status")).to_contain_text("“it” looks 91 % at “animal”")
    page.mouse.move(box["x"] + box["width"] * 0.88, box["y"] + 1.5 * row)
    expect(page.get_by_role("status")).to_contain_text("“it” looks at “animal” with 91 %")
    assert_lit(page, weights(pronouns())[:, 1])
    # Somewhere in the matrix lies the cell of “it” and “animal”, and left of it the row of “it”.
    box = matrix.bounding_box()
    assert box
    said = set()
    for y in range(60, int(box["height"]), 8):
        for x in (30, 110):
            page.mouse.move(box["x"] + x, box["y"] + y)
            said.add(read(page))
    assert any(sentence.startswith("“it” looks 91 % at “animal”, 5 %") for sentence in said)
    assert len({sentence for sentence in said if re.fullmatch(r"“it” looks \S+ % at “\w+”\.", sentence)}) == 1


def test_several_heads_are_averaged_or_the_largest_is_taken(show_linked: Any) -> None:
    page = show_linked(pronouns(), replace(HEAD, held=(8,)))
    page.get_by_role("button", name="Layer 1, head 2").click(modifiers=["Control"])
    page.get_by_role("button", name="Layer 2, head 1").click(modifiers=["Shift"])
    expect(page.locator(".chosen")).to_have_text("3 heads")
    away(page)
    view = View(heads=((1, 3), (0, 1), (1, 0)))
    assert_lit(page, weights(pronouns(), view)[8])
    page.get_by_role("button", name="Maximum").click()
    away(page)
    expect(page.get_by_role("status")).to_contain_text("In one of these heads “it” looks 91 % at “animal”")
    assert_lit(page, weights(pronouns(), replace(view, combine="max"))[8])
    page.get_by_role("button", name="Layer 2, head 1").click(modifiers=["Control"])
    expect(page.locator(".chosen")).to_have_text("2 heads")
    page.get_by_role("button", name="Layer 1, head 1").click()
    expect(page.locator(".chosen")).to_have_text("layer 1 · head 1")


def test_the_largest_of_several_heads_is_of_all_that_is_held_together(show_linked: Any) -> None:
    trace = pronouns()
    view = View(heads=((0, 0), (1, 3)), combine="max", held=(2, 8))
    page = show_linked(trace, view)
    each = np.stack([weights(trace, View(heads=(head,)))[[2, 8]].mean(axis=0) for head in view.heads])
    assert_lit(page, each.max(axis=0))
    expect(page.get_by_role("status")).to_contain_text("In one of these heads “did” + “it” together look")

    page = show_linked(trace, replace(view, side="key"))
    each = np.stack([weights(trace, View(heads=(head,)))[:, [2, 8]].sum(axis=1) for head in view.heads])
    assert_lit(page, each.max(axis=0), summed=2)
    first = trace.by_words()["encoder"].query_tokens[int(each.max(axis=0).argmax())]
    expect(page.get_by_role("status")).to_contain_text(f"In one of these heads “{first}” looks at")


def test_weights_below_the_threshold_are_not_drawn(show_linked: Any) -> None:
    page = show_linked(pronouns(), replace(HEAD, held=(8,)))
    filled = ".token[style*='background-color: rgb']"
    expect(page.locator(filled)).to_have_count(2)
    page.get_by_text("Options").click()
    page.get_by_label("Hide weights below").fill("10")
    expect(page.locator(filled)).to_have_count(1)
    expect(page.get_by_role("status")).to_contain_text("“it” looks 91 % at “animal”, 5 % at “it”")


def test_words_and_pieces_are_as_the_trace_merges_them(show_linked: Any) -> None:
    trace = pieces()
    view = View(heads=((1, 2),), specials=True)
    page = show_linked(trace, view)
    merged = trace.by_words()["encoder"]
    for position, text in enumerate(merged.query_tokens):
        page.locator(".token").nth(position).hover()
        expect(page.locator(".token").nth(position)).to_have_text(text)
        page.wait_for_timeout(30)
        assert_lit(page, merged.weights[1, 2, position])
    token(page, "animal").click()
    page.get_by_role("button", name="Pieces").click()
    away(page)
    expect(page.locator(".token")).to_have_count(14)
    expect(page.locator(".token[aria-pressed=true]")).to_have_text(["anim", "al"])
    assert_lit(page, trace["encoder"].weights[1, 2, [2, 3]].mean(axis=0))
    page.get_by_role("button", name="Words").click()
    expect(page.locator(".token[aria-pressed=true]")).to_have_text(["animal"])


def test_switches_are_there_only_where_they_do_something(show_linked: Any) -> None:
    page = show_linked(pronouns())
    expect(page.get_by_role("button", name="Cross", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Pieces")).to_be_hidden()
    page = show_linked(pieces())
    expect(page.get_by_role("button", name="Encoder")).to_be_hidden()
    expect(page.get_by_role("button", name="Pieces")).to_be_visible()


def test_hidden_special_tokens_still_tell_their_share(show_linked: Any) -> None:
    page = show_linked(pieces(), View(heads=((0, 0),), held=(8,)))
    expect(token(page, "[SEP]")).to_have_count(0)
    expect(page.get_by_role("status")).to_contain_text(
        "“it” looks 38 % at “animal”, 0 % elsewhere. 62 % went to [SEP]."
    )
    page.get_by_text("Options").click()
    page.get_by_label("Show special tokens").check()
    expect(token(page, "[SEP]")).to_have_count(1)
    expect(page.get_by_role("status")).to_contain_text("“it” looks 62 % at “[SEP]”, 38 % at “animal”")


def test_what_a_sink_took_is_told(show_linked: Any) -> None:
    trace = changed(pronouns(), 1, pronouns()["encoder"].weights[1] * 0.6)
    page = show_linked(trace, replace(HEAD, held=(8,)))
    expect(page.get_by_role("status")).to_contain_text("“it” looks 55 % at “animal”")
    expect(page.get_by_role("status")).to_contain_text("40 % went to the attention sink.")


def test_a_row_of_zeros_is_grey_and_says_so(show_linked: Any) -> None:
    trace = changed(pronouns(), (1, 3, 8), 0)
    page = show_linked(trace, replace(HEAD, held=(8,)))
    expect(page.get_by_role("status")).to_have_text("“it” looks at nothing.")
    expect(button(page, "it")).to_have_class(re.compile("empty"))


def test_cross_attention_has_two_rows(show_linked: Any) -> None:
    page = show_linked(pronouns())
    page.get_by_role("button", name="Cross", exact=True).click()
    expect(page.get_by_role("group", name="The written text")).to_contain_text("fatigué")
    expect(page.get_by_role("group", name="The source")).to_contain_text("tired")
    view = View(kind="cross")
    token(page, "fatigué").hover()
    expect(page.get_by_role("status")).to_contain_text("To write “fatigué” it looks")
    assert_lit(page, weights(pronouns(), view)[13], side="key")  # the row that has read "trop"
    token(page, "tired", side="key").click()
    away(page)
    expect(page.get_by_role("status")).to_contain_text("It looks at “tired” to write")
    assert_lit(page, weights(pronouns(), view)[:, 11], side="query")
    page.get_by_role("button", name="Encoder").click()
    expect(page.locator(".chosen")).to_have_text("layer 2 · head 4")


def test_markup_is_shown_as_text_and_unknown_words_are_marked(show_linked: Any) -> None:
    page = show_linked(pieces(), title=MARKUP)
    expect(token(page, MARKUP)).to_be_visible()
    token(page, MARKUP).hover()
    expect(page.get_by_role("status")).to_contain_text(f"“{MARKUP}” looks")
    assert page.locator("img").count() == 0
    assert page.title() == MARKUP
    expect(page.get_by_role("button", name="zzyzx, not in the vocabulary")).to_have_class(
        re.compile("unknown")
    )


def test_right_to_left_words_stay_in_their_place(show_linked: Any) -> None:
    page = show_linked(pieces(), replace(HEAD, words=False))
    places = page.locator(".token").evaluate_all(
        "list => list.map(e => e.getBoundingClientRect()).map(b => [Math.round(b.top), b.left])"
    )
    assert places == sorted(places)
    token(page, HEBREW).hover()
    expect(page.get_by_role("status")).to_contain_text(f"“{HEBREW}” looks")


def test_everything_has_an_accessible_name(show_linked: Any) -> None:
    page = show_linked(pronouns())
    for text in ("The", "animal", "it", "."):
        expect(page.get_by_role("button", name=text, exact=True)).to_have_count(1)
    for layer in (1, 2):
        for head in (1, 2, 3, 4):
            expect(page.get_by_role("button", name=f"Layer {layer}, head {head}")).to_have_count(1)
    expect(
        page.get_by_role("img", name="Lines from each query to the keys it looks at, layer 2 · head 4")
    ).to_be_visible()
    expect(
        page.get_by_role("img", name="Matrix of weights, queries down, keys across, layer 2 · head 4")
    ).to_be_visible()
    expect(page.get_by_role("status")).to_have_attribute("aria-live", "polite")
    expect(page.get_by_text("queries ↓ keys →")).to_be_visible()
    unnamed = page.locator("button").evaluate_all(
        "list => list.filter(e => !e.textContent.trim() && !e.getAttribute('aria-label')).length"
    )
    assert unnamed == 0


@pytest.mark.parametrize(("width", "columns"), [(1280, 3), (720, 2), (390, 1)])
def test_panels_stand_beside_each_other_where_there_is_room(
    show_linked: Any, page: Page, width: int, columns: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    show_linked(pronouns(), replace(HEAD, held=(8,)))
    lefts = page.locator(".panel:visible").evaluate_all(
        "list => list.map(e => e.getBoundingClientRect().left)"
    )
    assert len(set(lefts)) == columns
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_dark_follows_the_system(show_linked: Any, page: Page) -> None:
    show_linked(pronouns(), replace(HEAD, held=(8,)))
    colour = "e => getComputedStyle(e).backgroundColor"
    light = button(page, "animal").evaluate(colour)
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".headlight")).to_have_attribute("data-theme", "dark")
    page.wait_for_timeout(100)
    dark = button(page, "animal").evaluate(colour)
    assert sum(map(int, re.findall(r"\d+", dark))) > sum(map(int, re.findall(r"\d+", light))) + 200
    paper = scales.theme(dark=True)["paper"]
    assert (
        page.locator("body").evaluate(colour) == f"rgb{tuple(int(paper[i : i + 2], 16) for i in (1, 3, 5))}"
    )


def test_other_languages_have_their_own_word_order(show_linked: Any) -> None:
    strings = {
        "row_2": "{query}: {key} {share}, {key_2} {share_2}",
        "encoder": "인코더",
        "quote": "‘{token}’",
    }
    page = show_linked(pronouns(), replace(HEAD, held=(8,)), strings=strings, language="ko")
    expect(page.get_by_role("status")).to_have_text("‘it’: ‘animal’ 91 %, ‘it’ 5 %")
    expect(page.get_by_role("button", name="인코더")).to_be_visible()
    assert page.locator(".headlight").get_attribute("lang") == "ko"


def test_a_long_text_can_be_used(show_linked: Any, page: Page) -> None:
    trace = random(512)
    show_linked(trace, View(heads=((5, 4),)))
    page.locator(".token").nth(7).click()
    away(page)
    expect(page.get_by_role("status")).to_contain_text("“token7” looks")
    assert_lit(page, trace["encoder"].weights[5, 4, 7])
    page.keyboard.press("ArrowDown")
    expect(page.locator(".chosen")).to_have_text("layer 7 · head 5")
    expect(page.get_by_role("status")).to_contain_text("“token7” looks")
    assert_lit(page, trace["encoder"].weights[6, 4, 7])
    # The canvas is as high as what is in sight, not as the text.
    assert page.locator(".lines canvas").evaluate("e => e.height / devicePixelRatio") < 900
    scroller = page.locator(".lines .scroller")
    scroller.evaluate("e => { e.scrollTop = e.scrollHeight }")
    height = scroller.evaluate("e => e.clientHeight")
    scroller.hover(position={"x": 80, "y": height - 4})
    expect(page.get_by_role("status")).to_contain_text("“token511” looks")
    assert_lit(page, trace["encoder"].weights[6, 4, 511])


def test_of_a_long_text_what_is_in_sight_is_lit_in_the_very_frame(show_linked: Any, page: Page) -> None:
    """The others follow; where they are scrolled to before that, they are lit as well."""
    trace = random(512)
    show_linked(trace, View(heads=((5, 4),)))
    row = trace["encoder"].weights[5, 4, 7]
    seen = """([strip, first]) => new Promise((done) => {
      const inSight = () => {
        const frame = strip.getBoundingClientRect();
        const found = [...strip.querySelectorAll(".token")].filter((e) => {
          const box = e.getBoundingClientRect();
          return box.bottom > frame.top + 1 && box.top < frame.bottom - 1;
        });
        return found.map((e) => [Number(e.dataset.position), Number(e.dataset.weight)]);
      };
      first.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, composed: true }));
      requestAnimationFrame(() => {
        const [top, behind] = [inSight(), strip.dataset.behind];
        strip.scrollTop = strip.scrollHeight;
        strip.dispatchEvent(new Event("scroll"));
        done([behind, top, inSight()]);
      });
    })"""
    strip, first = page.locator(".strip").element_handle(), page.locator(".token").nth(7).element_handle()
    behind, top, bottom = page.evaluate(seen, [strip, first])
    assert behind == "true"
    assert 20 < len(top) < 400
    assert {0, 511} <= {position for position, _ in (*top, *bottom)}
    for position, weight in (*top, *bottom):
        assert weight == pytest.approx(row[position], abs=CLOSE)


def test_several_heads_are_chosen_by_taps(show_linked: Any) -> None:
    page = show_linked(pronouns(), replace(HEAD, held=(8,)))
    more = page.get_by_role("button", name="+ more")
    more.click()
    page.get_by_role("button", name="Layer 1, head 2").click()
    expect(page.locator(".chosen")).to_have_text("2 heads")
    more.click()
    page.get_by_role("button", name="Layer 2, head 4").click()
    expect(page.locator(".chosen")).to_have_text("layer 2 · head 4")


def test_a_page_of_its_own_has_no_scissors(show_linked: Any) -> None:
    page = show_linked(pronouns(), replace(HEAD, held=(8,)))
    expect(page.locator(".snip")).to_have_count(0)
    expect(page.locator(".outcome")).to_be_hidden()
    page.keyboard.press("x")
    expect(page.get_by_role("status")).to_contain_text("“it” looks 91 % at “animal”")
