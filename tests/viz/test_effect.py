"""Looking beside mattering, and what moved: what is drawn is what was given."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.viz.traces import HEBREW, MARKUP, pronouns
from viz import effect, movement, scales
from viz.effect import FAINT, FAR, LEAST

LOGPROBS = st.floats(-1000, 0) | st.sampled_from([-np.inf, np.nan])
ANY = st.floats(-1000, 1000) | st.sampled_from([np.inf, -np.inf, np.nan])
WORDS = ["The", "animal", "did", "n't", "cross"]


def bands(figure: go.Figure) -> list[float]:
    """The rows that are marked across both sides."""
    return [(shape.y0 + shape.y1) / 2 for shape in figure.layout.shapes]


def named(labels: tuple[str, ...]) -> list[str]:
    """The words that stand out in bold."""
    return [label[3:-4] for label in labels if label.startswith("<b>")]


def test_words_go_down_with_their_weight_left_and_their_effect_right() -> None:
    stack = pronouns()["encoder"]
    weights = stack.weights[1, 3, 8]
    effects = -(np.linspace(0, 1.3, len(weights)) ** 2)
    figure = effect(stack.key_tokens, weights, effects, unit="log-probability")
    looks, matters = figure.data[0], figure.data[2]
    np.testing.assert_allclose(looks.x, weights)
    np.testing.assert_allclose(matters.x, effects)
    assert [bars.xaxis for bars in (looks, matters)] == ["x", "x2"]
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]
    low, high = figure.layout.yaxis.range
    assert low > high
    texts = [text.removeprefix("<b>").removesuffix("</b>") for text in figure.layout.yaxis.ticktext]
    assert texts == [token.replace("<", "&lt;").replace(">", "&gt;") for token in stack.key_tokens]
    assert looks.text[1] == "91 %"
    assert matters.text[-1] == "−1.69"
    assert [note.text for note in figure.layout.annotations] == [
        "<b>attention</b>",
        "<b>effect</b><br>log-probability",
    ]


def test_agreement_is_one_bright_row_and_disagreement_two() -> None:
    weights = [0.1, 0.6, 0.1, 0.1, 0.1]
    agreed = effect(WORDS, weights, [0, -2.0, 0.1, 0, 0])
    assert bands(agreed) == [1]
    assert named(agreed.layout.yaxis.ticktext) == ["animal"]
    apart = effect(WORDS, weights, [0, -0.1, 0, 0, 2.5])
    assert bands(apart) == [1, 4]
    assert named(apart.layout.yaxis.ticktext) == ["animal", "cross"]
    assert apart.data[0].marker.opacity == (FAINT, 1, FAINT, FAINT, FAINT)
    assert apart.data[2].marker.opacity == (FAINT, FAINT, FAINT, FAINT, 1)


def test_where_nothing_matters_nothing_looks_as_if() -> None:
    figure = effect(WORDS, [0.1, 0.6, 0.1, 0.1, 0.1], [0, -0.004, 0, 0.001, 0])
    assert bands(figure) == [1]
    assert set(figure.data[2].text) == {""}
    low, high = figure.layout.xaxis2.range
    assert max(np.abs(figure.data[2].x)) < 0.05 * (high - low)
    assert high - low >= LEAST


@pytest.mark.parametrize("dark", [False, True])
def test_the_sign_of_an_effect_is_its_colour_and_its_number(dark: bool) -> None:
    drawn = effect(WORDS[:2], [0.5, 0.5], [-0.4, 0.2], dark=dark).data[2]
    scale = scales.diverging(dark)
    assert drawn.marker.color == (scale[0], scale[-1])
    assert drawn.text == ("−0.40", "+0.20")


def test_lengths_are_to_one_scale_on_both_sides_of_zero() -> None:
    figure = effect(WORDS, [0.2] * 5, [-3.94, -0.09, 1.97, 0, 0.5])
    low, high = figure.layout.xaxis2.range
    assert low < -3.94 < 0 < 1.97 < high
    drawn = np.asarray(figure.data[2].x)
    assert drawn[0] / drawn[1] == pytest.approx(3.94 / 0.09)
    assert drawn[0] == pytest.approx(-2 * drawn[2])
    only = effect(WORDS, [0.2] * 5, [-1, -0.5, 0, 0, 0]).layout.xaxis2.range
    assert only[1] <= LEAST  # no room is left for what there is not


def test_an_endless_effect_is_the_longest_and_an_unknown_one_is_not_drawn() -> None:
    figure = effect(WORDS, [np.nan, 0.5, 0, 0, 0], [-40, -np.inf, np.nan, 0, 3])
    matters = figure.data[2]
    assert np.argmin(matters.x) == 1
    assert np.isfinite(matters.x).all()
    assert matters.x[2] == 0
    assert matters.text[:2] == ("−40.00", "−∞")
    assert "effect: ?" in figure.data[1].hovertext[2]
    assert "attention: ?" in figure.data[1].hovertext[0]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.text(max_size=40), ANY, ANY), max_size=12))
def test_any_word_is_shown_as_text_with_any_number(rows: list[tuple[str, float, float]]) -> None:
    words = [row[0] for row in rows]
    figure = effect(words, [row[1] for row in rows], [row[2] for row in rows], unit=MARKUP)
    for bars in figure.data:
        assert np.isfinite(np.asarray(bars.x, dtype=float)).all()
    low, high = figure.layout.xaxis2.range
    drawn = np.asarray(figure.data[2].x, dtype=float)
    assert (low <= 0 <= high, (low <= drawn).all(), (drawn <= high).all()) == (True, True, True)
    known = np.isfinite([row[2] for row in rows])
    np.testing.assert_allclose(drawn[known], np.array([row[2] for row in rows])[known])
    told = [*figure.layout.yaxis.ticktext, *figure.data[1].hovertext]
    told += [note.text for note in figure.layout.annotations]
    for text in told:
        assert "<" not in text.replace("<br>", "").replace("<b>", "").replace("</b>", "")


def test_pointing_anywhere_at_a_row_opens_its_box() -> None:
    figure = effect(WORDS, [0.1, 0.6, 0.1, 0.1, 0.1], [0, -2.0, 0.1, 0, 0], unit="log-probability")
    for side, axis in ((1, figure.layout.xaxis), (3, figure.layout.xaxis2)):
        low, high = axis.range
        assert figure.data[side].base == low
        assert set(figure.data[side].x) == {high - low}
        assert figure.data[side].hovertext[1] == (
            "“\u2068animal\u2069”<br>attention: 60 %<br>effect: −2.00 (log-probability)"
        )


def test_what_became_more_likely_goes_up_in_amber_and_what_became_less_down_in_blue() -> None:
    before, after = np.log([0.9, 0.5, 0.2]), np.log([0.9, 0.05, 0.4])
    for dark in (False, True):
        figure = movement(["l'", "il", "dort"], before, after, dark=dark)
        more, less, boxes = figure.data
        np.testing.assert_array_equal(more.x, [0, 2])
        np.testing.assert_allclose(more.y, [0, np.log(2)])
        np.testing.assert_array_equal(less.x, [1])
        np.testing.assert_allclose(less.y, [np.log(0.1)])
        assert (more.marker.color, less.marker.color) == (
            scales.diverging(dark)[-1],
            scales.diverging(dark)[0],
        )
        assert (more.name, less.name) == ("more likely", "less likely")
        assert (more.text, less.text) == (("", "+0.69"), ("−2.30",))
        assert named(figure.layout.xaxis.ticktext) == ["il"]
        assert boxes.hovertext[1] == (
            "“\u2068il\u2069”<br>before: 50 %<br>after: 5.0 %<br>change of log-probability: −2.30"
        )


def test_of_another_measure_no_probabilities_are_told() -> None:
    figure = movement(["it"], [0], [0.31], unit="share of its length", logprobs=False)
    assert figure.data[2].hovertext == ("“\u2068it\u2069”<br>share of its length: +0.31",)
    assert figure.layout.title.subtitle.text == "share of its length"


def test_what_goes_beyond_the_scale_is_clipped_and_says_so() -> None:
    before = [-0.1, -0.1, -np.inf, np.nan, -np.inf, -0.1]
    after = [-np.inf, -14.1, -0.1, -0.1, -np.inf, -5.1]
    figure = movement(list("abcdef"), before, after)
    drawn = {int(x): float(y) for bars in figure.data[:2] for x, y in zip(bars.x, bars.y, strict=True)}
    assert drawn == pytest.approx({0: -FAR, 1: -FAR, 2: FAR, 3: 0, 4: 0, 5: -5})
    written = {int(x): t for bars in figure.data[:2] for x, t in zip(bars.x, bars.text, strict=True)}
    assert written == {0: "−∞ ↓", 1: "−14.00 ↓", 2: "+∞ ↑", 3: "?", 4: "", 5: "−5.00"}
    told = figure.data[2].hovertext
    assert [text.endswith("(beyond the scale)") for text in told] == [True, True, True, False, False, False]
    assert "after: 0 %" in told[0]
    assert "before: ?" in told[3]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.text(max_size=40), LOGPROBS, LOGPROBS), max_size=20))
def test_any_words_and_log_probabilities_are_drawn(rows: list[tuple[str, float, float]]) -> None:
    words = [row[0] for row in rows]
    figure = movement(words, [row[1] for row in rows], [row[2] for row in rows])
    low, high = figure.layout.yaxis.range
    assert low < 0 < high
    drawn = sorted(
        (int(x), float(y)) for bars in figure.data[:2] for x, y in zip(bars.x, bars.y, strict=True)
    )
    assert [x for x, _ in drawn] == list(range(len(rows)))
    for (_, y), (_, before, after) in zip(drawn, rows, strict=True):
        assert low < y < high
        if np.isfinite([before, after]).all():
            assert y == pytest.approx(min(max(after - before, -FAR), FAR))
    for text in (*figure.layout.xaxis.ticktext, *figure.data[2].hovertext):
        assert "<" not in text.replace("<br>", "").replace("<b>", "").replace("</b>", "")


def test_next_to_nothing_looks_like_next_to_nothing() -> None:
    figure = movement(WORDS, np.full(5, -0.1), np.full(5, -0.1004))
    low, high = figure.layout.yaxis.range
    assert high - low >= LEAST
    assert max(np.abs(figure.data[1].y)) < 0.01 * (high - low)
    assert named(figure.layout.xaxis.ticktext) == []


@pytest.mark.parametrize("count", [2, 30, 80])
def test_each_word_has_a_column_of_the_same_width(count: int) -> None:
    words = [HEBREW, "동물은"] * (count // 2)
    figure = movement(words, np.full(count, -0.1), np.full(count, -0.2))
    left, right = figure.layout.xaxis.range
    margin = figure.layout.margin
    each = (figure.layout.width - margin.l - margin.r) / (right - left)
    few = movement(words[:2], [-1, -1], [-2, -1])
    left, right = few.layout.xaxis.range
    assert each == pytest.approx((few.layout.width - margin.l - margin.r) / (right - left))
    assert figure.layout.xaxis.range[1] > count - 0.5 - 1e-9


def test_numbers_that_do_not_fit_the_words_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(3,\) are not one for each of 2 words"):
        effect(["a", "b"], [1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match=r"shape \(2, 1\) are not one for each of 2 words"):
        movement(["a", "b"], [1, 2], [[1], [2]])
