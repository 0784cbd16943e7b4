"""What the app opens on, before PyTorch is there: a record that is shipped, drawn at once.

The model loads behind it, once the picture stands in the browser; then the page runs again and is whole. A
test compares the record with what the model computes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from model import Trace
from pages.common import startup
from pages.common.language import _

FILE = "opening.safetensors"  # in a checkpoint's folder
FIRST_LOOK = 0.4  # seconds until the picture stands in the browser, and from one look to the next
USUAL = {"lang", "checkpoint"}  # what a link may say without asking for more than the first look


@st.cache_resource(show_spinner=False, max_entries=4)
def read(path: Path) -> Trace | None:
    """The record of a checkpoint's folder; None where there is none that can be read."""
    try:
        return Trace.load(path / FILE)
    except ValueError:
        return None


def show(folder: Path, text: str, draw: Callable[[Trace], None]) -> None:
    """Draw the record and end the page, where PyTorch is not there yet and the record is what is asked for.

    folder: of the checkpoint. text: the sentence that is asked for. The page runs again by itself.
    """
    if not startup.is_cold() or set(st.query_params) - USUAL:
        return
    record = read(folder)
    if record is None or record.source != text:
        return
    draw(record)
    st.fragment(wait, run_every=FIRST_LOOK)()
    st.stop()


def wait() -> None:
    """Begin to load the model at the browser's first word, and have the page run again when it is there."""
    begun = st.session_state.get("opening shown", False)
    st.session_state["opening shown"] = True
    st.caption(_("The model is loading; then every word can be asked."))
    if begun:
        startup.warm_up()
        if not startup.is_cold():
            st.rerun()
