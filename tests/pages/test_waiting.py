"""A page that is asked for something else does not go on with what nobody waits for any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.testing.v1 import AppTest

from census.makers import make


def script(folder: str, most: int) -> None:
    """Loads a checkpoint in a run of which another one is asked for after so many looks into the session."""
    import streamlit as st

    from pages.common import checkpoints
    from tests.pages.test_waiting import ask_for_another

    st.session_state["asked"] = ask_for_another(most)
    checkpoints.load(folder)
    st.write("loaded")


def ask_for_another(most: int) -> list[int]:
    """Has Streamlit end the run where it does so itself: when the session is looked into."""
    asked = [0]

    def look() -> None:
        asked[0] += 1
        if asked[0] == most:
            raise StopException

    context: Any = get_script_run_ctx()
    object.__setattr__(context.session_state, "_yield_callback", look)
    return asked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("waiting")
    make("bert", made)
    return made


def test_loading_ends_where_another_page_is_asked_for(folder: Path) -> None:
    app = AppTest.from_function(script, kwargs={"folder": str(folder), "most": 60}, default_timeout=60).run()
    assert not app.exception
    assert not [text.value for text in app.markdown]  # it was ended on the way
    again = AppTest.from_function(
        script, kwargs={"folder": str(folder), "most": 10**9}, default_timeout=60
    ).run()
    assert [text.value for text in again.markdown] == ["loaded"]
    assert again.session_state["asked"][0] > 100
