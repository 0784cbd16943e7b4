"""Words fitted into columns, and numbers as a person writes them."""

from __future__ import annotations

import html

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.traces.signs import show
from viz.columns import NARROWEST, column, em, fit, format_signed, minus, percent, quote, wide, wrap


@example("\x1e\xa0", 1.0)
@given(st.text(max_size=60), st.floats(1, 20))
def test_a_fitted_text_is_one_line_that_can_be_seen_and_fits(text: str, most: float) -> None:
    line = fit(text, most)
    assert line
    assert len(line.splitlines()) == 1
    assert em(line) <= most or len(line.removesuffix("…")) == 1
    if show(text) == text and em(text) <= most and text.strip() == text and len(text.split()) == 1:
        assert line == text


def test_korean_takes_more_room_than_latin_and_marks_take_none() -> None:
    assert em("동물") > em("il")
    assert em("e\u0301") == em("e")
    assert fit("Donaudampfschifffahrt", 4) == "Donau…"
    assert fit("동물원입니다", 4) == "동물원…"


@given(st.text(max_size=200))
def test_no_text_becomes_markup_and_all_of_it_can_be_read(text: str) -> None:
    for written in (quote(text), wrap(text)):
        for added in ("<br>", "\u2068", "\u2069"):
            written = written.replace(added, "")
        assert "<" not in written
        assert ">" not in written
        if text.strip():
            letters = [letter for letter in show(text) if not letter.isspace()]
            assert [letter for letter in html.unescape(written) if not letter.isspace()] == letters


def test_a_long_text_is_read_in_lines() -> None:
    lines = wrap("because the animal was too tired to cross the street").split("<br>")
    assert len(lines) == 2
    assert " ".join(line.strip("\u2068\u2069") for line in lines).startswith("because the animal")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.42, "+0.42"),
        (-2.549, "−2.55"),
        (-0.0034, "−0.003"),
        (0.0001, "0"),
        (0.0, "0"),
        (-np.inf, "−∞"),
        (np.nan, "?"),
    ],
)
def test_changes_are_written_with_their_sign(number: float, text: str) -> None:
    assert format_signed(number) == text
    assert minus(number) == text.replace("+", "")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1e-9, "< 0.01 %"),
        (0.00031, "0.03 %"),
        (0.0423, "4.2 %"),
        (0.0999, "10 %"),
        (0.5, "50 %"),
        (0.994, "99.4 %"),
        (0.9999, "100 %"),
        (1.0000001, "100 %"),
        (np.nan, "?"),
    ],
)
def test_probabilities_have_as_many_digits_as_a_person_uses(share: float, text: str) -> None:
    assert percent(share) == text


@given(st.floats(0.0001, 1))
def test_a_written_probability_is_the_probability(share: float) -> None:
    written = float(percent(share).removesuffix(" %")) / 100
    assert written == pytest.approx(share, rel=0.06, abs=0.00006)


def test_columns_are_as_wide_as_their_widest_label_within_bounds() -> None:
    assert column(["a"], 16, 34, 104) == 34
    assert column(["a", "fatigué"], 16, 34, 104) == round(em("fatigué") * 16)
    assert column(["Donaudampfschifffahrt"], 16, 34, 104) == 104
    assert wide(10)["width"] >= NARROWEST
    assert wide(2000)["width"] - wide(1000)["width"] == 1000
