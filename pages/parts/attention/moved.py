"""The head's output in the residual stream: does it turn the query's vector towards the key's?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from model.trace import Kind
from pages.common import checkpoints, heads, look, steps, streams
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.text import escape
from viz.columns import fit
from viz.plane import Turn, measure_turn, turning

if TYPE_CHECKING:
    from model.capture.observers import Linear

NAMED = 9  # em of a token in the figure


@dataclass(frozen=True)
class Moved:
    """turn: of the query's vector beside the key's. is_most: whether it turns to no other token as much."""

    turn: Turn
    is_most: bool


def find(asked: Asked, where: heads.Where, query: int, key: int) -> Moved | None:
    """What the head's contribution does to the angle between the two tokens' vectors.

    The vectors are those that enter the sublayer in the residual stream. None where there is none to tell:
    across two stacks, of a token to itself, and where the layer cannot be taken apart.
    """
    from model.analysis.contributions import contributions

    if where.kind == "cross" or query == key:
        return None
    try:
        stream = streams.follow(asked, where.layer)[where.kind]
        trace = checkpoints.trace(asked.changed, layers=(where.layer,), record=("scores", "qkv", "output"))
        linear = projections(asked.name).get((where.kind, where.layer))
        given = contributions(trace[where.kind], where.layer, linear).of(where.head)
    except ValueError:  # a model whose layers are of another make: the step stands without it
        return None
    sublayer = next((one for one in stream.sublayers[where.layer] if one.part == "self-attention"), None)
    if sublayer is None or sublayer.x.shape != given.shape:
        return None
    turns = [measure_turn(sublayer.x[query], given[query], x) for x in sublayer.x]
    gains = [before - after for before, after in (turn.angles for turn in turns)]
    others = [gain for place, gain in enumerate(gains) if place not in (query, key)]
    return Moved(turns[key], all(gains[key] > gain for gain in others))


@checkpoints.keep(3)
def projections(name: str) -> dict[tuple[Kind, int], Linear]:
    """W_O of every layer that has one."""
    from model.analysis.contributions import projections

    return projections(checkpoints.load(name))


def show(moved: Moved, told: steps.Walkthrough) -> None:
    """The query's vector before and after, beside the key's."""
    stack = told.stack
    query, key = (fit(text, NAMED) for text in (stack.query_tokens[told.query], stack.key_tokens[told.key]))
    st.plotly_chart(
        turning(moved.turn, query, _("{token} + head").format(token=query), key, dark=look.dark()),
        theme=None,
        key="moved",
        config={"displayModeBar": False},
    )
    before, after = moved.turn.distances
    st.caption(
        _(
            "The residual stream before and after this head's contribution (its output × W_O) is added. "
            "Lengths, angles with {key} and the distance from it ({before} before, {after} after) are exact; "
            "how far the two arrows lie apart is not."
        ).format(key=escape(told.k), before=f"{before:.2f}", after=f"{after:.2f}")
    )


def sentence(moved: Moved, told: steps.Walkthrough) -> str:
    """Whether the sum has turned towards the key's vector, in Markdown."""
    before, after = moved.turn.angles
    if after < before - 0.05 and moved.is_most:
        said = _(
            "The head's contribution turns {query} towards {key}, from {before}° apart to {after}°, and "
            "towards no other token as much."
        )
    elif after < before - 0.05:
        said = _("The head's contribution turns {query} towards {key}, from {before}° apart to {after}°.")
    else:
        said = _(
            "The head's contribution does not turn {query} towards {key}: they are {before}° apart before "
            "the sum and {after}° after it."
        )
    return said.format(query=escape(told.q), key=escape(told.k), before=f"{before:.1f}", after=f"{after:.1f}")
