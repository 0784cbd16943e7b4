"""The whole path of one token, stage by stage: what is followed, and the stages in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from model.errors import Refusal
from pages.common import checkpoints, heads, streams
from pages.common.language import _
from pages.common.text import escape, refuse
from pages.parts.path import stages
from pages.parts.path.stages import Way
from viz.labels import visible

if TYPE_CHECKING:
    from model.capture.residual_stream import Followed
    from pages.common.ask import Asked

STEP = "step"  # which piece is written, in the link from 1
SAID = 6  # pieces of the text so far


@dataclass(frozen=True)
class Places:
    """The token that is followed in each stack, from 0; None where there is no such stack."""

    encoder: int | None
    decoder: int | None


@st.fragment  # a choice draws the stages anew, and nothing else
def show(asked: Asked) -> None:
    """The controls, and all stages down to the output."""
    with refuse():
        stack(asked)


def stack(asked: Asked) -> None:
    """The stages below each other. Raises ValueError with a plain sentence."""
    deep = streams.is_deep(asked.checkpoint)
    controls = st.container(horizontal=True, gap="medium")
    with controls:
        opened = layer(asked) if deep else 0
        followed = streams.follow(asked, opened)
        places = choose(asked, followed)
    way = Way(asked, followed, opened if deep else None)
    answer(followed, places)
    if places.encoder is not None:
        two = places.decoder is not None
        half(way, "encoder", places.encoder, _("The encoder reads") if two else "")
    if places.decoder is not None:
        half(way, "decoder", places.decoder, _("The decoder writes") if places.encoder is not None else "")
    stages.output(way, places.encoder if places.decoder is None else places.decoder)  # type: ignore[arg-type]


def half(way: Way, kind: str, place: int, title: str) -> None:
    """One stack from its tokens to its last vectors."""
    if title:
        st.divider()
        st.header(title, anchor=False)
    stages.pieces(way, kind, place)
    stages.embedding(way, kind, place)
    stages.layers(way, kind, place)


def layer(asked: Asked) -> int:
    """The control that opens one layer of a deep model."""
    return heads.choose_place(_("Layer to open"), "layer", range(max(asked.checkpoint.depth.values())), 0)


def choose(asked: Asked, followed: Followed) -> Places:
    """The controls that choose what is followed."""
    m = asked.checkpoint
    if followed.encoder is not None and followed.decoder is not None:
        read = heads.token(m, followed.encoder.tokens, "encoder", _("The source token that is followed"))
        return Places(read, step(asked, followed, read))
    if followed.encoder is not None:
        return Places(
            heads.token(m, followed.encoder.tokens, "encoder", _("The token that is followed")), None
        )
    if followed.decoder is None:
        raise Refusal("The layers of {name} cannot be followed.", name=asked.name)
    if heads.TOKEN not in st.query_params:  # what comes next is most exciting at the end
        heads.take(len(followed.decoder.tokens) - 1)
    return Places(None, heads.token(m, followed.decoder.tokens, "decoder", _("Predict what follows")))


def step(asked: Asked, followed: Followed, read: int) -> int:
    """The control that chooses the piece that is written, from 0; first the one that looks most at `read`.

    read: the source token, from 0.
    """
    guesses = followed.outlook.chosen if followed.outlook is not None else ()
    cross = checkpoints.trace(asked.chosen, asked.text, streams.write_ids(asked)).cross
    count = len(followed.last.tokens)
    usual = 0 if cross is None else int(cross.weights.mean((0, 1))[:, read].argmax())
    place = streams.place(STEP, count, usual)
    st.session_state[STEP] = place
    st.selectbox(
        _("The piece that is written"),
        range(count),
        format_func=lambda i: f"{i + 1} · {visible(guess.text) if guesses and (guess := guesses[i]) else ''}",
        key=STEP,
        on_change=_put_step,
        width=260,
    )
    return place


def _put_step() -> None:
    st.query_params[STEP] = str(st.session_state[STEP] + 1)


def answer(followed: Followed, places: Places) -> None:
    """What comes out, in one sentence."""
    place = places.encoder if places.decoder is None else places.decoder
    stream = followed.last
    outlook = followed.outlook
    if outlook is None or place is None:
        st.subheader(
            _("“{token}” becomes a vector of {width} numbers.").format(
                token=escape(visible(stream.tokens.texts[place or 0])), width=stream.leaving.shape[1]
            ),
            anchor=False,
        )
        return
    best = outlook.best[place][0]
    before = stream.tokens.join(range(max(0, place + 1 - SAID), place + 1))
    if places.decoder is not None and not before:
        said = _("The model begins with “{best}”, with {share}.")
    elif places.decoder is not None and places.encoder is not None:
        said = _("After “{before}” the model writes “{best}”, with {share}.")
    elif places.decoder is not None:
        said = _("After “{before}” the model expects “{best}”, with {share}.")
    else:
        before = stream.tokens.texts[place]
        said = _("At the place of “{before}” the model expects “{best}”, with {share}.")
    share = stages.percent(best.probability)
    st.subheader(
        said.format(before=escape(visible(before)), best=escape(visible(best.text)), share=share),
        anchor=False,
    )
