"""How the residual stream grows from layer to layer: this model's, and two that differ only in their norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import checkpoints, figures, heads, links, look, stage, streams
from pages.common.language import _
from pages.common.text import escape
from viz.growth import growth
from viz.labels import visible

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.capture.residual_stream import Stream
    from pages.common.ask import Asked
    from pages.common.request import Request

DEPTH = 12  # layers of the untrained models, at first
DEEPEST = 24


def show(asked: Asked, row: DeltaGenerator) -> None:
    """The control, the sentence and the curves. Raises ValueError with a plain sentence."""
    with row:
        which = links.choice(
            _("Whose"),
            {"model": _("this model"), "twins": _("two untrained models that differ only in their norm")},
            "whose",
            "model",
        )
    if which == "model":
        model(asked, row)
    else:
        twins(asked, row)


def model(asked: Asked, row: DeltaGenerator) -> None:
    """One curve for each token of the sentence."""
    with row:
        kind = streams.kind(asked.checkpoint)
        stream = streams.follow(asked, 0)[kind]
        token = heads.token(asked.checkpoint, stream.tokens, kind, _("Token"))  # type: ignore[arg-type]
    names, values = points(stream)
    first, last = values[token, 0], values[token, -1]
    said = _("The vector of “{token}” enters with length {first} and leaves the last layer with {last}.")
    drawn = streams.window(stream.tokens, token)
    with stage.picture():
        curve(
            values[drawn.start : drawn.stop],
            [visible(text) for text in stream.tokens.texts[drawn.start : drawn.stop]],
            names,
            (token - drawn.start,),
        )
    stage.answer(
        said.format(token=escape(stream.tokens.texts[token]), first=f"{first:.1f}", last=f"{last:.1f}")
    )


def points(stream: Stream) -> tuple[list[str], np.ndarray]:
    """Where the stream is measured, and how long each token's vector is there: (tokens, points).

    After every sublayer where all layers could be taken apart, else after every layer.
    """
    from model.capture.residual_stream import lengths

    if all(stream.sublayers.get(layer) for layer in range(stream.layers)):
        names, vectors = [_("enters")], [stream.entering]
        for layer in range(stream.layers):
            for sublayer in stream.sublayers[layer]:
                names.append(f"{layer + 1} · {streams.parts()[sublayer.part]}")
                vectors.append(sublayer.after)
        return names, lengths(np.stack(vectors)).T
    return [_("enters"), *(str(i + 1) for i in range(stream.layers))], lengths(stream.states).T


def twins(asked: Asked, row: DeltaGenerator) -> None:
    """Two curves: the mean over the tokens, with the norm after and before."""
    with row:
        layers = st.slider(_("Layers"), 1, DEEPEST, DEPTH, key="layers", bind="query-params", width=240)
    after, before = measure_lengths(asked.request, layers)
    said = _(
        "After {layers} layers: length {after} with the norm after the sum, {before} with the norm before."
    )
    with stage.picture():
        curve(
            np.stack([after, before]),
            [_("norm after"), _("norm before")],
            [_("enters"), *(str(i + 1) for i in range(layers))],
            (0, 1),
        )
    stage.answer(said.format(layers=layers, after=f"{after[-1]:.1f}", before=f"{before[-1]:.1f}"))
    said = _(
        "Both read this sentence, have the same random weights and have learned nothing. "
        "Mean over the tokens."
    )
    if asked.pair:
        said = _(
            "Both read the two sentences, have the same random weights and have learned nothing. "
            "Mean over the tokens."
        )
    st.caption(said)


@checkpoints.keep(64, st.cache_data)
def measure_lengths(request: Request, layers: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean length over the tokens at each layer, with the norm after and before: two of (layers + 1,)."""
    from model.capture.residual_stream import follow, lengths
    from model.experiments.untrained import build_untrained

    m, text, pair = checkpoints.load(request), request.text, request.pair
    after, before = (
        lengths(follow(build_untrained(m, norm, layers), text, layers=[], pair=pair).last.states).mean(-1)
        for norm in ("after", "before")
    )
    return after, before


def curve(values: np.ndarray, lines: list[str], names: list[str], held: tuple[int, ...]) -> None:
    """The figure."""
    figure = growth(
        values, lines, names, held, title=_("How long the vectors are, layer by layer"), dark=look.dark()
    )
    figures.growing(figure, "growth")
