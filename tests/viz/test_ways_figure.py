"""Ways between words: every edge is a line, the path is arrows, and nodes stand over their words."""

from __future__ import annotations

import pytest

from viz.ways import ways

EDGES = [((0, 0), (1, 0)), ((0, 1), (1, 1)), ((1, 0), (1, 1))]


def test_edges_nodes_and_path() -> None:
    path = [(0, 0), (1, 0), (1, 1)]
    figure = ways(EDGES, path, ["<b>a</b>", "b"], title="two", levels=["layer 1"])
    lines = figure.data[0]
    drawn = [((lines.y[i], lines.x[i]), (lines.y[i + 1], lines.x[i + 1])) for i in range(0, len(lines.x), 3)]
    assert drawn == EDGES
    quiet, held = figure.data[1:]
    assert sorted(zip(held.y, held.x, strict=True)) == sorted(path)
    assert list(zip(quiet.y, quiet.x, strict=True)) == [(0, 1)]
    arrows = [((one.ay, one.ax), (one.y, one.x)) for one in figure.layout.annotations if one.showarrow]
    assert arrows == [((0, 0), (1, 0)), ((1, 0), (1, 1))]
    assert "<b>" not in figure.layout.xaxis.ticktext[0]


def test_an_edge_to_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="some edge leaves them"):
        ways([((0, 0), (2, 0))], [], ["a"], levels=["layer 1"])
