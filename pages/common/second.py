"""The second sentence, for models that read two as a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common.language import _
from pages.common.text import escape

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

KEY = "pair"
LETTERS = "AB"  # what the two sentences are called


def is_offered(checkpoint: Checkpoint, offered: bool) -> bool:
    """Whether there is a field for it. offered: the page's idea works with two sentences."""
    return offered and checkpoint.pairs is not None


def ask(checkpoint: Checkpoint) -> str:
    """The field."""
    typed: str = st.text_input(
        _("Second sentence (optional)"),
        key=KEY,
        bind="query-params",
        persist_state="session",
        help=_("The model reads both at once, as one text with a separator between them."),
    )
    return typed


def tell_left_out(checkpoint: Checkpoint, offered: bool) -> None:
    """Say that a second sentence, of a link or from another page, is not read here."""
    told: str = st.session_state.get(KEY) or st.query_params.get(KEY, "")
    if not told.strip():
        return
    if offered:
        said = _("{name} reads one text at a time: the second sentence “{text}” is left out.")
    else:
        said = _("Here one text is read at a time: the second sentence “{text}” is left out.")
    st.caption(said.format(name=escape(checkpoint.name), text=escape(told[:60])))


def settle(text: str, pair: str) -> tuple[str, str]:
    """What is read: a second sentence without a first one is the sentence itself; "" = there is none."""
    if not pair.strip():
        return text, ""
    return (text, pair) if text.strip() else (pair, "")


def letter(segment: int) -> str:
    """What a sentence is called; of neither of both it is its number."""
    return LETTERS[segment] if segment < len(LETTERS) else str(segment + 1)
