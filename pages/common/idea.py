"""What every page on an idea has below its picture: what to notice, the formula, its letters, its source."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.common.language import _


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
