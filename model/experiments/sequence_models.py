"""What comes next in a series: independence, Markov and autoregression, and how far each errs.

P(x[1], …, x[T]) = ∏ P(x[t] | x[t-1], …, x[1]) is true of every series (the chain rule). A model is what it
keeps of the past: nothing, the last number, a window of τ numbers, or a state that sums it all up
(`model.experiments.latent_autoregression`). Each is fitted on the first part of a series, and errs on the
rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from model.experiments.series import Series

Floats = NDArray[np.float64]

FARTHEST = 12  # steps that are predicted ahead
CLEAR = 2.0  # standard errors by which one error is less than another beyond chance


@dataclass(frozen=True)
class Autoregression:
    """x̂[t] = mean + intercept + Σ_j weights[j] (x[t-1-j] - mean); of order 1 it is a Markov model.

    mean: of the part that was learned from.
    """

    mean: float
    intercept: float
    weights: tuple[float, ...]

    def predict(self, past: Floats) -> Floats:
        """The next numbers (rows,) after windows (rows, order), the latest number last."""
        predicted: Floats = self.mean + self.intercept + (past - self.mean) @ np.array(self.weights[::-1])
        return predicted


def fit_autoregression(series: Series, window: int) -> Autoregression:
    """The weights by ordinary least squares on the part that is learned from (conditional likelihood).

    window: τ, how many numbers back it sees. Where the numbers leave several solutions, the shortest.
    Raises ValueError where τ is not between 1 and half of that part.
    """
    learned = series.values[: series.learned]
    if not 1 <= window <= len(learned) // 2:
        raise ValueError(f"A window of {window} cannot be fitted on {len(learned)} numbers.")
    mean, scale = float(learned.mean()), float(learned.std()) or 1.0
    scaled = (learned - mean) / scale  # else the column of ones drowns in large numbers
    rows = sliding_window_view(scaled, window)[:-1, ::-1]
    design = np.concatenate([np.ones((len(rows), 1)), rows], axis=1)
    found = np.linalg.lstsq(design, scaled[window:], rcond=None)[0]
    return Autoregression(mean, float(found[0]) * scale, tuple(map(float, found[1:])))


def forecast(model: Autoregression, series: Series, ahead: int = FARTHEST) -> Floats:
    """What a model predicts on the part held out, feeding its own predictions back.

    Returns float64 (held out, ahead): [i, j] is x[learned + i + j], where all before x[learned + i] is known.
    """
    order = len(model.weights)
    start = series.learned - order
    past = sliding_window_view(series.values[start:-1], order).copy()
    predicted = np.empty((len(past), ahead))
    for step in range(ahead):
        predicted[:, step] = model.predict(past)
        past = np.concatenate([past[:, 1:], predicted[:, step : step + 1]], axis=1)
    return predicted


def forecast_mean(series: Series, ahead: int = FARTHEST) -> Floats:
    """The same under independence: the past says nothing, and the mean of what was learned errs least."""
    count = len(series.values) - series.learned
    return np.full((count, ahead), series.values[: series.learned].mean())


def find_errors(predicted: Floats, series: Series, step: int) -> Floats:
    """What was predicted `step` numbers ahead, minus what came: float64 (held out - step + 1,).

    predicted: (held out, ahead), as of `forecast`. step: from 1.
    """
    came = series.values[series.learned + step - 1 :]
    errors: Floats = predicted[: len(came), step - 1] - came
    return errors


def find_root_mean_square(errors: Floats) -> float:
    """The root of the mean square (RMSE), in the unit of the series."""
    largest = float(np.abs(errors).max())  # so that no square is too large
    return largest * float(np.sqrt(np.mean((errors / largest) ** 2))) if largest else 0.0


def find_advantage(errors: Floats, others: Floats, step: int = 1) -> float:
    """By how many standard errors the mean square of `errors` is less than that of `others`, both (times,).

    Diebold and Mariano 1995, "Comparing Predictive Accuracy", eq. 6, for squared errors; the variance of the
    mean difference allows for errors that go along with their neighbours (Newey and West 1987, eq. 5).
    step: how many numbers ahead. 0 where the two err alike at every time.
    """
    scale = max(float(np.abs(errors).max()), float(np.abs(others).max()))
    if not scale:
        return 0.0
    lead = (others / scale) ** 2 - (errors / scale) ** 2
    mean, count = float(lead.mean()), len(lead)
    away = lead - mean
    lags = min(max(step - 1, round(count ** (1 / 3))), count - 1)
    variance = float(away @ away) / count
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * float(away[lag:] @ away[:-lag]) / count
    if mean == 0:
        return 0.0
    return float(mean / np.sqrt(variance / count)) if variance > 0 else float(np.copysign(np.inf, mean))
