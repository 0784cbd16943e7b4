"""The page on attention, run by Streamlit's own test runner: the steps, what is chosen, the experiments."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import load, trace
from tests.model.families import OTHERS, build, tokenizer
from tests.pages.running import run

pytestmark = pytest.mark.usefixtures("pronouns")

TIRED = "The animal didn't cross the street because it was too tired."


def said(app: AppTest) -> str:
    """The sentence of the step."""
    return str(app.subheader[0].value).replace("\\", "")


def answer(app: AppTest) -> str:
    """The sentence of the experiment."""
    return str(app.subheader[-1].value).replace("\\", "")


def numbers(text: str) -> list[float]:
    return [float(number.replace("−", "-")) for number in re.findall(r"[−-]?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("which", ["one", "all"])
def test_the_steps_are_gone_through_and_back(language: str, which: str) -> None:
    app = run("attention.py", language, **{"for": which})
    sentences = [said(app)]
    for step in range(2, 8):
        app.button(key="turn 1").click().run()
        assert not app.exception
        assert app.query_params["step"] == str(step)
        sentences.append(said(app))
    assert app.button(key="turn 1").disabled
    assert len(set(sentences)) == 7
    app.button(key="turn -1").click().run()
    assert said(app) == sentences[5]
    app.button_group(key="step").set_value("1").run()
    assert said(app) == sentences[0]
    assert "step" not in app.query_params
    assert app.button(key="turn -1").disabled


def test_the_sentences_say_what_the_model_computed() -> None:
    stack = trace(load("checkpoints/pronouns"), TIRED, record=("scores", "qkv")).encoder
    assert stack is not None
    assert stack.q is not None
    assert stack.k is not None
    it, animal = stack.query_tokens.index("it"), stack.key_tokens.index("animal")
    place = {"kind": "encoder", "layer": "2", "head": "3"}
    dots = stack.k[1, 2] @ stack.q[1, 2, it]
    app = run("attention.py", "en", step="2", **place)
    assert said(app) == f"q of “it” · k of “animal” = {dots[animal]:.2f}, the largest of 14."
    app = run("attention.py", "en", step="3", **place)
    assert numbers(said(app))[:3] == [
        pytest.approx(dots[animal], abs=0.01),
        32,
        pytest.approx(dots[animal] / 32**0.5, abs=0.01),
    ]
    app = run("attention.py", "en", step="2", looked="6", **place)  # another key
    larger = int((dots > dots[5]).sum())
    assert said(app) == f"q of “it” · k of “the” = {dots[5]:.2f}; {larger} of the 14 are larger.".replace(
        "-", "−"
    )
    app = run("attention.py", "en", step="5", token="1", **place)
    key = int(stack.weights[1, 2, 0].argmax())
    assert f"for “{stack.key_tokens[key]}”" in said(app)


def test_the_mask_is_told() -> None:
    app = run("attention.py", "en", step="4", kind="decoder", layer="1", head="1", token="3")
    rows = 16  # <s> and the translation before its end
    assert numbers(said(app)) == [rows - 3, rows]
    app = run("attention.py", "en", step="4", kind="decoder", **{"for": "all"})
    assert numbers(said(app)) == [rows * (rows - 1) / 2, rows * rows]


def test_another_query_lets_go_of_the_key_that_was_chosen() -> None:
    app = run("attention.py", "en", step="2", looked="6")
    assert "“the”" in said(app)
    app.selectbox(key="token").set_value(0).run()
    assert not app.exception
    assert "looked" not in app.query_params
    assert "q of “The”" in said(app)


@pytest.mark.parametrize(
    "link",
    [
        {"step": "9"},
        {"step": "x", "for": "nobody"},
        {"looked": "99", "token": "-1"},
        {"looked": "x" * 50, "head": "77"},
        {"experiment": "nothing", "kind": "<b>"},
        {"experiment": "variance", "d_k": "65", "draw": "-3"},
        {"experiment": "sum", "stage": "?", "angle": "1e9"},
        {"experiment": "width", "key_width": "0", "value_width": "none"},
    ],
)
def test_strange_links_are_passed_over(link: dict[str, str]) -> None:
    app = run("attention.py", "en", **link)
    assert not app.exception
    assert not app.error
    assert "“it”" in said(app) or "“The”" in said(app)


@pytest.mark.parametrize("text", ["", "word " * 10_000, "🦉", "القطة لم تعبر الشارع.", "<b>it</b> *was* $x$"])
def test_any_text_is_answered(text: str) -> None:
    app = run("attention.py", "ko", step="2", text=text)
    assert not app.exception
    assert len(app.error) == (0 if 0 < len(text) < 1000 else 1)
    app.text_input(key="text").set_value(TIRED).run()
    assert not app.error
    assert "58.68" in said(app)


def test_a_long_text_is_shown() -> None:
    app = run("attention.py", "en", text="The dog was tired. " * 100, **{"for": "all", "step": "5"})
    assert not app.exception
    assert not app.error


def test_without_scaling_wider_keys_saturate() -> None:
    app = run("attention.py", "en", experiment="variance")
    spread, d_k, root, after, sharp, soft = numbers(answer(app).replace("of ten", ""))
    assert (d_k, root) == (64, 8)
    assert spread == pytest.approx(8, rel=0.1)
    assert after == pytest.approx(1, rel=0.1)
    app.select_slider(key="d_k").set_value(1024).run()
    wide = numbers(answer(app))
    assert wide[0] == pytest.approx(32, rel=0.1)
    assert wide[4] > sharp > soft
    assert wide[5] == pytest.approx(soft, abs=5)
    app.button(key="draw again").click().run()
    assert app.query_params["draw"] == "1"
    assert numbers(answer(app))[0] not in (spread, wide[0])


def test_without_weights_a_word_looks_at_itself_and_with_them_it_does_not() -> None:
    app = run("attention.py", "en", experiment="bare")
    alone, _head, layer, learned = numbers(answer(app))
    assert layer == 1
    assert alone > 80
    assert learned < 50
    app.button_group(key="entering").set_value("placed").run()
    assert numbers(answer(app))[0] != alone
    app.button(key="home").click().run()
    assert not app.exception
    assert app.text_input(key="text").value == "I go home."
    assert numbers(answer(app))[0] > 80


def test_the_value_width_changes_the_output_only() -> None:
    app = run("attention.py", "en", experiment="width")
    assert numbers(answer(app)) == [16, 8, 0, 16, 128]
    app.slider(key="value_width").set_value(3).run()
    assert numbers(answer(app)) == [3, 8, 0, 3, 128]


def test_a_vector_is_the_sum_of_its_projections() -> None:
    app = run("attention.py", "en", experiment="sum")
    assert "error 0.00" in answer(app)
    first = answer(app)
    app.slider(key="angle").set_value(200).run()
    assert "error 0.00" in answer(app) != first
    for stage in ("keys", "softmax"):
        app.button_group(key="stage").set_value(stage).run()
        assert not app.exception
        terms = [
            float(number) for number in re.findall(r"([−-]?\s?\d\.\d\d) v", answer(app).replace("− ", "-"))
        ]
        assert len(terms) == 3
        if stage == "softmax":
            assert sum(terms) == pytest.approx(1, abs=0.02)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small random models of other families, saved in folders."""
    folders = {}
    for name in ("bert", "gpt2", "t5", "gpt_oss", next(iter(OTHERS))):
        folders[name] = tmp_path_factory.mktemp(name)
        build(name).save_pretrained(folders[name])
        tokenizer().save_pretrained(folders[name])
    return folders


@pytest.mark.parametrize("step", ["3", "5"])
@pytest.mark.parametrize("name", ["bert", "gpt2", "t5", "gpt_oss"])
def test_other_architectures_are_taken_apart(saved: dict[str, Path], name: str, step: str) -> None:
    app = run("attention.py", "en", checkpoint=str(saved[name]), step=step, experiment="bare")
    assert not app.exception
    assert not app.error
    tells = [caption.value for caption in app.caption if "what the model adds" in caption.value]
    assert len(tells) == (1 if name == "t5" and step == "3" else 0)


def test_a_model_that_gives_weights_only_says_so(saved: dict[str, Path]) -> None:
    app = run("attention.py", "en", checkpoint=str(saved["xlnet"]))
    assert not app.exception
    assert not app.error
    assert "computes attention its own way" in app.info[0].value
    app = run("attention.py", "en", checkpoint=str(saved["xlnet"]), experiment="bare")
    assert not app.exception
    assert len(app.error) == 1


def test_markup_in_a_token_is_text() -> None:
    app = run("attention.py", "en", text="<b>The</b> **animal** $x$ was :red[tired].", step="2", token="2")
    assert not app.exception
    assert np.all(["**animal**" not in heading.value for heading in app.subheader])
