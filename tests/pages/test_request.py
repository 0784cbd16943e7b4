"""What is asked of a model is one object: nothing is computed twice, and a cut is the same on every page."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import model
from model import Cut, Edit, Silence, Uniform, load, trace
from model.decode import decoding
from model.decode.decoding import Beam, Greedy
from pages.common import checkpoints
from pages.common.edits import Wish
from pages.common.request import Chosen, Request
from tests.pages.running import run, stage_answer

pytestmark = pytest.mark.usefixtures("pronouns")

TEXT = "The animal didn't cross the street because it was too wide."
CUT = "cut-encoder-9-7"  # "it" from "street"


def ask(*wishes: Wish) -> Request:
    return Request(Chosen("pronouns"), TEXT, wishes=wishes)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the model wrote and was traced."""
    seen: Counter[str] = Counter()

    def count(room: Any, name: str) -> None:
        work = getattr(room, name)

        def counted(*more: Any, **named: Any) -> Any:
            seen[name] += 1
            return work(*more, **named)

        monkeypatch.setattr(room, name, counted)

    count(model, "trace")
    count(decoding, "write")
    return seen


def test_greedily_is_the_same_said_or_not() -> None:
    plain = ask()
    assert plain.decoded(Greedy(), ()) == plain
    assert plain.decoded(Beam(4), ()) != plain
    assert plain.under((Wish("silence", "encoder"),)).plain == plain


def test_changes_that_look_alike_are_told_apart() -> None:
    wishes = [Wish("silence", "encoder", layer=0, head=0), Wish("uniform", "encoder", layer=0, head=0)]
    found = [checkpoints.trace(ask(one)).encoder for one in wishes]
    m = load("checkpoints/pronouns")
    edits: tuple[Edit, ...] = (Silence("encoder", 0, 0), Uniform("encoder", 0, 0))
    for stack, change in zip(found, edits, strict=True):
        alone = trace(m, TEXT, edits=[change]).encoder
        assert stack is not None
        assert alone is not None
        np.testing.assert_allclose(stack.weights, alone.weights, atol=1e-5)
    assert found[0] is not found[1]


def test_one_question_is_computed_once(done: Counter[str]) -> None:
    request = ask().of_text(TEXT.replace("wide", "long"))  # of which no other test asks
    again = ask().of_text(request.text)
    assert checkpoints.trace(request) is checkpoints.trace(again)
    assert checkpoints.write(request) is checkpoints.write(again)
    assert done == {"trace": 1, "write": 1}


def test_nothing_is_written_again_when_a_panel_opens(done: Counter[str]) -> None:
    asked = {"text": TEXT.replace("wide", "narrow"), "checkpoint": "pronouns", "edits": CUT}
    assert not run("explore.py", "en", **asked).exception
    before = done.copy()
    assert before["write"] >= 2  # with the cut and without it
    for panel in ("cut", "measured", "figure", "pieces"):
        assert not run("explore.py", "en", **asked, **{panel: "true"}).exception
    assert done == before
    assert not run("path.py", "en", **asked).exception
    assert done["write"] == before["write"]


@pytest.mark.parametrize("page", ["attention.py", "heads.py", "block.py", "path.py"])
def test_what_is_cut_on_one_page_is_cut_on_the_others(page: str) -> None:
    app = run(page, "en", text=TEXT, checkpoint="pronouns", edits=CUT)
    assert not app.exception
    assert "“it” ✂ “street”, every head" in [button.label for button in app.button]
    app.button(key="undo " + CUT).click().run()
    assert "edits" not in app.query_params
    assert not [button for button in app.button if "✂" in button.label]


def test_the_numbers_are_those_of_the_changed_model() -> None:
    m = load("checkpoints/pronouns")
    head = m.first_head
    assert head is not None
    alone = trace(m, TEXT, edits=[Cut("encoder", 8, 6)])["encoder"]
    row = alone[head["layer"], head["head"]][8]
    assert row[6] == 0
    before, after = (
        run("attention.py", "en", text=TEXT, checkpoint="pronouns", **query, query="9", calculation="5")
        for query in ({}, {"edits": CUT})
    )
    assert "street" in stage_answer(before)
    assert alone.key_tokens[int(row.argmax())] in stage_answer(after)
    assert f"{row.max():.2f}" in stage_answer(after) or f"{100 * row.max():.0f}" in stage_answer(after)


@pytest.mark.parametrize("page", ["masks.py", "positions.py"])
def test_a_page_that_shows_the_model_as_it_is_says_so(page: str) -> None:
    def is_told(app: AppTest) -> bool:
        return any("is not cut here" in caption.value for caption in app.caption)

    assert is_told(run(page, "en", text=TEXT, checkpoint="pronouns", edits=CUT))
    assert not is_told(run(page, "en", text=TEXT, checkpoint="pronouns"))
    assert not is_told(run(page, "en", text=TEXT, checkpoint="pronouns", edits="nonsense"))


def test_a_text_too_long_to_be_translated_is_still_set_beside_another() -> None:
    app = run("explore.py", "en", text=TEXT, checkpoint="pronouns", beside="word " * 600, compared="true")
    assert not app.exception
    assert not app.error
