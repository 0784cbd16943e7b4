"""Models of a series against other ways to compute them, and against series whose truth is known."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.errors import Refusal
from model.experiments.latent_autoregression import INFLUENCE, WIDTH, Latent, fit_latent
from model.experiments.sequence_models import (
    CLEAR,
    FARTHEST,
    find_advantage,
    find_errors,
    find_root_mean_square,
    fit_autoregression,
    forecast,
    forecast_mean,
)
from model.experiments.series import (
    FEWEST,
    MOST,
    WEIGHTS,
    Series,
    draw_autoregressive,
    draw_noise,
    draw_sine,
    read_numbers,
    read_sunspots,
)

Floats = NDArray[np.float64]
SERIES = {
    "sunspots": read_sunspots(),
    "sine": draw_sine(),
    "ar2": draw_autoregressive(),
    "noise": draw_noise(),
    "few": draw_sine(FEWEST),
    "large": Series(1e12 + 1e6 * draw_sine().values),
}
numbers = st.lists(st.floats(-100, 100, width=32), min_size=FEWEST, max_size=60)


def by_normal_equations(values: Floats, order: int) -> tuple[float, Floats]:
    """Intercept and weights of x[t] = c + Σ w[j] x[t-1-j], as the textbook solves it, one row at a time."""
    matrix, right = np.zeros((order + 1, order + 1)), np.zeros(order + 1)
    for t in range(order, len(values)):
        row = np.array([1.0, *(values[t - 1 - j] for j in range(order))])
        matrix += np.outer(row, row)
        right += row * values[t]
    found = np.linalg.solve(matrix, right)
    return float(found[0]), found[1:].astype(np.float64)


@pytest.mark.parametrize("order", [1, 2, 9])
@pytest.mark.parametrize("name", ["sunspots", "sine", "ar2", "noise"])
def test_weights_solve_the_normal_equations(name: str, order: int) -> None:
    series = SERIES[name]
    model = fit_autoregression(series, order)
    constant, weights = by_normal_equations(series.values[: series.learned], order)
    np.testing.assert_allclose(model.weights, weights, rtol=1e-6, atol=1e-8)
    assert model.mean * (1 - sum(model.weights)) + model.intercept == pytest.approx(
        constant, rel=1e-6, abs=1e-8
    )


def test_the_weights_of_a_known_process_are_recovered() -> None:
    model = fit_autoregression(draw_autoregressive(20_000, seed=1), 2)
    np.testing.assert_allclose(model.weights, WEIGHTS, atol=0.02)  # their standard error is about 0.005
    assert abs(model.intercept) < 0.05
    more = fit_autoregression(draw_autoregressive(20_000, seed=1), 5)
    np.testing.assert_allclose(more.weights, [*WEIGHTS, 0, 0, 0], atol=0.04)


@given(numbers, st.integers(1, 5), st.floats(-50, 50), st.floats(0.1, 20))
def test_another_unit_and_another_zero_change_nothing(
    drawn: list[float], order: int, shift: float, factor: float
) -> None:
    values = np.array(drawn)
    assume(values[: 2 * len(values) // 3].std() > 1)
    one, other = Series(values), Series(shift + factor * values)
    first, second = (forecast(fit_autoregression(each, order), each) for each in (one, other))
    scale = max(float(np.abs(first).max()), 100.0)
    np.testing.assert_allclose(shift + factor * first, second, atol=1e-5 * factor * scale + 1e-6)


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("name", SERIES)
def test_a_forecast_feeds_its_own_predictions_back(name: str, order: int) -> None:
    """The same number by number, in plain Python."""
    series = SERIES[name]
    model = fit_autoregression(series, order)
    found = forecast(model, series)
    assert found.shape == (len(series.values) - series.learned, FARTHEST)
    for held in (0, 4, len(found) - 1):
        past = list(series.values[: series.learned + held])
        for step in range(FARTHEST):
            says = model.mean + model.intercept
            says += sum(w * (past[-1 - j] - model.mean) for j, w in enumerate(model.weights))
            assert found[held, step] == pytest.approx(says, rel=1e-9)
            past.append(says)


@given(numbers, st.integers(1, 6))
def test_on_what_it_learned_from_it_errs_no_more_than_the_mean(drawn: list[float], order: int) -> None:
    """Least squares has the mean of the same rows among its choices."""
    series = Series(np.array(drawn))
    learned = series.values[: series.learned]
    rows = np.stack([learned[t - order : t] for t in range(order, len(learned))])
    left = ((fit_autoregression(series, order).predict(rows) - learned[order:]) ** 2).sum()
    assert left <= ((learned[order:] - learned[order:].mean()) ** 2).sum() * (1 + 1e-6) + 1e-6


def test_the_mean_is_what_independence_predicts() -> None:
    series = SERIES["sunspots"]
    found = forecast_mean(series, 3)
    assert found.shape == (len(series.values) - series.learned, 3)
    assert set(found.ravel()) == {series.values[: series.learned].mean()}


@pytest.mark.parametrize("step", [1, 4, FARTHEST])
def test_errors_are_counted_where_the_prediction_was_of(step: int) -> None:
    series = Series(np.arange(60.0) ** 2)
    predicted = np.array(
        [
            [series.values[40 + i + j] + 10 * i if 40 + i + j < 60 else 0 for j in range(FARTHEST)]
            for i in range(20)
        ]
    )
    found = find_errors(predicted, series, step)
    np.testing.assert_array_equal(found, 10.0 * np.arange(20 - step + 1))
    assert find_root_mean_square(found) == pytest.approx(np.sqrt(np.mean(found**2)))


@pytest.mark.parametrize("size", [1e-120, 1.0, 1e120])
def test_errors_of_any_size_have_a_mean_square(size: float) -> None:
    errors = size * np.array([3.0, -4.0])
    assert find_root_mean_square(errors) == pytest.approx(size * np.sqrt(12.5))
    assert find_root_mean_square(np.zeros(3)) == 0


# What is beyond chance.


def test_the_advantage_is_the_t_of_independent_differences() -> None:
    """With no lag the statistic is that of Diebold and Mariano's eq. 6: mean over its standard error."""
    draw = np.random.default_rng(0)
    errors, others = draw.standard_normal(8000), 1.1 * draw.standard_normal(8000)
    lead = others**2 - errors**2
    plain = lead.mean() / (lead.std() / np.sqrt(len(lead)))
    assert find_advantage(errors, others) == pytest.approx(plain, rel=0.1)  # with lags that are about 0
    assert find_advantage(others, errors) == pytest.approx(-find_advantage(errors, others))


