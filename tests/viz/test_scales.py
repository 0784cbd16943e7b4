"""The scales run evenly in lightness, checked in CIELAB (they are made in OKLab)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from viz import scales

THEMES = [pytest.param(False, id="light"), pytest.param(True, id="dark")]


def linear(colour: str) -> NDArray[np.float64]:
    """Linear-light sRGB of '#rrggbb' (IEC 61966-2-1)."""
    encoded = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def lightness(colour: str) -> float:
    """CIE 1976 L*, 0 to 100."""
    y = luminance(colour)
    return 116 * np.cbrt(y) - 16 if y > 216 / 24389 else y * 24389 / 27


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("dark", THEMES)
def test_lightness_of_weights_is_monotone_and_nearly_a_straight_line(dark: bool) -> None:
    values = np.array([lightness(colour) for colour in scales.sequential(dark)])
    steps = np.diff(values) if dark else -np.diff(values)
    assert (steps > 1).all()
    assert steps.max() < 2 * steps.min()
    straight = np.linspace(values[0], values[-1], len(values))
    assert np.abs(values - straight).max() < 2
    assert abs(values[-1] - values[0]) > 70


@pytest.mark.parametrize("dark", THEMES)
def test_zero_is_the_background(dark: bool) -> None:
    zero = scales.sequential(dark)[0]
    assert contrast(zero, scales.theme(dark)["paper"]) < 1.15
    middle = scales.diverging(dark)[scales.STEPS // 2]
    assert contrast(middle, scales.theme(dark)["paper"]) < 1.15


@pytest.mark.parametrize("dark", THEMES)
def test_differences_leave_the_middle_both_ways_and_keep_their_sign_in_grey(dark: bool) -> None:
    values = np.array([lightness(colour) for colour in scales.diverging(dark)])
    middle = scales.STEPS // 2
    sign = 1 if dark else -1
    assert (sign * np.diff(values[middle:]) > 0).all()
    assert (sign * np.diff(values[: middle + 1]) < 0).all()
    assert values[-1] - values[0] > 15  # amber is lighter than blue


@pytest.mark.parametrize("dark", THEMES)
def test_text_can_be_read_on_the_page_and_on_every_fill(dark: bool) -> None:
    colours = scales.theme(dark)
    for role in ("ink", "quiet", "accent"):
        assert contrast(colours[role], colours["paper"]) >= 7
        assert contrast(colours[role], colours["panel"]) >= 7
    for fill in scales.sequential(dark):
        assert max(contrast(fill, ink) for ink in scales.ON_FILL) >= 4.5


def test_several_heads_have_different_colours() -> None:
    assert len(set(scales.CATEGORIES)) == 7


def test_plotly_and_canvas_are_served_the_same_colours() -> None:
    served = json.loads(scales.as_json())
    for name, dark in (("light", False), ("dark", True)):
        assert tuple(served[name]["sequential"]) == scales.sequential(dark)
        plotly = scales.plotly_scale(scales.sequential(dark))
        assert [colour for _, colour in plotly] == served[name]["sequential"]
        assert plotly[0][0] == 0
        assert plotly[-1][0] == 1
        for role, colour in scales.theme(dark).items():
            assert served[name][role] == colour
            assert f"--{role}: {colour};" in scales.as_css()
