"""Texts to start from: for English, pairs that differ in one word, and that word turns “it” around."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from model.traces import film
from pages.common import checkpoints
from pages.common.text import escape

FOUND = "examples"


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


ENGLISH = ("", "en-fr", "pronouns", "pronouns-shortcut")  # tasks; "": a checkpoint from elsewhere
LONGEST = 40  # characters of a label


@checkpoints.keep(32, st.cache_data)
def of(name: str) -> tuple[Example, ...]:
    """What to start from with a checkpoint: where it reads no English, what its film shows."""
    try:
        task = json.loads((Path(name) / "config.json").read_text(encoding="utf-8")).get("task", "")
    except (OSError, ValueError, AttributeError):  # whoever loads it says what is wrong with it
        return EXAMPLES
    filmed = None if task in ENGLISH else film.read(Path(name))
    texts = [scene.source for scene in filmed.scenes] if filmed else []
    turned = [*texts[1:], *texts[:1]]
    return (
        tuple(Example(short(text), text, beside) for text, beside in zip(texts, turned, strict=True))
        or EXAMPLES
    )


def short(text: str) -> str:
    """A text on a button."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def start(found: tuple[Example, ...]) -> str:
    """The text that a page begins with; an example of the checkpoint before gives way to it."""
    before, text = st.session_state.get(FOUND, found), st.session_state.get("text")
    st.session_state[FOUND] = found
    if before != found and any(text == example.text for example in before):
        _take(found[0])
    return found[0].text


def choose(found: tuple[Example, ...]) -> None:
    """A button for each example."""
    with st.container(horizontal=True, gap="small"):
        for number, example in enumerate(found):
            st.button(
                escape(example.label),
                key=f"example {number}",
                type="tertiary",
                on_click=_take,
                args=[example],
            )


def _take(example: Example) -> None:
    """Put an example into the page's two sentences."""
    st.session_state["text"] = example.text
    st.session_state["beside"] = example.beside
