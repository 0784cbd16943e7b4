"""A mask painted by hand, kept in the link, and what softmax makes of a row with nothing left."""

from __future__ import annotations

import base64
import binascii
import re

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.common import boards, heads, links
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.text import escape
from pages.parts.masks import masks
from pages.parts.masks.masks import MOST, Shown
from viz.board import Act, Axis, panel
from viz.labels import visible

KEY = "painted"
Mask = NDArray[np.bool_]
_FORM = re.compile(r"(\d{1,2})x(\d{1,2})-([A-Za-z0-9_-]*)")


def encode(mask: Mask) -> str:
    """A mask as it stands in a link: its size, and a bit for each cell. 32 × 32 cells are 171 letters."""
    bits = base64.urlsafe_b64encode(np.packbits(mask).tobytes()).decode().rstrip("=")
    return f"{mask.shape[0]}x{mask.shape[1]}-{bits}"


def decode(text: str, shape: tuple[int, int]) -> Mask | None:
    """The mask of a link; None where it is none of this size."""
    found = _FORM.fullmatch(text)
    if not found or (int(found[1]), int(found[2])) != shape or max(shape) > MOST:
        return None
    try:
        raw = base64.urlsafe_b64decode(found[3] + "=" * (-len(found[3]) % 4))
    except binascii.Error:
        return None
    count = shape[0] * shape[1]
    if len(raw) != -(-count // 8):
        return None
    return np.unpackbits(np.frombuffer(raw, np.uint8), count=count).reshape(shape).astype(bool)


def show(asked: Asked, shown: Shown) -> None:
    """The board that is painted on, and one of its rows, three ways."""
    from model.experiments.mask_rules import weights

    text = shown.looked[-1]
    start = shown.mask[text]

    def now() -> Mask:
        mask = decode(st.query_params.get(KEY, ""), start.shape)
        return start.copy() if mask is None else mask

    def keep(mask: Mask) -> None:
        links.put(KEY, encode(mask), encode(start))

    def apply_act(act: Act) -> None:
        if act.painted:
            mask = now()
            for row, column in act.painted:
                mask[row, column] = act.allowed
            keep(mask)
        elif act.axis == "queries":
            heads.take(act.place)

    def switch_row(place: int) -> None:
        mask = now()
        mask[place] = not mask[place].any()
        keep(mask)

    mask = now()
    after = weights(shown.scores(text), mask)
    with shown.rest, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        place = heads.token(asked.checkpoint, shown.batch.queries[text], shown.where.kind, _("A row"))
        closed = not mask[place].any()
        st.button(
            _("Open this row") if closed else _("Close this row"),
            key="close row",
            on_click=switch_row,
            args=[place],
        )
        st.button(
            _("Start again"),
            key="paint again",
            icon=":material/undo:",
            type="tertiary",
            on_click=links.put,
            args=[KEY, ""],
            disabled=bool((mask == start).all()),
        )
    with shown.picture:
        boards.show(
            [masks.cross_out(shown, text, mask, paint=True), masks.weigh(shown, text, mask, after)],
            "painting",
            {"queries": place},
            apply_act,
            together=True,
        )
    with shown.answer:
        st.markdown(masks.tell_counts([mask]))
    with shown.rest:
        three(shown, text, mask, place)


def three(shown: Shown, text: int, mask: Mask, place: int) -> None:
    """What becomes of the chosen row in three implementations."""
    from model.experiments.mask_rules import row

    told = row(shown.scores(text)[place], mask[place])
    word = escape(visible(shown.batch.queries[text].texts[place]))
    if mask[place].any():
        said = _("Something is left for “{token}”, so three implementations agree. Close its whole row.")
    else:
        said = _("Nothing is left for “{token}”, and three implementations disagree.")
    st.subheader(said.format(token=word), anchor=False)
    ways = Axis("ways", (_("PyTorch, −∞"), _("PyTorch, −10⁹"), _("this app's attention")))
    columns = shown.sides(text)[1]
    boards.show(
        [
            panel(
                "three",
                _("The weights of this row"),
                np.stack([told.infinite, told.finite, told.ours]),
                ways,
                columns,
                end=1.0,
            )
        ],
        "three",
    )
    if not mask[place].any():
        st.caption(
            _(
                "The softmax of nothing but −∞ is 0 / 0, which is not a number: the row stays empty here, "
                "and spreads through every later layer. With −10⁹ the scores drown and every key gets the "
                "same, closed or not. Attention here gives 0 to all."
            )
        )
