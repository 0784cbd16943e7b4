"""What to notice of a recurrent network, and its formula."""

from __future__ import annotations

from typing import Any

from pages.common import idea
from pages.common.language import _

PHI = {"tanh": r"\tanh", "sigmoid": r"\sigma", "relu": r"\mathrm{ReLU}"}


def notice() -> None:
    """What to notice on this page."""
    idea.notice(
        _(
            "The network is one layer that reads its own state again: drawn out in time, it is as deep as "
            "the text is long."
        ),
        _(
            "All that a later word can know of an earlier one has come through the state, whose size does "
            "not grow."
        ),
        _("The steps wait for each other: word 7 cannot be read before word 6 is."),
        _("Many to many or many to one is the same network; only where the output layer is applied differs."),
        _("Backwards it is the same with weights of its own; a word then has a state from both sides."),
    )


def formula(config: Any) -> None:
    """The formula of the cell, its letters tied to the page, and its source. config: any model's."""
    cell = getattr(config, "cell", "rnn")
    if cell == "lstm":
        lstm()
    elif cell == "gru":
        gru(getattr(config, "reset", "after"))
    else:
        phi = PHI[getattr(config, "activation", "tanh")]
        idea.formula(
            rf"h_t = {phi}\left(U x_t + W h_{{t-1}} + b\right), \quad y_t = \mathrm{{softmax}}(V h_t + b_y)",
            letters() | {phi: _("the activation")},
            _("Elman 1990, “Finding Structure in Time”."),
        )


def letters() -> dict[str, str]:
    return {
        "x_t": _("the vector of the word that is read at step t"),
        "h_t": _("the state behind step t; the first one, of nothing read, is 0"),
        "U, W, b": _("what is learned: the same at every step"),
    }


def lstm() -> None:
    """Of an LSTM."""
    idea.formula(
        r"\begin{gathered} i_t, f_t, o_t = \sigma\left(U x_t + W h_{t-1} + b\right) \\ "
        r"g_t = \tanh\left(U_g x_t + W_g h_{t-1} + b_g\right) \\ "
        r"c_t = f_t \odot c_{t-1} + i_t \odot g_t, \quad h_t = o_t \odot \tanh c_t \end{gathered}",
        letters()
        | {
            "i, f, o": _("the input, forget and output gate, each with rows of its own in U and W"),
            "g_t": _("the candidate: what could be added"),
            "c_t": _("the cell state: what is kept"),
        },
        _(
            "Hochreiter & Schmidhuber 1997, “Long Short-Term Memory”; the forget gate: Gers, Schmidhuber "
            "& Cummins 2000."
        ),
    )


def gru(reset: str) -> None:
    """Of a GRU, whose reset gate acts before or after the product with W."""
    inner = r"W_n h_{t-1} + b'_n"
    inner = rf"r_t \odot ({inner})" if reset == "after" else r"W_n (r_t \odot h_{t-1}) + b'_n"
    idea.formula(
        r"\begin{gathered} r_t, z_t = \sigma\left(U x_t + W h_{t-1} + b\right) \\ "
        rf"n_t = \tanh\left(U_n x_t + b_n + {inner}\right) \\ "
        r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1} \end{gathered}",
        letters()
        | {
            "r, z": _("the reset and the update gate, each with rows of its own in U and W"),
            "n_t": _("the candidate: what could take the state's place"),
        },
        _("Cho et al. 2014, “Learning Phrase Representations using RNN Encoder-Decoder”, equations 5 to 8."),
    )
