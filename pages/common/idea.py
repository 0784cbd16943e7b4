"""What every page on an idea has: a question, what to notice, the formula with its letters, the source."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.common import heavy
from pages.common.language import _


def question(title: str, caption: str) -> None:
    """The page opens on a question, and one line on what to do."""
    st.title(title, anchor=False)
    st.caption(caption)
    with st.spinner(_("Loading PyTorch …")):
        heavy.wait_for_imports()


def notice(*points: str) -> None:
    """What to notice, in a few short points of Markdown."""
    st.subheader(_("What to notice"), anchor=False)
    st.markdown("\n".join(f"- {point}" for point in points))


def formula(latex: str, letters: Mapping[str, str], source: str) -> None:
    """The formula in the paper's letters, each letter tied to what is on the page, and where it comes from.

    letters: a letter in LaTeX -> what it is on this page, in Markdown. source: paper and equation.
    """
    st.subheader(_("The formula"), anchor=False)
    st.latex(latex)
    st.markdown("  \n".join(f"${letter}$ – {meaning}" for letter, meaning in letters.items()))
    st.caption(source)
