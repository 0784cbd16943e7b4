"""The loss along a step: where it is too high to be shown, it is said."""

from __future__ import annotations

import numpy as np
import pytest

from viz.cliff import HIGHEST, cliff


def test_steps_are_pointed_out_and_named_with_their_loss() -> None:
    lengths, losses = np.geomspace(0.01, 10, 20), np.r_[np.linspace(5, 2, 19), 1e40]
    figure = cliff(
        lengths,
        losses,
        (5.0, "before"),
        [(0.1, 4.0, "clipped"), (10.0, 1e40, "plain")],
        across="length",
        up="loss",
    )
    line, clipped, plain = figure.data
    np.testing.assert_array_equal(line.x, lengths)
    np.testing.assert_array_equal(line.y[:19], losses[:19])
    assert np.isfinite(line.y).all()
    assert (clipped.x[0], clipped.y[0], clipped.marker.symbol) == (0.1, 4.0, "circle")
    assert plain.y[0] < 5 * HIGHEST
    assert plain.marker.symbol == "arrow-up"
    said = [one.text for one in figure.layout.annotations]
    assert said == ["before: 5.0", "clipped: 4.0", "plain: 1.0·10⁴⁰"]


def test_one_loss_a_length() -> None:
    with pytest.raises(ValueError, match="need as many losses"):
        cliff([1, 2], [1], (1, ""), [], across="", up="")
