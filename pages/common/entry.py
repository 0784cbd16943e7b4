"""The door of every page."""

from __future__ import annotations

import runpy
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

APP = Path(__file__).resolve().parents[2] / "app.py"
RUN = "run of the app"  # in the session: what Streamlit makes anew for each run


def enter() -> None:
    """Say that app.py runs; it does so before it runs a page."""
    st.session_state[RUN] = mark()


def through_app() -> None:
    """Run app.py where a page file was run without it; call this first in every page.

    In a process that has run nothing yet, Streamlit takes the top-level `pages/` for its older kind of
    multipage app and answers a deep link with the page file alone: no language, no question, no menu. From
    the first st.navigation on it does not.
    """
    if st.session_state.get(RUN) is not mark():
        runpy.run_path(str(APP), run_name="__main__")
        st.stop()


def mark() -> object:
    """What tells this run of the script from every other; None outside of any."""
    run = get_script_run_ctx(suppress_warning=True)
    return None if run is None else run.cursors
