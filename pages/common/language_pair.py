"""Between which languages a translator translates: two controls, where it has several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import links
from pages.common.checkpoints import Chosen
from pages.common.language import _
from pages.common.text import refuse

if TYPE_CHECKING:
    from model.text.languages import Languages

SOURCE, TARGET = "from", "to"


def choose(name: str, languages: Languages | None) -> Chosen:
    """The checkpoint of this name between the chosen languages; nothing is asked where there is no choice."""
    if languages is None:
        return Chosen(name)
    one, other = st.columns(2) if languages.source is not None else (None, st.container())
    source = None
    if one is not None and languages.source is not None:
        with one:
            source = pick(_("From"), SOURCE, languages, languages.source)
    with other:
        return Chosen(name, source, pick(_("To"), TARGET, languages, languages.choose(source).target))


def pick(label: str, key: str, languages: Languages, usual: str) -> str:
    """One language. Where the link has one that there is not, a sentence says so, and it is the usual one.

    One that was chosen of another checkpoint gives way without a word.
    """
    told = st.query_params.get(key, usual)
    if told not in languages.codes and st.session_state.get(key) != told:
        with refuse(go_on=True):
            st.query_params[key] = languages.code(told)
    return links.one(label, {code: code for code in languages.codes}, key, usual)
