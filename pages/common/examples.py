"""Sentences to start from, as data: pairs that differ in one word, and that word turns “it” around."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Example:
    """label: what the button says; text: the sentence; beside: the sentence to compare it with."""

    label: str
    text: str
    beside: str


_TIRED = "The animal didn't cross the street because it was too tired."
_WIDE = "The animal didn't cross the street because it was too wide."
_BIG = "The trophy doesn't fit in the suitcase because it is too big."
_SMALL = "The trophy doesn't fit in the suitcase because it is too small."

EXAMPLES = (
    Example("animal … tired", _TIRED, _WIDE),
    Example("street … wide", _WIDE, _TIRED),
    Example("trophy … big", _BIG, _SMALL),
    Example("suitcase … small", _SMALL, _BIG),
)


def choose() -> None:
    """A button for each example."""
    with st.container(horizontal=True, gap="small"):
        for example in EXAMPLES:
            st.button(
                example.label, key=f"example {example.label}", type="tertiary", on_click=_take, args=[example]
            )


def _take(example: Example) -> None:
    """Put an example into the page's two sentences."""
    st.session_state["text"] = example.text
    st.session_state["beside"] = example.beside
