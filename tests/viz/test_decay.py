"""Numbers over the distance: what is drawn is what was given, on an axis that does not move."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.decay import Decay, choose_powers, decay, write_power


def test_curves_are_drawn_over_their_spread_and_their_baseline() -> None:
    x = np.arange(1, 31)
    values = [0.5**x, 2.0**x]
    shown = [Decay(f"<b>{i}</b>", one, one / 2, one * 2, one * 1.1) for i, one in enumerate(values)]
    figure = decay(x, shown, reach=(-20, 10), expected="theory", mark=(1e-10, "here"), up="size")
    lines = [trace for trace in figure.data if trace.name and "b" in trace.name and trace.text is not None]
    for trace, one in zip(lines, values, strict=True):
        np.testing.assert_array_equal(trace.y, one)
        assert "<b>" not in trace.name
    assert len({trace.line.dash for trace in lines}) == 2
    assert [trace.showlegend for trace in figure.data if trace.name == "theory"] == [True, False]
    assert sum(trace.fill == "tonexty" for trace in figure.data) == 2
    assert tuple(figure.layout.yaxis.range) == (-20, 10)
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.legend.traceorder == "normal"
    assert "here" in [one.text for one in figure.layout.annotations]


def test_what_leaves_the_axis_stays_a_number_that_plotly_draws() -> None:
    x = np.arange(1, 4)
    far = np.array([1.0, 1e-200, 1e-300])
    figure = decay(x, [Decay("far", far, far / 10, far)], reach=(-20, 10))
    areas = [trace for trace in figure.data if trace.line.width == 0]
    assert len(areas) == 2
    assert all(np.min(trace.y) >= 1e-25 for trace in areas)


@given(st.integers(-300, 0), st.integers(1, 300))
def test_the_ticks_are_round(low: int, high: int) -> None:
    powers = choose_powers(low, high)
    assert 0 in powers
    assert 1 <= len(powers) <= 10
    assert len(set(np.diff(powers))) <= 1


@given(st.floats(1e-300, 1e300))
def test_a_written_number_is_the_number(number: float) -> None:
    said = write_power(number)
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    mantissa, _sign, exponent = said.partition("·10")
    read = float(mantissa) * 10.0 ** int(exponent.translate(raised) or 0)
    assert read == pytest.approx(number, rel=0.051)


def test_numbers_as_a_person_writes_them() -> None:
    written = {0.46: "0.46", 23.4: "23", 172.3: "172", 1.0: "1.0", 3e-34: "3.0·10⁻³⁴", 2.6e11: "2.6·10¹¹"}
    for number, said in written.items():
        assert write_power(number) == said
    assert (write_power(0), write_power(math.inf)) == ("0", "∞")


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="each of 3 values"):
        decay([1, 2, 3], [Decay("short", [1, 2])], reach=(0, 1))
    with pytest.raises(ValueError, match="There can be"):
        decay([1], [Decay(str(i), [1]) for i in range(9)], reach=(0, 1))
