"""How positions are told: the schemes in the same four pictures, and what rotation keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.common import boards, idea, links, look
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.text import escape
from viz.board import numbered_axis, panel
from viz.curves import curves

if TYPE_CHECKING:
    from model.experiments.position_curves import PositionScheme
    from viz import Figure

WIDTHS = {"sinusoidal": ("d_model", 512, 2), "rotary": ("d_k", 256, 2), "alibi": ("heads", 32, 1)}
PLACES = 256  # at most
USUAL = 64  # places, and no more dimensions than that are needed to see what they do
DRAWN = 4  # curves at a time


@dataclass(frozen=True, eq=False)
class Shown:
    """What is drawn: the scheme, its table (places, columns), and whether the model itself uses it."""

    scheme: PositionScheme
    table: NDArray[np.float32]
    own: bool


def names() -> dict[str, str]:
    return {
        "sinusoidal": _("Sinusoids"),
        "learned": _("Learned"),
        "rotary": _("Rotary"),
        "alibi": _("ALiBi"),
    }


def choose(asked: Asked) -> Shown:
    """The controls: the scheme, how wide it is and how many places there are."""
    from model.experiments import position_curves

    own = position_curves.scheme_of(asked.checkpoint)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        scheme: PositionScheme = links.choice(  # type: ignore[assignment]
            _("How positions are told"), names(), "scheme", own or "sinusoidal"
        )
        told = position_curves.learned_table(asked.checkpoint) if scheme == "learned" else None
        width = position_curves.width_of(asked.checkpoint, scheme)
        if scheme != "learned":
            key, most, step = WIDTHS[scheme]
            label = _("Heads") if scheme == "alibi" else _("Dimensions")
            width = slider(label, step, most, min(width, most), step, key)
        longest = PLACES if told is None else min(len(told), PLACES)
        count = slider(_("Positions"), min(8, longest), longest, min(USUAL, longest), 1, "positions")
    table = position_curves.table(scheme, count, width, asked.checkpoint)
    return Shown(scheme, table, own == scheme)


def slider(label: str, least: int, most: int, usual: int, step: int, key: str) -> int:
    """A slider in the link, whose value stays within bounds that may have changed."""
    if least >= most:
        return most
    chosen = st.session_state.get(key, usual)
    if not least <= chosen <= most:
        st.session_state[key] = min(max(chosen, least), most)
    value = st.slider(label, least, most, usual, step, key=key, bind="query-params", width=180)
    return value // step * step  # a link may say what lies between


def show(asked: Asked) -> None:
    """The controls, the sentence and the four pictures."""
    shown = choose(asked)
    st.subheader(sentence(shown, asked), anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        heat(shown)
        waves(shown)
    with right:
        lines(shown)
        distance(shown)
    if shown.scheme == "rotary":
        st.divider()
        show_turning(shown.table.shape[1])


def sentence(shown: Shown, asked: Asked) -> str:
    """What this scheme does, in one sentence."""
    if shown.scheme == "sinusoidal":
        said = _("Every position adds a pattern of its own to the word: waves from fast to slow.")
    elif shown.scheme == "rotary":
        said = _("Each pair of features of q and k is turned, by an angle that grows with the position.")
    elif shown.scheme == "alibi":
        said = _("Nothing is added to the words: each head's scores fall with the distance.")
    elif shown.own:
        said = _("{name} has learned a vector for each position, which is added to the word.")
    else:
        said = _("{name} has learned no positions; these are random ones, as training would begin with.")
    return said.format(name=escape(asked.name))


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
                numbered_axis("places", count, down(shown), first(shown)),
                numbered_axis("columns", width, across(shown)),
                scale="signed",
            )
        ],
        "table",
    )


def down(shown: Shown) -> str:
    return _("distance") if shown.scheme == "alibi" else _("position")


def first(shown: Shown) -> int:
    """A distance can be 0; positions are counted as tokens are."""
    return 0 if shown.scheme == "alibi" else 1


def across(shown: Shown) -> str:
    return _("head") if shown.scheme == "alibi" else _("dimension")


def lines(shown: Shown) -> None:
    """Some columns as curves over the rows, or some rows as curves over the columns."""
    count, width = shown.table.shape
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        along = links.choice(
            _("A curve for each"), {"columns": across(shown), "places": down(shown)}, "along", "columns"
        )
        many = width if along == "columns" else count
        fast = many if shown.scheme in ("alibi", "learned") else many // 2  # behind that, all is slow
        begin, end = span(_("From, to"), many, fast if along == "columns" else 16, f"of_{along}")
    drawn = np.unique(np.linspace(begin - 1, end - 1, DRAWN).round().astype(int))
    table = shown.table if along == "columns" else shown.table.T
    named = across(shown) if along == "columns" else down(shown)
    start = first(shown)
    first_of = 1 if along == "columns" else start
    x = np.arange(len(table)) + (start if along == "columns" else 1)
    chart(
        curves(
            x,
            {f"{named} {i + first_of}": table[:, i] for i in drawn},
            across=down(shown) if along == "columns" else across(shown),
            dark=look.dark(),
        ),
        "lines",
    )


def span(label: str, many: int, usual: int, key: str) -> tuple[int, int]:
    """A stretch of 1 … many, in the link."""
    if many < 2:
        return 1, many
    first, last = st.session_state.get(key, (1, many))
    if last > many:
        st.session_state[key] = (min(first, many), many)
    found: tuple[int, int] = st.slider(
        label, 1, many, (1, min(many, usual)), key=key, bind="query-params", width=200
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
                np.arange(1, len(shown.table) + 1),
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
    chart(
        curves(
            np.arange(1, len(values) + 1),
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
        query = slider(_("The query's position"), 1, PLACES, 6, 1, "query")
        key = slider(_("The key's position"), 1, PLACES, 3, 1, "key")
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


def chart(figure: Figure, key: str) -> None:
    st.plotly_chart(figure, theme=None, key=key, config={"displayModeBar": False})


def formula(scheme: str) -> None:
    """The formula of what is shown, its letters tied to the page, and its source."""
    if scheme == "rotary":
        idea.formula(
            r"q_m^\top k_n = (R_m q)^\top (R_n k) = q^\top R_{n-m}\, k, \qquad \theta_i = 10000^{-2i/d_k}",
            {
                "m, n": _("the positions of query and key"),
                "R_m": _("turns pair i by the angle m·θᵢ"),
            },
            _("Su et al. 2021, “RoFormer”, equations 14 to 16."),
        )
    elif scheme == "alibi":
        idea.formula(
            r"\mathrm{softmax}\!\left(\frac{q_i k_j}{\sqrt{d_k}} - m_h\,|i-j|\right), \qquad m_h = 2^{-8h/H}",
            {
                "m_h": _("the slope of head h of H"),
                "|i-j|": _("the distance between query and key"),
            },
            _("Press et al. 2022, “Train Short, Test Long”, §3."),
        )
    else:
        idea.formula(
            r"\begin{aligned} PE_{(pos,2i)} &= \sin\left(pos / 10000^{2i/d_{model}}\right) \\ "
            r"PE_{(pos,2i+1)} &= \cos\left(pos / 10000^{2i/d_{model}}\right) \end{aligned}",
            {
                "pos": _("the position, down in the picture; the first one is 0"),
                "2i, 2i+1": _("the dimensions, across: a sine and a cosine of one wavelength"),
                "d_{model}": _("how many dimensions there are"),
            },
            _("Vaswani et al. 2017, “Attention Is All You Need”, §3.5; learned positions: table 3, row E."),
        )
