"""Series of numbers to be predicted: one that was measured, three that are drawn, and a person's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.errors import Refusal

Floats = NDArray[np.float64]

SUNSPOTS = Path(__file__).with_name("sunspots.csv")
FEWEST, MOST = 30, 5_000  # numbers of a series
LARGEST = 1e100  # of a number, up or down: its square is still a number
DRAWN = 300  # numbers of a series that is drawn
WEIGHTS = (1.6, -0.8)  # of the autoregressive process of order 2: of x[t-1] and of x[t-2]
PERIOD, NOISE = 20, 0.3  # of the sine: numbers in a wave, and the standard deviation of what is added
_BETWEEN = re.compile(r"[\s,;]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, eq=False)
class Series:
    """Numbers in order of time.

    values: float64 (times,). begins: what the first time is called; the others count on from there.
    """

    values: Floats
    begins: int = 1

    @property
    def learned(self) -> int:
        """How many numbers are learned from: the first two thirds. The others are held out."""
        return count_learned(len(self.values))


def count_learned(count: int) -> int:
    """Of so many numbers the first two thirds."""
    return 2 * count // 3


def read_sunspots() -> Series:
    """The yearly mean numbers of sunspots from 1700 to 2008 (National Geophysical Data Center)."""
    rows = [line for line in SUNSPOTS.read_text(encoding="utf-8").splitlines() if line[:1].isdigit()]
    pairs = [line.split(",") for line in rows]
    return Series(np.array([float(value) for _year, value in pairs]), int(pairs[0][0]))


def draw_sine(count: int = DRAWN, seed: int = 0) -> Series:
    """A sine of PERIOD numbers a wave, with independent noise of the standard deviation NOISE."""
    noise = NOISE * np.random.default_rng(seed).standard_normal(count)
    return Series(np.sin(2 * np.pi * np.arange(count) / PERIOD) + noise)


def draw_autoregressive(count: int = DRAWN, seed: int = 0) -> Series:
    """x[t] = 1.6 x[t-1] - 0.8 x[t-2] + e[t], e[t] from N(0, 1), after 200 steps that are left out."""
    noise = np.random.default_rng(seed).standard_normal(count + 200)
    values = np.zeros(count + 200)
    for t in range(2, len(values)):
        values[t] = WEIGHTS[0] * values[t - 1] + WEIGHTS[1] * values[t - 2] + noise[t]
    return Series(values[200:])


def draw_noise(count: int = DRAWN, seed: int = 0) -> Series:
    """Independent numbers from N(0, 1): here independence is the truth."""
    return Series(np.random.default_rng(seed).standard_normal(count))


def read_numbers(text: str) -> Series:
    """The numbers of a text, between commas, semicolons, spaces or line ends.

    Raises Refusal, one plain sentence, where something is no number, is infinite or too large, where there
    are too few or too many, or where all are the same.
    """
    parts = [part for part in _BETWEEN.split(text.replace("−", "-")) if part]
    values = []
    for place, part in enumerate(parts, start=1):
        if place > MOST:
            raise Refusal(
                "These are {count} numbers; {most} are the most.", count=f"{len(parts):,}", most=f"{MOST:,}"
            )
        if not _NUMBER.fullmatch(part):
            raise Refusal(
                "“{part}”, number {place} of the series, is not a number that can be computed with.",
                part=part[:24],
                place=place,
            )
        values.append(float(part))
        if not abs(values[-1]) <= LARGEST:
            raise Refusal(
                "“{part}”, number {place} of the series, is too large.", part=part[:24], place=place
            )
    if len(values) < FEWEST:
        raise Refusal(
            "These are {count} numbers; a series needs {fewest} at least.", count=len(values), fewest=FEWEST
        )
    array = np.array(values)
    if is_constant(array):
        raise Refusal("All numbers of the series are the same: there is nothing to predict.")
    return Series(array)


def is_constant(values: Floats) -> bool:
    """Whether numbers (times,) differ by no more than the rounding of the largest of them."""
    return float(np.ptp(values)) <= 1e-12 * max(float(np.abs(values).max()), 1e-100)
