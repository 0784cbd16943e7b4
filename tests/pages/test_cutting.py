"""Cut and see on the Explore page, for every architecture that the one attention function serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.model.capture.test_loading import ARCHITECTURES, saved
from tests.model.families import TEXT
from tests.pages.running import run
from tests.viz.test_pack import read


def test_a_text_too_long_to_be_translated_is_told_where_it_would_be_cut() -> None:
    app = run("explore.py", "en", checkpoint="pronouns", text="word " * 600, cut="true")
    assert not app.exception
    assert ["at most 512" in error.value for error in app.error] == [True]


def test_a_name_that_no_folder_can_have_is_refused() -> None:
    app = run("explore.py", "en", checkpoint="~\0")
    assert not app.exception
    assert len(app.error) == 1


def test_a_decoder_alone_is_not_said_to_have_written() -> None:
    for checkpoint, writes in (("pronouns", True), ("repeat", False)):
        app = run("explore.py", "en", checkpoint=checkpoint)
        header, _ = read(app.session_state["linked (linked view)"].blob)
        assert (header["outcome"] is not None) == writes


@pytest.mark.parametrize("name", ["bert", "gpt2", "llama", "t5", "marian"])
def test_an_edge_is_cut_and_a_head_silenced_in_any_model(name: str, tmp_path: Path) -> None:
    kind = "decoder" if ARCHITECTURES[name] == "decoder" else "encoder"
    app = run(
        "explore.py",
        "en",
        checkpoint=str(saved(tmp_path, name)),
        text=TEXT,
        held="3",
        cut="true",
        compare="true",
        edits=f"cut-{kind}-3-2,silence-{kind}@1.1",
    )
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) >= 2, "what moved, and looking beside mattering"
    assert sum("Take this back" in (button.help or "") for button in app.button) == 2


def test_a_model_that_cannot_be_changed_says_so(tmp_path: Path) -> None:
    app = run("explore.py", "en", checkpoint=str(saved(tmp_path, "longformer")), text=TEXT, cut="true")
    assert not app.exception
    assert not app.error
    assert any("cannot be" in c.value or "not changed" in c.value for c in app.caption)
