"""Three models of a series beside one another: what each sees of the past, what it says, how far it errs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.common import figures, look, stage
from pages.common.language import _
from pages.parts.sequence import telling
from pages.parts.sequence.choosing import Asked, find_series
from viz import scales, series
from viz.series import Conditioned

if TYPE_CHECKING:
    from model.experiments.latent_autoregression import Latent
    from model.experiments.sequence_models import Autoregression

BACK, BEYOND = 16, 3  # numbers before t that are shown: so many, and some beyond the window
NAMES = ("independence", "markov", "window", "latent")
SHOWN = NAMES[1:]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fitted:
    """What the models predict on the part held out: by name, float64 (held out, ahead).

    autoregressions: the two that are linear, by name.
    """

    predicted: dict[str, Floats]
    autoregressions: dict[str, Autoregression]
    latent: Latent


@st.cache_resource(max_entries=32, show_spinner=False)
def fit_latent(name: str, text: str) -> Latent:
    from model.experiments.latent_autoregression import fit_latent

    return fit_latent(find_series(name, text))


@st.cache_resource(max_entries=128, show_spinner=False)
def fit_window(name: str, text: str, order: int) -> tuple[Autoregression, Floats]:
    from model.experiments.sequence_models import fit_autoregression, forecast

    found = find_series(name, text)
    model = fit_autoregression(found, order)
    return model, forecast(model, found)


def fit(asked: Asked) -> Fitted:
    """All models, each learned once for everybody."""
    from model.experiments.sequence_models import forecast_mean

    markov, window = (fit_window(asked.name, asked.text, order) for order in (1, asked.order))
    with st.spinner(_("Training …")):
        latent = fit_latent(asked.name, asked.text)
    predicted = {
        "independence": forecast_mean(asked.series),
        "markov": markov[1],
        "window": window[1],
        "latent": latent.predicted,
    }
    return Fitted(predicted, {"markov": markov[0], "window": window[0]}, latent)


def show(asked: Asked, fitted: Fitted) -> None:
    """The three pictures, the whole series, the errors, and the sentence."""
    shown = {name: condition(asked, fitted, name) for name in SHOWN}
    everything = np.concatenate([one.seen for one in shown.values()] + [shown["markov"].values])
    everything = everything[np.isfinite(everything)]
    reach = float(everything.min()), float(everything.max())
    weights = [abs(weight) for one in shown.values() for weight in one.weights.values()]
    judged = telling.judge(asked, fitted.predicted)
    with stage.picture():
        for name, column in zip(SHOWN, st.columns(3, gap="medium"), strict=True):
            with column:
                st.markdown(f"**{telling.title(name, asked.order)}**  \n${formulas(asked)[name]}$")
                figure = series.conditioned(
                    shown[name],
                    reach=reach,
                    strongest=max(weights),
                    came=_("came"),
                    says=_("predicted"),
                    dark=look.dark(),
                )
                figures.growing(figure, f"conditioned {name}")
        left, right = st.columns([3, 2], gap="medium")
        with left:
            figure = series.whole(
                asked.series.values,
                asked.series.begins,
                asked.series.learned,
                asked.t,
                before=_("learned from"),
                held_out=_("held out"),
                dark=look.dark(),
            )
            figures.growing(figure, "whole series")
        with right:
            figure = series.errors(
                [judged.errors[name] for name in NAMES],
                [telling.short(name) for name in NAMES],
                [series.write_number(judged.errors[name]) for name in NAMES],
                NAMES.index("independence" if judged.said == "none" else judged.best),
                title=telling.errors_title(asked.ahead),
                dark=look.dark(),
            )
            figures.growing(figure, "errors")
    stage.answer(telling.tell(asked, fitted.predicted, judged))


def condition(asked: Asked, fitted: Fitted, name: str) -> Conditioned:
    """What a model's last prediction, k numbers ahead, depends on."""
    begin = asked.t - min(max(BACK, asked.order + BEYOND), asked.t)
    last = asked.t + asked.ahead - 1
    values = asked.series.values[begin : last + 1]
    at, target = asked.t - begin, last - begin
    predicted = fitted.predicted[name][asked.step, : asked.ahead]
    states = None
    if name == "latent":
        latent = fitted.latent
        states = np.full((len(values), latent.states.shape[1]), np.nan, np.float32)
        states[: at + 1] = latent.states[begin : asked.t + 1]
        states[at : target + 1] = latent.ahead[asked.step, : asked.ahead]
        influence = latent.influence[asked.step, asked.ahead - 1]
        weights = {target - 1 - j: float(weight) for j, weight in enumerate(influence[:target])}
    else:
        told = fitted.autoregressions[name].weights
        weights = {target - 1 - j: weight for j, weight in enumerate(told)}
    first = asked.series.begins + begin
    return Conditioned(values, first, at, predicted, weights, states)


def formulas(asked: Asked) -> dict[str, str]:
    """The factor of the chain rule, by model: what the model keeps of it in colour, the rest pale."""
    colours = scales.theme(look.dark())

    def mark(kept: str, left: str = "") -> str:
        said = rf"\textcolor{{{colours['accent']}}}{{{kept}}}"
        rest = rf",\textcolor{{{colours['quiet']}}}{{{left}}}" if left else ""
        return rf"P(x_t \mid {said}{rest})"

    order = asked.order
    window = {1: r"x_{t-1}", 2: r"x_{t-1}, x_{t-2}"}.get(order, rf"x_{{t-1}}, \ldots, x_{{t-{order}}}")
    return {
        "markov": mark(r"x_{t-1}", r"x_{t-2}, \ldots, x_1"),
        "window": mark(window, rf"x_{{t-{order + 1}}}, \ldots"),
        "latent": mark("h_t") + r",\ h_t = g(h_{t-1}, x_{t-1})",
    }
