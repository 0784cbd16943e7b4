"""A board in the person's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from model.trace import Tokens
from pages.common.language import _, current, translate
from viz.board import Act, Axis, Panel
from viz.board.mount import board
from viz.board.strings import STRINGS
from viz.labels import visible


def show(
    panels: Sequence[Panel],
    key: str,
    chosen: Mapping[str, int] | None = None,
    act: Callable[[Act], None] | None = None,
    together: bool = False,
) -> None:
    """Panels side by side; see viz.board.mount.board."""
    board(
        panels,
        key=key,
        chosen=chosen,
        act=act,
        strings=translate(STRINGS),
        language=current(),
        together=together,
    )


def tell_limit(tokens: int, most: int) -> None:
    """Says that no more than `most` tokens are read, where a text has as many."""
    if tokens >= most:
        st.caption(_("This page reads the first {count} tokens of a text.").format(count=most))


def side(name: str, tokens: Tokens, said: str = "") -> Axis:
    """The side of a panel along which a text's tokens stand."""
    return Axis(name, tuple(map(visible, tokens.texts)), said)
