"""More places than the sentence has: the whole table, and how two of them meet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from pages.common import boards, links, look
from pages.common.language import _
from pages.parts.positions.shown import DRAWN, Shown, across, chart, down, first, slider
from viz.board import numbered_axis, panel
from viz.curves import curves

WIDTHS = {"sinusoidal": ("d_model", 512, 2), "rotary": ("d_k", 256, 2), "alibi": ("alibi_heads", 32, 1)}
PLACES = 256  # at most
USUAL = 64  # places, and no more dimensions than that are needed to see what they do


def show_whole(shown: Shown) -> None:
    """More places than the sentence has, as colours and as curves, and how two of them meet."""
    from model.experiments import position_curves

    told = position_curves.learned_table(shown.of) if shown.scheme == "learned" and shown.of else None
    width = shown.width
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        if shown.scheme != "learned":
            key, most, step = WIDTHS[shown.scheme]
            label = _("Heads") if shown.scheme == "alibi" else _("Dimensions")
            width = slider(label, step, most, min(width, most), step, key)
        longest = PLACES if told is None else min(len(told), PLACES)
        count = slider(_("Positions"), min(8, longest), longest, min(USUAL, longest), 1, "positions")
    table = position_curves.table(shown.scheme, count, width, shown.of)
    shown = replace(shown, words=("",) * len(table), table=table)
    left, right = st.columns(2, gap="large")
    with left:
        heat(shown)
        waves(shown)
    with right:
        lines(shown)
        distance(shown)


def heat(shown: Shown) -> None:
    """Positions down, dimensions across."""
    titles = {
        "sinusoidal": _("What is added at each position"),
        "learned": _("What is added at each position"),
        "rotary": _("The cosine of each angle"),
        "alibi": _("What is added to a score at each distance"),
    }
    count, width = shown.table.shape
    boards.show(
        [
            panel(
                "table",
                titles[shown.scheme],
                shown.table,
                numbered_axis("places", count, down(shown), 0),
                numbered_axis("columns", width, across(shown), first(shown)),
                scale="signed",
            )
        ],
        "table",
    )


def lines(shown: Shown) -> None:
    """Some columns as curves over the rows, or some rows as curves over the columns."""
    count, width = shown.table.shape
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        along = links.choice(
            _("A curve for each"), {"columns": across(shown), "places": down(shown)}, "along", "columns"
        )
        many = width if along == "columns" else count
        start = first(shown) if along == "columns" else 0
        fast = many if shown.scheme in ("alibi", "learned") else many // 2  # behind that, all is slow
        begin, end = span(_("From, to"), start, many, fast if along == "columns" else 16, f"of_{along}")
    drawn = np.unique(np.linspace(begin - start, end - start, DRAWN).round().astype(int))
    table = shown.table if along == "columns" else shown.table.T
    named = across(shown) if along == "columns" else down(shown)
    x = np.arange(len(table)) + (0 if along == "columns" else first(shown))
    chart(
        curves(
            x,
            {f"{named} {i + start}": table[:, i] for i in drawn},
            across=down(shown) if along == "columns" else across(shown),
            dark=look.dark(),
        ),
        "lines",
    )


def span(label: str, start: int, many: int, usual: int, key: str) -> tuple[int, int]:
    """A stretch of `many` numbers from `start` on, in the link."""
    last = start + many - 1
    if many < 2:
        return start, last
    begin, end = st.session_state.get(key, (start, last))
    if begin < start or end > last:
        st.session_state[key] = (min(max(begin, start), last), min(max(end, start), last))
    found: tuple[int, int] = st.slider(
        label, start, last, (start, min(last, start + usual - 1)), key=key, bind="query-params", width=200
    )
    return found


def distance(shown: Shown) -> None:
    """How two positions meet, by how far apart they are."""
    from model.experiments import position_curves

    if shown.scheme == "alibi":
        found = position_curves.bias_weights(shown.table)
        heads = np.unique(np.linspace(0, found.shape[1] - 1, DRAWN).round().astype(int))
        chart(
            curves(
                np.arange(len(found)),
                {f"{_('head')} {i + 1}": found[:, i] for i in heads},
                title=_("How far back each head looks by this alone"),
                across=_("distance"),
                up=_("weight"),
                dark=look.dark(),
            ),
            "distance",
        )
        return
    met = position_curves.by_distance(position_curves.meetings(shown.scheme, shown.table))
    title = (
        _("q · k by distance") if shown.scheme == "rotary" else _("Dot product of two positions, by distance")
    )
    chart(
        curves(
            met.distances,
            {_("mean"): met.mean},
            title=title,
            across=_("distance"),
            band=(met.least, met.most),
            dark=look.dark(),
        ),
        "distance",
    )
    wide = float((met.most - met.least).max()) > 1e-2 * float(np.abs(met.mean).max())
    st.caption(
        _("The band is from the least to the most: which two positions they are counts as well.")
        if wide
        else _("Only the distance counts: at each distance all pairs of positions give the same.")
    )


def waves(shown: Shown) -> None:
    """After how many positions each pair of dimensions comes round; or each head's slope."""
    from model.capture.residual_stream import lengths
    from model.experiments import position_curves

    if shown.scheme == "learned":
        chart(
            curves(
                np.arange(len(shown.table)),
                {_("length"): lengths(shown.table)},
                title=_("The length of each position's vector"),
                across=_("position"),
                dark=look.dark(),
            ),
            "waves",
        )
        return
    if shown.scheme == "alibi":
        values, title, side = (
            position_curves.slopes(shown.table.shape[1]),
            _("The slope of each head"),
            _("head"),
        )
    else:
        values = position_curves.wavelengths(shown.scheme, shown.table.shape[1])
        title, side = _("The wavelength of each pair of dimensions, in positions"), _("pair")
    begin = first(shown)
    chart(
        curves(
            np.arange(begin, begin + len(values)),
            {side: values},
            title=title,
            across=side,
            log=True,
            dark=look.dark(),
        ),
        "waves",
    )
    if shown.scheme != "alibi":
        st.caption(
            _("From {least} positions to {most}; the paper's go from 2π to almost 10000 · 2π.").format(
                least=f"{values[0]:.2f}", most=f"{values[-1]:,.0f}"
            )
        )


def show_turning(width: int) -> None:
    """The same distance at two places gives the same q·k; another distance does not."""
    from model.experiments.position_curves import multiply_rotated

    st.subheader(_("Move both, and nothing changes"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        query = slider(_("The query's position"), 0, PLACES, 6, 1, "query")
        key = slider(_("The key's position"), 0, PLACES, 3, 1, "key")
        further = slider(_("Both further by"), 0, PLACES, 40, 1, "further")
    pairs = [(query, key), (query + further, key + further), (query + further, key)]
    values = [float(multiply_rotated(width, one, other)) for one, other in pairs]
    for column, (one, other), value in zip(st.columns(3), pairs, values, strict=True):
        with column:
            st.metric(
                _("q at {query}, k at {key}: distance {distance}").format(
                    query=one, key=other, distance=one - other
                ),
                f"{value:.4f}".replace("-", "−"),
            )
    st.caption(_("q and k are the same two random vectors each time, only turned to their positions."))
