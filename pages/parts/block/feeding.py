"""The position-wise feed-forward network: which of its units fire for which word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.errors import Refusal
from pages.common import boards, heads, links, stage, streams
from pages.common.language import _
from pages.common.text import escape
from viz.board import Act, Axis, panel
from viz.columns import minus, percent
from viz.labels import visible

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.capture.residual_stream import Stream
    from model.capture.sublayers import Matrix, Units
    from pages.common.ask import Asked

UNIT = "unit"  # in the link, from 1
MOST = 256  # units drawn at once
STRONGEST = 20  # units whose numbers are shown
NAMED = 5  # words named for a unit


def show(asked: Asked, row: DeltaGenerator) -> None:
    """The controls, the sentence and the boards. Raises ValueError with a plain sentence."""
    with row:
        kind = streams.kind(asked.checkpoint)
        layer = streams.layer(asked.checkpoint, kind)
        stream = streams.follow(asked, layer)[kind]
        units = find_units(asked, stream, layer)
        token = heads.token(asked.checkpoint, stream.tokens, kind, _("Token"))  # type: ignore[arg-type]
        which = links.choice(
            _("Units"),
            {"all": _("all"), "strongest": _("the strongest")},
            "units",
            "all",
        )
    fired, word = units.fired, escape(stream.tokens.texts[token])
    unit = streams.place(UNIT, fired.shape[1], int(fired[token].argmax()))
    if units.relu:
        said = _(
            "For “{token}”, {count} of {all} units fire; over the whole text, {share} of them are 0."
        ).format(
            token=word,
            count=int((fired[token] > 0).sum()),
            all=fired.shape[1],
            share=percent(float((fired == 0).mean())),
        )
    else:
        said = _(
            "For “{token}”, {count} of {all} units are above 0. This model's activation "
            "function is smoother than ReLU."
        ).format(token=word, count=int((fired[token] > 0).sum()), all=fired.shape[1])
    with stage.picture():
        board(stream, fired, token, unit, which == "strongest")
    stage.answer(said)
    st.markdown(fires_for(stream, fired, unit))
    if same := twin(stream, token):
        st.markdown(together(stream, fired, token, same))


def find_units(asked: Asked, stream: Stream, layer: int) -> Units:
    """The units of a layer. Raises ValueError with a plain sentence where there are none to show."""
    last = next((one for one in stream.sublayers[layer] if one.part == "feed-forward"), None)
    if last is not None and last.experts is not None:
        raise Refusal("This layer has several feed-forward networks; see them under Experts.")
    if last is None or last.units is None:
        raise Refusal(
            "The feed-forward network of this layer of {name} is built in another way: its units "
            "cannot be shown.",
            name=asked.name,
        )
    return last.units


def choose_units(fired: Matrix, token: int, strongest: bool) -> list[int]:
    """The units that stand across: all, or where they are too many those that fire most in this text."""
    if strongest:
        return [int(i) for i in np.argsort(-fired[token], kind="stable")[:STRONGEST]]
    if fired.shape[1] <= MOST:
        return list(range(fired.shape[1]))
    return sorted(int(i) for i in np.argsort(-np.abs(fired).max(0), kind="stable")[:MOST])


def board(stream: Stream, fired: Matrix, token: int, unit: int, strongest: bool) -> None:
    """Tokens down, units across."""
    tokens, across = streams.window(stream.tokens, token), choose_units(fired, token, strongest)
    if strongest:
        title = _("The {count} units that fire most for “{token}”").format(
            count=len(across), token=visible(stream.tokens.texts[token])
        )
    elif len(across) < fired.shape[1]:
        title = _("The {count} units that fire most in this text, of {all}").format(
            count=len(across), all=fired.shape[1]
        )
    else:
        title = _("All {count} hidden units").format(count=len(across))
    values = fired[tokens.start : tokens.stop, across]

    def choose(act: Act) -> None:
        if act.axis == "tokens":
            heads.take(tokens.start + act.place)
        elif act.axis == "units":
            st.query_params[UNIT] = str(across[act.place] + 1)

    chosen = {"tokens": token - tokens.start}
    if unit in across:
        chosen["units"] = across.index(unit)
    boards.show(
        [
            panel(
                "units",
                title,
                values,
                streams.side(stream.tokens, tokens),
                Axis("units", tuple(str(i + 1) for i in across), _("units →")),
                scale="signed" if (values < 0).any() else "weights",
            )
        ],
        "units board",
        chosen,
        choose,
    )


def fires_for(stream: Stream, fired: Matrix, unit: int) -> str:
    """The words that a unit fires for, the strongest first, in Markdown."""
    order = [int(i) for i in np.argsort(-fired[:, unit], kind="stable") if fired[i, unit] > 0]
    if not order:
        return _("**Unit {unit}** fires for no word of this text.").format(unit=unit + 1)
    words = ", ".join(
        f"“{escape(visible(stream.tokens.texts[i]))}” {minus(float(fired[i, unit]))}" for i in order[:NAMED]
    )
    return _("**Unit {unit}** fires for {count} of {all} tokens, most for {words}.").format(
        unit=unit + 1, count=len(order), all=len(fired), words=words
    )


def twin(stream: Stream, token: int) -> int | None:
    """Another place of the same token, the nearest after it, else the first."""
    same = [i for i, id in enumerate(stream.ids) if id == stream.ids[token] and i != token]
    return next((i for i in same if i > token), same[0]) if same else None


def together(stream: Stream, fired: Matrix, token: int, other: int) -> str:
    """How alike the units of two equal tokens are, in Markdown."""
    one, two = fired[token] > 0, fired[other] > 0
    return _(
        "“{token}” stands here twice, as token {first} and token {second}: the same network fires "
        "{count} units for the first, {count_2} for the second, {both} of them the same."
    ).format(
        token=escape(visible(stream.tokens.texts[token])),
        first=token + 1,
        second=other + 1,
        count=int(one.sum()),
        count_2=int(two.sum()),
        both=int((one & two).sum()),
    )
