"""One query's row on its way through the softmax, and what a person changed on that way. Plain NumPy."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUND = 2  # digits after the point of what a person sets
MOST_SCORE = 9999.0
DIVISORS = (0.1, 1000.0)  # what may be set
TEMPERATURES = (0.05, 20.0)
_SET = re.compile(r"(\d{1,5}):(-?\d{1,5}(?:\.\d{1,2})?)", re.ASCII)
_KNOB = re.compile(r"([dt])(\d{1,5}(?:\.\d{1,2})?)", re.ASCII)


@dataclass(frozen=True, eq=False)
class Row:
    """What one query's softmax is made of.

    query: its text. keys: the texts of the keys. dots: (keys,) q·k. scores: (keys,) what the softmax takes,
    without the mask. allowed: bool (keys,). divisor: what makes scores of q·k, √d_k as a rule; None where
    the model puts more into its scores than that.
    Raises ValueError where the shapes do not fit.
    """

    query: str
    keys: tuple[str, ...]
    dots: Floats
    scores: Floats
    allowed: NDArray[np.bool_]
    divisor: float | None

    def __post_init__(self) -> None:
        for array in (self.dots, self.scores, self.allowed):
            if array.shape != (len(self.keys),):
                raise ValueError(f"{len(self.keys)} keys need as many numbers, not {array.shape}.")


@dataclass(frozen=True)
class Tried:
    """What a person set in a row.

    scores: place of a key -> the score it has instead. divisor: instead of √d_k; None = the model's own.
    temperature: what every score is divided by before it is raised, 1 in the formula.
    """

    scores: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    divisor: float | None = None
    temperature: float = 1.0

    @property
    def is_nothing(self) -> bool:
        """Whether all is as the model has it."""
        return not self.scores and self.divisor is None and self.temperature == 1

    def scores_of(self, row: Row) -> Floats:
        """(keys,): what the softmax takes, before the temperature; −∞ where the mask is."""
        scores = row.scores if self.divisor is None or row.divisor is None else row.dots / self.divisor
        found = np.array(scores, dtype=np.float64)
        for place, score in self.scores.items():
            found[place] = score
        return np.where(row.allowed, found, -np.inf)

    def weights_of(self, row: Row) -> Floats:
        """(keys,): the softmax of these scores; all 0 where nothing may be looked at."""
        if not row.allowed.any():
            return np.zeros(len(row.keys))
        scores = self.scores_of(row) / self.temperature
        raised = np.exp(scores - scores.max())
        weights: Floats = raised / raised.sum()
        return weights

    def to_text(self) -> str:
        """As a link carries it: "2:3.5,d1,t0.5"; "" where nothing was changed. Places count from 1 there."""
        parts = [f"{place + 1}:{score:.{ROUND}f}" for place, score in sorted(self.scores.items())]
        parts += [] if self.divisor is None else [f"d{self.divisor:.{ROUND}f}"]
        parts += [] if self.temperature == 1 else [f"t{self.temperature:.{ROUND}f}"]
        return ",".join(parts)

    @staticmethod
    def from_text(text: str, row: Row) -> Tried:
        """What a link says, without what does not fit the row."""
        scores, knobs = {}, {}
        for part in text[:2000].split(","):
            if found := _SET.fullmatch(part):
                scores[int(found[1]) - 1] = float(found[2])
            elif found := _KNOB.fullmatch(part):
                knobs[found[1]] = float(found[2])
        return fit(scores, knobs.get("d"), knobs.get("t", 1.0), row)

    @staticmethod
    def from_report(report: Any, row: Row) -> Tried:
        """What the browser reports, without what does not fit the row.

        report: {scores: [[place, score], …], divisor: number or null, temperature: number}.
        """
        if not isinstance(report, Mapping):
            return Tried()
        told = report.get("scores")
        pairs = [
            pair
            for pair in (told if isinstance(told, (list, tuple)) else ())
            if isinstance(pair, (list, tuple)) and len(pair) == 2 and all(map(is_number, pair))
        ]
        divisor, temperature = report.get("divisor"), report.get("temperature")
        return fit(
            {int(place): float(score) for place, score in pairs},
            float(divisor) if is_number(divisor) else None,
            float(temperature) if is_number(temperature) else 1.0,
            row,
        )


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a report's value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def fit(scores: Mapping[int, float], divisor: float | None, temperature: float, row: Row) -> Tried:
    """What of it can be set in a row, rounded as a person sets it."""
    fitting = {
        place: round(min(max(score, -MOST_SCORE), MOST_SCORE), ROUND)
        for place, score in scores.items()
        if 0 <= place < len(row.keys) and row.allowed[place]
    }
    if row.divisor is None or divisor is None or not DIVISORS[0] <= divisor <= DIVISORS[1]:
        divisor = None
    if not TEMPERATURES[0] <= temperature <= TEMPERATURES[1]:
        temperature = 1.0
    return Tried(fitting, None if divisor is None else round(divisor, ROUND), round(temperature, ROUND))
