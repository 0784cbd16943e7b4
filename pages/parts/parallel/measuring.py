"""What this machine takes, once it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from pages.common import checkpoints, figures, look
from pages.common.language import _
from viz.logarithmic import Curve, logarithmic

if TYPE_CHECKING:
    from model.experiments.parallel import Mode, Timed, Times


def names() -> dict[Timed, str]:
    """What is timed, in the order in which it is drawn."""
    return {
        "attention": _("self-attention"),
        "rnn": "RNN",
        "lstm": "LSTM",
        "convolution": _("convolution"),
        "feed-forward": _("feed-forward"),
    }


def key_of(width: int, mode: str) -> str:
    """Under which times stand in the session: they are this machine's, now, and so in no link."""
    return f"times of layers {width} {mode}"


def offer(width: int, mode: str) -> None:
    """The button that measures."""
    from model.experiments.parallel import measure_times

    if st.button(_("Measure on this machine"), icon=":material/timer:", key="measure", type="primary"):
        with st.spinner(_("Measuring …")):
            st.session_state[key_of(width, mode)] = measure_times(
                width, cast("Mode", mode), on_step=checkpoints.still_wanted
            )


def find(width: int, mode: str) -> Times | None:
    """What was measured before; None where nothing was."""
    found: Times | None = st.session_state.get(key_of(width, mode))
    return found


def show(times: Times, n: int) -> None:
    """The times over the length."""
    up = _("milliseconds for a training step") if times.mode == "train" else _("milliseconds for a text")
    figures.growing(
        logarithmic(
            times.lengths,
            [Curve(name, 1000 * times.seconds[layer]) for layer, name in names().items()],
            across=_("words, n"),
            up=up,
            mark=n if n in times.lengths else None,
            dark=look.dark(),
        ),
        "times of layers",
    )


def tell_conditions(times: Times) -> None:
    """What was measured, with how many threads."""
    if times.mode == "train":
        said = _(
            "Forward and backward through one layer of width {d}, {texts} texts at once, in float32. "
            "The median of {rounds} rounds in turns; threads: {threads}."
        )
    else:
        said = _(
            "One text through one layer of width {d}, word by word, from what is kept of the words before, "
            "in float32. The median of {rounds} rounds in turns; threads: {threads}."
        )
    st.caption(said.format(d=times.width, texts=times.texts, rounds=times.rounds, threads=times.threads))
