"""What every page wears: title, icon, logo. Colours and type are in .streamlit/config.toml."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent
SIDEBAR = 220  # pixels
# Korean breaks between words, as in print; a browser left alone breaks it between any two syllables.
LINES = (
    "<style>.stApp :is([data-testid='stMarkdownContainer'], [data-testid='stCaptionContainer']) * "
    "{ word-break: keep-all; overflow-wrap: anywhere; }</style>"
)
# Examples in several lines stand together, as do the lines of a text.
EXAMPLES = "<style>[data-testid='stHorizontalBlock']:has(> .st-key-example-0) { row-gap: 0; }</style>"
# Streamlit writes white on primary buttons, which nobody can read on the dark theme's amber.
INK = "<style>[data-testid='stBaseButton-primary'] * { color: #1c1917; }</style>"


def dark() -> bool:
    """Whether this person sees the dark theme."""
    return bool(st.context.theme.type == "dark")


def begin() -> None:
    """Set up the browser's tab and the logo."""
    icon, logo = HERE / "icon.svg", HERE / f"logo-{'dark' if dark() else 'light'}.svg"
    st.set_page_config("Headlight", str(icon), layout="wide", initial_sidebar_state=SIDEBAR)
    st.logo(str(logo), size="large", icon_image=str(icon))
    st.html(LINES + EXAMPLES + (INK if dark() else ""))
