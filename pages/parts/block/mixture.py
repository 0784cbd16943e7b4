"""The mixture of experts: where the gate sends each word, and what the experts say together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import boards, checkpoints, heads, stage, streams
from pages.common.language import _
from pages.common.text import escape
from viz.board import Act, Axis, panel
from viz.columns import percent

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.capture.residual_stream import Stream
    from model.capture.sublayers import Experts
    from pages.common.ask import Asked


def show(asked: Asked, row: DeltaGenerator) -> None:
    """The controls, the sentence and the boards; for a model without experts a way to one that has some."""
    with row:
        kind = streams.kind(asked.checkpoint)
        layer = streams.layer(asked.checkpoint, kind)
        stream = streams.follow(asked, layer)[kind]
        experts = next((one.experts for one in stream.sublayers[layer] if one.experts is not None), None)
        token = -1 if experts is None else heads.token(asked.checkpoint, stream.tokens, kind, _("Token"))  # type: ignore[arg-type]
    if experts is None:
        without(asked)
        return
    ran = ", ".join(
        _("expert {number} with {share}").format(number=expert + 1, share=percent(float(share)))
        for expert, share in zip(experts.chosen[token], experts.shares[token], strict=True)
    )
    said = _("For “{token}”, {count} of {all} experts run: {experts}.").format(
        token=escape(stream.tokens.texts[token]),
        count=experts.chosen.shape[1],
        all=experts.probabilities.shape[1],
        experts=ran,
    )
    with stage.picture():
        gate(stream, experts, token)
    stage.answer(said)
    show_sum(experts, token)


def without(asked: Asked) -> None:
    """Say that there are no experts here, and offer the first shipped checkpoint that has some."""
    said = _("This layer of {name} has one feed-forward network for every word, and no experts.")
    stage.answer(said.format(name=escape(asked.name)))
    if other := with_experts():
        st.button(
            _("Show a checkpoint with experts"),
            icon=":material/swap_horiz:",
            on_click=take,
            args=[other],
            key="with experts",
        )


def with_experts() -> str | None:
    """The first shipped checkpoint whose config has experts."""
    for name in checkpoints.find_shipped():
        config = json.loads((checkpoints.FOLDER / name / "config.json").read_text(encoding="utf-8"))
        if config.get("experts", 0):
            return name
    return None


def take(name: str) -> None:
    """Choose a checkpoint."""
    st.session_state[checkpoints.KEY] = name


def gate(stream: Stream, experts: Experts, token: int) -> None:
    """Tokens down, experts across: what the gate thinks, and what is kept of it."""
    tokens = streams.window(stream.tokens, token)
    part = slice(tokens.start, tokens.stop)
    count = experts.probabilities.shape[1]
    shares = np.zeros_like(experts.probabilities)
    np.put_along_axis(shares, experts.chosen, experts.shares, axis=1)
    down = streams.side(stream.tokens, tokens)
    across = Axis("experts", tuple(str(i + 1) for i in range(count)), _("experts →"))
    busy = ", ".join(str(int((experts.chosen == i).sum())) for i in range(count))

    def choose(act: Act) -> None:
        if act.axis == "tokens":
            heads.take(tokens.start + act.place)

    boards.show(
        [
            panel(
                "gate",
                _("What the gate gives each expert"),
                experts.probabilities[part],
                down,
                across,
                end=1.0,
            ),
            panel(
                "shares",
                _("G(x): those that run"),
                shares[part],
                down,
                across,
                end=1.0,
                allowed=shares[part] > 0,
                before="→",
                note=_("Tokens sent to each expert: {counts}").format(counts=busy),
            ),
        ],
        "gate",
        {"tokens": token - tokens.start},
        choose,
    )


def show_sum(experts: Experts, token: int) -> None:
    """What each expert says, weighted, and their sum, feature by feature."""
    drawn = range(min(experts.outputs.shape[-1], streams.MOST_FEATURES))
    weighted = experts.weighted[token, :, drawn.start : drawn.stop]
    names = [
        _("{share} × expert {number}").format(share=f"{share:.2f}", number=expert + 1)
        for expert, share in zip(experts.chosen[token], experts.shares[token], strict=True)
    ]
    boards.show(
        [
            panel(
                "sum",
                _("Their outputs, summed"),
                np.vstack([weighted, weighted.sum(0, keepdims=True)]),
                Axis("experts that ran", (*names, _("= y, the sum"))),
                streams.features(drawn),
                scale="signed",
            )
        ],
        "mixture",
    )
