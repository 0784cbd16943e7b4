"""Every colour of the app: for weights, for differences, for several heads at once.

Plotly, the linked view's canvas and the stylesheets are all served from here. The two scales that
carry numbers are made in OKLab (Björn Ottosson, "A perceptual color space for image processing",
2020), where equal steps look equal, so that lightness runs evenly and they read in grey as well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Knot = tuple[float, float, float]

# One sequential scale for weights, as knots of (lightness, chroma, hue in degrees) in OKLCH.
# The knots stand at equal distances; lightness is a straight line, chroma and hue bend between them.
_LIGHT = [(0.985, 0.006, 95), (0.875, 0.118, 84), (0.765, 0.158, 70), (0.655, 0.158, 58)]
_LIGHT += [(0.545, 0.141, 52), (0.435, 0.113, 49), (0.325, 0.078, 46)]  # paper → amber → umber
_DARK = [(0.200, 0.012, 70), (0.325, 0.065, 55), (0.450, 0.105, 56), (0.575, 0.135, 62)]
_DARK += [(0.700, 0.150, 70), (0.825, 0.148, 83), (0.950, 0.058, 95)]  # night → amber → pale

# Differences: amber where there is more, blue where there is less, nothing in the middle. Amber ends
# lighter than blue in light and in dark, so that the sign survives in grey.
_LESS_LIGHT, _MORE_LIGHT = (0.420, 0.170, 262), (0.660, 0.160, 66)
_LESS_DARK, _MORE_DARK = (0.600, 0.150, 262), (0.860, 0.150, 84)

STEPS = 33

# Okabe and Ito, "Color Universal Design" (2008), without black, which is the ink here.
CATEGORIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")

# Text on a fill of the sequential scale is one of these two, whichever stands out more.
ON_FILL = ("#000000", "#ffffff")

THEMES: dict[str, dict[str, str]] = {
    "light": {
        "paper": "#fffdf8",  # the page
        "panel": "#ffffff",  # what stands on it
        "ink": "#1c1917",  # text
        "quiet": "#5a544c",  # text that may be overlooked
        "rule": "#e7e2d8",  # thin lines
        "shade": "#f7f3ea",  # a chosen control
        "accent": "#923e08",  # what is held
    },
    "dark": {
        "paper": "#0e0f11",
        "panel": "#14161b",
        "ink": "#f5f2ea",
        "quiet": "#aaa498",
        "rule": "#2a2d33",
        "shade": "#1e222a",
        "accent": "#fbbf24",
    },
}


_CONE_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def _srgb(lch: NDArray[np.float64]) -> list[str]:
    """OKLCH (n, 3) as hexadecimal sRGB, chroma lowered just enough to be a colour of the screen."""
    colours = []
    for lightness, chroma, hue in lch:
        for factor in np.linspace(1, 0, 101):
            a, b = chroma * factor * np.cos(np.radians(hue)), chroma * factor * np.sin(np.radians(hue))
            cone = np.array(
                [
                    lightness + 0.3963377774 * a + 0.2158037573 * b,
                    lightness - 0.1055613458 * a - 0.0638541728 * b,
                    lightness - 0.0894841775 * a - 1.2914855480 * b,
                ]
            )
            linear = _CONE_TO_RGB @ cone**3
            if linear.min() >= -1e-4 and linear.max() <= 1 + 1e-4:
                break
        linear = linear.clip(0, 1)
        encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        colours.append("#" + "".join(f"{round(value * 255):02x}" for value in encoded))
    return colours


def _between(knots: Sequence[Knot], steps: int) -> list[str]:
    """`steps` colours at equal distances along knots that are themselves at equal distances."""
    at, where = np.linspace(0, 1, steps), np.linspace(0, 1, len(knots))
    return _srgb(np.stack([np.interp(at, where, [knot[i] for knot in knots]) for i in range(3)], axis=1))


def _diverging(less: Knot, middle: Knot, more: Knot) -> list[str]:
    """Blue to the neutral middle to amber; hue does not wander, only chroma fades to nothing."""
    half = STEPS // 2 + 1
    down = _between([less, (middle[0], middle[1], less[2])], half)
    up = _between([(middle[0], middle[1], more[2]), more], half)
    return down[:-1] + up


_SEQUENTIAL = {"light": tuple(_between(_LIGHT, STEPS)), "dark": tuple(_between(_DARK, STEPS))}
_DIVERGING = {
    "light": tuple(_diverging(_LESS_LIGHT, (0.985, 0.004, 95), _MORE_LIGHT)),
    "dark": tuple(_diverging(_LESS_DARK, (0.200, 0.008, 70), _MORE_DARK)),
}


def theme(dark: bool = False) -> dict[str, str]:
    """The named colours of a page: paper, panel, ink, quiet, rule, shade, accent."""
    return THEMES["dark" if dark else "light"]


def sequential(dark: bool = False) -> tuple[str, ...]:
    """Colours for weights from 0 (paper, night) to the largest, at equal steps of lightness."""
    return _SEQUENTIAL["dark" if dark else "light"]


def diverging(dark: bool = False) -> tuple[str, ...]:
    """Colours for differences: blue (less), the background (0), amber (more)."""
    return _DIVERGING["dark" if dark else "light"]


def ink_on(fill: str) -> str:
    """Which of the two inks stands out more on a fill, "#rrggbb" (WCAG 2.2, relative luminance)."""
    encoded = np.array([int(fill[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    light = float(linear @ (0.2126, 0.7152, 0.0722))
    return ON_FILL[0] if light + 0.05 > (1.05 * 0.05) ** 0.5 else ON_FILL[1]


def end(largest: float) -> float:
    """Where a scale of weights ends: at 1, or at a round number where the largest weight is small.

    So the same colour means the same weight in most pictures, and a long text is not all pale.
    """
    if not largest <= 0.5:
        return 1.0
    power = 10.0 ** np.floor(np.log10(max(largest, 1e-4)))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= largest * 0.999))


def plotly_scale(colours: tuple[str, ...]) -> list[list[Any]]:
    """A scale as Plotly's `colorscale`: [[0, first], …, [1, last]]."""
    last = len(colours) - 1
    return [[i / last, colour] for i, colour in enumerate(colours)]


def as_json() -> str:
    """Everything the canvas needs, as JSON.

    {light: {paper, …, sequential, diverging}, dark: {…}, categories: […], on_fill: […]}
    """
    scales: dict[str, Any] = {
        name: {
            **THEMES[name],
            "sequential": _SEQUENTIAL[name],
            "diverging": _DIVERGING[name],
        }
        for name in ("light", "dark")
    }
    return json.dumps({**scales, "categories": CATEGORIES, "on_fill": ON_FILL})


def as_css(selector: str = '[data-theme="{theme}"]') -> str:
    """The named colours as custom properties, one rule a theme.

    selector: where they hold; "{theme}" stands for light and dark. Without it, both rules hold for
        the same elements, and the dark one only where the system asks for dark.
    """
    rules = {
        name: selector.replace("{theme}", name)
        + " { "
        + " ".join(f"--{role}: {colour};" for role, colour in colours.items())
        + " }"
        for name, colours in THEMES.items()
    }
    if "{theme}" in selector:
        return "\n".join(rules.values())
    return rules["light"] + "\n@media (prefers-color-scheme: dark) { " + rules["dark"] + " }"
