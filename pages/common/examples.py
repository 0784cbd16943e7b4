"""Texts to start from: for English, pairs that differ in one word, and that word turns “it” around."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from model.traces import film
from pages.common import checkpoints, second
from pages.common.language import _
from pages.common.text import escape

FOUND, MENU = "examples found", "examples"


@dataclass(frozen=True)
class Example:
    """text: the sentence; beside: the sentence to compare it with.

    pair: a second sentence that is read together with the first.
    """

    text: str
    beside: str
    pair: str = ""

    @property
    def told(self) -> str:
        """What the menu says, in one line."""
        return " + ".join(short(" ".join(text.split())) for text in (self.text, self.pair) if text)


TIRED = "The animal didn't cross the street because it was too tired."
WIDE = "The animal didn't cross the street because it was too wide."
BIG = "The trophy doesn't fit in the suitcase because it is too big."
SMALL = "The trophy doesn't fit in the suitcase because it is too small."

EXAMPLES = (
    Example(TIRED, WIDE),
    Example(WIDE, TIRED),
    Example(BIG, SMALL),
    Example(SMALL, BIG),
)


# One sentence that follows from another or goes against it, and a question with its answer (BERT's two uses).
PAIRS = (
    Example(
        "The dog is asleep on the sofa.",
        "The dog is awake on the sofa.",
        "An animal is resting.",
    ),
    Example("Who wrote the letter?", "Who read the letter?", "Marie wrote it to her brother."),
)

ENGLISH = ("", "en-fr", "pronouns", "pronouns-shortcut")  # tasks; "": a checkpoint from elsewhere
LONGEST = 80  # characters of a text in the menu


@checkpoints.keep(32, st.cache_data)
def of(name: str) -> tuple[Example, ...]:
    """What to start from with a checkpoint: where it reads no English, what its film shows, or would show if
    it had attention.
    """
    try:
        config = json.loads((Path(name) / "config.json").read_text(encoding="utf-8"))
        task, settings = config.get("task", ""), config.get("task_settings")
    except (OSError, ValueError, AttributeError):  # whoever loads it says what is wrong with it
        return EXAMPLES
    filmed = None if task in ENGLISH else film.read(Path(name))
    texts = [scene.source for scene in filmed.scenes] if filmed else []
    if filmed is None and task not in ENGLISH:
        texts = probe(task, settings)
    turned = [*texts[1:], *texts[:1]]
    return tuple(Example(text, beside) for text, beside in zip(texts, turned, strict=True)) or EXAMPLES


def probe(task: str, settings: Any = None) -> list[str]:
    """The texts that a task is filmed on, where it has some of its own; none of a task that is not here.

    settings: what the task was set to, by a config that may say anything.
    """
    from model.tasks import find

    try:
        return [probe.source for probe in find(task, settings).probes()]
    except (ValueError, TypeError, AttributeError):
        return []


def short(text: str) -> str:
    """A text in the menu."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def start(found: tuple[Example, ...], wished: str = "") -> Example:
    """What a page begins with; an example of the checkpoint before gives way to it.

    wished: the text that shows best what the page is about, where it is among them; else the first.
    """
    usual = next((example for example in found if example.text == wished), found[0])
    before, text = st.session_state.get(FOUND, found), st.session_state.get("text")
    st.session_state[FOUND] = found
    if before != found and any(text == example.text for example in before):
        take(usual)
    return usual


def choose(offered: tuple[Example, ...]) -> None:
    """The menu of examples; each is told by its sentences."""
    st.menu_button(
        _("Examples"),
        range(len(offered)),
        key=MENU,
        type="tertiary",
        format_func=lambda number: escape(offered[number].told),
        on_click=lambda: take(offered[st.session_state[MENU]]),
    )


def take(example: Example) -> None:
    """Put an example into the page's sentences."""
    put_sentence(example.text, example.pair)
    st.session_state["beside"] = example.beside


def put_sentence(text: str, pair: str = "") -> None:
    """Put a sentence, or a pair of them, into the page."""
    st.session_state["text"] = text
    if pair or second.KEY in st.session_state:
        st.session_state[second.KEY] = pair
