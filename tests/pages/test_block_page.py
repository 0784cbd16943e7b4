"""The block page, run by Streamlit's own test runner: each part in both languages, and strange links."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import load, trace
from model.analysis.parameters import parts
from model.capture.residual_stream import follow, lengths
from model.decode.decoding import write
from pages.common import checkpoints
from tests.model.families import TEXT, build, tokenizer
from tests.pages.experts import save
from tests.pages.running import run
from tests.pages.sentences import SENTENCES

pytestmark = pytest.mark.usefixtures("pronouns")

PAGE = "block.py"
PARTS = ["layer", "residual", "feed-forward", "experts", "growth", "learned"]


def sentence(app: AppTest) -> str:
    """The answer at the picture."""
    return str(app.container("answer").markdown[0].value).replace("\\", "")


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


@pytest.fixture(scope="module")
def followed() -> Any:
    m = load("checkpoints/pronouns")
    return follow(m, TEXT, write(m, TEXT).ids)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens(part: str, language: str) -> None:
    app = run(PAGE, language, part=part)
    assert not app.exception
    assert not app.error


# The layer itself.


def drawn(app: AppTest) -> dict[str, str]:
    """What the component was given: the picture and what is told of the open part."""
    (component,) = app.get("bidi_component")
    return dict(json.loads(component.proto.json))


def names_in(app: AppTest) -> list[str]:
    """The parts of the picture, from the bottom to the top."""
    return re.findall(r'data-part="([^"]+)"', drawn(app)["picture"])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["in", "1.sublayer", "1.add", "1.norm", "2.sublayer", "2.add", "2.norm", "out"]),
        (
            {"kind": "decoder", "layer": "1"},
            ["in", *(f"{i}.{what}" for i in (1, 2, 3) for what in ("sublayer", "add", "norm")), "out"],
        ),
    ],
)
def test_the_layer_is_drawn_as_it_is_built(query: dict[str, str], names: list[str]) -> None:
    app = run(PAGE, "en", **query)
    assert names_in(app) == names
    said = drawn(app)["picture"]
    assert ("Masked self-attention" in said) == ("Cross-attention" in said) == ("kind" in query)
    assert "Feed-forward (ReLU)" in said


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_a_norm_that_comes_before_is_drawn_before(name: str, tmp_path: Path) -> None:
    build(name).save_pretrained(tmp_path)
    tokenizer("$A").save_pretrained(tmp_path)
    app = run(PAGE, "en", checkpoint=str(tmp_path), text="it was tired")
    assert names_in(app)[1:4] == ["1.norm", "1.sublayer", "1.add"]
    assert ("RMSNorm" in drawn(app)["picture"]) == (name == "llama")


def test_the_picture_has_the_models_own_numbers(followed: Any) -> None:
    app = run(PAGE, "en")
    picture = drawn(app)["picture"]
    first, second = followed.encoder.sublayers[1]
    for vectors in (first.x, second.after):
        assert f"length {lengths(vectors[8]):.1f}" in picture
    for before, after in ((first.x, first.sum), (first.sum, first.after), (second.x, second.sum)):
        assert f"length {lengths(before[8]):.1f} → {lengths(after[8]):.1f}" in picture
    fired = second.units.fired[8]
    assert f"{(fired > 0).sum()} of {len(fired)} units fire" in picture


def test_every_part_of_the_picture_opens(followed: Any) -> None:
    answers = set()
    for name in names_in(run(PAGE, "en")):
        app = run(PAGE, "en", inside=name)
        assert not app.exception
        assert re.findall(r'data-part="([^"]+)"[^>]*aria-pressed="true"', drawn(app)["picture"]) == [name]
        answers.add(sentence(app))
    assert len(answers) == 7  # what enters and what leaves are told together


def test_the_columns_of_the_sum_add_up(followed: Any) -> None:
    app = run(PAGE, "en", inside="2.add")
    sublayer = followed.encoder.sublayers[1][1]
    features = [int(found) - 1 for found in re.findall(r'<th scope="col">(\d+)</th>', drawn(app)["opened"])]
    largest = np.argsort(-np.abs(sublayer.output[8]))[: len(features)]
    assert features == sorted(largest.tolist())
    cells = [
        float(found.replace("−", "-")) for found in re.findall(r">(−?\d+\.\d+)</td>", drawn(app)["opened"])
    ]
    rows = np.array(cells).reshape(3, len(features) + 1)  # the last is the length
    np.testing.assert_allclose((rows[0] + rows[1])[:-1], rows[2, :-1], atol=0.016)
    np.testing.assert_allclose(rows[2, :-1], sublayer.sum[8, features], atol=0.0051)


def test_the_head_that_looks_most_is_told(followed: Any) -> None:
    app = run(PAGE, "en", inside="1.sublayer")
    stack = trace(load("checkpoints/pronouns"), TEXT).encoder
    assert stack
    weights = stack.weights[1, :, 8]
    head, key = np.unravel_index(weights.argmax(), weights.shape)
    assert sentence(app).startswith(f"Head {head + 1} looks from “it” most at “{stack.key_tokens[key]}”")
    assert drawn(app)["opened"].count('class="bar"') == len(weights)


def test_an_unknown_part_of_a_link_is_passed_over() -> None:
    usual = sentence(run(PAGE, "en"))
    for name in ("9.norm", "<b>", "1", ".."):
        app = run(PAGE, "en", inside=name)
        assert not app.exception
        assert sentence(app) == usual


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_said_is_true_of_any_sentence(text: str) -> None:
    """The lengths of the answer are those of a pass that the test makes by itself."""
    app = run(PAGE, "en", text=text)
    m = load("checkpoints/pronouns")
    sublayer = follow(m, text, write(m, text).ids).encoder.sublayers[1][0]  # type: ignore[union-attr]
    token = app.session_state["token"]
    said = [float(np.linalg.norm(x[token])) for x in (sublayer.output, sublayer.x, sublayer.after)]
    told = sentence(app).split("”")
    assert numbers(told[0].split("“")[0])[-1:] + numbers(told[-1]) == pytest.approx(said, abs=0.051)


# Residual and norm.


def test_the_lengths_are_the_models(followed: Any) -> None:
    app = run(PAGE, "en", part="residual")
    sublayer = followed.encoder.sublayers[1][0]
    said = [float(lengths(x[8])) for x in (sublayer.output, sublayer.x, sublayer.after)]
    assert numbers(sentence(app)) == pytest.approx(said, abs=0.051)
    assert app.session_state["token"] == 8


@pytest.mark.parametrize(
    ("query", "kind", "layer", "number"),
    [
        ({"sublayer": "feed-forward", "layer": "1"}, "encoder", 0, 1),
        ({"kind": "decoder", "layer": "1", "sublayer": "cross-attention", "token": "3"}, "decoder", 0, 1),
    ],
)
def test_a_link_chooses_the_sublayer(
    followed: Any, query: dict[str, str], kind: str, layer: int, number: int
) -> None:
    app = run(PAGE, "en", part="residual", **query)
    token = app.session_state["token"]
    sublayer = followed[kind].sublayers[layer][number]
    assert float(lengths(sublayer.output[token])) == pytest.approx(numbers(sentence(app))[0], abs=0.051)


def test_one_features_sum_is_told(followed: Any) -> None:
    app = run(PAGE, "en", part="residual", feature="7")
    sublayer = followed.encoder.sublayers[1][0]
    adding, norm = (numbers(str(line.value)) for line in app.latex[:2])
    x, output, total = (abs(float(values[8, 6])) for values in (sublayer.x, sublayer.output, sublayer.sum))
    assert adding == pytest.approx([x, output, total], abs=0.00051)
    assert norm[-1] == pytest.approx(abs(float(sublayer.norm.result[8, 6])), abs=0.00051)
    assert any("Feature 7" in markdown.value for markdown in app.markdown)


@pytest.mark.parametrize("part", ["layer", "residual"])
def test_another_token_another_sum(part: str) -> None:
    app = run(PAGE, "en", part=part)
    before = sentence(app)
    app.selectbox(key="token").set_value(1).run()
    assert not app.exception
    assert sentence(app) != before
    assert app.query_params["token"] == "2"


def test_the_units_that_fire_are_counted(followed: Any) -> None:
    app = run(PAGE, "en", part="feed-forward", token="6")
    fired = followed.encoder.sublayers[1][1].units.fired
    assert numbers(sentence(app))[:2] == [(fired[5] > 0).sum(), fired.shape[1]]
    assert numbers(sentence(app))[2] == pytest.approx(100 * (fired == 0).mean(), abs=0.51)
    strongest = int(fired[5].argmax()) + 1
    assert any(f"**Unit {strongest}** fires" in markdown.value for markdown in app.markdown)


def test_equal_words_are_compared() -> None:
    app = run(PAGE, "en", part="feed-forward", text="the dog saw the dog.", token="1", kind="encoder")
    assert any("stands here twice" in markdown.value for markdown in app.markdown)


def test_a_model_without_experts_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    app = run(PAGE, "en", part="experts")
    assert "no experts" in sentence(app)
    for name in ("plain", "mixed"):
        (tmp_path / name).mkdir()
    for file in (checkpoints.FOLDER / "pronouns").iterdir():
        (tmp_path / "plain" / file.name).write_bytes(file.read_bytes())
    save(tmp_path / "mixed")
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    monkeypatch.setattr(checkpoints, "DEFAULT", "plain")
    app = run(PAGE, "en", part="experts")
    app.button(key="with experts").click().run()
    assert not app.exception
    assert app.selectbox(key="checkpoint").value == "mixed"
    assert "of 4 experts run" in sentence(app)


def test_experts_are_told_with_their_shares(tmp_path: Path) -> None:
    folder = str(save(tmp_path))
    app = run(PAGE, "en", part="experts", checkpoint=folder, text="it was tired", kind="encoder", layer="2")
    assert not app.exception
    m = load(folder)
    experts = follow(m, "it was tired", write(m, "it was tired").ids).encoder.sublayers[1][-1].experts  # type: ignore[union-attr]
    assert experts is not None
    token = app.session_state["token"]
    for expert in experts.chosen[token]:
        assert f"expert {expert + 1} with" in sentence(app)


def test_untrained_twins_grow_with_their_layers() -> None:
    app = run(PAGE, "en", part="growth", whose="twins", layers="4")
    layers, after, before = numbers(sentence(app))
    assert layers == 4
    assert before > after
    app.slider(key="layers").set_value(8).run()
    assert numbers(sentence(app))[0] == 8
    assert numbers(sentence(app))[2] > before


def test_what_is_learned_is_counted() -> None:
    app = run(PAGE, "en", part="learned")
    m = load("checkpoints/pronouns")
    roles, matrices = (frame.value for frame in app.dataframe)
    assert roles["Parameters"].sum() == matrices["Parameters"].sum() == m.parameters
    assert len(matrices) == len(parts(m))
    np.testing.assert_allclose(roles["Share"].sum(), 1)


@pytest.mark.parametrize("name", ["bert", "gpt2", "llama", "t5", "gemma2", "xlnet"])
@pytest.mark.parametrize("part", PARTS)
def test_other_models_are_shown_or_refused_in_one_sentence(
    name: str, part: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / name
    if not folder.exists():
        build(name).save_pretrained(folder)
        tokenizer("$A").save_pretrained(folder)
    app = run(PAGE, "en", part=part, checkpoint=str(folder), text="it was tired", kind="decoder")
    assert not app.exception
    assert len(app.error) <= 1
    if name in ("bert", "gpt2", "llama", "t5") and part != "experts":
        assert not app.error


@pytest.mark.parametrize(
    "query",
    [
        {"part": "x", "kind": "cross", "layer": "99", "sublayer": "x", "token": "-1", "feature": "0"},
        {"part": "feed-forward", "unit": "999999", "units": "x", "token": "9" * 20},
        {"part": "growth", "whose": "x", "layers": "1000"},
    ],
)
def test_strange_links_are_passed_over(query: dict[str, str]) -> None:
    app = run(PAGE, "en", **query)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("text", ["", "word " * 10_000, "🦉", "<b>**x**</b> $y$"])
@pytest.mark.parametrize("part", ["layer", "residual", "feed-forward", "growth"])
def test_strange_text_is_answered(text: str, part: str) -> None:
    app = run(PAGE, "ko", part=part, text=text or " ")
    assert not app.exception
    assert len(app.error) == (1 if not text or len(text) > 1000 else 0)
