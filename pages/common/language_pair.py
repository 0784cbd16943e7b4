"""Between which languages a translator translates: two controls, where it has several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import links
from pages.common.language import _
from pages.common.request import Chosen
from pages.common.text import refuse

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.text.languages import Languages

SOURCE, TARGET = "from", "to"
WIDTH = 170  # pixels: both stand side by side on a telephone


def choose(name: str, languages: Languages | None, below: DeltaGenerator) -> Chosen:
    """The checkpoint of this name between the chosen languages; nothing is asked where there is no choice.

    below: the place under the sentence, where it is said that a link has a language that there is not.
    """
    if languages is None:
        return Chosen(name)
    source = None
    if languages.source is not None:
        source = pick(_("From"), SOURCE, languages, languages.source, below)
    return Chosen(name, source, pick(_("To"), TARGET, languages, languages.choose(source).target, below))


def pick(label: str, key: str, languages: Languages, usual: str, below: DeltaGenerator) -> str:
    """One language; the usual one where the link has one that there is not, and a sentence says so.

    One that was chosen of another checkpoint gives way without a word.
    """
    told = st.query_params.get(key, "").strip() or usual
    if told not in languages.codes and st.session_state.get(key) != told:
        with below, refuse(go_on=True):
            st.query_params[key] = languages.code(told)
    return links.one(label, {code: code for code in languages.codes}, key, usual, width=WIDTH)
