"""The whole path, run by Streamlit's own test runner: what is followed, and what it ends in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from model import load
from model.capture.residual_stream import follow
from model.decode.decoding import write
from tests.model.families import TEXT, build, tokenizer
from tests.pages.experts import save
from tests.pages.running import run

pytestmark = pytest.mark.usefixtures("pronouns")

PAGE = "path.py"


def sentence(app: AppTest) -> str:
    return str(app.subheader[0].value).replace("\\", "")


def words(app: AppTest) -> str:
    return " ".join(str(markdown.value) for markdown in app.markdown).replace("\\", "")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Small models of other makes, by name."""
    base = tmp_path_factory.mktemp("models")
    made = {"experts": str(save(base / "experts"))}
    for name, sizes in {
        "bert": {},
        "gpt2": {"n_layer": 8},
        "llama": {},
        "t5": {},
        "gemma2": {},
        "electra": {},
        "albert": {},
        "bloom": {},
        "xlnet": {},
    }.items():
        build(name, **sizes).save_pretrained(base / name)
        tokenizer("$A").save_pretrained(base / name)
        made[name] = str(base / name)
    return made


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_path_leads_from_it_to_il(language: str) -> None:
    """First the word that the card names is followed, and the piece that looks most at it."""
    app = run(PAGE, language)
    assert not app.exception
    assert "“il”" in sentence(app)
    assert "90 %" in sentence(app)


@pytest.mark.parametrize("step", [1, 4, 16])
def test_every_step_ends_in_the_models_own_prediction(step: int) -> None:
    m = load("checkpoints/pronouns")
    ids = write(m, TEXT).ids
    outlook: Any = follow(m, TEXT, ids).outlook
    app = run(PAGE, "en", step=str(step))
    assert not app.exception
    best = outlook.best[step - 1][0]
    assert f"“{best.text}”" in sentence(app)
    assert f"{best.logit:.2f}".replace("-", "−") in words(app)
    assert outlook.chosen[step - 1].id == ids[step - 1]


def test_every_stage_is_told() -> None:
    app = run(PAGE, "en")
    said = words(app)
    assert "“it” is number 11 in the vocabulary" in said
    assert "Attention: head 3 looks at “animal” 100 %" in said  # the head that the card names
    assert "Masked self-attention, only backwards" in said
    assert "**Q from the decoder, K and V from the encoder's**" in said
    assert len(re.findall(r"\*\*Encoder layer \d\*\*", said)) == 2
    assert len(re.findall(r"\*\*Decoder layer \d\*\*", said)) == 1
    assert len(app.get("plotly_chart")) == 1


def test_another_token_another_step() -> None:
    app = run(PAGE, "en")
    app.selectbox(key="token").set_value(1).run()
    assert not app.exception
    assert "“animal”" in sentence(app)
    app.selectbox(key="step").set_value(0).run()
    assert "begins with “l'”" in sentence(app)
    assert app.query_params["step"] == "1"


@pytest.mark.parametrize("name", ["bert", "llama", "t5", "gemma2", "electra", "albert", "bloom", "experts"])
def test_other_models_have_their_path_too(name: str, folders: dict[str, str]) -> None:
    app = run(PAGE, "en", checkpoint=folders[name], text="it was tired")
    assert not app.exception
    assert not app.error
    said = words(app)
    if name == "experts":
        assert "Experts that run" in said
    if name == "electra":
        assert "no output over its vocabulary" in said
    else:
        assert "Softmax makes probabilities" in said


def test_a_deep_model_is_folded_and_one_layer_opened(folders: dict[str, str]) -> None:
    app = run(PAGE, "en", checkpoint=folders["gpt2"], text="it was tired", layer="3")
    assert not app.exception
    said = words(app)
    assert "8 layers, each of which adds" in said
    assert re.findall(r"\*\*Decoder layer (\d)\*\*", said) == ["3"]


def test_a_model_that_cannot_be_followed_is_refused_in_one_sentence(folders: dict[str, str]) -> None:
    app = run(PAGE, "en", checkpoint=folders["xlnet"], text="it was tired")
    assert not app.exception
    assert len(app.error) == 1


@pytest.mark.parametrize("query", [{"step": "0", "token": "999"}, {"step": "x" * 30, "layer": "-3"}])
def test_strange_links_are_passed_over(query: dict[str, str]) -> None:
    app = run(PAGE, "en", **query)
    assert not app.exception
    assert not app.error


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
