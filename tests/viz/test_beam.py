"""The tree of a beam search: where everything stands, and that what is drawn is what was searched."""

from __future__ import annotations

import html
import math
from collections import defaultdict
from dataclasses import replace
from itertools import combinations

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decodings import Branch, Choice
from tests.viz.traces import HEBREW, MARKUP
from viz import beam, scales
from viz.beam import BROAD, GAP, LANE, SIZE, START, STRINGS, choose_branches, lanes
from viz.columns import em, fit

VOCABULARY = ("le", "animal", "était", "trop", "fatigué", "-s", "동물은", HEBREW, MARKUP, "</s>")
END = len(VOCABULARY) - 1
SEARCHES = st.tuples(st.integers(1, 8), st.integers(1, 14), st.integers(0, 999))


def search(beams: int, steps: int, seed: int) -> list[Branch]:
    """A beam search over random log-probabilities."""
    random = np.random.default_rng(seed)
    branches: list[Branch] = []
    live: list[tuple[int | None, float]] = [(None, 0.0)]
    for step in range(steps):
        found = []
        for parent, score in live:
            logits = random.normal(size=len(VOCABULARY)) * 2
            logprobs = logits - np.log(np.exp(logits).sum())
            found += [(score + float(p), parent, i, float(p)) for i, p in enumerate(logprobs)]
        found = sorted(found, key=lambda one: -one[0])[: 2 * beams]
        ended = [one for one in found[:beams] if one[2] == END]
        kept = [one for one in found if one[2] != END][:beams]
        bar = min(one[0] for one in kept + ended)
        live = []
        for one in found:
            score, parent, i, logprob = one
            fate = "ended" if one in ended else "kept" if one in kept else "dropped"
            if fate == "kept":
                live.append((len(branches), score))
            choice = Choice(i, VOCABULARY[i], logprob, math.exp(logprob))
            behind = max(bar - score, 0.0) if fate == "dropped" else 0.0
            branches.append(Branch(parent, step, choice, score, fate, behind))  # type: ignore[arg-type]
    finished = [i for i, branch in enumerate(branches) if branch.fate == "ended"]
    last: int | None = max(
        finished or [i for i, _ in live if i is not None],
        key=lambda i: branches[i].score / (branches[i].step + 1),
    )
    while last is not None:
        branches[last] = replace(branches[last], written=True)
        last = branches[last].parent
    return branches


def kept(parent: int | None, step: int, text: str, score: float, **more: object) -> Branch:
    """A branch made by hand, kept unless told otherwise."""
    return Branch(parent, step, Choice(0, text, -0.5, 0.6), score, **{"fate": "kept", **more})  # type: ignore[arg-type]


def trace(figure: go.Figure, name: str) -> go.Scatter:
    return next(drawn for drawn in figure.data if drawn.name == STRINGS[name])


def texts(figure: go.Figure, **font: object) -> go.Scatter:
    """The pieces written in a type with these properties."""
    return next(
        drawn
        for drawn in figure.data
        if drawn.mode == "text" and all(drawn.textfont[name] == value for name, value in font.items())
    )


def edges(drawn: go.Scatter) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The lines of a trace from their first point to their last; NaN stands between two."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(drawn.x, drawn.y, strict=True):
        if np.isnan(x):
            pieces.append([])
        else:
            pieces[-1].append((float(x), float(y)))
    return [(points[0], points[-1]) for points in pieces if points]


@given(SEARCHES, st.integers(0, 4))
def test_no_two_edges_cross_and_no_two_pieces_share_a_place(
    asked: tuple[int, int, int], dropped: int
) -> None:
    branches = search(*asked)
    places = lanes(branches, drawn := choose_branches(branches, dropped))
    rows = defaultdict(list)
    for i in drawn:
        rows[branches[i].step].append(i)
    for row in rows.values():
        for one, other in combinations(row, 2):
            assert places[one] != places[other]
            parents = [branches[i].parent for i in (one, other)]
            before, after = (places[p] if p is not None else 0 for p in parents)
            if parents[0] == parents[1]:
                assert (branches[one].score >= branches[other].score) == (places[one] < places[other])
            else:
                assert (before < after) == (places[one] < places[other])


