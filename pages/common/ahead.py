"""What a control is likely to ask for next, worked out in the background while its picture is looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import streamlit as st

Job = Callable[[], object]


def work(name: str, jobs: Sequence[Job], *of: str) -> None:
    """Have these jobs done one after another, once a process for a name and what it is of.

    A job fills a cache that its control reads; one that the control asks for meanwhile is waited for, not
    done twice. An error is left to the control, which meets it where a person can be told.
    """
    _begin(name, of, jobs)


@st.cache_resource(max_entries=64, show_spinner=False)
def _begin(name: str, of: tuple[str, ...], _jobs: Sequence[Job]) -> threading.Thread:
    def run() -> None:
        for job in _jobs:
            try:
                job()
            except ValueError:
                continue

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
