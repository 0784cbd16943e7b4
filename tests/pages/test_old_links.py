"""Links of the first edition, in which a hybrid's layers with attention were counted by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from census.makers import TEXT, make
from model import load, trace
from model.capture.checkpoint import Checkpoint
from model.trace import Kind
from pages.common import links, old_links
from tests.pages.running import run
from viz.linked import View

WORDS = " ".join(TEXT.split()[:12])
LAYERS = (1, 3)  # of four those with attention


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of finished runs with two hybrids, of four layers and of eight."""
    folder = tmp_path_factory.mktemp("runs")
    make("jamba", folder / "jamba")
    make("jamba", folder / "deep", num_hidden_layers=8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADLIGHT_RUNS", str(folder))
        yield folder


@pytest.fixture(scope="module")
def hybrid(runs: Path) -> Checkpoint:
    return load(runs / "jamba")


@pytest.fixture
def jamba(runs: Path) -> str:
    return "jamba"


def told(app: AppTest, *keys: str) -> dict[str, str]:
    """What the address bar says of these."""
    assert not app.exception
    assert not app.error
    return {key: str(app.query_params[key]) for key in keys if key in app.query_params}


def buttons(app: AppTest) -> list[str]:
    """What is changed in the model, as the buttons that take it back say it."""
    return [one.label.replace("\\", "") for one in app.button if str(one.key).startswith("undo ")]


@pytest.mark.parametrize(
    ("language", "silent"), [("en", "silent: layer 4 · head 1"), ("ko", "끔: 4층 · 헤드 1")]
)
@pytest.mark.parametrize(
    "query",
    [
        {"heads": "2.3,1.1", "edits": "silence-decoder@2.1,cut-decoder-5-3@1,cut-decoder-4-2"},
        {"heads": "4.3,2.1", "edits": "silence-decoder@4.1,cut-decoder-5-3@2,cut-decoder-4-2", "v": "2"},
    ],
    ids=["old", "new"],
)
def test_explore_opens_what_an_old_link_meant(
    hybrid: Checkpoint, jamba: str, language: str, silent: str, query: dict[str, str]
) -> None:
    assert hybrid.layers == {"decoder": LAYERS}
    app = run("explore.py", language, checkpoint=jamba, text=WORDS, cut="true", **query)
    assert told(app, "heads", "edits", "v") == {
        "heads": "4.3,2.1",
        "edits": "silence-decoder@4.1,cut-decoder-5-3@2,cut-decoder-4-2",
        "v": "2",
    }
    undo = buttons(app)
    assert len(undo) == 3
    assert silent in undo
    before = told(app, "heads", "edits", "v")
    app.run()
    assert told(app, "heads", "edits", "v") == before
    assert buttons(app) == undo


def test_what_an_old_number_meant_is_the_layer_of_that_place_in_the_record(hybrid: Checkpoint) -> None:
    """The first edition's record had the layers with attention alone, one after another."""
    stack = trace(hybrid, WORDS)["decoder"]
    numbers = old_links.Numbers(hybrid)
    for place in range(len(stack.weights)):
        now = numbers.now("decoder", place)
        assert now is not None
        np.testing.assert_array_equal(stack[now, 2], stack.weights[place, 2])
    assert numbers.now("decoder", len(stack.weights)) is None


@pytest.mark.parametrize(("query", "number"), [({"layer": "2"}, "4"), ({"layer": "4", "v": "2"}, "4")])
@pytest.mark.parametrize("page", ["attention.py", "heads.py", "masks.py"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_pages_on_one_head(jamba: str, page: str, language: str, query: dict[str, str], number: str) -> None:
    app = run(page, language, checkpoint=jamba, text=WORDS, another="true", **query)
    assert told(app, "layer", "v") == {"layer": number, "v": "2"}
    control = next(group for group in app.button_group if group.key == "layer")
    assert (list(control.options), control.value) == (["2", "4"], number)


@pytest.mark.parametrize("query", [{"layer": "2"}, {"layer": "2", "v": "2"}])
def test_pages_on_a_whole_stack_have_always_counted_all_its_layers(jamba: str, query: dict[str, str]) -> None:
    app = run("block.py", "en", checkpoint=jamba, text=WORDS, part="residual", **query)
    assert told(app, "layer", "v") == {"layer": "2", "v": "2"}
    app = run("path.py", "en", checkpoint="deep", text=WORDS, **query)
    assert told(app, "layer", "v") == {"layer": "2", "v": "2"}
    assert any("**Decoder layer 2**" in one.value for one in app.markdown)


def test_what_was_not_there_is_not_there(jamba: str) -> None:
    query = {"heads": "4.1,9.9,x", "edits": "silence-decoder@4,cut-encoder-2-1@1,silence-decoder@0"}
    app = run("explore.py", "en", checkpoint=jamba, text=WORDS, cut="true", **query)
    assert told(app, "heads", "edits", "v") == {}
    assert not buttons(app)
    app = run("attention.py", "en", checkpoint=jamba, text=WORDS, layer="3")
    assert told(app, "layer", "v") == {}


def test_a_new_link_is_not_read_as_an_old_one(jamba: str) -> None:
    app = run("explore.py", "en", checkpoint=jamba, text=WORDS, heads="2.3", v="2", cut="true")
    assert told(app, "heads", "v") == {"heads": "2.3", "v": "2"}
    app = run("explore.py", "en", checkpoint=jamba, text=WORDS, heads="3.3", v="2")
    assert told(app, "heads", "v") == {}  # no layer with attention: the view is that of the start


def test_what_a_page_puts_into_its_link_has_the_version(jamba: str) -> None:
    app = run("explore.py", "en", checkpoint=jamba, text=WORDS, cut="true", scope="head", heads="2.3", v="2")
    next(toggle for toggle in app.toggle if toggle.label == "Silence it").set_value(True).run()
    assert told(app, "heads", "edits", "v") == {"heads": "2.3", "edits": "silence-decoder@2.3", "v": "2"}
    app.run()
    assert told(app, "edits") == {"edits": "silence-decoder@2.3"}


def test_links_of_other_checkpoints_mean_what_they_did() -> None:
    app = run("explore.py", "en", checkpoint="en-fr", heads="1.4", edits="silence-encoder@2.4", cut="true")
    assert told(app, "heads", "edits", "v") == {"heads": "1.4", "edits": "silence-encoder@2.4", "v": "2"}
    app = run("explore.py", "en", checkpoint="en-fr", edits="silence-encoder")
    assert told(app, "edits", "v") == {"edits": "silence-encoder"}  # no number, no version


def test_a_link_to_another_page_has_the_version() -> None:
    app = run("path.py", "en", checkpoint="pronouns")
    asked = [link.proto.query_string for link in app.get("page_link")]
    numbered = [query for query in asked if "layer=" in query]
    assert numbered
    assert all(("v=2" in query.split("&")) == (query in numbered) for query in asked)


def checkpoint(model_type: str, **layers: tuple[int, ...]) -> Any:
    config = SimpleNamespace(model_type=model_type)
    return SimpleNamespace(layers=layers, first_head=None, model=SimpleNamespace(config=config))


@pytest.mark.parametrize(
    ("model", "query", "expected"),
    [
        (checkpoint("bert", encoder=(0, 1)), {"layer": "2"}, {"layer": "2", "v": "2"}),
        (
            checkpoint("t5", encoder=(0, 1), decoder=(0, 1), cross=(0, 1)),
            {"kind": "cross", "heads": "2.1", "edits": "cut-encoder-1-2@1,silence-decoder@2.3"},
            {
                "kind": "cross",
                "heads": "2.1",
                "edits": "cut-encoder-1-2@1,silence-decoder@2.3",
                "v": "2",
            },
        ),
        (checkpoint("lfm3", decoder=(1, 2, 4, 5)), {"heads": "1.1,3.2"}, {"heads": "2.1,5.2", "v": "2"}),
        (
            checkpoint("diffllama", decoder=(0, 1)),  # two calls of attention in each layer
            {"heads": "1.1,2.2,3.3,4.4", "edits": "silence-decoder@4"},
            {"heads": "1.1,1.2,2.3,2.4", "edits": "silence-decoder@2", "v": "2"},
        ),
        (
            checkpoint("falcon", decoder=(0, 1)),  # was taken for an encoder
            {"kind": "encoder", "heads": "2.1", "edits": "cut-encoder-9-2,silence-encoder@2"},
            {"kind": "encoder", "heads": "2.1", "edits": "cut-decoder-9-2,silence-decoder@2", "v": "2"},
        ),
        (checkpoint("jamba", decoder=(1, 3)), {"text": "a"}, {"text": "a"}),
        (checkpoint("jamba", decoder=(1, 3)), {"layer": "2", "v": "2"}, {"layer": "2", "v": "2"}),
        (checkpoint("jamba", decoder=(1, 3)), {"layer": "²"}, {}),
    ],
)
def test_by_table(
    model: Any, query: dict[str, str], expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = dict(query)
    monkeypatch.setattr(st, "query_params", link)
    old_links.read(model, whole_stack=False)
    assert link == expected
    old_links.read(model, whole_stack=False)
    assert link == expected


def test_no_parameter_that_holds_numbers_is_forgotten() -> None:
    assert set(old_links.TURNS) == set(links.NUMBERED)
    assert {"heads", "kind"} <= set(View.__dataclass_fields__)
    assert all(kind in get_args(Kind) for names in old_links.KINDS.values() for kind in names.values())
