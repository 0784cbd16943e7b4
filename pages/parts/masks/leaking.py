"""The leak: a word that comes later is changed, with the causal mask and without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.errors import N_
from pages.common import boards, checkpoints, links, stage
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.request import Request
from pages.common.text import escape
from viz.board import Act, Axis, panel
from viz.labels import tell_apart, visible

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.experiments.mask_leak import Leak, Reading

PLACE = "changed"
MOST = 40  # tokens that the decoder reads
NOTHING_LATER = N_(
    "{name} is {network}: it reads one token after another, so nothing later can leak, and there is no "
    "causal mask to take off."
)


def show(asked: Asked, row: DeltaGenerator) -> None:
    """The controls in the row, how far everything moved, and the sentence.

    Raises ValueError with a plain sentence.
    """
    text = reading(asked.request)
    boards.tell_limit(len(text.tokens), MOST)
    with row:
        place = choose(text)
        offered = replacements(asked.request, place)
        if not offered:
            st.caption(_("There is nothing to put in its place; write a longer sentence."))
            return
        token = links.choice(
            _("becomes"),
            dict(zip(map(str, offered), tell_apart(map(escape, offered.values())), strict=True)),
            "becomes",
            str(next(iter(offered))),
        )
    found = leak(asked.request, place, int(token))
    unit = (
        _("How much of the next token's probability moves")
        if found.unit == "probability"
        else _("How far the last vector moves, in its own length")
    )
    places = boards.side("places", text.tokens, _("what the decoder reads"))
    with stage.picture():
        board(found, unit, places, place)
    stage.answer(tell_leak(found, visible(text.tokens.texts[place]), offered[int(token)]))
    st.caption(
        _(
            "Click a word in the picture to change that one. With the mask, all that stands before it is "
            "computed without it."
        )
    )


def board(found: Leak, unit: str, places: Axis, place: int) -> None:
    """How far each token moved, with the mask and without it."""
    boards.show(
        [
            panel(
                "leak",
                unit,
                np.stack([found.masked, found.open]),
                Axis("masks", (_("causal mask on"), _("causal mask off"))),
                places,
                end=1.0 if found.unit == "probability" else None,
                digits=3,
            )
        ],
        "leak",
        {"places": place},
        take,
    )


def tell_leak(found: Leak, old: str, new: str) -> str:
    """The largest movement before the changed word, with the mask and without it."""
    words = {"old": escape(old), "new": escape(new)}
    if not found.place:
        return _("Nothing comes before the first token; change a later one.")
    masked, free = (float(moved[: found.place].max()) for moved in (found.masked, found.open))
    if masked == 0:
        said = _(
            "“{old}” becomes “{new}”: with the mask nothing before it moves, the difference is exactly 0. "
            "Without it, up to {free} move."
        )
    else:
        said = _(
            "“{old}” becomes “{new}”: with the mask up to {masked} move before it, without it up to {free}."
        )
    return said.format(**words, masked=share(masked), free=share(free))


def share(moved: float) -> str:
    """A movement as a share."""
    return f"{100 * moved:.0f} %" if moved >= 0.01 else f"{100 * moved:.2g} %"


def choose(text: Reading) -> int:
    """The token that is changed, from 0: of the link, else one far enough back that much stands before it."""
    count = len(text.tokens)
    asked = st.query_params.get(PLACE, "")
    usual = min(int(0.7 * count), count - 1)
    place = int(asked) - 1 if asked.isascii() and asked.isdigit() and len(asked) < 6 else usual
    place = place if place in range(count) else usual
    st.session_state[PLACE] = place

    def put_place() -> None:
        links.put(PLACE, str(st.session_state[PLACE] + 1))

    st.selectbox(
        _("This token"),
        range(count),
        format_func=lambda i: f"{i + 1} · {visible(text.tokens.texts[i])}",
        key=PLACE,
        on_change=put_place,
        width=220,
    )
    return place


def take(act: Act) -> None:
    """Change the word that was clicked."""
    if act.axis == "places":
        links.put(PLACE, str(act.place + 1))


@checkpoints.keep(16)
def reading(request: Request) -> Reading:
    from model.experiments.mask_leak import reading

    written = checkpoints.write_ids(request) or ()
    return reading(checkpoints.load(request), request.text, written, MOST)


@checkpoints.keep(64, st.cache_data)
def replacements(request: Request, place: int) -> dict[int, str]:
    from model.experiments.mask_leak import replacements

    return replacements(checkpoints.load(request), reading(request), place)


@checkpoints.keep(64)
def leak(request: Request, place: int, token: int) -> Leak:
    from model.experiments.mask_leak import leak

    return leak(checkpoints.load(request), reading(request), place, token)
