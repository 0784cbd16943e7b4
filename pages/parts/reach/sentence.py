"""A trained network on a person's own sentence: what each word gives to what is said of each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import boards, checkpoints, figures, links, look, stage
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.request import Request
from pages.common.text import escape, refuse
from viz.bars import bars
from viz.board import Act, Axis, panel
from viz.columns import percent
from viz.decay import Decay, decay, write_power
from viz.labels import visible

if TYPE_CHECKING:
    from model.experiments.reach_of_text import LeftOut, TextReach

TOKEN = "token"  # in the link: the word whose state is asked, from 1


def show(asked: Asked) -> None:
    """The matrix, what is left by distance, and the sentence. Raises ValueError with a plain sentence."""
    with st.spinner(_("Computing …")):
        found = measure(asked.request)
    held = links.read_place(TOKEN, len(found.words), find_telling(found))
    with stage.picture():
        matrix, chart = st.columns([3, 2], gap="large")
        with matrix:
            draw_matrix(found, held)
        with chart:
            draw_distances(found)
    stage.answer(tell(found, held))
    st.caption(tell_model(found, asked))
    boards.tell_limit(found.tokens, find_limit())
    folded = stage.more(_("Leave a word out"), "left_out")
    with folded:
        if folded.open:
            with refuse(go_on=True):
                show_left_out(asked.request)


@checkpoints.keep(16, st.cache_data)
def measure(request: Request) -> TextReach:
    from model.experiments.reach_of_text import measure_text

    return measure_text(checkpoints.load(request), request.text)


@checkpoints.keep(16, st.cache_data)
def leave_out(request: Request) -> LeftOut:
    from model.experiments import reach_of_text

    return reach_of_text.leave_out(checkpoints.load(request), request.text)


def find_limit() -> int:
    """How many tokens are read at most."""
    from model.experiments.reach_of_text import MOST

    return MOST


def find_telling(found: TextReach) -> int:
    """Where the page opens: the word whose state owes most to a word far before it, rather one that owes more
    to it than to any other.
    """
    count = len(found.words)
    spelt = np.array([any(map(str.isalnum, word)) for word in found.words]) & ~np.array(found.specials)
    away = np.subtract.outer(np.arange(count), np.arange(count)).clip(min=0)
    pulls = (found.shares * away * np.outer(spelt, spelt)).max(1)
    back = found.shares.argmax(1) < np.arange(count)
    return int((pulls + count * (back & (pulls > 0))).argmax())


def draw_matrix(found: TextReach, held: int) -> None:
    """States down, words across, as shares of a row."""

    def choose(act: Act) -> None:
        if act.axis == "states":
            links.put(TOKEN, str(act.place + 1))

    shown = tuple(map(visible, found.words))
    boards.show(
        [
            panel(
                "reach",
                _("share of ‖∂h/∂x‖"),
                found.shares,
                Axis("states", shown, _("state behind")),
                Axis("words", shown, _("word")),
            )
        ],
        "reach",
        {"states": held},
        choose,
    )


def draw_distances(found: TextReach) -> None:
    """What words give to later ones, by how far apart they are."""
    values = found.by_distance()
    told = values[np.isfinite(values)]
    if len(told) < 2:
        st.caption(_("A longer sentence shows what is left with the distance."))
        return
    ends = math.floor(math.log10(told.min())), math.ceil(math.log10(told.max()))
    figures.growing(
        decay(
            np.flatnonzero(np.isfinite(values)) + 1,
            [Decay("‖∂h/∂x‖", told)],
            reach=(ends[0], max(ends[1], ends[0] + 1)),
            title=_("By how many words they are apart"),
            across=_("words apart"),
            up="‖∂hₜ/∂xₛ‖",
            dark=look.dark(),
            height=340,
        ),
        "distances",
    )


def find_farthest(found: TextReach, held: int) -> int:
    """The word before the held one that is farthest from it; the held one where there is none."""
    before = [place for place in range(held) if not found.specials[place]]
    return before[0] if before else held


def tell(found: TextReach, held: int) -> str:
    """Which word the held state owes most to, and what its own or the farthest one gives, in Markdown."""
    row = found.shares[held]
    strongest, farthest = int(row.argmax()), find_farthest(found, held)
    words = {
        "held": escape(found.words[held]),
        "own": percent(float(row[held])),
        "strongest": escape(found.words[strongest]),
        "most": percent(float(row[strongest])),
        "far": abs(held - strongest),
        "farthest": escape(found.words[farthest]),
        "away": held - farthest,
        "left": percent(float(row[farthest])),
    }
    if strongest < held:
        said = _(
            "The state behind “{held}” owes most to “{strongest}”, {far} words before: {most} of all "
            "derivatives. “{held}” itself gives {own}."
        )
    elif strongest > held:
        said = _(
            "The state behind “{held}” owes most to “{strongest}”, {far} words later: {most} of all "
            "derivatives. “{held}” itself gives {own}."
        )
    elif farthest < held:
        said = _(
            "The state behind “{held}” owes most to “{held}” itself: {most} of all derivatives. "
            "“{farthest}”, "
            "{away} words before, gives {left}."
        )
    else:
        said = _("The state behind “{held}” owes most to “{held}” itself: {most} of all derivatives.")
    return said.format(**words)


def tell_model(found: TextReach, asked: Asked) -> str:
    """What kind of network this is, and where a recurrent one comes from."""
    name = escape(asked.name)
    if found.is_recurrent:
        return _("{name} is recurrent: it reads one word after another.").format(name=name)
    return _(
        "{name} is a Transformer: every word is one step away in each layer. For a recurrent network, train "
        "one on the Train page and choose it above."
    ).format(name=name)


def show_left_out(request: Request) -> None:
    """How much the last state changes without each word."""
    found = leave_out(request)
    figures.growing(
        bars(found.changes, list(map(visible, found.words)), title="‖h′ − h‖ / ‖h‖", dark=look.dark()),
        "left out figure",
    )
    most, least = int(found.changes.argmax()), int(found.changes.argmin())
    st.markdown(
        _(
            "The last state changes most without “{most}”, by {much} of its length, and least without "
            "“{least}”, by {little}. The sentence is read anew without the word."
        ).format(
            most=escape(found.words[most]),
            much=write_power(float(found.changes[most])),
            least=escape(found.words[least]),
            little=write_power(float(found.changes[least])),
        )
    )
