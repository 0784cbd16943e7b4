"""What is said of the models of a series: which errs least, and whether the past helps at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.common import figures, idea, look, stage
from pages.common.language import _
from pages.parts.sequence.choosing import Asked
from viz.curves import curves
from viz.series import write_number

if TYPE_CHECKING:
    from pages.parts.sequence.models import Fitted

Floats = NDArray[np.float64]
BASE, FIRST = "independence", "markov"


@dataclass(frozen=True)
class Judged:
    """errors: by model, the RMSE on the part held out. best: the model that is spoken of. said: what of it.

    "none": no model errs less than independence beyond chance. "enough": the Markov model errs least.
    "equal": another does, but no less than Markov beyond chance. "more": it errs less, and so does Markov
    than independence. "little": it errs less, and Markov no less than independence. "helps": none of these is
    so beyond chance, but the model errs less than independence.
    """

    errors: dict[str, float]
    best: str
    said: str


def judge(asked: Asked, predicted: Mapping[str, Floats]) -> Judged:
    """How the models err k numbers ahead. What is beyond chance: see `sequence_models.find_advantage`."""
    from model.experiments.sequence_models import (
        CLEAR,
        find_advantage,
        find_errors,
        find_root_mean_square,
    )

    missed = {name: find_errors(said, asked.series, asked.ahead) for name, said in predicted.items()}
    sizes = {name: find_root_mean_square(found) for name, found in missed.items()}

    def beats(one: str, other: str) -> bool:
        return find_advantage(missed[one], missed[other], asked.ahead) > CLEAR

    models = [name for name in sizes if name != BASE]
    helps = [name for name in models if beats(name, BASE)]
    best = min(models, key=sizes.__getitem__)
    if not helps:
        return Judged(sizes, best, "none")
    if best not in helps:  # it errs least by chance alone
        return Judged(sizes, min(helps, key=sizes.__getitem__), "helps")
    if best == FIRST:
        return Judged(sizes, best, "enough")
    if FIRST in helps:
        return Judged(sizes, best, "more" if beats(best, FIRST) else "equal")
    return Judged(sizes, best, "little" if beats(best, FIRST) else "helps")


def title(name: str, order: int) -> str:
    """What stands over a model's picture."""
    return {
        "markov": _("Markov, first order"),
        "window": _("Autoregressive, window τ = {order}").format(order=order),
        "latent": _("Latent autoregressive"),
    }[name]


def short(name: str) -> str:
    """What a model is called at its bar."""
    return {
        "independence": _("Independence"),
        "markov": _("Markov"),
        "window": _("Autoregressive"),
        "latent": _("Latent"),
    }[name]


def inside(name: str, order: int) -> str:
    """What a model is called inside a sentence."""
    return {
        "markov": _("the Markov model"),
        "window": _("the autoregressive model with τ = {order}").format(order=order),
        "latent": _("the latent autoregressive model"),
    }[name]


def errors_title(ahead: int) -> str:
    """What stands over the errors."""
    if ahead == 1:
        return _("RMSE on the part held out")
    return _("RMSE on the part held out, {k} steps ahead").format(k=ahead)


