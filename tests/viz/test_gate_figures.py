"""Gates as lines and unit by unit; probabilities before and after."""

from __future__ import annotations

import numpy as np
import pytest

from viz.before_after import before_after
from viz.gates import gate_lines, gate_units

WORDS = ["not", "<b>", ""]


@pytest.mark.parametrize("dark", [False, True])
def test_the_mean_of_each_gate_and_the_change_of_the_state(dark: bool) -> None:
    means = {"input": np.array([0.1, 0.5, 0.9]), "forget": np.array([0.2, 0.3, 0.4])}
    figure = gate_lines(
        WORDS,
        means,
        np.array([1.0, 3.0, 2.0], np.float32),
        chosen=1,
        open_said="open",
        changed_said="change",
        dark=dark,
    )
    *lines, bars = figure.data
    assert [line.name for line in lines] == ["input", "forget"]
    np.testing.assert_allclose(lines[0].y, means["input"])
    assert bars.marker.color[1] != bars.marker.color[0] == bars.marker.color[2]
    assert list(figure.layout.xaxis2.ticktext) == ["not", "&lt;b&gt;", "∅"]
    with pytest.raises(ValueError, match="3 words need"):
        gate_lines(WORDS, {}, np.zeros(2, np.float32), chosen=0, open_said="", changed_said="")


def test_every_unit_of_every_gate() -> None:
    rng = np.random.default_rng(0)
    gates = {name: rng.uniform(-1, 1, (3, 7)).astype(np.float32) for name in ("input", "candidate")}
    figure = gate_units(WORDS, gates, chosen=2, signed=["candidate"])
    for trace, values in zip(figure.data, gates.values(), strict=True):
        np.testing.assert_allclose(trace.z, values.T)
    assert [trace.zmin for trace in figure.data] == [0, -1]
    with pytest.raises(ValueError, match="3 words need"):
        gate_units(WORDS, {"input": np.zeros((2, 4), np.float32)}, chosen=0, signed=[])


def test_bars_before_after_and_elsewhere() -> None:
    figure = before_after(["yes", "yes"], [("is", [0.9, 0.1]), ("held", [0.2, 0.8]), ("there", [0.85, 0.15])])
    assert [bar.name for bar in figure.data] == ["is", "held", "there"]
    assert list(figure.data[1].x) == [0.2, 0.8]
    assert [text.strip() for text in figure.data[1].text] == ["20 %", "80 %"]
    assert len(set(figure.data[0].y)) == 2  # two labels of one name are two
    with pytest.raises(ValueError, match="2 labels need"):
        before_after(["a", "b"], [("is", [1.0])])
