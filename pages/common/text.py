"""Plain words on the page: a person's text is shown as text, never as markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from unicodedata import bidirectional

import streamlit as st

from pages.common.language import sentence

_QUOTED = re.compile("(?<=“)([^“”]*)(?=”)")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&^=])")


def escape(text: str) -> str:
    """`text` with every character that Markdown would act on made plain, on one line.

    Words from right to left are isolated in it, and so stand where they are said.
    """
    return _MARKDOWN.sub(r"\\\1", isolate(" ".join(text.split())))


def isolate(text: str) -> str:
    """The text with what is quoted in it, or else all of it, isolated where letters run from right to left.

    Otherwise such words would turn around the quotes, the commas and the order of a sentence.
    """
    if not any(bidirectional(letter) in ("R", "AL") for letter in text):
        return text
    parts = _QUOTED.split(text)
    if len(parts) == 1:
        return f"\u2068{text}\u2069"
    return "".join(part if even else isolate(part) for part, even in zip(parts, cycle((True, False))))


@contextmanager
def refuse(go_on: bool = False) -> Iterator[None]:
    """Where something cannot be used, say so here in one sentence.

    go_on: whether the page can go on without it; else the rest of the page is left out.
    """
    try:
        yield
    except ValueError as error:
        st.error(escape(sentence(error)))
        if not go_on:
            st.stop()
