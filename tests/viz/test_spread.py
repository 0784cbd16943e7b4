"""How widely numbers are spread, as a figure."""

from __future__ import annotations

import numpy as np
import pytest

from viz.spread import spread


@pytest.mark.parametrize("dark", [False, True])
def test_each_row_is_a_density(dark: bool) -> None:
    chance = np.random.default_rng(0)
    figure = spread(
        {"wide": chance.normal(0, 20, 5000), "narrow": chance.normal(0, 2, 5000)}, end=100, dark=dark
    )
    assert len(figure.data) == 2
    for line, deviation in zip(figure.data, (20, 2), strict=True):
        step = line.x[1] - line.x[0]
        assert line.y.sum() * step == pytest.approx(1, abs=1e-4)
        assert np.sqrt((line.x**2 * line.y).sum() * step) == pytest.approx(deviation, rel=0.06)
    assert [note.text for note in figure.layout.annotations] == ["wide", "narrow"]
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range == (-100, 100)


def test_nothing_is_lost_beyond_the_end() -> None:
    line = spread({"far": [-500.0, 0.0, 500.0, 700.0]}, end=10).data[0]
    share = line.y * (line.x[1] - line.x[0])
    assert share[0] == pytest.approx(0.25)
    assert share[-1] == pytest.approx(0.5)


def test_names_are_no_markup() -> None:
    assert spread({"<b>x</b>": [1.0]}, end=1).layout.annotations[0].text == "&lt;b&gt;x&lt;/b&gt;"


@pytest.mark.parametrize("samples", [{}, {"none": []}])
def test_nothing_has_no_spread(samples: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        spread(samples, end=1)
