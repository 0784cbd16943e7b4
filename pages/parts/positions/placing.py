"""How positions are told: each scheme over the sentence's own words, and what rotation keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.common import boards, idea, links, look, stage
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.text import refuse
from pages.parts.positions.shown import DRAWN, MOST, Shown, across, chart, find
from pages.parts.positions.table import show_turning, show_whole
from pages.parts.positions.telling import sentence
from viz.places import MOST as MOST_DIMENSIONS
from viz.places import Curve, end_of, places, square

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.experiments.position_curves import ByPosition, PositionScheme
    from viz import Figure


def names() -> dict[str, str]:
    return {
        "sinusoidal": _("Sinusoids"),
        "learned": _("Learned"),
        "rotary": _("Rotary"),
        "alibi": _("ALiBi"),
    }


def show(asked: Asked, row: DeltaGenerator) -> None:
    """The scheme is chosen in the row; the curves over the sentence, and what to see in them."""
    from model.capture.encode import readable
    from model.experiments import position_curves

    with asked.below, refuse(go_on=True):  # the positions are shown without words, too
        readable(asked.text)
    own = position_curves.scheme_of(asked.checkpoint)
    with row:
        scheme: PositionScheme = links.choice(  # type: ignore[assignment]
            _("How positions are encoded"),
            names(),
            "scheme",
            own or "sinusoidal",
            label_visibility="collapsed",
        )
    shown = find(asked, scheme, own)
    alone = position_curves.by_position_alone(shown.of) if scheme == "learned" and shown.of else None
    with stage.picture():
        if alone is None:
            chart(draw(shown), "places")
        else:
            left, right = st.columns([3, 2], gap="medium")
            with left:
                chart(draw(shown), "places")
            with right:
                show_alone(alone)
    stage.answer(sentence(shown, asked, alone))
    boards.tell_limit(len(shown.words), MOST)
    if shown.width > MOST_DIMENSIONS:
        st.caption(
            _("Drawn are the first {count} of {all} dimensions.").format(
                count=MOST_DIMENSIONS, all=shown.width
            )
        )
    if (end := end_of(shown.table))[1]:
        st.caption(_("The colours end at ±{end}; a few numbers lie beyond.").format(end=f"{end[0]:.2f}"))
    if scheme == "rotary":
        show_turning(shown.width)
    whole = stage.more(_("The whole table, and how two positions meet"), key="whole")
    if whole.open:
        with whole:
            show_whole(shown)


def draw(shown: Shown) -> Figure:
    """The curves over the words, and under them all dimensions."""
    words, table = shown.words, shown.table
    if shown.scheme == "alibi":  # what the last word adds to its scores when it looks back
        table = table[::-1]
    return places(
        table,
        words,
        curves_of(shown, table),
        across=_("position"),
        down={"sinusoidal": _("sines, cosines"), "rotary": _("cosine of pair")}.get(
            shown.scheme, across(shown)
        ),
        up=_("added to the score") if shown.scheme == "alibi" else "",
        first=1 if shown.scheme == "alibi" else 0,
        dimensions=find_drawn(shown),
        dark=look.dark(),
    )


def find_drawn(shown: Shown) -> list[int]:
    """The dimensions that are drawn, from the top: of many the first; all sines, then all cosines.

    Line by line, sines and cosines would blend into stripes that nobody is told.
    """
    count = min(shown.width, MOST_DIMENSIONS)
    if shown.scheme == "sinusoidal":
        return [*range(0, count, 2), *range(1, count, 2)]
    return list(range(min(count, shown.width // 2) if shown.scheme == "rotary" else count))


def curves_of(shown: Shown, table: NDArray[np.float32]) -> list[Curve]:
    """Two waves as sine and cosine, a fast one and a slow one; else some dimensions, or heads."""
    from model.experiments import position_curves

    if shown.scheme in ("alibi", "learned"):
        if shown.scheme == "alibi":
            chosen = np.unique(np.linspace(0, shown.width - 1, DRAWN).round().astype(int))
            named = _("head {number}")
        else:
            chosen = np.sort(np.argsort(-table.std(0), kind="stable")[:DRAWN])
            named = _("dimension {number}")
        first = 1 if shown.scheme == "alibi" else 0
        return [
            Curve(named.format(number=i + first), table[:, i], colour=place) for place, i in enumerate(chosen)
        ]
    waves = position_curves.wavelengths(shown.scheme, shown.width)
    slow = int(np.abs(np.log(waves / max(2 * len(table), 13))).argmin())  # half of it over the sentence
    x = np.linspace(-0.5, len(table) - 0.5, 32 * len(table))
    at = np.arange(len(table))
    found = []
    for colour, pair in enumerate(dict.fromkeys([0, slow])):
        turn = 2 * np.pi / waves[pair]
        for wave, dashed in (("sin", False), ("cos", True)):
            f = np.sin if wave == "sin" else np.cos
            if shown.scheme == "sinusoidal":
                name = _("{wave}, dimension {number}")
                number = 2 * pair + dashed
            else:
                name = _("{wave}, pair {number}")
                number = pair
            found.append(
                Curve(
                    name.format(number=number, wave=wave),
                    f(turn * at),
                    np.stack([x, f(turn * x)], axis=1),
                    colour,
                    dashed,
                )
            )
    return found


def show_alone(alone: ByPosition) -> None:
    """What a head would look at by positions alone."""
    figure = square(
        alone.weights,
        title=_("What head {head} of layer 1 looks at by position alone").format(head=alone.head + 1),
        across=_("keys"),
        down=_("queries"),
        dark=look.dark(),
    )
    chart(figure, "alone")


def formula(scheme: str) -> None:
    """The formula of what is shown, its letters tied to the page, and its source."""
    if scheme == "rotary":
        idea.formula(
            r"\begin{gathered} q_m^\top k_n = (R_m q)^\top (R_n k) = q^\top R_{n-m}\, k \\ "
            r"\theta_i = 10000^{-2i/d_k} \end{gathered}",
            {
                "m, n": _("the positions of query and key"),
                "R_m": _("turns pair i by the angle $m\\theta_i$"),
            },
            _("Su et al. 2021, “RoFormer”, equations 14 to 16."),
        )
    elif scheme == "alibi":
        idea.formula(
            r"\begin{gathered} \mathrm{softmax}\!\left(\frac{q_i k_j}{\sqrt{d_k}} - m_h\,|i-j|\right) \\ "
            r"m_h = 2^{-8h/H} \end{gathered}",
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
                "pos": _("the position, from left to right in the picture; the first one is 0"),
                "2i, 2i+1": _("the dimensions, downwards: a sine and a cosine of one wavelength"),
                "d_{model}": _("how many dimensions there are"),
            },
            _("Vaswani et al. 2017, “Attention Is All You Need”, §3.5; learned positions: table 3, row E."),
        )
