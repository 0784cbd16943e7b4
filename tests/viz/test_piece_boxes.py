"""Pieces as boxes: safe, complete, and readable whatever is in them; and the curve of their number."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.traces.signs import show
from viz import scales, shrinking
from viz.pieces import Box, Row, boxes, table


class Page(HTMLParser):
    """What a browser would find: the tags, the classes of each box, and the text outside of styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.boxes: list[str] = []
        self.directions: list[str] = []
        self.text = ""
        self.style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.style = tag == "style"
        given = dict(attrs)
        if given.get("role") == "listitem":
            self.boxes.append(given["class"] or "")
        if given.get("role") == "list":
            self.directions.append(given["dir"] or "")

    def handle_endtag(self, tag: str) -> None:
        self.style = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self.style else data


@given(st.lists(st.tuples(st.text(max_size=8), st.booleans()), max_size=12))
def test_any_text_stands_in_its_box_as_text(typed: list[tuple[str, bool]]) -> None:
    page = Page(boxes([Box(text, told=text, joined=joined) for text, joined in typed]))
    assert len(page.boxes) == len(typed)
    assert set(page.tags) <= {"style", "div", "span", "bdi"}
    shown = "".join(show(text) for text, _joined in typed)
    assert page.text == shown.replace("\r\n", "\n").replace("\r", "\n")


def test_markup_is_never_markup() -> None:
    found = table(
        [Row("<b>name</b>", "<i>", [Box("<script>alert(1)</script>", under='"')], "<u>", ["<s>"])], ["<p>"]
    )
    page = Page(found)
    assert not {"b", "script", "u", "s", "p", "i"} & set(page.tags)
    assert "<script>alert(1)</script>" in page.text


def test_what_is_special_about_a_piece_is_told_without_colour() -> None:
    page = Page(
        boxes([Box("a", unknown=True), Box("b", held=True), Box("c", fresh=True), Box("</s>", special=True)])
    )
    assert [name.split()[1:] for name in page.boxes] == [
        ["hl-unknown"],
        ["hl-held"],
        ["hl-fresh"],
        ["hl-special"],
    ]


def test_the_pieces_of_a_word_stand_together() -> None:
    found = boxes([Box("un"), Box("able", joined=True), Box("to")])
    assert [len(re.findall("hl-piece", word)) for word in found.split('class="hl-word"')[1:]] == [2, 1]


def test_arabic_runs_from_the_right() -> None:
    assert Page(boxes([Box("القط"), Box("ة", joined=True)])).directions == ["rtl"]
    assert Page(boxes([Box("1"), Box("the")])).directions == ["ltr"]
    assert Page(boxes([])).directions == ["ltr"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (" ", "␣"),
        ("\u200d", "⟨ZWJ⟩"),
        ("\u0301", "◌\u0301"),
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("", ""),
        ("\x07", "⟨U+0007⟩"),
        ("한", "한"),
    ],
)
def test_every_piece_can_be_seen(text: str, seen: str) -> None:
    page = Page(boxes([Box(text)]))
    assert page.text == seen


@pytest.mark.parametrize("dark", [False, True])
def test_colours_are_those_of_the_theme(dark: bool) -> None:
    found = boxes([Box("a")], dark=dark)
    used = set(re.findall("#[0-9a-f]{6}", found))
    assert used <= set(scales.theme(dark).values()) | set(scales.sequential(dark))
    assert scales.theme(dark)["accent"] in used


def test_a_table_has_a_line_a_row_and_its_numbers() -> None:
    page = Page(table([Row("Words", "", [Box("a")], "", ["1", "2.0"])] * 3, ["name", "text", "n", "m"]))
    assert page.tags.count("tr") == 4
    assert page.tags.count("th") == 4 + 3
    assert page.text.count("2.0") == 3


def test_the_curve_marks_where_one_stands() -> None:
    figure = shrinking([10, 11, 15], [9, 7, 4], 1)
    assert (list(figure.data[0].x), list(figure.data[0].y)) == ([10, 11, 15], [9, 7, 4])
    assert (list(figure.data[1].x), list(figure.data[1].y)) == ([11], [7])


@pytest.mark.parametrize(("vocabulary", "here"), [([1, 2], 2), ([1], 0), ([1, 2], -1)])
def test_a_curve_that_does_not_fit_is_refused(vocabulary: list[int], here: int) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        shrinking(vocabulary, [2, 1], here)
