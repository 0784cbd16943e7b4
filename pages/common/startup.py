"""What happens once a process, behind the first paint: heavy imports, the first checkpoint, tidy memory."""

from __future__ import annotations

import gc
import threading

import numpy as np  # noqa: F401  (imported here first: numpy must not be half imported when the thread asks for it)
import streamlit as st

from pages.common import checkpoints, heavy

_ready = threading.Event()  # that the default checkpoint is there


def is_cold() -> bool:
    """Whether the default checkpoint is not there yet."""
    return not _ready.is_set()


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Import torch and transformers and load the default checkpoint in the background, once a process.

    Streamlit collects garbage after every run, and a collection walks through every object torch made;
    freezing them once takes that tax (about 0.1 s) off every click.
    """
    thread = threading.Thread(target=_warm_up, name="warm-up", daemon=True)
    thread.start()
    return thread


def _warm_up() -> None:
    try:
        heavy.wait_for_imports()
        checkpoints.warm()
        gc.collect()
        gc.freeze()
    finally:
        _ready.set()
