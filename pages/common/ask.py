"""What every page on a sentence asks first: the sentence and the checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitAPIException

from model import Trace
from pages.common import (
    checkpoints,
    edits,
    examples,
    heavy,
    language,
    language_pair,
    old_links,
    opening,
    pieces,
    second,
    stage,
    startup,
)
from pages.common.language import _
from pages.common.request import Chosen, Request
from pages.common.text import refuse

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.capture.checkpoint import Checkpoint


AT_HOME = {"ko": "pronouns-ko"}  # language: the checkpoint whose examples are in it


@dataclass(frozen=True)
class Asked:
    """request: what is asked of the model, with nothing changed in it. checkpoint: the one that is asked.

    below: the place under the sentence. beside: a sentence to compare it with.
    """

    request: Request
    checkpoint: Checkpoint
    below: DeltaGenerator
    beside: str

    @cached_property
    def changed(self) -> Request:
        """The same of the model as the link has it changed. Raises ValueError with a plain sentence."""
        if edits.KEY not in st.query_params:
            return self.request
        plain = checkpoints.trace(self.request)
        return self.request.under(edits.read_wishes(plain, self.checkpoint.editable))

    @property
    def name(self) -> str:
        """Of the checkpoint."""
        return self.request.name

    @property
    def chosen(self) -> Chosen:
        """The checkpoint by its name, between its languages."""
        return self.request.chosen

    @property
    def text(self) -> str:
        """The sentence."""
        return self.request.text

    @property
    def pair(self) -> str:
        """A second sentence that is read together with the first, "" where there is none."""
        return self.request.pair


def begin_in_language() -> None:
    """Who comes with nothing in the link meets an example in the language of the page.

    The link names the checkpoint then, so that it shows everybody the same.
    """
    told = set(st.query_params) - {language.KEY}
    if not told and checkpoints.KEY not in st.session_state and language.current() in AT_HOME:
        st.session_state[checkpoints.KEY] = AT_HOME[language.current()]


def keep(key: str, usual: str) -> None:
    """Take along to the next page what came with a link: Streamlit takes along only what was typed."""
    value = st.session_state.get(key, usual)
    if value != usual and key not in st.query_params:
        with suppress(
            StreamlitAPIException
        ):  # on the same page the control is bound, and tells the link itself
            st.query_params[key] = value
            st.session_state[key] = value


def sentence(
    whole_stack: bool = False,
    pairs: bool = False,
    draw: Callable[[Trace], None] | None = None,
    wished: str = "",
) -> Asked:
    """The controls and the examples; the page ends here where there is no such checkpoint.

    whole_stack: the page's layers are all of a stack, and not those that have attention. pairs: what the page
    shows it can show of two sentences, too; they are asked for where the model reads pairs. draw: what
    the page shows of a record while the model is not there yet; see `pages.common.opening`. wished: the
    example that the page opens on, where the checkpoint has it; else the first.
    """
    begin_in_language()
    keep(checkpoints.KEY, checkpoints.DEFAULT)
    with stage.bar():
        field = st.container()
        menu = st.container(width="content")
        which = st.container(width="content")
    with which:
        name = checkpoints.choose()
    found = examples.of(name)
    usual = examples.start(found, wished)
    keep("text", usual.text)
    with field:
        text = st.text_input(
            _("Sentence"),
            usual.text,
            key="text",
            bind="query-params",
            persist_state="session",
            label_visibility="collapsed",
            placeholder=_("Write a sentence"),
        )
    if draw is not None:
        opening.show(Path(checkpoints.where(name)), text, draw)
    startup.warm_up()
    other, languages, below = st.container(), st.container(horizontal=True), st.container()
    with below, refuse(), st.spinner(_("Loading the checkpoint …")):
        heavy.wait_for_imports()
        checkpoint = checkpoints.load(name)
    paired = second.is_offered(checkpoint, pairs)
    with menu:
        examples.choose((*found, *examples.PAIRS) if paired else found)
    with languages:
        chosen = language_pair.choose(name, checkpoint.languages, below)
    checkpoint = checkpoints.load(chosen)
    old_links.read(checkpoint, text, whole_stack)
    pair = ""
    if paired:
        keep(second.KEY, "")
        with other:
            pair = second.ask(checkpoint)
    else:
        with below:
            second.tell_left_out(checkpoint, pairs)
    text, pair = second.settle(text, pair)
    with below:
        pieces.written_apart(checkpoint, text)
        pieces.written_apart(checkpoint, pair, second.KEY)
        pieces.never_seen(checkpoint, f"{text} {pair}")
    beside = next((example.beside for example in found if example.text == text), usual.beside)
    return Asked(Request(chosen, text, pair), checkpoint, below, beside)
