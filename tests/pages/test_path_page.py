"""The whole path, run by Streamlit's own test runner: what is drawn, what is said of it, and its links."""

from __future__ import annotations

import json
import re
import struct
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from model import Cut, load, trace
from model.capture.residual_stream import follow
from model.decode.decoding import write
from tests.model.families import TEXT, build, tokenizer
from tests.pages.experts import save
from tests.pages.running import run
from viz.columns import percent

pytestmark = pytest.mark.usefixtures("pronouns")

PAGE = "path.py"
# Of several makes; those whose layers cannot be followed are drawn from their attention alone.
MODELS: dict[str, dict[str, Any]] = {
    "bert": {},
    "gpt2": {"n_layer": 8},
    "llama": {},
    "t5": {},
    "marian": {},
    "gemma2": {},
    "electra": {},
    "albert": {},
    "bloom": {},
    "xlnet": {},
}


def words(app: AppTest) -> str:
    """All that is said, the answer among it."""
    return " ".join(str(markdown.value) for markdown in app.markdown).replace("\\", "").replace("**", "")


def header(app: AppTest) -> dict[str, Any]:
    """What the browser is told."""
    blob = next(iter(app.get("bidi_component"))).proto.bytes
    (length,) = struct.unpack("<I", blob[4:8])
    found: dict[str, Any] = json.loads(blob[8 : 8 + length])
    return found


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Small models of other makes, by name."""
    base = tmp_path_factory.mktemp("models")
    made = {"experts": str(save(base / "experts"))}
    for name, sizes in MODELS.items():
        build(name, **sizes).save_pretrained(base / name)
        tokenizer("$A").save_pretrained(base / name)
        made[name] = str(base / name)
    return made


def test_it_opens_where_it_leads_from_animal_to_il() -> None:
    app = run(PAGE, "en")
    assert not app.exception
    said = words(app)
    assert "the model writes “il” (90 %)" in said
    assert "the decoder looks at “it”" in said
    assert "“it” looks at “animal” (layer 2, head 3: 100 %)" in said  # the head that the card names
    told = header(app)
    assert [len(told["whole"]["sides"][kind]["layers"]) for kind in ("encoder", "decoder")] == [2, 1]
    assert told["view"]["at"] == ""
    assert "detail" not in told
    for name in ("token", "step", "at"):
        assert name not in app.query_params


@pytest.mark.parametrize("step", [1, 4, 16])
def test_every_step_says_the_models_own_prediction_and_look(step: int) -> None:
    m = load("checkpoints/pronouns")
    ids = write(m, TEXT).ids
    outlook: Any = follow(m, TEXT, ids).outlook
    cross: Any = trace(m, TEXT, list(ids)).cross
    app = run(PAGE, "en", step=str(step))
    assert not app.exception
    said = words(app)
    best = outlook.best[step - 1][0]
    assert f"“{best.text}” ({percent(best.probability)})" in said
    found = re.search(r"the decoder looks at “(.+?)” \(layer (\d), head (\d): ([\d.]+ %)\)", said)
    if found:
        token, layer, head, share = found.groups()
        row = cross[int(layer) - 1, int(head) - 1][step - 1]
        key = cross.key_tokens.index(token)
        assert share in {percent(float(row[i])) for i, text in enumerate(cross.key_tokens) if text == token}
        assert row[key] <= cross.weights[:, :, step - 1].max()


def test_a_cut_of_the_link_is_drawn_and_what_is_said_is_of_the_model_that_was_cut() -> None:
    m = load("checkpoints/pronouns")
    app = run(PAGE, "en", edits="cut-encoder-9-2")
    assert not app.exception
    told = header(app)["whole"]
    assert told["changes"] == [
        {"what": "cut", "kind": "encoder", "queries": [8, 8], "keys": [1, 1], "layer": None, "head": None}
    ]
    edits = [Cut("encoder", 8, 1)]
    from model.decode.decoding import write as write_again

    ids = write_again(m, TEXT, edits=edits).ids
    outlook: Any = follow(m, TEXT, ids, edits=edits).outlook
    step = told["writes"][8]
    best = outlook.best[step][0]
    assert f"“{best.text}” ({percent(best.probability)})" in words(app)
    assert "“it” looks at “animal”" not in words(app)
    other: Any = follow(m, TEXT, ids).outlook
    assert best.probability != other.best[step][0].probability


def test_an_opened_head_brings_its_numbers() -> None:
    m = load("checkpoints/pronouns")
    expected = trace(m, TEXT, list(write(m, TEXT).ids), record=("scores", "qkv", "output"))
    app = run(PAGE, "en", at="encoder.2.3-9-2")
    assert not app.exception
    told = header(app)
    assert told["view"] == {
        "at": "encoder.1.2",
        "read": 8,
        "step": told["view"]["step"],
        "query": 8,
        "key": 1,
    }
    assert {name: told["detail"][name] for name in ("kind", "layer", "head")} == {
        "kind": "encoder",
        "layer": 1,
        "head": 2,
    }
    assert expected.encoder is not None
    assert told["detail"]["scaling"] == pytest.approx(float(expected.encoder.scaling[1]))  # type: ignore[index]
    assert app.query_params["at"] == "encoder.2.3-9-2"


@pytest.mark.parametrize("name", ["experts", *MODELS])
def test_models_of_every_make_are_drawn_from_their_own_layers(name: str, folders: dict[str, str]) -> None:
    app = run(PAGE, "en", checkpoint=folders[name], text="it was tired")
    assert not app.exception
    assert not app.error
    m = load(folders[name])
    told = header(app)["whole"]
    for kind, side in told["sides"].items():
        assert len(side["layers"]) == m.depth[kind]
    assert set(told["attention"]) == set(m.layers)
    for kind, about in told["attention"].items():
        assert about["heads"] == m.heads[kind]
    if name == "xlnet":
        assert "cannot be followed" in " ".join(str(caption.value) for caption in app.caption)
        assert told["output"] is None
    elif name == "electra":
        assert "leaves the model as a vector of 32 numbers" in words(app)
    else:
        assert "expects" in words(app) or "writes" in words(app) or "begins" in words(app)
        assert told["output"]["vocabulary"] > 0


@pytest.mark.parametrize("name", ["bert", "llama", "t5", "xlnet"])
def test_a_head_of_every_make_can_be_opened(name: str, folders: dict[str, str]) -> None:
    kind = "decoder" if name == "llama" else "encoder"
    app = run(PAGE, "en", checkpoint=folders[name], text="it was tired", at=f"{kind}.2.4.pair")
    assert not app.exception
    assert not app.error
    assert ("detail" in header(app)) == (name != "xlnet")
    assert header(app)["whole"]["apart"] == (name != "xlnet")


@pytest.mark.parametrize(
    "query",
    [
        {"step": "0", "token": "999"},
        {"step": "x" * 30, "at": "encoder.99.99"},
        {"at": "encoder.0"},
        {"at": "../../x-1-2"},
        {"at": "cross.1.1-99999-99999"},
        {"at": "decoder.tokens", "token": "-3"},
        {"edits": "cut-encoder-99-99,silence-cross@9.9"},
    ],
)
def test_strange_links_are_passed_over(query: dict[str, str]) -> None:
    app = run(PAGE, "en", **query)
    assert not app.exception
    assert not app.error
    assert "the model" in words(app)


@pytest.mark.parametrize(
    "text", [" ", "word " * 10_000, "the dog " * 60, "🦉", "<b>**x**</b> $y$ `z` :red[a]"]
)
def test_strange_text_is_answered(text: str) -> None:
    app = run(PAGE, "ko", text=text)
    assert not app.exception
    assert len(app.error) == (1 if not text.strip() or len(text) > 1000 else 0)
    for markdown in app.markdown:
        assert not markdown.allow_html
        assert ":red[a]" not in markdown.value


def test_of_a_long_text_a_window_is_drawn_around_what_is_followed() -> None:
    text = " ".join(["The animal slept."] * 40)
    app = run(PAGE, "en", text=text, token="120")
    assert not app.exception
    side = header(app)["whole"]["sides"]["encoder"]
    assert side["total"] > len(side["tokens"]["texts"]) == 96
    assert side["first"] <= 119 < side["first"] + 96
    assert header(app)["view"]["read"] == 119


# Twenty sentences, some of them nothing that the model was trained on.
SENTENCES = [
    *(
        f"The {one} didn't cross the {other} because it was too {how}."
        for one, other in (("animal", "street"), ("dog", "road"), ("car", "bridge"), ("horse", "river"))
        for how in ("tired", "wide", "old", "narrow")
    ),
    "It was.",
    "tired tired tired",
    "Where is it?",
    "1 2 3",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_said_is_true_of_the_numbers_for_any_sentence(text: str) -> None:
    m = load("checkpoints/pronouns")
    app = run(PAGE, "en", text=text)
    assert not app.exception
    said = words(app)
    ids = list(write(m, text).ids)
    found = trace(m, text, ids)
    outlook: Any = follow(m, text, ids).outlook
    told = re.search(r"(?:writes|expects|begins with) “(.+?)” \(([<\d. ]+%)\)", said)
    assert told
    step = header(app)["view"]["step"]
    best = outlook.best[step][0]
    assert told.groups() == (best.text, percent(best.probability))
    for kind, sentence in {
        "cross": r"decoder looks at “(.+?)” \(layer (\d), head (\d): ([\d.]+ %)\)",
        "encoder": r"encoder “(.+?)” looks at “(.+?)” \(layer (\d), head (\d): ([\d.]+ %)\)",
    }.items():
        match = re.search(sentence, said)
        if match is None:
            continue
        *tokens, layer, head, share = match.groups()
        weights = found[kind][int(layer) - 1, int(head) - 1]  # type: ignore[index]
        stack = found[kind]  # type: ignore[index]
        query = step if kind == "cross" else header(app)["view"]["read"]
        assert share in {
            percent(float(weights[query, i])) for i, key in enumerate(stack.key_tokens) if key == tokens[-1]
        }
