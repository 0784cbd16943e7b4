"""The door of every page."""

from __future__ import annotations

import runpy
from pathlib import Path

import streamlit as st

from pages.common import language

APP = Path(__file__).resolve().parents[2] / "app.py"


def through_app() -> None:
    """Run app.py where a page file was run without it; call this first in every page.

    In a process that has run nothing yet, Streamlit takes the top-level `pages/` for its older kind of
    multipage app and answers a deep link with the page file alone: no language, no menu. From the
    first st.navigation on it does not.
    """
    if language.KEY not in st.session_state:
        runpy.run_path(str(APP), run_name="__main__")
        st.stop()
