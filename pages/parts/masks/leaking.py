"""The leak: a word that comes later is changed, with the causal mask and without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import boards, checkpoints, links
from pages.common.ask import Asked
from pages.common.checkpoints import Chosen
from pages.common.language import _
from pages.common.text import escape
from viz.board import Act, Axis, panel
from viz.labels import tell_apart, visible

if TYPE_CHECKING:
    from model.experiments.mask_leak import Leak, Reading

PLACE = "changed"
MOST = 40  # tokens that the decoder reads


def show(asked: Asked) -> None:
    """The controls, the sentence, and how far everything moved. Raises ValueError with a plain sentence."""
    written: tuple[int, ...] = ()
    if asked.checkpoint.architecture == "encoder-decoder":
        written = checkpoints.write(asked.chosen, asked.text).ids
    text = reading(asked.chosen, asked.text, written)
    boards.tell_limit(len(text.tokens), MOST)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        place = choose(text)
        offered = replacements(asked.chosen, asked.text, written, place)
        if not offered:
            st.caption(_("There is nothing to put in its place; write a longer sentence."))
            return
        token = links.choice(
            _("becomes"),
            dict(zip(map(str, offered), tell_apart(map(escape, offered.values())), strict=True)),
            "becomes",
            str(next(iter(offered))),
        )
    found = leak(asked.chosen, asked.text, written, place, int(token))
    tell_leak(found, visible(text.tokens.texts[place]), offered[int(token)])
    unit = (
        _("How much of the next token's probability moves")
        if found.unit == "probability"
        else _("How far the last vector moves, in its own length")
    )
    places = boards.side("places", text.tokens, _("what the decoder reads"))
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
    st.caption(
        _(
            "Click a word in the picture to change that one. With the mask, all that stands before it is "
            "computed without it."
        )
    )


def tell_leak(found: Leak, old: str, new: str) -> None:
    """The largest movement before the changed word, with the mask and without it."""
    words = {"old": escape(old), "new": escape(new)}
    if not found.place:
        st.subheader(_("Nothing comes before the first token; change a later one."), anchor=False)
        return
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
    st.subheader(said.format(**words, masked=share(masked), free=share(free)), anchor=False)


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
def reading(which: Chosen, text: str, written: tuple[int, ...]) -> Reading:
    from model.experiments.mask_leak import reading

    return reading(checkpoints.load(which), text, written, MOST)


@checkpoints.keep(64, st.cache_data)
def replacements(which: Chosen, text: str, written: tuple[int, ...], place: int) -> dict[int, str]:
    from model.experiments.mask_leak import replacements

    return replacements(checkpoints.load(which), reading(which, text, written), place)


@checkpoints.keep(64)
def leak(which: Chosen, text: str, written: tuple[int, ...], place: int, token: int) -> Leak:
    from model.experiments.mask_leak import leak

    return leak(checkpoints.load(which), reading(which, text, written), place, token)