def test_alike_errors_have_no_advantage_and_a_constant_one_has_all() -> None:
    errors = np.random.default_rng(0).standard_normal(50)
    assert find_advantage(errors, errors) == find_advantage(errors, -errors) == 0
    assert find_advantage(np.zeros(9), np.zeros(9)) == 0
    assert find_advantage(np.zeros(9), np.ones(9)) == np.inf
    assert find_advantage(np.ones(9), np.zeros(9)) == -np.inf


def test_on_white_noise_a_model_seldom_seems_better_than_the_mean() -> None:
    """Of 200 series no more than one in twenty; the test is one of two standard errors."""
    clear = 0
    for seed in range(200):
        series = draw_noise(200, seed)
        missed = find_errors(forecast(fit_autoregression(series, 3), series), series, 1)
        clear += find_advantage(missed, find_errors(forecast_mean(series), series, 1)) > CLEAR
    assert clear <= 10


def test_on_a_process_with_a_past_models_are_clearly_better() -> None:
    series = draw_autoregressive()
    base, markov, two = (
        find_errors(said, series, 1)
        for said in (
            forecast_mean(series),
            *(forecast(fit_autoregression(series, p), series) for p in (1, 2)),
        )
    )
    assert find_advantage(two, base) > CLEAR
    assert find_advantage(two, markov) > CLEAR
    assert find_root_mean_square(two) == pytest.approx(1, abs=0.15)  # nothing can do better than the noise


# The latent state.


@pytest.fixture(scope="module")
def latent() -> dict[str, Latent]:
    return {name: fit_latent(SERIES[name]) for name in ("sunspots", "noise", "few", "large")}


@pytest.mark.parametrize("name", ["sunspots", "noise", "few", "large"])
def test_a_latent_model_tells_all_that_is_drawn(latent: dict[str, Latent], name: str) -> None:
    series, found = SERIES[name], latent[name]
    held = len(series.values) - series.learned
    assert found.predicted.shape == (held, FARTHEST)
    assert found.states.shape == (len(series.values) + 1, WIDTH)
    assert found.ahead.shape == (held, FARTHEST, WIDTH)
    assert found.influence.shape == (held, FARTHEST, INFLUENCE)
    assert np.isfinite(found.predicted).all()
    assert not found.states[0].any()
    assert (np.abs(found.states) <= 1).all()
    np.testing.assert_allclose(found.ahead[:, 0], found.states[series.learned : -1], atol=1e-6)


def test_the_same_seed_learns_the_same_model(latent: dict[str, Latent]) -> None:
    np.testing.assert_array_equal(fit_latent(SERIES["few"]).predicted, latent["few"].predicted)
    assert (fit_latent(SERIES["few"], seed=1).predicted != latent["few"].predicted).any()


