"""What the page on scores asks: two texts, what cuts them into tokens, and which groups are marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.errors import Refusal
from pages.common import language, links
from pages.common.language import _

if TYPE_CHECKING:
    from model.scores.matches import Scored

REFERENCE, TRANSLATION = "reference", "translation"
USUAL = {  # language -> a reference, and a translation of the same that says it in other words
    "en": (
        "The animal didn't cross the street because it was too tired.",
        "The animal did not cross the street because it was tired.",
    ),
    "ko": ("그 동물은 너무 피곤해서 길을 건너지 않았다.", "그 동물은 너무 지쳐서 길을 건너지 않았다."),
}
BY_WRITING = "writing"
LONGEST = 5_000  # letters of a text


def ask_pair() -> tuple[str, str]:
    """The translation and its reference, each in a field of its own."""
    usual = USUAL.get(language.current(), USUAL["en"])
    reference: str = st.text_input(
        _("Reference"), usual[0], key=REFERENCE, bind="query-params", persist_state="session"
    )
    written: str = st.text_input(
        _("Translation"), usual[1], key=TRANSLATION, bind="query-params", persist_state="session"
    )
    return written, reference


def choose_group() -> int:
    """How many tokens the groups have that are marked in both texts."""
    options = {"1": _("1 token"), "2": _("2 tokens"), "3": _("3 tokens"), "4": _("4 tokens")}
    return int(links.choice(_("Marked"), options, "grams", "1", label_visibility="collapsed"))


def choose_tokenizer() -> str:
    """sacreBLEU's tokenizer; "": the one for the writing of the reference."""
    from model.scores.texts import find_tokenizers

    options = {BY_WRITING: _("Tokens by the writing"), **{name: name for name in find_tokenizers()}}
    chosen = links.one(_("Cut by"), options, "cut_by", BY_WRITING, label_visibility="collapsed", width=230)
    return "" if chosen == BY_WRITING else chosen


def score(written: str, reference: str, tokenizer: str) -> Scored:
    """The scores of a pair. Raises ValueError with a plain sentence where there is nothing to measure."""
    if not reference.strip():
        raise Refusal("Write a reference: what a good translation says.")
    if max(len(written), len(reference)) > LONGEST:
        raise Refusal(
            "These texts are longer than {most} letters; a file can hold them.", most=f"{LONGEST:,}"
        )
    return _score(written, reference, tokenizer)


@st.cache_data(max_entries=256, show_spinner=False)
def _score(written: str, reference: str, tokenizer: str) -> Scored:
    from model.scores.matches import score

    return score(written, reference, tokenizer)
