"""The language a person reads: follows the browser, can be switched, kept in the link."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import streamlit as st

from model.errors import Refusal
from pages.common import links

LANGUAGES = {"en": "English", "ko": "한국어"}
KEY = "lang"
CATALOGUES = Path(__file__).resolve().parents[2] / "locale"


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en":  # English is what stands in the code
        return gettext.NullTranslations()
    return gettext.translation("headlight", CATALOGUES, languages=[language])


def of_browser() -> str:
    """The first of the browser's languages that there is a catalogue for, else English."""
    wanted = (st.context.locale or "en").split("-")[0].lower()
    return wanted if wanted in LANGUAGES else "en"


def current() -> str:
    """The language of this person, this run."""
    chosen = st.session_state.get(KEY) or st.query_params.get(KEY)
    return chosen if chosen in LANGUAGES else of_browser()


def _(text: str) -> str:
    """`text`, an English string of the code, in the language of this run."""
    return _catalogue(current()).gettext(text)


def translate_to(language: str, text: str) -> str:
    """`text`, an English string of the code, in another language than that of this run."""
    return _catalogue(language).gettext(text)


def translate(strings: Mapping[str, str]) -> dict[str, str]:
    """The same keys with every English string in the language of this run."""
    return {key: _(text) for key, text in strings.items()}


def sentence(error: ValueError) -> str:
    """What was wrong, in the language of this run."""
    return _(error.template).format(**error.values) if isinstance(error, Refusal) else str(error)


def switch() -> None:
    """The control that changes the language. A link carries it only where it differs from the browser's."""
    links.choice("Language · 언어", LANGUAGES, KEY, of_browser(), label_visibility="collapsed")
