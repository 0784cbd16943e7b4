"""Plain words on the page: a person's text is shown as text, never as markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.common.language import sentence

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&^=])")


def escape(text: str) -> str:
    """`text` with every character that Markdown would act on made plain, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


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