@given(SEARCHES, st.integers(0, 4))
def test_what_was_written_is_one_straight_line_and_no_lane_is_more_than_needed(
    asked: tuple[int, int, int], dropped: int
) -> None:
    branches = search(*asked)
    places = lanes(branches, drawn := choose_branches(branches, dropped))
    assert {places[i] for i in drawn if branches[i].written} == {0}
    for side in (-1, 1):
        counts: dict[int, int] = defaultdict(int)
        for i in drawn:
            counts[branches[i].step] += places[i] * side > 0
        assert max((places[i] * side for i in drawn), default=0) <= max(0, *counts.values())


@given(SEARCHES, st.integers(0, 4))
def test_of_those_dropped_the_best_of_each_step_are_drawn(asked: tuple[int, int, int], dropped: int) -> None:
    branches = search(*asked)
    drawn = set(choose_branches(branches, dropped))
    for i, branch in enumerate(branches):
        better = sum(
            other.step == branch.step and other.fate == "dropped" and other.score > branch.score
            for other in branches
        )
        assert (i in drawn) == (branch.fate != "dropped" or better < dropped)


@settings(max_examples=25)
@given(SEARCHES)
def test_every_line_goes_from_the_end_of_the_parent_to_the_piece(asked: tuple[int, int, int]) -> None:
    branches = search(*asked)
    figure = beam(branches, dropped=20)
    width = (edges(trace(figure, "written"))[0][1][0] - START) - GAP
    places = lanes(branches, choose_branches(branches, 20))
    given_edges = defaultdict(list)
    for i, branch in enumerate(branches):
        start = (
            START + branch.step * (GAP + width),
            places[branch.parent] if branch.parent is not None else 0,
        )
        name = "written" if branch.written else "dropped" if branch.fate == "dropped" else "kept"
        end = start[0] + GAP + (0 if name == "dropped" else width)
        given_edges[name].append((*start, end, places[i]))
    for name in ("written", "kept", "dropped"):
        drawn = [(*start, *end) for start, end in edges(trace(figure, name))]
        np.testing.assert_allclose(sorted(drawn), sorted(given_edges[name]))


def test_the_way_to_what_was_written_stands_out() -> None:
    for dark in (False, True):
        figure = beam(search(4, 6, 1), dark=dark)
        written, plain, lost = (trace(figure, name) for name in ("written", "kept", "dropped"))
        assert written.line.width >= 2 * plain.line.width > 2 * lost.line.width
        assert written.line.color == scales.theme(dark)["accent"]
        assert (written.line.dash, plain.line.dash) == (None, None)
        assert lost.line.dash
        assert figure.layout.paper_bgcolor == scales.theme(dark)["paper"]


def test_the_written_pieces_stand_in_order_in_columns_of_one_width() -> None:
    branches = search(4, 9, 7)
    drawn = texts(beam(branches), weight=700)
    way = [branch for branch in branches if branch.written]
    assert [html.unescape(text) for text in drawn.text] == [fit(b.choice.text, BROAD / SIZE) for b in way]
    assert np.ptp(np.diff(drawn.x)) == 0
    assert len(set(drawn.y)) == 1


def test_better_beginnings_stand_above_what_was_written_and_worse_ones_below() -> None:
    branches = [
        kept(None, 0, "il", -0.1),
        kept(None, 0, "elle", -0.5, written=True),
        kept(None, 0, "on", -0.9),
        kept(0, 1, "dort", -3.0, fate="dropped", behind=0.42),
        kept(1, 1, "</s>", -0.6, fate="ended", written=True),
        kept(2, 1, "dort", -2.0),
    ]
    figure = beam(branches)
    assert lanes(branches, range(6)) == {0: -1, 1: 0, 2: 1, 3: -1, 4: 0, 5: 1}
    low, high = figure.layout.yaxis.range
    assert low > high  # what is above is smaller
    lost = texts(figure, size=SIZE - 2)
    assert list(lost.text) == ["dort<br>−0.42"]
    ended = trace(figure, "ended")
    assert (list(ended.y), ended.marker.symbol, len(ended.x)) == ([0], "square", 1)
    assert ended.x[0] == edges(trace(figure, "written"))[-1][1][0]


@pytest.mark.parametrize(("beams", "steps"), [(1, 3), (4, 15), (8, 60)])
def test_a_pixel_is_a_pixel(beams: int, steps: int) -> None:
    figure = beam(search(beams, steps, 3), title="Beam")
    size, margin = figure.layout, figure.layout.margin
    assert (margin.l, margin.r) == (0, 0)
    assert figure.layout.xaxis.range == (0, size.width)
    low, high = figure.layout.yaxis.range
    assert (size.height - margin.t - margin.b) / (low - high) == pytest.approx(LANE, abs=1)
    assert max(figure.data[-1].x) < size.width


