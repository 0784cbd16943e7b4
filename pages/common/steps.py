"""The seven steps of one head: for each the panels of its board, and what happened in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.trace import Stack
from pages.common import boards
from pages.common.language import _
from pages.common.text import escape
from viz.board import Axis, Panel, numbered_axis, panel
from viz.columns import fit, minus, percent
from viz.labels import visible
from viz.softmax import Row, Tried

if TYPE_CHECKING:
    from model.analysis.head import Head, Matrix

LONGEST = 16  # em of a token in a sentence
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
CELLS = 1_500_000  # the most that the matrices of one board may have together


def sides(stack: Stack) -> tuple[Axis, Axis]:
    """What stands along the queries and along the keys."""
    return (
        boards.side("queries", stack.queries, _("queries ↓")),
        boards.side("keys", stack.keys, _("keys →")),
    )


def quote(text: str) -> str:
    """A token inside a sentence, as plain text."""
    return f"“{fit(text, LONGEST)}”"


def drawable(cells: int) -> bool:
    """Whether a board can have so many cells; where it cannot, say so."""
    if cells > CELLS:
        st.caption(_("So long a text has too many pairs of tokens to draw them all; shorten it."))
    return cells <= CELLS


def times(power: float) -> str:
    """e to a power, as a factor that a person reads: 1.4, 23, 3,100; in powers of ten where it is larger."""
    if power > np.log(1e6):
        tens = int(power / np.log(10))
        return f"{np.exp(power - tens * np.log(10)):.1f} · 10{str(tens).translate(RAISED)}"
    factor = float(np.exp(power))
    if factor < 9.95:
        return f"{factor:.1f}"
    return f"{float(f'{factor:.2g}'):,.0f}" if factor >= 100 else f"{factor:.0f}"


def largest(*arrays: Matrix) -> float:
    """The size of the largest number: where a scale ends that several panels share."""
    return max(float(np.abs(array).max(initial=0)) for array in arrays) or 1.0


@dataclass(frozen=True, eq=False)
class Walkthrough:
    """One head, the query that is followed and the key that is spoken of; both from 0.

    A panel keeps its name from step to step, so that its numbers glide: q·k, scores, weights are one panel.
    """

    head: Head
    stack: Stack
    query: int
    key: int

    @property
    def q(self) -> str:
        return quote(self.stack.query_tokens[self.query])

    @property
    def k(self) -> str:
        return quote(self.stack.key_tokens[self.key])

    @property
    def masked(self) -> Matrix:
        """(queries, keys): the scores with −∞ where the mask is."""
        return np.where(self.head.mask, self.head.scores, -np.inf).astype(np.float32)

    @property
    def is_divided(self) -> bool:
        """Whether the model divides its scores at all; T5 and Luong's attention do not."""
        return abs(self.head.scaling - 1) > 1e-6

    @property
    def title_of_scores(self) -> str:
        """What the scores are made of, for one query."""
        if not self.is_divided:
            return _("scores: q · k, divided by nothing")
        return _("scores: q · k ÷ {root}").format(root=self.root)

    @property
    def root(self) -> str:
        """What the scores are divided by, as a person writes it."""
        by = 1 / self.head.scaling
        square = round(by * by)
        return f"√{square}" if abs(by * by - square) < 1e-3 and by > 1 else f"{by:.3g}"

    # One query.

    def panels(self, step: int) -> list[Panel]:
        """The board of a step, for one query."""
        head, i = self.head, self.query
        one = Axis("query", (visible(self.stack.query_tokens[i]),), _("query"))
        keys = boards.side("keys", self.stack.keys, _("keys →"))
        down = boards.side("keys", self.stack.keys, _("keys ↓"))
        features = numbered_axis("features", head.k.shape[1], _("features →"))
        outputs = numbered_axis("value features", head.v.shape[1], _("features →"))
        allowed = head.mask[i : i + 1]
        q = panel(
            "query",
            _("q of {token}").format(token=self.q),
            head.q[i],
            one,
            features,
            scale="signed",
            end=largest(head.q[i], head.k),
        )
        if step == 1:
            return [q, self.keys(_("k of every token"), head.k, down, features, largest(head.q[i], head.k))]
        if step == 2:
            products = head.products(i)
            title = _("q × k, feature by feature: each row sums to its q · k")
            return [
                self.scores(_("q · k"), head.dots[i], one, keys, largest(head.dots[i])),
                self.keys(title, products, down, features, largest(products)),
            ]
        if step == 3:
            end = largest(head.dots[i])
            title = self.title_of_scores
            return [
                self.before(_("q · k"), head.dots[i], one, keys, end),
                *self.added_panels(head.added[i], one, keys),
                self.scores(title, head.scores[i], one, keys, end),
            ]
        end = largest(head.scores[i])
        masked = self.masked[i]
        if step == 4:
            return [
                self.before(_("scores"), head.scores[i], one, keys, end),
                self.scores(_("scores with the mask"), masked, one, keys, end, allowed),
            ]
        if step == 5:
            return [
                self.before(_("scores with the mask"), masked, one, keys, end, allowed),
                panel("scores", _("weights"), head.weights[i], one, keys, end=1.0, allowed=allowed),
            ]
        end = largest(head.v)
        weighted = panel(
            "given",
            _("weight × v"),
            head.weigh_values(i),
            down,
            outputs,
            scale="signed",
            end=end,
            before="=" if step == 6 else "",
        )
        if step == 6:
            column = panel("weight", _("weight"), head.weights[i, :, None], down, one, end=1.0)
            v = panel(
                "values", _("v of every token"), head.v, down, outputs, scale="signed", end=end, before="×"
            )
            return [column, v, weighted]
        total = panel(
            "output",
            _("the sum: the head's output for {token}").format(token=self.q),
            head.output[i],
            one,
            outputs,
            scale="signed",
            end=end,
            before="Σ",
        )
        return [weighted, total]

    def keys(
        self, title: str, values: Matrix, rows: Axis, columns: Axis, end: float, before: str = ""
    ) -> Panel:
        return panel("keys", title, values, rows, columns, scale="signed", end=end, before=before)

    def scores(
        self,
        title: str,
        values: Matrix,
        rows: Axis,
        columns: Axis,
        end: float,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Panel:
        return panel("scores", title, values, rows, columns, scale="signed", end=end, allowed=allowed)

    def before(
        self,
        title: str,
        values: Matrix,
        rows: Axis,
        columns: Axis,
        end: float,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Panel:
        return panel("before", title, values, rows, columns, scale="signed", end=end, allowed=allowed)

    def added_panels(self, values: Matrix, rows: Axis, columns: Axis) -> list[Panel]:
        """What the model puts into its scores beside q·k scaled, where it does."""
        if self.head.is_scaled_only:
            return []
        return [panel("added", _("what the model adds"), values, rows, columns, scale="signed")]

    def sentence(self, step: int, tried: Tried | None = None) -> str:
        """What happened in a step to one query, in Markdown. tried: what a person set in the softmax."""
        head, i, j = self.head, self.query, self.key
        names = {"query": escape(self.q), "key": escape(self.k)}
        count = len(head.k)
        if step == 1:
            return self.sentence_of_directions()
        dot, score = minus(float(head.dots[i, j])), minus(float(head.scores[i, j]))
        if step == 2:
            rank = 1 + int((head.dots[i] > head.dots[i, j]).sum())
            if rank == 1:
                said = _("q of {query} · k of {key} = {dot}, the largest of {count}.")
            elif rank == 2:
                said = _("q of {query} · k of {key} = {dot}; one of the {count} is larger.")
            else:
                said = _("q of {query} · k of {key} = {dot}; {more} of the {count} are larger.")
            return said.format(dot=dot, count=count, more=rank - 1, **names)
        if step == 3:
            if head.is_scaled_only and not self.is_divided:
                said = _(
                    "This model divides by nothing: the score of {key} is its q · k, {score}. In a "
                    "Transformer it would be divided by √{width} here."
                )
                return said.format(score=score, width=head.k.shape[1], **names)
            if head.is_scaled_only:
                said = _("{dot} ÷ {root} = {score} for {key}: all scores shrink alike, their order stays.")
            else:
                said = _("{dot} ÷ {root}, and what the model adds, make {score} for {key}.")
            return said.format(dot=dot, root=self.root, score=score, **names)
        closed = count - int(head.mask[i].sum())
        if step == 4:
            if not closed:
                if self.stack.kind == "encoder":
                    said = _("Nothing is masked here: in an encoder {query} may look at all {count} tokens.")
                else:
                    said = _("Nothing is masked here: {query} may look at all {count} tokens.")
                return said.format(count=count, **names)
            return _(
                "The mask keeps {query} from {closed} of {count} tokens: their scores become −∞."
            ).format(closed=closed, count=count, **names)
        if step == 5:
            return self.sentence_of_softmax(tried or Tried())
        share = percent(float(head.weights[i, j]))
        if step == 6:
            return _(
                "Each value is multiplied by its weight: {share} of {key}, and so on for all {count}."
            ).format(share=share, count=count, **names)
        return _(
            "Summed feature by feature, this is the head's output for {query}: {width} numbers, "
            "{share} of them by weight from {key}."
        ).format(width=head.v.shape[1], share=share, **names)

    def sentence_of_directions(self) -> str:
        """How long q and k are, and which way they point."""
        q, k = self.head.q[self.query].astype(float), self.head.k[self.key].astype(float)
        long, wide = float(np.linalg.norm(q)), float(np.linalg.norm(k))
        names = {"query": escape(self.q), "key": escape(self.k), "width": len(q)}
        if not long or not wide:
            return _("q of {query} and k of {key} have {width} numbers each.").format(**names)
        lengths = np.linalg.norm(self.head.k.astype(float), axis=1)
        cosines = self.head.k @ q / (np.where(lengths, lengths, 1) * long)
        nearer = int((cosines > cosines[self.key] + 1e-6).sum())
        if nearer == 0:
            said = _(
                "q of {query} and k of {key} are {angle}° apart, the smallest angle of all {count} keys; "
                "their lengths are {q} and {k}."
            )
        else:
            said = _(
                "q of {query} and k of {key} are {angle}° apart; {more} of the {count} keys have smaller "
                "angles. Their lengths are {q} and {k}."
            )
        angle = float(np.degrees(np.arccos(np.clip(cosines[self.key], -1, 1))))
        return said.format(
            angle=f"{angle:.0f}", q=minus(long), k=minus(wide), more=nearer, count=len(lengths), **names
        )

    def sentence_of_softmax(self, tried: Tried) -> str:
        """What the softmax makes of the score that is spoken of, and by what lead or lag."""
        head, i, j = self.head, self.query, self.key
        row = self.row
        names = {"query": escape(self.q), "key": escape(self.k)}
        if not row.allowed[j]:
            return _("{key} is masked: its score is −∞, and its weight 0.").format(**names)
        if not self.is_softmax_only:
            said = _("Softmax turns {score} into {share} for {key}; the row sums to {total}.")
            return said.format(
                score=minus(float(head.scores[i, j])),
                share=percent(float(head.weights[i, j])),
                total=minus(float(head.weights[i].sum())),
                **names,
            )
        weights = tried.weights_of(row)
        scores = tried.scores_of(row) / tried.temperature
        share = percent(float(weights[j]))
        if not tried.is_nothing:
            own = percent(float(head.weights[i, j]))
            return _("With what you set, {key} gets {share}; in the model it gets {own}.").format(
                share=share, own=own, **names
            )
        others = np.delete(np.where(row.allowed, scores, -np.inf), j)
        if not np.isfinite(others).any():
            return _("{key} is all that {query} may look at, so it gets {share}, whatever its score.").format(
                share=share, **names
            )
        lead = float(scores[j] - others.max())
        if abs(lead) < 0.005:
            said = _("{key} scores as much as the best of the others, and gets as much: {share}.")
        elif lead > 0:
            said = _(
                "{key} scores {lead} more than the next key, so it gets e^{lead} ≈ {factor} times as much: "
                "{share} of the weight."
            )
        else:
            said = _(
                "{key} scores {lead} less than the best key, so it gets 1 ÷ {factor} of that one's weight: "
                "{share}."
            )
        return said.format(lead=f"{abs(lead):.2f}", factor=times(abs(lead)), share=share, **names)

    @property
    def is_softmax_only(self) -> bool:
        """Whether the query's weights are the softmax of its scores; some models have a sink beside them."""
        return bool(np.allclose(Tried().weights_of(self.row), self.head.weights[self.query], atol=2e-3))

    @property
    def row(self) -> Row:
        """The query's row as the bars of the softmax take it."""
        head, i = self.head, self.query
        return Row(
            self.stack.query_tokens[i],
            tuple(self.stack.key_tokens),
            head.dots[i].astype(float),
            head.scores[i].astype(float),
            head.mask[i],
            1 / head.scaling if head.is_scaled_only and head.scaling > 0 else None,
        )

    # Every query.

    def panels_of_all(self, step: int) -> list[Panel]:
        """The board of a step, for the whole matrix."""
        head = self.head
        queries, keys = sides(self.stack)
        down = boards.side("keys", self.stack.keys, _("keys ↓"))
        features = numbered_axis("features", head.k.shape[1], _("features →"))
        outputs = numbered_axis("value features", head.v.shape[1], _("features →"))
        ends = largest(head.q, head.k)
        if step in (1, 2):
            q = panel(
                "query",
                _("Q"),
                head.q,
                queries,
                features,
                scale="signed",
                end=ends,
                before="=" if step == 2 else "",
            )
            k = self.keys(_("K"), head.k, down, features, ends, "·" if step == 2 else "")
            scores = [self.scores(_("Q Kᵀ"), head.dots, queries, keys, largest(head.dots))]
            return [*(scores if step == 2 else []), q, k]
        if step == 3:
            title = _("scores: Q Kᵀ ÷ {root}").format(root=self.root)
            if not self.is_divided:
                title = _("scores: Q Kᵀ, divided by nothing")
            return [
                self.scores(title, head.scores, queries, keys, largest(head.dots)),
                *self.added_panels(head.added, queries, keys),
            ]
        if step == 4:
            end = largest(head.scores)
            return [
                self.before(_("scores"), head.scores, queries, keys, end),
                self.scores(_("scores with the mask"), self.masked, queries, keys, end, head.mask),
            ]
        weights = panel(
            "scores",
            _("weights"),
            head.weights,
            queries,
            keys,
            end=1.0,
            allowed=head.mask,
            before="=" if step == 7 else "",
        )
        if step == 5:
            return [weights]
        end = largest(head.v)
        v = panel("values", _("V"), head.v, down, outputs, scale="signed", end=end, before="·")
        output = panel(
            "output", _("the head's output"), head.output, queries, outputs, scale="signed", end=end
        )
        return [*([output] if step == 7 else []), weights, v]

    def sentence_of_all(self, step: int) -> str:
        """What happened in a step to all queries, in Markdown."""
        head = self.head
        queries, keys = head.weights.shape
        if step == 1:
            said = _("{queries} queries and {keys} keys, each of {width} numbers, one row a token.")
        elif step == 2:
            said = _("{queries} × {keys} = {count} dot products at once; the largest is {most}.")
        elif step == 3 and not self.is_divided:
            said = _("This model divides them by nothing: the largest score is {score}.")
        elif step == 3:
            said = _("Every one of them ÷ {root}: the largest is now {score}.")
        elif step == 4:
            said = _("The mask crosses out {closed} of {count} cells.")
        elif step == 5:
            said = _("Softmax turns each row of scores into weights that sum to 1.")
        elif step == 6:
            said = _("Each row of weights mixes the same {keys} values of {outputs} numbers.")
        else:
            said = _("One row for each query: {queries} × {outputs} numbers, the output of this head.")
        return said.format(
            queries=queries,
            keys=keys,
            width=head.k.shape[1],
            outputs=head.v.shape[1],
            count=queries * keys,
            most=minus(float(head.dots.max())),
            score=minus(float(head.scores.max())),
            root=self.root,
            closed=int((~head.mask).sum()),
        )
