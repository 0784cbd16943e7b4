"""The page on sequence models: what is said is true of twenty series, nonsense is refused in one sentence."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model.experiments.latent_autoregression import fit_latent
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
    Series,
    draw_autoregressive,
    draw_noise,
    draw_sine,
    read_numbers,
    read_sunspots,
)
from tests.pages.running import check_link, run, stage_answer
from viz.series import write_number

PAGE = "sequence.py"
MADE = {"sunspots": read_sunspots, "sine": draw_sine, "ar2": draw_autoregressive, "noise": draw_noise}


def written(values: object) -> str:
    return ", ".join(f"{value:.4g}" for value in np.asarray(values, dtype=float))


def draw(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


OWN = {
    "walk": written(draw(0).standard_normal(90).cumsum()),
    "walk again": written(draw(1).standard_normal(60).cumsum()),
    "noise": written(draw(2).standard_normal(80)),
    "other noise": written(draw(3).standard_normal(45)),
    "few": written(draw(4).standard_normal(30)),
    "trend": written(np.arange(60) + draw(5).standard_normal(60)),
    "squares": written(np.arange(40.0) ** 2),
    "wave": written(np.sin(np.arange(70) / 3)),
    "large": written(1e12 + 1e9 * np.sin(np.arange(70) / 4)),
    "small": written(1e-9 * draw(6).standard_normal(50)),
    "counted": written(draw(7).poisson(3, 80)),
    "coins": written(draw(8).integers(0, 2, 64)),
    "step": written([0.0] * 30 + [1.0] * 30),
    "late": written([0.0] * 59 + [1.0]),
    "alternating": written([1.0, -1.0] * 30),
    "decay": written(0.9 ** np.arange(50)),
}
EVERY = [*((name, "") for name in MADE), *(("own", name) for name in OWN)]


@cache
def predict(name: str, own: str, order: int) -> tuple[Series, dict[str, np.ndarray]]:
    """What each model predicts, without the page."""
    series = read_numbers(OWN[own]) if own else MADE[name]()
    return series, {
        "independence": forecast_mean(series),
        "markov": forecast(fit_autoregression(series, 1), series),
        "window": forecast(fit_autoregression(series, order), series),
        "latent": fit_latent(series).predicted,
    }


def open_series(name: str, own: str = "", language: str = "en", **query: str) -> AppTest:
    return run(PAGE, language, series=name, **({"numbers": OWN[own]} if own else {}), **query)


@pytest.mark.parametrize("ahead", [1, 3])
@pytest.mark.parametrize(("name", "own"), EVERY, ids=[own or name for name, own in EVERY])
def test_what_is_said_is_true_of_any_series(name: str, own: str, ahead: int) -> None:
    """Which model errs least, whether beyond chance, and the numbers of the place that is looked at."""
    app = open_series(name, own, ahead=str(ahead))
    assert not app.exception
    assert not app.error
    said = stage_answer(app)
    order = int(str(app.slider(key="order").value))
    series, predicted = predict(name, own, order)
    missed = {model: find_errors(found, series, ahead) for model, found in predicted.items()}
    sizes = {model: find_root_mean_square(found) for model, found in missed.items()}

    def beats(one: str, other: str) -> bool:
        return find_advantage(missed[one], missed[other], ahead) > CLEAR

    models = ("markov", "window", "latent")
    helps = [model for model in models if beats(model, "independence")]
    # By what the sentence calls it first, before the numbers.
    phrases = {"the Markov model": "markov", "the autoregressive": "window", "the latent": "latent"}
    named = {model: said.find(phrase) for phrase, model in phrases.items() if phrase in said}
    told = min(named, key=named.__getitem__)
    headline = re.match(r"\*\*(.+?)\*\*", said)
    assert headline is not None
    least = min(sizes[model] for model in models)
    match headline[1]:
        case "No model beats independence beyond chance":
            assert not helps
            assert sizes[told] == least
        case "One number back is enough":
            assert told == "markov" in helps
            assert sizes[told] == least
        case "One number back is as good":
            assert sizes[told] == least
            assert told in helps
            assert "markov" in helps
            assert not beats(told, "markov")
        case "More of the past helps":
            assert sizes[told] == least
            assert beats(told, "markov")
            assert beats("markov", "independence")
        case "One number back is too little":
            assert sizes[told] == least
            assert beats(told, "markov")
            assert beats(told, "independence")
            assert "markov" not in helps
        case "The past helps":
            assert told in helps
        case other:
            raise AssertionError(other)
    assert write_number(sizes["independence"]) in said
    assert write_number(sizes[told]) in said
    t = int(str(app.slider(key="t").value)) - series.begins
    place = t + ahead - 1
    assert f"For {series.begins + place} " in said
    assert f" {write_number(float(predicted[told][t - series.learned, ahead - 1]))};" in said
    assert said.endswith(f"{write_number(float(series.values[place]))} came.")


def test_on_white_noise_it_says_that_nothing_beats_independence() -> None:
    assert stage_answer(open_series("noise")).startswith("**No model beats independence beyond chance**")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_place_and_every_window_is_shown(language: str) -> None:
    app = open_series("ar2", language=language)
    for key in ("t", "order", "ahead"):
        slider = app.slider(key=key)
        for value in (slider.min, slider.max):
            app.slider(key=key).set_value(int(float(str(value)))).run()
            assert not app.exception
            assert not app.error
            assert stage_answer(app)
    assert app.slider(key="ahead").value == FARTHEST


def test_the_link_keeps_what_is_chosen_and_nothing_that_is_usual() -> None:
    app = run(PAGE, "en")
    assert set(app.query_params) <= {"lang"}
    app.selectbox(key="series").set_value("sine").run()
    app.slider(key="ahead").set_value(4).run()
    app.slider(key="order").set_value(2).run()
    app.slider(key="t").set_value(250).run()
    told = {name: str(app.query_params[name]).strip("[]'") for name in app.query_params}
    assert {name: told[name] for name in ("series", "ahead", "order", "t")} == {
        "series": "sine", "ahead": "4", "order": "2", "t": "250",
    }  # fmt: skip
    check_link(app)
    again = run(PAGE, "en", **{name: value for name, value in told.items() if name != "lang"})
    assert stage_answer(again) == stage_answer(app)


def test_a_year_of_the_sunspots_is_counted_from_the_first() -> None:
    app = run(PAGE, "en", t="258")
    assert app.slider(key="t").value == 1957
    assert "For 1957 " in stage_answer(app)


@pytest.mark.parametrize(
    ("name", "value"),
    [("t", "1"), ("t", "999999"), ("t", "x"), ("order", "500"), ("ahead", "0"), ("ahead", "99"),
     ("series", "gold"), ("series", "<b>"), ("horizon", "maybe")],
)  # fmt: skip
def test_a_strange_link_is_told_and_passed_over(name: str, value: str) -> None:
    app = run(PAGE, "en", **{name: value})
    assert not app.exception
    assert not app.error
    assert stage_answer(app)
    assert any("has no meaning here" in caption.value for caption in app.caption)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    "numbers",
    ["", "1 2 3", "one two three", "1, 2, nan, 4" * 20, "inf " * 40, "7 " * 50, "1 2 " * 3000,
     "<b>1</b> " * 40, "1e300 2 " * 30, "$x$ :red[1] " * 30, "\x00\u202e", "1\n2\n\n3"],
)  # fmt: skip
def test_nonsense_is_refused_in_one_sentence_and_numbers_work_again(numbers: str, language: str) -> None:
    app = run(PAGE, language, series="own")
    app.text_area(key="numbers").set_value(numbers).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "<b>" not in app.error[0].value
    app.text_area(key="numbers").set_value(OWN["wave"]).run()
    assert not app.exception
    assert not app.error
    assert stage_answer(app)


def test_numbers_that_are_too_many_for_a_link_are_told() -> None:
    app = run(PAGE, "en", series="own")
    app.text_area(key="numbers").set_value(written(draw(0).standard_normal(900))).run()
    assert not app.error
    assert "numbers" not in app.query_params
    assert any("too long to be in the link" in caption.value for caption in app.caption)


def test_the_errors_of_every_horizon_are_shown_when_they_are_asked_for() -> None:
    app = run(PAGE, "en", horizon="true")
    assert not app.exception
    assert any("reads its own predictions" in caption.value for caption in app.caption)
