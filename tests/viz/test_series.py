"""A stretch of a series with its links, the whole of it, and errors: what is drawn is what was given."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz import scales
from viz.series import Conditioned, conditioned, errors, find_ticks, whole, write_number

VALUES = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0])


def shown(weights: dict[int, float], steps: int = 1, states: bool = False) -> Conditioned:
    """The stretch with its last `steps` numbers predicted."""
    at = len(VALUES) - steps
    told = np.full((len(VALUES), 3), np.nan, np.float32)
    told[1:] = np.linspace(-1, 1, 18).reshape(6, 3)
    return Conditioned(VALUES, 1900, at, VALUES[at:] + 2, weights, told if states else None)


def draw(one: Conditioned, dark: bool = False) -> Any:
    return conditioned(one, reach=(1.0, 11.0), strongest=0.8, came="<b>came</b>", says="said", dark=dark)


@pytest.mark.parametrize("dark", [False, True])
def test_each_condition_has_a_link_as_thick_as_its_weight(dark: bool) -> None:
    figure = draw(shown({5: 0.8, 4: -0.4, 3: 0.0}), dark)
    links = {round(line.x[0]): line for line in figure.data if line.text is not None}
    assert set(links) == {1905, 1904, 1903}
    assert all(line.x[-1] == 1906 for line in links.values())
    assert [links[year].line.width for year in (1905, 1904, 1903)] == [6, 3.5, 1]
    more, less = scales.diverging(dark)[-1], scales.diverging(dark)[0]
    assert [links[year].line.color for year in (1905, 1904)] == [more, less]
    assert links[1904].text[0] == "−0.40"
    assert "&lt;b&gt;" in str(figure.to_json()) or "\\u003c" in str(figure.to_json())


def test_what_is_predicted_stands_beside_what_came() -> None:
    figure = draw(shown({5: 0.5}, steps=2))
    predicted = next(line for line in figure.data if line.marker.symbol == "diamond")
    assert list(predicted.x) == [1905, 1906]
    assert list(predicted.y) == [11, 4]
    assert [note.text for note in figure.layout.annotations] == ["2.00", "4.00"]


def test_a_state_is_drawn_as_its_numbers() -> None:
    figure = draw(shown({5: 0.5, 4: 0.2}, states=True))
    [heat] = [one for one in figure.data if one.type == "heatmap"]
    np.testing.assert_array_equal(np.array(heat.z)[:, 1:], shown({}, states=True).states.T[:, 1:])  # type: ignore[union-attr]
    assert list(heat.x) == list(range(1900, 1907))
    links = [line for line in figure.data if line.text is not None]
    assert [(round(line.x[0]), round(line.x[1])) for line in links] == [
        (1900 + i, 1901 + i) for i in range(6)
    ]


def test_the_whole_series_shows_what_is_held_out() -> None:
    figure = whole(VALUES, 1900, 4, 5, before="learned", held_out="<i>held</i>")
    assert list(figure.data[0].y) == list(VALUES)
    box, line = figure.layout.shapes
    assert (box.x0, box.x1, line.x0) == (1903.5, 1906.5, 1905)
    assert [note.text for note in figure.layout.annotations] == ["learned", "&lt;i&gt;held&lt;/i&gt;"]


@pytest.mark.parametrize("sizes", [[4.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
def test_errors_are_bars_and_the_first_is_the_line(sizes: list[float]) -> None:
    figure = errors(sizes, ["<b>", "b", "c"], ["4", "2", "3"], 1, title="RMSE")
    [bar] = figure.data
    assert list(bar.x) == sizes
    assert bar.y[0] == "&lt;b&gt;"
    assert bar.marker.color[1] not in (bar.marker.color[0], bar.marker.color[2])
    assert figure.layout.shapes[0].x0 == sizes[0]


@given(st.floats(-1e30, 1e30), st.floats(1e-20, 1e30))
def test_ticks_are_round_and_lie_within(low: float, size: float) -> None:
    if low + size == low:
        return
    ticks = find_ticks(low, low + size)
    assert len(ticks) <= 5
    slack = 1e-9 * max(abs(low), size)
    assert all(low - slack <= tick <= low + size + slack for tick in ticks)


@given(st.floats(-1e200, 1e200))
def test_a_number_is_written_with_three_digits(number: float) -> None:
    said = write_number(number).replace("−", "-").replace(",", "")
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    read = float(re.sub(r" × 10(.*)", lambda found: "e" + found[1].translate(raised), said))
    assert read == pytest.approx(number, rel=0.0051)


def test_a_number_is_written_as_people_write_it() -> None:
    numbers = (0, 28.04, -0.0457, 1204, 123456.7, 2.1e9, -3.3e-7)
    assert [write_number(number) for number in numbers] == [
        "0", "28.0", "−0.0457", "1,204", "123,457", "2.10 × 10⁹", "−3.30 × 10⁻⁷",
    ]  # fmt: skip
