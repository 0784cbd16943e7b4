"""Networks that have learned nothing: what is left of a word 1 to 200 words later, for a scale of W."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import ahead, figures, links, look, stage
from pages.common.language import _
from pages.parts.reach.telling import tell
from viz.decay import Decay, decay

if TYPE_CHECKING:
    from model.experiments.reach import Network, Reach
    from viz import Figure

GAINS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0)
USUAL = 1.0
SHOWN = (-60, 30)  # the powers of ten at which the axis ends, whatever W is
FLOAT32 = 2.0**-149  # the smallest number above 0
RECURRENT: tuple[Network, ...] = ("sigmoid", "tanh", "relu", "lstm", "gru")


def names() -> dict[Network, str]:
    """What the networks are called, in the order in which they are drawn."""
    return {
        "sigmoid": _("RNN (sigmoid)"),
        "tanh": _("RNN (tanh)"),
        "relu": _("RNN (ReLU)"),
        "lstm": "LSTM",
        "gru": "GRU",
        "transformer": _("Transformer"),
    }


def choose_gain() -> float:
    """The control for what W is multiplied by, in the bar of the page."""
    options = {f"{gain:g}": f"W × {gain:g}" for gain in GAINS}
    with stage.bar():
        return float(links.scale(_("Scale of W"), options, "gain", f"{USUAL:g}", width=320))


def measure(network: Network, gain: float, forget_bias: float = 0.0) -> Reach:
    """What a network reaches. The Transformer, which has no W, is measured once for all scales."""
    return _measure(network, USUAL if network == "transformer" else gain, forget_bias)


@st.cache_data(max_entries=128, show_spinner=False)
def _measure(network: Network, gain: float, forget_bias: float) -> Reach:
    from model.experiments import reach

    return reach.measure(network, gain, forget_bias)


def measure_ahead() -> None:
    """Have the other scales of W measured, the nearest ones first, for whoever moves the slider."""
    nearest = sorted(GAINS, key=lambda gain: abs(np.log(gain / USUAL)))
    ahead.work("reach", [partial(_measure, network, gain, 0.0) for gain in nearest for network in RECURRENT])


def show(gain: float) -> None:
    """The curves, and the sentence."""
    with st.spinner(_("Computing …")):
        found = {network: measure(network, gain) for network in names()}
    with stage.picture():
        figures.growing(draw(found), "reach")
    stage.answer(tell(found, names(), gain))
    measure_ahead()


def draw(found: dict[Network, Reach]) -> Figure:
    """A curve for each network."""
    return decay(
        np.arange(1, len(next(iter(found.values())).typical) + 1),
        [curve(names()[network], reach) for network, reach in found.items()],
        reach=SHOWN,
        across=_("words apart"),
        up="‖∂hₜ/∂xₛ‖",
        expected=_("expected from W"),
        mark=(FLOAT32, _("below this float32 has only 0")),
        dark=look.dark(),
    )


def curve(name: str, reach: Reach) -> Decay:
    """The geometric mean of the draws, from the least to the most, and what theory expects of an RNN."""
    typical, expected = reach.typical, None
    if reach.theory is not None:
        factor = float(np.exp(np.log(reach.theory.by_square).mean()))
        expected = typical[0] * factor ** np.arange(len(typical))
    return Decay(name, typical, reach.norms.min(0), reach.norms.max(0), expected)
