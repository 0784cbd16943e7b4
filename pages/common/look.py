"""What every page wears: title, icon, logo, and the frame. Colours and type are in .streamlit/config.toml."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st

from pages.common import schema, stage
from pages.common.language import _

HERE = Path(__file__).parent
SIDEBAR = 232  # pixels, on a small screen; it grows with the type
PHONE = 640  # pixels: the widest screen on which Streamlit puts columns below each other
# Korean breaks between words, as in print; a browser left alone breaks it between any two syllables.
LINES = (
    ".stApp :is([data-testid='stMarkdownContainer'], [data-testid='stCaptionContainer']) * "
    "{ word-break: keep-all; overflow-wrap: anywhere; }"
)
# On a projector and on large screens type grows, and with it everything that is measured in it.
SIZES = ((1500, 18), (1800, 21))  # from a width on, in pixels, and how large type is there
TYPE = "".join(
    f"@media (min-width: {width}px) {{ html:root {{ font-size: {size}px }} }}" for width, size in SIZES
)
# On a phone, where a page has choices, the answer comes first, then the picture, then all else.
ASKED = f".stApp div:has(> .st-key-{stage.BAR}):has(~ div > .st-key-{stage.CHOICES})"
# The question stands in the row of Streamlit's own menu, the picture follows at once.
FRAME = f"""
.stApp header[data-testid=stHeader] {{ background: transparent; pointer-events: none }}
.stApp header[data-testid=stHeader] > * {{ pointer-events: auto }}
.stApp [data-testid=stMainBlockContainer] {{ padding: 0.8rem 2.5rem 2rem }}
.stApp .st-key-{stage.TITLE} {{ column-gap: 1rem; row-gap: 0; padding-right: 2rem }}
.stApp .st-key-{stage.TITLE} h1 {{ padding: 0 }}
.stApp .st-key-{stage.TITLE} [data-testid=stCaptionContainer] {{ margin: 0 }}
.stApp .st-key-{stage.TITLE} [data-testid=stCaptionContainer] p {{ margin: 0; line-height: 1.9 }}
.stApp .st-key-{stage.BAR} {{ column-gap: 0.5rem }}
.stApp .st-key-{stage.TURNS} {{ display: grid; min-width: 7rem }}
.stApp .st-key-{stage.TURNS} > * {{ grid-area: 1 / 1; width: 100% }}
.stApp .st-key-{stage.TURNS} button {{ width: 7rem }}
.stApp .st-key-{stage.TURNS} > :first-child {{ z-index: 1 }}
.stApp .st-key-{stage.ANSWER} [data-testid=stMarkdownContainer] p {{ font-size: 1.15rem }}
.stApp [data-testid=stSelectbox] input {{ text-overflow: ellipsis }}
.stApp [data-testid=stMarkdownContainer] :is(p, li, td) > code {{ font-size: 0.9em }}
@media (max-width: {PHONE}px) {{
  .stApp [data-testid=stMainBlockContainer] {{ padding: 3.4rem 1rem 2rem }}
  .stApp .st-key-{stage.TITLE} [data-testid=stCaptionContainer] p {{ line-height: 1.5 }}
  .stApp [data-testid=stMainBlockContainer] > [data-testid=stVerticalBlock] {{ gap: 0.75rem }}
  .stApp .st-key-{stage.BAR} > :first-child {{ flex-basis: 100% }}
  .stApp :has(> .st-key-{stage.TITLE}) {{ order: -3 }}
  .stApp :has(> .st-key-{stage.BAR}) {{ order: -2 }}
  .stApp :has(> .st-key-{stage.ANSWER}) {{ order: -1 }}
  .stApp .st-key-{stage.LONG} :has(> .st-key-{stage.ANSWER}) {{ order: 0 }}
  {ASKED} ~ * {{ order: 2 }}
  {ASKED} ~ div:has(> .st-key-{stage.PICTURE}) {{ order: 1 }}
  {ASKED} ~ div:has(> .st-key-{stage.ANSWER}) {{ order: 0 }}
}}
"""
# Streamlit's captions are paler than can be read from the last row; these keep 7:1.
QUIET = (
    ".stApp [data-testid=stCaptionContainer] {{ color: {quiet}; opacity: 1 }}"
    ".stApp [data-testid=stCaptionContainer] :is(p, li) {{ color: inherit }}"
)
SIDE = f"""
.stApp [data-testid=stSidebar][data-collapsed=false] {{
  width: {SIDEBAR / 16}rem !important;
}}
.stApp [data-testid=stNavSectionHeader] {{ padding-right: 0 }}
"""
# Streamlit writes white on primary buttons, which nobody can read on the dark theme's amber.
INK = "[data-testid='stBaseButton-primary'] * { color: #1c1917; }"


def dark() -> bool:
    """Whether this person sees the dark theme."""
    return bool(st.context.theme.type == "dark")


def begin() -> None:
    """Set up the browser's tab and the frame, which the page's question stands in."""
    st.set_page_config("Headlight", layout="wide", initial_sidebar_state="auto")
    said = json.dumps(_("Checkpoint"), ensure_ascii=False)
    which = (
        f".st-key-{schema.CHECKPOINT} .react-aria-ComboBox [role=group]::before "
        f"{{ content: {said}; opacity: 0.7; font-size: 0.8rem; align-self: center; padding-left: 0.6rem; "
        "white-space: nowrap }"
        f".stApp .st-key-{schema.CHECKPOINT} {{ width: {stage.CHECKPOINT / 16}rem !important }}"
    )
    st.html(f"<style>{LINES}{TYPE}{FRAME}{SIDE}{which}{INK if dark() else ''}</style>")


def go_on() -> None:
    """The icon, the logo and the quiet colour, behind the question: images and colours need NumPy."""
    from viz import scales

    icon, logo = HERE / "icon.svg", HERE / f"logo-{'dark' if dark() else 'light'}.svg"
    st.set_page_config(page_icon=str(icon))
    st.logo(str(logo), size="large", icon_image=str(icon))
    quiet = QUIET.format(quiet=scales.theme(dark())["quiet"])
    st.html(f"<style>{quiet}</style>")
