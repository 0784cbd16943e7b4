"""The bars of what could be written next."""

from __future__ import annotations

import pytest

from viz import scales
from viz.outlook import outlook


@pytest.mark.parametrize("dark", [False, True])
def test_the_chosen_bar_is_marked_in_words_and_colour(dark: bool) -> None:
    figure = outlook(["il", "elle", "<b>"], [0.9, 0.05, 0.00001], 1, 1487, dark)
    (bars,) = figure.data
    assert list(bars.text) == ["90 %", "5.0 % · chosen", "< 0.01 %"]
    assert [colour == scales.theme(dark)["accent"] for colour in bars.marker.color] == [False, True, False]
    assert list(figure.layout.yaxis.ticktext) == ["il", "<b>elle</b>", "&lt;b&gt;"]
    assert figure.layout.yaxis.autorange == "reversed"
    assert "1\u202f487" in figure.layout.title.text


def test_nothing_need_be_chosen() -> None:
    figure = outlook(["a"], [1.0], None, 3, strings={"chosen": "{share} !"})
    assert list(figure.data[0].text) == ["100 %"]


def test_numbers_must_fit() -> None:
    with pytest.raises(ValueError, match="1 texts"):
        outlook(["a"], [0.5, 0.5], None, 3)
