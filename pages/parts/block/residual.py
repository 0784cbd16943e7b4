"""Residual and layer normalisation, feature by feature, for one token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

import viz.orders
from pages.common import boards, heads, look, stage, streams
from pages.common.language import _, translate
from pages.common.text import escape
from viz.board import Act, Axis, panel
from viz.columns import minus
from viz.labels import visible

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.capture.residual_stream import Stream
    from model.capture.sublayers import Matrix, Sublayer
    from pages.common.ask import Asked

FEATURE = "feature"  # in the link, from 1


def show(asked: Asked, row: DeltaGenerator) -> None:
    """The controls, the sentence, the board, one feature's sum. Raises ValueError with a plain sentence."""
    with row:
        kind, layer, stream = streams.choose_layer(asked)
        sublayer = streams.sublayer(stream, layer)
        token = heads.token(asked.checkpoint, stream.tokens, kind, _("Token"))  # type: ignore[arg-type]
    feature = streams.place(FEATURE, sublayer.x.shape[1], int(np.abs(sublayer.sum[token]).argmax()))
    with stage.picture():
        board(sublayer, token, feature)
    stage.answer(sentence(sublayer, stream, token))
    sums(sublayer, token, feature)
    orders(sublayer)


def sentence(sublayer: Sublayer, stream: Stream, token: int) -> str:
    """How long what enters, what is added and what leaves are, in Markdown."""
    from model.capture.residual_stream import lengths

    enters, adds, leaves = (
        float(lengths(vectors[token])) for vectors in (sublayer.x, sublayer.output, sublayer.after)
    )
    said = (
        _(
            "{part} adds a vector of length {adds} to “{token}”, {enters} long; the norm "
            "brings the sum to {leaves}."
        )
        if sublayer.order == "after"
        else _("{part} adds a vector of length {adds} to “{token}”, {enters} long; the bare sum is {leaves}.")
    )
    return said.format(
        part=streams.parts()[sublayer.part],
        token=escape(visible(stream.tokens.texts[token])),
        adds=f"{adds:.1f}",
        enters=f"{enters:.1f}",
        leaves=f"{leaves:.1f}",
    )


def rows(sublayer: Sublayer) -> dict[str, Matrix]:
    """What stands below each other, as it is called on the page, in the order in which it happens."""
    part, norm = streams.parts()[sublayer.part], sublayer.norm
    normalised = _("− μ, ÷ σ") if norm.kind == "layer" else _("÷ σ")
    scaled: dict[str, Matrix] = {normalised: norm.normalised, _("gain g"): norm.gain, _("bias b"): norm.bias}
    if sublayer.order == "after":
        return {
            _("x, what enters"): sublayer.x,
            _("+ {part}(x)").format(part=part): sublayer.output,
            _("= the sum"): sublayer.sum,
            **scaled,
            _("= what leaves"): norm.result,
        }
    return {
        _("x, what enters"): sublayer.x,
        **scaled,
        _("= x, normalized"): norm.result,
        _("{part} of that").format(part=part): sublayer.output,
        _("x + that leaves"): sublayer.sum,
    }


def board(sublayer: Sublayer, token: int, feature: int) -> None:
    """All features of the token, one line for each thing that happens to them."""
    named = rows(sublayer)
    drawn = streams.around(sublayer.x.shape[1], feature, streams.MOST_FEATURES)
    lines = [line if line.ndim == 1 else line[token] for line in named.values()]

    def choose(act: Act) -> None:
        if act.axis == "features":
            st.query_params[FEATURE] = str(drawn[act.place] + 1)

    boards.show(
        [
            panel(
                "features",
                _("Every feature of the token"),
                np.stack(lines)[:, drawn.start : drawn.stop],
                Axis("steps", tuple(named)),
                streams.features(drawn),
                scale="signed",
            )
        ],
        "residual",
        {"features": feature - drawn.start},
        choose,
    )


def sums(sublayer: Sublayer, token: int, feature: int) -> None:
    """What happens to one feature, with its numbers."""
    norm, t, f = sublayer.norm, token, feature

    def number(value: float) -> str:
        return minus(float(value), 3).replace("−", "-")

    def bracket(value: float) -> str:
        return f"({number(value)})" if value < 0 else number(value)

    x, total = number(sublayer.x[t, f]), number(sublayer.sum[t, f])
    inside = number(norm.x[t, f]) + (f" - {bracket(norm.mean[t])}" if norm.kind == "layer" else "")
    formula = (
        rf"({inside}) \,/\, {number(norm.deviation[t])} \cdot {number(norm.gain[f])} "
        rf"+ {bracket(norm.bias[f])} = {number(norm.result[t, f])}"
    )
    adding = rf"{x} + {bracket(sublayer.output[t, f])} = {total}"
    first, second = (adding, formula) if sublayer.order == "after" else (formula, adding)
    told = (
        _(
            "**Feature {feature}** of the token, whose mean is μ = {mean} and whose deviation is σ = "
            "{deviation}:"
        )
        if norm.kind == "layer"
        else _("**Feature {feature}** of the token, whose root mean square is σ = {deviation}:")
    )
    st.markdown(
        told.format(
            feature=f + 1,
            mean=minus(float(norm.mean[t]), 3),
            deviation=minus(float(norm.deviation[t]), 3),
        )
    )
    for column, line in zip(st.columns([2, 3]), (first, second), strict=True):
        with column:
            st.latex(line)


def orders(sublayer: Sublayer) -> None:
    """Both orders of sum and norm, this model's first."""
    both = ("after", "before") if sublayer.order == "after" else ("before", "after")
    for column, order, said in zip(
        st.columns(2, gap="large"), both, (_("This model"), _("The other order")), strict=True
    ):
        with column:
            name = _("norm after the sum") if order == "after" else _("norm before the sublayer")
            st.markdown(f"**{said}**: {name}")
            st.image(viz.orders.picture(order, dark=look.dark(), strings=translate(viz.orders.STRINGS)))