def test_training_leaves_torch_as_it_was() -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    fit_latent(SERIES["few"])
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_the_latent_model_learns_the_sunspots(latent: dict[str, Latent]) -> None:
    series = SERIES["sunspots"]
    error = find_root_mean_square(find_errors(latent["sunspots"].predicted, series, 1))
    assert error < 0.5 * find_root_mean_square(find_errors(forecast_mean(series), series, 1))


def test_what_is_held_out_is_not_learned_from(latent: dict[str, Latent]) -> None:
    """Another last number changes nothing that was said before it came."""
    values = SERIES["sunspots"].values.copy()
    values[-1] += 1000
    found = fit_latent(Series(values))
    np.testing.assert_array_equal(found.predicted, latent["sunspots"].predicted)
    for order in (1, 9):
        one, other = (fit_autoregression(Series(x), order) for x in (values, SERIES["sunspots"].values))
        assert one == other


def test_the_influence_is_how_much_a_prediction_moves(latent: dict[str, Latent]) -> None:
    """A number of the held-out part is moved; the next predictions move by the derivative."""
    series, found = SERIES["sunspots"], latent["sunspots"]
    place, size = series.learned + 30, 0.2
    up, down = series.values.copy(), series.values.copy()
    up[place] += size
    down[place] -= size
    moved = (fit_latent(Series(up)).predicted - fit_latent(Series(down)).predicted) / (2 * size)
    for back in range(4):
        held = place + 1 + back - series.learned
        assert found.influence[held, 0, back] == pytest.approx(moved[held, 0], abs=0.01)


# The series.


def test_the_sunspots_are_those_of_the_file() -> None:
    series = read_sunspots()
    assert series.begins == 1700
    assert len(series.values) == 309
    assert list(series.values[[0, 57, 257, 308]]) == [5, 32.4, 190.2, 2.9]


def test_the_sine_has_its_period() -> None:
    values = draw_sine(4000).values
    power = np.abs(np.fft.rfft(values)) ** 2
    assert len(values) / power[1:].argmax().__add__(1) == pytest.approx(20)


@pytest.mark.parametrize(
    "text", ["{}", "{}\n", " {} ,", "\n\n{}\t"], ids=["plain", "line end", "comma", "blank"]
)
@pytest.mark.parametrize("between", [",", " ", "\n", ", ", ";\n", "\t", " , "])
def test_numbers_are_read_whatever_stands_between_them(text: str, between: str) -> None:
    drawn = [round(0.5 * i - 7, 3) for i in range(40)]
    assert list(read_numbers(text.format(between.join(map(str, drawn)))).values) == drawn


@given(st.lists(st.floats(-1e99, 1e99), min_size=FEWEST, max_size=50))
def test_any_numbers_are_read_or_refused(drawn: list[float]) -> None:
    try:
        assert list(read_numbers(" ".join(map(repr, drawn))).values) == drawn
    except Refusal:
        assert np.ptp(drawn) <= 1e-12 * max(abs(np.array(drawn)).max(), 1e-100)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "These are 0 numbers"),
        ("1 2 3", "These are 3 numbers; a series needs 30 at least"),
        ("7 " * 40, "All numbers of the series are the same"),
        ("1 2 " * 3000, "These are 6,000 numbers; 5,000 are the most"),
        ("1 2 nan " * 20, "“nan”, number 3 of the series, is not a number"),
        ("1 2 inf " * 20, "“inf”, number 3"),
        ("1 2 -∞ " * 20, "“-∞”, number 3"),
        ("1 two 3 " * 20, "“two”, number 2"),
        ("1 1_000 3 " * 20, "“1_000”, number 2"),
        ("1 0x10 3 " * 20, "“0x10”, number 2"),
        ("1 1e999 3 " * 20, "“1e999”, number 2 of the series, is too large"),
        ("<b>x</b> " * 40, "“<b>x</b>”, number 1"),
        ("1.2.3 " * 40, "“1.2.3”, number 1"),
    ],
)
def test_what_is_no_series_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(Refusal, match="^" + re.escape(said)):
        read_numbers(text)


def test_minus_is_read_as_it_is_printed() -> None:
    assert list(read_numbers("−1 2 " * 20).values[:2]) == [-1, 2]


def test_a_window_that_cannot_be_fitted_is_refused() -> None:
    assert MOST > FEWEST
    for window in (0, 11):
        with pytest.raises(ValueError, match="cannot be fitted"):
            fit_autoregression(SERIES["few"], window)
