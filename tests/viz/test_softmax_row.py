"""A row's softmax in Python: what a person sets, what a link and a browser's report may say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.softmax import ROUND, STRINGS, Row, Tried
from viz.softmax.mount import describe
from viz.softmax.row import MOST_SCORE
from viz.softmax.strings import merge_strings


def row(dots: list[float], allowed: list[bool] | None = None, divisor: float | None = 4.0) -> Row:
    q = np.array(dots, dtype=float)
    open_ = np.array(allowed if allowed is not None else [True] * len(dots))
    return Row("it", tuple(f"k{i}" for i in range(len(dots))), q, q / (divisor or 4.0), open_, divisor)


numbers = st.floats(-60, 60)


@given(st.lists(numbers, min_size=1, max_size=8), st.floats(0.05, 20))
def test_weights_are_powers_of_e_by_their_sum(dots: list[float], temperature: float) -> None:
    """By the definition, in logarithms of the plain sum of powers."""
    given_row = row(dots)
    weights = Tried(temperature=temperature).weights_of(given_row)
    logs = [dot / 4 / temperature for dot in dots]
    total = np.logaddexp.reduce(logs)
    np.testing.assert_allclose(weights, np.exp(np.array(logs) - total), atol=1e-9)
    assert weights.sum() == pytest.approx(1)


@given(st.lists(numbers, min_size=2, max_size=8), st.integers(0, 7), numbers)
def test_a_score_that_is_set_moves_all_weights_by_one_factor(
    dots: list[float], place: int, score: float
) -> None:
    given_row, place = row(dots), place % len(dots)
    before, after = Tried().weights_of(given_row), Tried({place: score}).weights_of(given_row)
    others = [i for i in range(len(dots)) if i != place and before[i] > 1e-12 and after[i] > 1e-12]
    ratios = after[others] / before[others]
    np.testing.assert_allclose(ratios, ratios[:1].repeat(len(ratios)), rtol=1e-6)


def test_without_scaling_the_products_themselves_are_raised() -> None:
    np.testing.assert_allclose(
        Tried(divisor=1.0).weights_of(row([2, 0])), np.array([math.e**2, 1]) / (math.e**2 + 1)
    )
    fixed = row([2, 0], divisor=None)  # scores that are more than q·k scaled
    np.testing.assert_array_equal(Tried(divisor=1.0).weights_of(fixed), Tried().weights_of(fixed))


def test_what_is_masked_gets_nothing() -> None:
    weights = Tried().weights_of(row([50, 1, 2], [False, True, True]))
    assert weights[0] == 0
    assert weights.sum() == pytest.approx(1)
    assert Tried().weights_of(row([1, 2], [False, False])).tolist() == [0, 0]


@given(
    st.dictionaries(st.integers(0, 4), st.floats(-50, 50).map(lambda x: round(x, ROUND)), max_size=5),
    st.one_of(st.none(), st.floats(0.5, 99).map(lambda x: round(x, ROUND))),
    st.floats(0.05, 20).map(lambda x: round(x, ROUND)),
)
def test_a_link_carries_all_that_is_set(
    scores: dict[int, float], divisor: float | None, temperature: float
) -> None:
    tried = Tried(scores, divisor, temperature)
    assert Tried.from_text(tried.to_text(), row([1, 2, 3, 4, 5])) == tried
    report = {
        "scores": [list(pair) for pair in scores.items()],
        "divisor": divisor,
        "temperature": temperature,
    }
    assert Tried.from_report(report, row([1, 2, 3, 4, 5])) == tried
    assert tried.is_nothing == (tried.to_text() == "")


@pytest.mark.parametrize(
    "text", ["", "9:1", "0:1", "1:", "x", "1:1e9", "d0", "t0", "t99999", "1:nan", "<b>", "1:1,1" * 999]
)
def test_a_strange_link_sets_nothing_strange(text: str) -> None:
    tried = Tried.from_text(text, row([1, 2]))
    assert set(tried.scores) <= {0, 1}
    assert np.isfinite(tried.weights_of(row([1, 2]))).all()


@pytest.mark.parametrize(
    "report",
    [
        None,
        3,
        {"scores": 3},
        {"scores": [[0]], "temperature": "hot"},
        {"scores": [[0, math.nan], [7, 1.0], [1, 1e30]], "divisor": -1, "temperature": math.inf},
        {"scores": [[True, 1.0]], "divisor": True},
    ],
)
def test_nonsense_from_the_browser_is_left_out(report: Any) -> None:
    tried = Tried.from_report(report, row([1, 2], [True, True]))
    assert set(tried.scores) <= {1}
    assert all(abs(score) <= MOST_SCORE for score in tried.scores.values())
    assert (tried.divisor, tried.temperature) == (None, 1.0)


def test_a_masked_key_cannot_be_set() -> None:
    assert not Tried.from_text("1:3", row([1, 2], [False, True])).scores


def test_the_browser_gets_numbers_that_json_has() -> None:
    told = describe(row([1, 2], [False, True]))
    assert told["allowed"] == [False, True]
    odd = Row("q", ("a",), np.array([np.nan]), np.array([-np.inf]), np.array([True]), None)
    assert all(math.isfinite(number) for number in (*describe(odd)["dots"], *describe(odd)["scores"]))
    with pytest.raises(ValueError, match="2 keys need as many numbers"):
        Row("q", ("a", "b"), np.zeros(1), np.zeros(2), np.ones(2, dtype=bool), None)
    assert merge_strings({"sum": "합", "other": "x"}) == {**STRINGS, "sum": "합"}
