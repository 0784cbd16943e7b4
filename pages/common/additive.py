"""The seven steps of a head that adds what it asks and what it is asked: vᵀ tanh(W s + U h)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from pages.common import boards
from pages.common.language import _
from pages.common.steps import Walkthrough, largest, sides
from pages.common.text import escape
from viz.board import Axis, Panel, numbered_axis, panel
from viz.columns import minus
from viz.labels import visible
from viz.softmax import Row, Tried

if TYPE_CHECKING:
    from model.analysis.additive import AdditiveHead

FLAT = 0.9  # beyond it tanh hardly moves


def names() -> dict[str, str]:
    """The steps, by their number in the link."""
    return {
        "1": _("W s and U h"),
        "2": _("tanh of the sum"),
        "3": _("v ·"),
        "4": _("mask"),
        "5": _("softmax"),
        "6": _("× h"),
        "7": _("sum"),
    }


@dataclass(frozen=True, eq=False)
class AdditiveWalkthrough(Walkthrough):
    """As Walkthrough, with three other steps before the mask."""

    @property
    def added_up(self) -> AdditiveHead:
        return cast("AdditiveHead", self.head)

    def panels(self, step: int) -> list[Panel]:
        if step > 3:
            return super().panels(step)
        head, i = self.added_up, self.query
        one = Axis("query", (visible(self.stack.query_tokens[i]),), _("query"))
        down = boards.side("keys", self.stack.keys, _("keys ↓"))
        features = numbered_axis("features", head.k.shape[1], _("features →"))
        if step == 1:
            end = largest(head.q[i], head.k)
            title = _("W s of {token}").format(token=self.q)
            asks = panel("query", title, head.q[i], one, features, scale="signed", end=end)
            return [asks, self.keys(_("U h of every token"), head.k, down, features, end)]
        if step == 2:
            return [self.keys(_("tanh(W s + U h)"), head.mix(i), down, features, 1.0)]
        products = head.products(i)
        keys = boards.side("keys", self.stack.keys, _("keys →"))
        title = _("v × tanh(…), feature by feature: each row sums to its score")
        return [
            self.scores(_("scores"), head.scores[i], one, keys, largest(head.scores[i])),
            self.keys(title, products, down, features, largest(products)),
        ]

    def panels_of_all(self, step: int) -> list[Panel]:
        if step > 3:
            return super().panels_of_all(step)
        if step == 2:  # a matrix for each query: the one that is followed
            return self.panels(step)
        head = self.added_up
        queries, keys = sides(self.stack)
        if step == 3:
            return [self.scores(_("scores"), head.scores, queries, keys, largest(head.scores))]
        down = boards.side("keys", self.stack.keys, _("keys ↓"))
        features = numbered_axis("features", head.k.shape[1], _("features →"))
        end = largest(head.q, head.k)
        asks = panel("query", _("W s of every token"), head.q, queries, features, scale="signed", end=end)
        return [asks, self.keys(_("U h of every token"), head.k, down, features, end)]

    def sentence(self, step: int, tried: Tried | None = None) -> str:
        if step > 3:
            return super().sentence(step, tried)
        head, i, j = self.added_up, self.query, self.key
        told = {
            "query": escape(self.q),
            "key": escape(self.k),
            "width": head.k.shape[1],
            "count": len(head.k),
        }
        if step == 1:
            said = _(
                "W makes {width} numbers of the decoder's state at {query}, U as many of the encoder's state "
                "at each of the {count} tokens: now the two can be added."
            )
            return said.format(**told)
        if step == 2:
            flat = int((np.abs(head.mix(i)[j]) > FLAT).sum())
            said = _(
                "At {key}, {flat} of the {width} features of the sum come out of tanh beyond ±0.9, where it "
                "is all but flat; without tanh, W s would add the same to every key and change no weight."
            )
            return said.format(flat=flat, **told)
        more = int((head.scores[i] > head.scores[i, j]).sum())
        if more == 0:
            said = _("v weighs the features and sums them: {key} scores {score}, the most of {count}.")
        elif more == 1:
            said = _(
                "v weighs the features and sums them: {key} scores {score}; one of the {count} has more."
            )
        else:
            said = _(
                "v weighs the features and sums them: {key} scores {score}; {more} of the {count} have more."
            )
        return said.format(score=minus(float(head.scores[i, j])), more=more, **told)

    def sentence_of_all(self, step: int) -> str:
        head = self.added_up
        queries, keys = head.weights.shape
        if step == 2:
            return _(
                "For each of the {count} pairs of a query and a key there are {width} numbers; drawn are "
                "those of {query}."
            ).format(count=queries * keys, width=head.k.shape[1], query=escape(self.q))
        if step == 3:
            return _("v makes one score of the {width} numbers of each pair; the largest is {score}.").format(
                width=head.k.shape[1], score=minus(float(head.scores.max()))
            )
        return super().sentence_of_all(step)

    @property
    def row(self) -> Row:
        return replace(super().row, divisor=None)
