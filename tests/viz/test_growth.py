"""The curves of growing vectors: what is drawn, what stands out, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from viz.growth import growth

LENGTHS = np.array([[1.0, 2.0, 3.0], [2.0, 2.0, 2.0], [0.5, 4.0, 9.0]])


@pytest.mark.parametrize("dark", [False, True])
def test_held_lines_stand_out_by_more_than_colour(dark: bool) -> None:
    figure = growth(LENGTHS, ["a", "<b>", "c"], ["in", "1", "2"], held=(1, 2), dark=dark)
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines) == ["a", "&lt;b&gt;", "c"]
    assert lines["a"].line.width < lines["c"].line.width
    assert lines["&lt;b&gt;"].line.dash != lines["c"].line.dash
    assert [note.text for note in figure.layout.annotations] == ["<b>&lt;b&gt;</b>", "<b>c</b>"]
    np.testing.assert_array_equal(lines["c"].y, LENGTHS[2].astype(np.float32))


def test_held_lines_are_drawn_last() -> None:
    figure = growth(LENGTHS, ["a", "b", "c"], ["in", "1", "2"], held=(0,))
    assert [trace.name for trace in figure.data][-1] == "a"


def test_many_points_leave_labels_out() -> None:
    figure = growth(np.ones((1, 60)), ["a"], [str(i) for i in range(60)])
    assert len(figure.layout.xaxis.ticktext) <= 15


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match="2 lines"):
        growth(LENGTHS, ["a", "b"], ["in", "1", "2"])