def tell(asked: Asked, predicted: Mapping[str, Floats], judged: Judged) -> str:
    """The answer, in Markdown: first all of the part held out, then the place that is looked at."""
    place = asked.t + asked.ahead - 1
    best, base = judged.errors[judged.best], judged.errors[BASE]
    said = {
        "none": _(
            "**No model beats independence beyond chance**: the mean alone errs by {base} (RMSE), {model} by "
            "{best}. For {time} that model says {predicted}; {came} came."
        ),
        "enough": _(
            "**One number back is enough**: {model} errs least (RMSE {best}, independence {base}). For "
            "{time} it says {predicted}; {came} came."
        ),
        "equal": _(
            "**One number back is as good**: {model} errs least (RMSE {best}, independence {base}), but no "
            "less than the Markov model ({markov}) beyond chance. For {time} it says {predicted}; {came} "
            "came."
        ),
        "more": _(
            "**More of the past helps**: {model} errs least (RMSE {best}; Markov {markov}, independence "
            "{base}). For {time} it says {predicted}; {came} came."
        ),
        "little": _(
            "**One number back is too little**: {model} errs least (RMSE {best}), while Markov ({markov}) "
            "does not beat independence ({base}) beyond chance. For {time} it says {predicted}; {came} came."
        ),
        "helps": _(
            "**The past helps**: {model} beats independence beyond chance (RMSE {best}, independence "
            "{base}). For {time} it says {predicted}; {came} came."
        ),
    }[judged.said]
    return said.format(
        model=inside(judged.best, asked.order),
        best=write_number(best),
        base=write_number(base),
        markov=write_number(judged.errors[FIRST]),
        time=asked.called(place),
        predicted=write_number(float(predicted[judged.best][asked.step, asked.ahead - 1])),
        came=write_number(float(asked.series.values[place])),
    )


def horizon(asked: Asked, fitted: Fitted) -> None:
    """How the errors grow with the steps ahead, folded away."""
    folded = stage.more(_("How far ahead: the error for each k"), key="horizon")
    if not folded.open:
        return
    from model.experiments.sequence_models import FARTHEST, find_errors, find_root_mean_square

    held = len(asked.series.values) - asked.series.learned
    steps = np.arange(1, min(FARTHEST, held // 2) + 1)
    lines = {
        short(name): [find_root_mean_square(find_errors(said, asked.series, int(k))) for k in steps]
        for name, said in fitted.predicted.items()
    }
    figure = curves(steps, lines, across=_("steps ahead, k"), up="RMSE", dark=look.dark())
    with folded:
        figures.growing(figure, "horizon figure")
        st.caption(
            _(
                "From the second step on, a model reads its own predictions, and what it missed goes along. "
                "The mean needs none and errs about as much however far ahead."
            )
        )


def notice() -> None:
    """What to notice on this page."""
    idea.notice(
        _(
            "The chain rule is true of every series. What a model leaves out of the past is its assumption: "
            "all of it (independence), all but one number (Markov), all but τ numbers (autoregressive)."
        ),
        _(
            "A latent state can reach back as far as it likes, but all of it has to fit into {width} numbers."
        ).format(width=16),
        _(
            "A link is as thick as its weight: amber raises the prediction, blue lowers it. The weights of "
            "the Markov and the autoregressive model are the same at every t; those of the state change with "
            "it."
        ),
        _("Several steps ahead a model reads its own predictions, and errors add up."),
        _("Attention keeps all of the past, and chooses anew at every step what of it counts."),
    )


def formula() -> None:
    """The chain rule, and what each model keeps of it."""
    factors = {
        "independence": "P(x_t)",
        "markov": r"P(x_t \mid x_{t-1})",
        "window": r"P(x_t \mid x_{t-1}, \ldots, x_{t-\tau})",
        "latent": r"P(x_t \mid h_t), \; h_t = g(h_{t-1}, x_{t-1})",
    }
    idea.formula(
        r"\begin{aligned} P(x_1, \ldots, x_T) &= \prod_{t=1}^{T} P(x_t \mid x_{t-1}, \ldots, x_1) \\ "
        + r" \\ ".join(rf"\text{{{short(name)}}} &: \prod_t {kept}" for name, kept in factors.items())
        + r" \end{aligned}",
        {
            "x_t": _("the number at time t"),
            r"\tau": _("how many numbers back the window reaches"),
            "h_t": _("the state, {width} numbers of a gated recurrent unit (GRU)").format(width=16),
            "k": _("how many steps ahead is predicted; each step reads the predictions before it"),
        },
        _(
            "Zhang et al. 2023, “Dive into Deep Learning”, §9.1; GRU: Cho et al. 2014. Linear models by "
            "least squares on the first two thirds; what is beyond chance: Diebold and Mariano 1995, two "
            "standard errors."
        ),
    )
