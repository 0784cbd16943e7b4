"""Beam search as a tree that grows from left to right, a column a step.

What was written in the end runs along one straight, thick line, so it can be read as a sentence. Beginnings
that scored better at that moment stand above it, others below; no two lines cross.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from model.decodings import Branch, Choice
from viz import scales
from viz.columns import column, escape, fit, minus, percent, quote, wide, wrap
from viz.labels import layout
from viz.linked.strings import N_

STRINGS: dict[str, str] = {
    # The key above the tree.
    "written": N_("written in the end"),
    "kept": N_("kept"),
    "ended": N_("ended"),
    "dropped": N_("dropped, and how much it lacked"),
    "hidden": N_("At each step, only the best {count} of those dropped are drawn."),
    # What the box at a piece says, under the text so far.
    "piece": N_("“{piece}”: {percent}, log-probability {logprob}"),
    "score": N_("Score so far: {score}"),
    "on_the_way": N_("On the path to the final output"),
    "was_kept": N_("Kept"),
    "was_ended": N_("Ended here"),
    "was_dropped": N_("Dropped: it lacked {behind} to be kept"),
}

GAP = 40  # pixels between two columns, where the lines bend
PAD = 5  # pixels left and right of a piece
NARROW, BROAD = 34, 104  # pixels of the narrowest and the broadest piece
LANE = 44  # pixels from one line to the next
ABOVE = 6 / LANE  # how far above its line a piece stands
SIZE = 16  # pixels of the type
START = 30  # pixels from the left to where everything begins
BEND = np.linspace(0, 1, 13)
RISE = BEND**2 * (3 - 2 * BEND)


def beam(
    branches: Sequence[Branch],
    *,
    title: str = "",
    dark: bool = False,
    dropped: int = 3,
    strings: Mapping[str, str] | None = None,
    read: Callable[[Sequence[Choice]], str] | None = None,
) -> go.Figure:
    """A beam search as a tree: what was written (thick), kept, ended, dropped (dashed) and by how much.

    branches: parents first. dropped: how many of those dropped at a step are drawn, the best of them.
    strings: words in place of the English ones in STRINGS.
    read: how pieces read as a text; without it they stand side by side.
    The figure is as wide as the text is long, some 100 pixels a step; `viz.columns.wide` says how to show it.
    Raises ValueError where a branch does not go on from a kept one of the step before.
    """
    words = {**STRINGS, **(strings or {})}
    drawn = choose_branches(branches, dropped)
    fates: dict[str, list[int]] = {"dropped": [], "kept": [], "ended": [], "written": []}
    for i in drawn:
        fates[_fate(branches[i])].append(i)
    places = lanes(branches, drawn)
    names = {i: fit(branches[i].choice.text, BROAD / SIZE) for i in drawn}
    slot = column(names.values(), SIZE, NARROW, BROAD) + 2 * PAD
    ends = {i: START + (branches[i].step + 1) * (GAP + slot) for i in drawn}
    tree = _Tree(branches, places, names, ends, slot)
    colours = scales.theme(dark)
    ink, quiet, accent = colours["ink"], colours["quiet"], colours["accent"]

    figure = go.Figure()
    for rank, name, members, style in (
        (4, "dropped", fates["dropped"], {"color": quiet, "width": 1.25, "dash": "5px,4px"}),
        (2, "kept", fates["kept"] + fates["ended"], {"color": quiet, "width": 2}),
        (1, "written", fates["written"], {"color": accent, "width": 6}),
    ):
        key = {"name": escape(words[name]), "legendrank": rank, "showlegend": bool(members)}
        figure.add_scatter(**tree.lines(members, bend_only=name == "dropped"), **key, line=style)
    finished = [i for i in drawn if branches[i].fate == "ended"]
    figure.add_scatter(
        **tree.marks(
            finished,
            size=[14 if branches[i].written else 10 for i in finished],
            color=[accent if branches[i].written else quiet for i in finished],
        ),
        **{"name": escape(words["ended"]), "legendrank": 3, "showlegend": bool(finished)},
    )
    figure.add_scatter(
        **{"x": [START], "y": [0], "mode": "markers", "marker": {"size": 13, "color": accent}},
        **{"hoverinfo": "skip", "showlegend": False},
    )
    figure.add_scatter(**tree.pieces(fates["kept"] + fates["ended"], ink, 400))
    figure.add_scatter(**tree.pieces(fates["written"], ink, 700))
    figure.add_scatter(**tree.losses(fates["dropped"], quiet))
    figure.add_scatter(**tree.boxes(drawn, _describe_boxes(branches, drawn, words, read)))

    hidden = words["hidden"].format(count=dropped) if len(drawn) < len(branches) else ""
    top = 44 + (34 if title else 0) + (20 if hidden else 0)
    highest, lowest = min(places.values(), default=0) - 0.7, max(places.values(), default=0) + 0.6
    size = wide(max(ends.values(), default=START))
    figure.update_layout(
        **layout(title, hidden, dark),
        **size,
        height=top + round(LANE * (lowest - highest)) + 8,
        margin={"l": 0, "r": 0, "t": top, "b": 8},
        hovermode="closest",
        dragmode=False,
        legend={
            **{"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
            **{"font": {"size": 14, "color": ink}, "itemclick": False, "itemdoubleclick": False},
        },
    )
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, size["width"]])
    figure.update_yaxes(visible=False, fixedrange=True, range=[lowest, highest])
    return figure


@dataclass(frozen=True)
class _Tree:
    """Where the drawn branches stand, and what is drawn there as Plotly's scatter traces.

    places: on which line. ends: pixels from the left to where a piece ends, slot pixels behind its bend.
    """

    branches: Sequence[Branch]
    places: Mapping[int, int]
    names: Mapping[int, str]
    ends: Mapping[int, float]
    slot: int

    def lines(self, members: Sequence[int], bend_only: bool) -> dict[str, object]:
        """From each parent a bend, then straight on under the piece; NaN between two."""
        x, y = np.full((2, len(members), len(BEND) + 2), np.nan)
        for row, i in enumerate(members):
            parent = self.branches[i].parent
            low, high = (self.places[parent] if parent is not None else 0), self.places[i]
            x[row, :-2] = self.ends[i] - self.slot - GAP * (1 - BEND)
            y[row, :-2] = low + (high - low) * RISE
            if not bend_only:
                x[row, -2], y[row, -2] = self.ends[i], high
        return {"x": x.ravel(), "y": y.ravel(), "mode": "lines", "hoverinfo": "skip"}

    def marks(self, members: Sequence[int], **style: object) -> dict[str, object]:
        """A square where each ends."""
        return {
            **{"x": [self.ends[i] for i in members], "y": [self.places[i] for i in members]},
            "marker": {"symbol": "square", "opacity": 1, "line": {"width": 0}, **style},
            **{"mode": "markers", "hoverinfo": "skip"},
        }

    def pieces(self, members: Sequence[int], colour: str, weight: int) -> dict[str, object]:
        """Each piece on its line."""
        return {
            "x": [self.middle(i) for i in members],
            "y": [self.places[i] - ABOVE for i in members],
            "text": [escape(self.names[i]) for i in members],
            "textfont": {"size": SIZE, "color": colour, "weight": weight},
            **{"mode": "text", "textposition": "top center", "hoverinfo": "skip", "showlegend": False},
        }

    def losses(self, members: Sequence[int], colour: str) -> dict[str, object]:
        """Each piece where its line breaks off, and under it how much it lacked."""
        return {
            "x": [self.ends[i] - self.slot + PAD for i in members],
            "y": [self.places[i] for i in members],
            "text": [f"{escape(self.names[i])}<br>{minus(-self.branches[i].behind)}" for i in members],
            "textfont": {"size": SIZE - 2, "color": colour},
            **{"mode": "text", "textposition": "middle right", "hoverinfo": "skip", "showlegend": False},
        }

    def boxes(self, members: Sequence[int], told: Sequence[str]) -> dict[str, object]:
        """What opens where one points at a piece."""
        return {
            **{"x": [self.middle(i) for i in members], "y": [self.places[i] for i in members]},
            **{"hovertext": told, "hovertemplate": "%{hovertext}<extra></extra>", "showlegend": False},
            **{"mode": "markers", "marker": {"size": min(self.slot, LANE) - 4, "opacity": 0}},
        }

    def middle(self, i: int) -> float:
        return self.ends[i] - self.slot / 2


def choose_branches(branches: Sequence[Branch], dropped: int) -> list[int]:
    """The places of the branches that are drawn: of those dropped, the best `dropped` of each step.

    Raises ValueError where a branch does not go on from a kept one of the step before.
    """
    left: dict[int, list[int]] = defaultdict(list)
    for i, branch in enumerate(branches):
        before = branches[branch.parent] if branch.parent is not None and 0 <= branch.parent < i else None
        if (branch.step, branch.parent) != (0, None) and (
            before is None or _fate(before) not in ("kept", "written") or before.step != branch.step - 1
        ):
            raise ValueError(f"Branch {i} does not go on from a kept branch of the step before.")
        if _fate(branch) == "dropped":
            left[branch.step].append(i)
    best = {
        i
        for found in left.values()
        for i in sorted(found, key=lambda i: -branches[i].score)[: max(dropped, 0)]
    }
    return [i for i, branch in enumerate(branches) if _fate(branch) != "dropped" or i in best]


def lanes(branches: Sequence[Branch], drawn: Sequence[int]) -> dict[int, int]:
    """On which line each drawn branch stands: 0 what was written, above it (below 0) what was better.

    Within a step branches keep the order of their parents, and the best child of a parent comes first, so
    that no two edges cross. Each goes straight on from its parent where there is room, and there are no
    more lines than the fullest step needs.
    """
    rows: dict[int, list[int]] = defaultdict(list)
    for i in drawn:
        rows[branches[i].step].append(i)
    sides: dict[int, int] = {}  # of the written line: −1 above, 1 below, 0 on it
    order: dict[int | None, int] = {None: 0}
    for step in sorted(rows):
        row = rows[step]
        row.sort(key=lambda i: (order[branches[i].parent], -branches[i].score))
        order |= {i: place for place, i in enumerate(row)}
        written = next((place for place, i in enumerate(row) if branches[i].written), None)
        for place, i in enumerate(row):
            if written is not None:
                sides[i] = int(np.sign(place - written))
            else:
                parent = branches[i].parent
                sides[i] = (sides[parent] if parent is not None else 0) or 1
    places: dict[int, int] = {i: 0 for i in drawn if sides[i] == 0}
    for side in (-1, 1):
        outwards = [[i for i in rows[step][::side] if sides[i] == side] for step in sorted(rows)]
        deepest = max(map(len, outwards), default=0)
        for row in outwards:
            last = 0
            for place, i in enumerate(row):
                parent = branches[i].parent
                straight = side * places[parent] if parent is not None else 0
                last = max(last + 1, min(straight, deepest - (len(row) - 1 - place)))
                places[i] = side * last
    return places


def _fate(branch: Branch) -> str:
    """What a branch is drawn as: on the way to what was written counts first."""
    return "written" if branch.written else branch.fate


def _describe_boxes(
    branches: Sequence[Branch],
    drawn: Sequence[int],
    words: Mapping[str, str],
    read: Callable[[Sequence[Choice]], str] | None,
) -> list[str]:
    """What the box at each branch says: the whole beginning so far, then its numbers."""
    begun: list[tuple[Choice, ...]] = []
    for branch in branches:
        begun.append((*(begun[branch.parent] if branch.parent is not None else ()), branch.choice))
    told = []
    for i in drawn:
        branch, choice = branches[i], branches[i].choice
        text = read(begun[i]) if read else " ".join(piece.text for piece in begun[i])
        fate = "on_the_way" if branch.written else f"was_{branch.fate}"
        numbers = {
            "piece": quote(choice.text),
            "percent": escape(percent(float(np.exp(choice.logprob)))),
            "logprob": minus(choice.logprob),
            "score": minus(branch.score),
            "behind": minus(branch.behind),
        }
        lines = [words[name].format(**numbers) for name in ("piece", "score", fate)]
        told.append("<br>".join([f"<b>{wrap(text)}</b>", *lines]))
    return told