def test_a_longer_text_makes_a_wider_figure_and_no_narrower_columns() -> None:
    pieces = [kept(i - 1 if i else None, i, "fatigué", -i, written=True) for i in range(60)]
    long, short = beam(pieces), beam(pieces[:30])
    assert long.layout.width - short.layout.width == pytest.approx(30 * np.diff(long.data[-1].x)[0])
    assert long.layout.height == short.layout.height


@settings(max_examples=50)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_any_piece_is_shown_as_text_and_fits_its_column(pieces: list[str]) -> None:
    branches = [kept(i - 1 if i else None, i, text, -i, written=True) for i, text in enumerate(pieces)]
    branches += [kept(None, 0, text, -9.0, fate="dropped", behind=1) for text in pieces]
    figure = beam(branches, dropped=8)
    for drawn in figure.data:
        for text in drawn.text if drawn.text is not None else ():
            bare = text.replace("<br>", "")
            assert bare
            assert "<" not in bare
        for text in drawn.hovertext if drawn.hovertext is not None else ():
            assert "<" not in text.replace("<br>", "").replace("<b>", "").replace("</b>", "")
    slot = np.diff(edges(trace(figure, "written"))[0], axis=0)[0][0] - GAP
    for text in texts(figure, weight=700).text:
        bare = html.unescape(text)
        assert em(bare) * SIZE <= min(slot, BROAD) + 1 or len(bare) <= 2


def test_the_box_tells_the_whole_beginning_and_its_numbers() -> None:
    branches = [
        kept(None, 0, "l'", -0.1, written=True),
        kept(0, 1, "<b>", -0.6, written=True),
        kept(0, 1, "rue", -7.25, fate="dropped", behind=0.43),
    ]
    way, lost = beam(branches).data[-1].hovertext[1:]
    assert way == (
        "<b>\u2068l' &lt;b&gt;\u2069</b><br>“\u2068&lt;b&gt;\u2069”: 61 %, log-probability −0.50"
        "<br>Score so far: −0.60<br>On the path to the final output"
    )
    assert lost.endswith("Score so far: −7.25<br>Dropped: it lacked 0.43 to be kept")
    joined = beam(branches, read=lambda pieces: "".join(piece.text for piece in pieces)).data[-1].hovertext
    assert "<b>\u2068l'rue\u2069</b>" in joined[2]


def test_all_words_can_be_given_in_another_language() -> None:
    branches = search(3, 4, 2)
    shown = beam(branches, dropped=1, strings={name: f"‹{name}›" for name in STRINGS})
    said = [drawn.name for drawn in shown.data if drawn.name]
    assert said == ["‹dropped›", "‹kept›", "‹written›", "‹ended›"]
    assert shown.layout.title.subtitle.text == "‹hidden›"
    assert all("‹piece›<br>‹score›<br>" in told for told in shown.data[-1].hovertext)


def test_that_some_are_not_drawn_is_said_only_where_it_is_so() -> None:
    branches = search(3, 4, 2)
    assert "best 1 of those dropped" in beam(branches, dropped=1).layout.title.subtitle.text
    assert beam(branches, dropped=99).layout.title.subtitle.text == ""


@pytest.mark.parametrize(
    "second",
    [
        kept(None, 1, "a", -1),
        kept(1, 1, "a", -1),
        kept(0, 2, "a", -1),
        kept(0, 0, "a", -1),
        kept(5, 1, "a", -1),
    ],
)
def test_a_branch_that_goes_on_from_nothing_is_refused(second: Branch) -> None:
    with pytest.raises(ValueError, match="Branch 1 does not go on from a kept branch of the step before"):
        beam([kept(None, 0, "l'", -0.1), second])


def test_nothing_goes_on_from_what_was_dropped_or_has_ended() -> None:
    for fate in ("dropped", "ended"):
        with pytest.raises(ValueError, match="Branch 1 does not go on"):
            beam([kept(None, 0, "l'", -0.1, fate=fate), kept(0, 1, "a", -1)])


def test_a_search_that_wrote_nothing_is_a_start() -> None:
    figure = beam([])
    assert [drawn.name for drawn in figure.data if drawn.showlegend] == []
    assert figure.layout.height > 0
