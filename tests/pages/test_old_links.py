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
from model.text.former_words import former_words
from model.trace import Kind
from pages.common import links, old_links, schema
from tests.pages.running import ROOT, run
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
    ("language", "silent"), [("en", "silenced: layer 4 · head 1"), ("ko", "끔: 4층 · 헤드 1")]
)
@pytest.mark.parametrize(
    "query",
    [
        {"heads": "2.3,1.1", "edits": "silence-decoder@2.1,cut-decoder-5-3@1,cut-decoder-4-2"},
        {"heads": "4.3,2.1", "edits": "silence-decoder@4.1,cut-decoder-5-3@2,cut-decoder-4-2", "v": "2"},
        {"heads": "4.3,2.1", "edits": "silence-decoder@4.1,cut-decoder-5-3@2,cut-decoder-4-2", "v": "3"},
    ],
    ids=["old", "second", "new"],
)
def test_explore_opens_what_an_old_link_meant(
    hybrid: Checkpoint, jamba: str, language: str, silent: str, query: dict[str, str]
) -> None:
    assert hybrid.layers == {"decoder": LAYERS}
    app = run("explore.py", language, checkpoint=jamba, text=WORDS, cut="true", **query)
    assert told(app, "heads", "edits", "v") == {
        "heads": "4.3,2.1",
        "edits": "silence-decoder@4.1,cut-decoder-5-3@2,cut-decoder-4-2",
        "v": "3",
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
    usual = page == "masks.py"  # where the head that would look ahead most is in this layer
    assert told(app, "layer", "v") == ({} if usual else {"layer": number, "v": "3"})
    control = next(group for group in app.button_group if group.key == "layer")
    assert (list(control.options), control.value) == (["2", "4"], number)


@pytest.mark.parametrize("query", [{"layer": "2"}, {"layer": "2", "v": "2"}])
def test_pages_on_a_whole_stack_have_always_counted_all_its_layers(jamba: str, query: dict[str, str]) -> None:
    app = run("block.py", "en", checkpoint=jamba, text=WORDS, part="residual", **query)
    assert told(app, "layer", "v") == {"layer": "2", "v": "3"}
    app = run("path.py", "en", checkpoint="deep", text=WORDS, **query)
    assert told(app, "layer", "at", "v") == {"at": "decoder.2"}


def test_what_was_not_there_is_not_there(jamba: str) -> None:
    query = {"heads": "4.1,9.9,x", "edits": "silence-decoder@4,cut-encoder-2-1@1,silence-decoder@0"}
    app = run("explore.py", "en", checkpoint=jamba, text=WORDS, cut="true", **query)
    assert told(app, "heads", "edits", "v") == {}
    assert not buttons(app)
    app = run("attention.py", "en", checkpoint=jamba, text=WORDS, layer="3")
    assert told(app, "layer", "v") == {}


def test_a_new_link_is_not_read_as_an_old_one(jamba: str) -> None:
    app = run("explore.py", "en", checkpoint=jamba, text=WORDS, heads="2.3", v="2", cut="true")
    assert told(app, "heads", "v") == {"heads": "2.3", "v": "3"}
    app = run("explore.py", "en", checkpoint=jamba, text=WORDS, heads="3.3", v="2")
    assert told(app, "heads", "v") == {}  # no layer with attention: the view is that of the start


def test_what_a_page_puts_into_its_link_has_the_version(jamba: str) -> None:
    app = run("explore.py", "en", checkpoint=jamba, text=WORDS, cut="true", scope="head", heads="2.3", v="2")
    next(toggle for toggle in app.toggle if toggle.label == "Silence it").set_value(True).run()
    assert told(app, "heads", "edits", "v") == {"heads": "2.3", "edits": "silence-decoder@2.3", "v": "3"}
    app.run()
    assert told(app, "edits") == {"edits": "silence-decoder@2.3"}


def test_links_of_other_checkpoints_mean_what_they_did() -> None:
    app = run("explore.py", "en", checkpoint="en-fr", heads="1.4", edits="silence-encoder@2.4", cut="true")
    assert told(app, "heads", "edits", "v") == {"heads": "1.4", "edits": "silence-encoder@2.4", "v": "3"}
    app = run("explore.py", "en", checkpoint="en-fr", edits="silence-encoder")
    assert told(app, "edits", "v") == {"edits": "silence-encoder"}  # no number, no version


def test_a_link_to_another_page_has_the_version() -> None:
    app = run("path.py", "en", checkpoint="pronouns", at="encoder.2")
    asked = [link.proto.query_string for link in app.get("page_link")]
    numbered = [query for query in asked if "layer=" in query]
    assert numbered
    assert all(("v=3" in query.split("&")) == (query in numbered) for query in asked)


LATE = "I can't find my phone; I'm late."


@pytest.mark.parametrize(
    ("query", "held"),
    [
        ({"kind": "decoder", "held": "7", "v": "2"}, "7"),  # "à", with the space that was a word before it
        ({"kind": "decoder", "held": "6", "v": "2"}, "7"),  # that space
        ({"kind": "decoder", "held": "8"}, "9"),  # "trouver"
        ({"kind": "cross", "held": "4,8", "v": "2"}, "5,9"),
        ({"kind": "cross", "side": "key", "held": "3,8", "v": "2"}, "5,12"),
        ({"kind": "encoder", "held": "2"}, "2"),
        ({"kind": "decoder", "held": "8", "v": "3"}, "7"),  # of a word its first piece
        ({"kind": "decoder", "held": "8", "words": "0", "v": "2"}, "8"),
        ({"kind": "decoder", "held": "99,x,0", "v": "2"}, ""),
    ],
)
def test_a_held_word_is_the_one_that_it_was(query: dict[str, str], held: str) -> None:
    app = run("explore.py", "en", checkpoint="en-fr", text=LATE, **query)
    now = told(app, "held", "v")
    assert now.get("held", "") == held
    assert now["v"] == "3"
    before = dict(app.query_params)
    app.run()
    assert dict(app.query_params) == before


def test_an_old_number_is_that_of_a_token_with_the_same_text() -> None:
    """For every word of the second edition: it opens on the word that its first token is in."""
    m = load(ROOT / "checkpoints" / "en-fr")
    found = trace(m, LATE)
    numbers = old_links.Numbers(m)
    kinds: tuple[tuple[Kind, bool], ...] = (("encoder", False), ("decoder", True))
    for kind, written in kinds:
        tokens = found[kind].queries
        former = former_words(m.tokenizer, old_links.ids_of(m, LATE, written), LATE, m.language_ids)
        assert len(former) == len(tokens)
        for number in sorted(set(former)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(st, "query_params", {"kind": kind})
                piece = int(old_links.held(str(number + 1), numbers, LATE)) - 1
            view = View.from_query({"kind": kind, "held": str(piece + 1)}, found)
            (held,) = view.held
            assert piece in tokens.groups()[held]
            assert former[piece] == number


@pytest.mark.parametrize("language", ["en", "ko"])
def test_translate_opens_the_word_that_an_old_link_held(language: str) -> None:
    query = {"kind": "encoder", "held": "7", "cut": "true"}  # I'm
    for more, piece in (({"v": "2"}, "9"), ({"held": "9", "v": "3"}, "9")):
        app = run("translate.py", language, checkpoint="en-fr", text=LATE, **{**query, **more})
        assert told(app, "held", "v") == {"held": piece, "v": "3"}
        word = next(box for box in app.selectbox if box.key == "held")
        assert word.options[word.value or 0].rstrip("\u200b") == "I'm"


def test_a_cut_of_what_was_a_word_is_still_made() -> None:
    edits = "cut-decoder-9-7~8,cut-cross-6~7-5"  # pieces that are one word, and that are none
    app = run("explore.py", "en", checkpoint="en-fr", text=LATE, kind="decoder", cut="true", edits=edits)
    assert told(app, "edits") == {"edits": edits}
    assert len(buttons(app)) == 2


def checkpoint(model_type: str, **layers: tuple[int, ...]) -> Any:
    config = SimpleNamespace(model_type=model_type)
    return SimpleNamespace(layers=layers, first_head=None, model=SimpleNamespace(config=config))


@pytest.mark.parametrize(
    ("model", "query", "expected"),
    [
        (checkpoint("bert", encoder=(0, 1)), {"layer": "2"}, {"layer": "2", "v": "3"}),
        (
            checkpoint("t5", encoder=(0, 1), decoder=(0, 1), cross=(0, 1)),
            {"kind": "cross", "heads": "2.1", "edits": "cut-encoder-1-2@1,silence-decoder@2.3"},
            {
                "kind": "cross",
                "heads": "2.1",
                "edits": "cut-encoder-1-2@1,silence-decoder@2.3",
                "v": "3",
            },
        ),
        (checkpoint("lfm3", decoder=(1, 2, 4, 5)), {"heads": "1.1,3.2"}, {"heads": "2.1,5.2", "v": "3"}),
        (
            checkpoint("diffllama", decoder=(0, 1)),  # two calls of attention in each layer
            {"heads": "1.1,2.2,3.3,4.4", "edits": "silence-decoder@4"},
            {"heads": "1.1,1.2,2.3,2.4", "edits": "silence-decoder@2", "v": "3"},
        ),
        (
            checkpoint("falcon", decoder=(0, 1)),  # was taken for an encoder
            {"kind": "encoder", "heads": "2.1", "edits": "cut-encoder-9-2,silence-encoder@2"},
            {"kind": "decoder", "heads": "2.1", "edits": "cut-decoder-9-2,silence-decoder@2", "v": "3"},
        ),
        (checkpoint("jamba", decoder=(1, 3)), {"text": "a"}, {"text": "a"}),
        (checkpoint("jamba", decoder=(1, 3)), {"layer": "2", "v": "2"}, {"layer": "2", "v": "3"}),
        (checkpoint("jamba", decoder=(1, 3)), {"layer": "2", "v": "3"}, {"layer": "2", "v": "3"}),
        (checkpoint("jamba", decoder=(1, 3)), {"layer": "2", "v": "9"}, {"layer": "2", "v": "9"}),
        (checkpoint("jamba", decoder=(1, 3)), {"layer": "²"}, {}),
    ],
)
def test_by_table(
    model: Any, query: dict[str, str], expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = dict(query)
    monkeypatch.setattr(st, "query_params", link)
    monkeypatch.setattr(st, "session_state", {links.ARRIVED: {}})
    old_links.read(model, "", whole_stack=False)
    assert link == expected
    old_links.read(model, "", whole_stack=False)
    assert link == expected


def test_no_parameter_that_holds_numbers_is_forgotten() -> None:
    assert {*old_links.TURNS, links.HELD} == set(schema.numbered())
    assert {"heads", "kind"} <= set(View.__dataclass_fields__)
    assert all(kind in get_args(Kind) for names in old_links.KINDS.values() for kind in names.values())
