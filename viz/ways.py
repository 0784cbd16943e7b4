"""The ways between two words in a network: every step that there is, and the shortest way through them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import plotly.graph_objects as go

from viz import scales
from viz.columns import escape
from viz.labels import layout

Node = tuple[int, int]  # level from the words up, and place in the text
ROOM = 64  # pixels from one level to the next
DOT = 15


def ways(
    edges: Iterable[tuple[Node, Node]],
    path: Sequence[Node],
    words: Sequence[str],
    *,
    title: str = "",
    levels: Sequence[str] = (),
    dark: bool = False,
) -> go.Figure:
    """Nodes over their words, a line for each edge (from, to), those of the path in colour, with arrows.

    words: what stands at each place of level 0. levels: what each level above is called, at its left.
    Raises ValueError for an edge whose node has no place.
    """
    edges = list(edges)
    depth = len(levels)
    nodes = {(level, place) for level in range(depth + 1) for place in range(len(words))}
    if not {node for edge in edges for node in edge} <= nodes:
        raise ValueError(f"There are {len(words)} words and {depth} levels; some edge leaves them.")
    colours = scales.theme(dark)
    figure = go.Figure()
    x: list[float | None] = []
    y: list[float | None] = []
    for (level, place), (other, there) in edges:
        x += [place, there, None]
        y += [level, other, None]
    figure.add_scatter(
        **{"x": x, "y": y, "mode": "lines", "hoverinfo": "skip"},
        line={"color": colours["rule"], "width": 1.5},
    )
    on = set(path)
    for chosen in (False, True):
        some = sorted(node for node in nodes if (node in on) == chosen)
        figure.add_scatter(
            x=[place for _level, place in some],
            y=[level for level, _place in some],
            mode="markers",
            hoverinfo="skip",
            marker={
                "size": DOT,
                "color": scales.sequential(dark)[16] if chosen else colours["paper"],
                "line": {"width": 1.5, "color": colours["accent"] if chosen else colours["quiet"]},
            },
        )
    for before, behind in pairwise(path):
        figure.add_annotation(
            **{"x": behind[1], "y": behind[0], "ax": before[1], "ay": before[0]},
            **{"xref": "x", "yref": "y", "axref": "x", "ayref": "y", "text": "", "showarrow": True},
            **{"arrowhead": 2, "arrowwidth": 3, "arrowcolor": colours["accent"]},
            **{"standoff": DOT / 2 + 1, "startstandoff": DOT / 2},
        )
    figure.update_layout(
        **layout(title, "", dark), height=ROOM * (depth + 1) + 60, showlegend=False, dragmode=False
    )
    figure.update_layout(margin={"l": 8, "r": 8, "t": 40, "b": 8})
    figure.update_xaxes(
        **{"tickvals": list(range(len(words))), "ticktext": [escape(word) for word in words]},
        **{"showgrid": False, "zeroline": False, "fixedrange": True, "range": [-0.5, len(words) - 0.5]},
        tickangle=0,
        automargin=True,
    )
    figure.update_yaxes(
        **{"tickvals": list(range(1, depth + 1)), "ticktext": [escape(level) for level in levels]},
        **{"showgrid": False, "zeroline": False, "fixedrange": True, "range": [-0.4, depth + 0.4]},
        automargin=True,
    )
    return figure
