"""What every page on a sentence asks first: the sentence and the checkpoint."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitAPIException

from pages.common import checkpoints, examples, heavy, language_pair, old_links, pieces
from pages.common.checkpoints import Chosen
from pages.common.language import _
from pages.common.text import refuse

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.capture.checkpoint import Checkpoint


@dataclass(frozen=True)
class Asked:
    """text: the sentence. chosen, checkpoint: the chosen one, between its languages, by name and loaded.

    below: the place under the sentence. beside: a sentence to compare it with.
    """

    text: str
    chosen: Chosen
    checkpoint: Checkpoint
    below: DeltaGenerator
    beside: str

    @property
    def name(self) -> str:
        """Of the checkpoint."""
        return self.chosen.name


def keep(key: str, usual: str) -> None:
    """Take along to the next page what came with a link: Streamlit takes along only what was typed."""
    value = st.session_state.get(key, usual)
    if value != usual and key not in st.query_params:
        with suppress(
            StreamlitAPIException
        ):  # on the same page the control is bound, and tells the link itself
            st.query_params[key] = value
            st.session_state[key] = value


def sentence(whole_stack: bool = False) -> Asked:
    """The two controls and the examples; the page ends here where there is no such checkpoint.

    whole_stack: the page's layers are all of a stack, and not those that have attention.
    """
    keep(checkpoints.KEY, checkpoints.DEFAULT)
    left, right = st.columns([5, 2])
    with right:
        name = checkpoints.choose()
    found = examples.of(name)
    usual = examples.start(found)
    keep("text", usual)
    with left:
        text = st.text_input(_("Sentence"), usual, key="text", bind="query-params", persist_state="session")
        below = st.container()
    pair = st.container(horizontal=True)
    examples.choose(found)
    with right, refuse(), st.spinner(_("Loading the checkpoint …")):
        heavy.wait_for_imports()
        checkpoint = checkpoints.load(name)
    old_links.read(checkpoint, whole_stack)
    with pair:
        chosen = language_pair.choose(name, checkpoint.languages, below)
    checkpoint = checkpoints.load(chosen)
    with below:
        pieces.never_seen(checkpoint, text)
    return Asked(text, chosen, checkpoint, below, found[0].beside)
