"""One trained head against eight of the same size: two shipped checkpoints, on the person's sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.errors import Refusal
from model.trace import Stack
from model.training import seeds
from model.training.folder import last_step
from pages.common import boards, checkpoints, heads, stage
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.request import Chosen, Request
from pages.common.steps import drawable, quote
from pages.parts.heads import several
from viz.board import Axis, Panel, panel
from viz.columns import percent

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

ONE, EIGHT = "pronouns-1-head", "pronouns-8-heads"
PRONOUN, WHOLE = "pronoun_accuracy", "exact_translation"


@dataclass(frozen=True)
class Compared:
    """A measure of both, one number a seed."""

    one: tuple[float, ...]
    eight: tuple[float, ...]

    @property
    def means(self) -> tuple[float, float]:
        return sum(self.one) / len(self.one), sum(self.eight) / len(self.eight)

    @property
    def winner(self) -> str:
        """Whose every seed is above every seed of the other: "one", "eight", or "" where they overlap."""
        if min(self.eight) > max(self.one):
            return "eight"
        return "one" if min(self.one) > max(self.eight) else ""


def compare(measure: str) -> Compared:
    """What the two cards say of a measure. Raises ValueError where they say nothing."""
    found: list[tuple[float, ...]] = []
    for name in (ONE, EIGHT):
        told: Mapping[int, Mapping[str, float]] = seeds.read(checkpoints.FOLDER / name)
        if not told or any(measure not in row for row in told.values()):
            raise Refusal("The card of {name} does not say what it reached with other seeds.", name=name)
        found.append(tuple(row[measure] for row in told.values()))
    return Compared(*found)


def sentence() -> str:
    """What the seeds show, in Markdown: chosen from the accuracies in the cards."""
    pronoun, whole = compare(PRONOUN), compare(WHOLE)
    numbers = {
        "seeds": len(whole.one),
        "one": percent(pronoun.means[0]),
        "eight": percent(pronoun.means[1]),
        "one_whole": percent(whole.means[0]),
        "eight_whole": percent(whole.means[1]),
    }
    winners = {pronoun.winner, whole.winner}
    if winners == {"eight"} or winners == {"eight", ""}:
        said = _(
            "Eight heads do better than one of the same size: {eight} of pronouns right against {one}, "
            "{eight_whole} of whole translations against {one_whole}, on average over {seeds} seeds."
        )
    elif winners == {"one"} or winners == {"one", ""}:
        said = _(
            "Here one head does better than eight of the same size: {one} of pronouns right against {eight}, "
            "{one_whole} of whole translations against {eight_whole}, on average over {seeds} seeds."
        )
    else:
        said = _(
            "On this task one head does as well as eight of the same size, within what {seeds} seeds "
            "differ: {one} of pronouns right against {eight}, {one_whole} of whole translations against "
            "{eight_whole}."
        )
    return said.format(**numbers)


def read(name: str, text: str) -> Stack:
    """The encoder's attention of one of them. Raises ValueError with a plain sentence."""
    stack = checkpoints.trace(Request(Chosen(name), text)).encoder
    assert stack is not None
    return stack


def show(asked: Asked, place: DeltaGenerator) -> None:
    """What the only head and each of the eight look at from one token; then every map.

    place: where the token is chosen. Raises ValueError with a plain sentence.
    """
    one, eight = (read(name, asked.text) for name in (ONE, EIGHT))
    with place, st.popover(_("Layer {layer} of both").format(layer=one.layers[-1] + 1)):
        query = heads.token(checkpoints.load(ONE), one.queries, "encoder")
    with stage.picture():
        boards.show([rows(one, eight, query)], "one against eight")
    stage.answer(sentence())
    folded = stage.more(_("Every map"), "others")
    with folded:
        if folded.open and drawable(9 * one.weights[-1, 0].size):
            boards.show(maps(one, eight), "all maps", {"queries": query}, several.choose_query, together=True)
    counts = [checkpoints.load(name).parameters for name in (ONE, EIGHT)]
    if counts[0] == counts[1]:
        said = _(
            "Both learned “What ‘it’ means” in {steps} steps, alike but for the heads, and have {one} "
            "parameters each; drawn is layer {layer} of their encoders. Their cards tell how."
        )
    else:
        said = _(
            "Both learned “What ‘it’ means” in {steps} steps, alike but for the heads, and have {one} and "
            "{eight} parameters; drawn is layer {layer} of their encoders. Their cards tell how."
        )
    st.caption(
        said.format(
            steps=f"{last_step(checkpoints.FOLDER / ONE):,}",
            one=f"{counts[0]:,}",
            eight=f"{counts[1]:,}",
            layer=one.layers[-1] + 1,
        )
    )


def names(eight: Stack) -> list[str]:
    """The heads of both, as they stand on the page."""
    return [_("the only head"), *(_("head {head}").format(head=i + 1) for i in range(eight.heads))]


def rows(one: Stack, eight: Stack, query: int) -> Panel:
    """One row a head: what it looks at from the query."""
    weights = np.concatenate([one.weights[-1, :, query], eight.weights[-1, :, query]])
    return panel(
        "heads",
        _("what each head looks at from {token}").format(token=quote(one.query_tokens[query])),
        weights,
        Axis("heads", tuple(names(eight)), _("heads ↓")),
        boards.side("keys", one.keys, _("keys →")),
        end=1.0,
    )


def maps(one: Stack, eight: Stack) -> Sequence[Panel]:
    """A panel for each head."""
    down = boards.side("queries", one.queries, _("queries ↓"))
    across = boards.side("keys", one.keys, _("keys →"))
    every = [*one.weights[-1], *eight.weights[-1]]
    return [
        panel(f"head {i}", name, weights, down, across, end=1.0)
        for i, (name, weights) in enumerate(zip(names(eight), every, strict=True))
    ]
