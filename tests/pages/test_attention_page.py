"""The page on attention, run by Streamlit's own test runner: the steps, what is chosen, the experiments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import load, trace
from model.analysis.contributions import contributions, projections
from model.analysis.head import head as take_apart
from model.capture.residual_stream import follow
from model.decode.decoding import write
from model.experiments.matrices import bare, entering, on_itself
from model.tasks.pronouns.sampling import minimal_pairs
from pages.common.steps import Walkthrough
from tests.model.families import OTHERS, build, tokenizer
from tests.pages.running import run, stage_answer
from viz.columns import percent

pytestmark = pytest.mark.usefixtures("pronouns")

TIRED = "The animal didn't cross the street because it was too tired."


said = stage_answer


def answer(app: AppTest) -> str:
    """The sentence of the experiment."""
    return str(app.subheader[0].value).replace("\\", "")


def numbers(text: str) -> list[float]:
    found = re.findall(r"[−-]?\d+(?:,\d{3})*(?:\.\d+)?", text)
    return [float(number.replace("−", "-").replace(",", "")) for number in found]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("which", ["one", "all"])
def test_the_steps_are_gone_through_and_back(language: str, which: str) -> None:
    app = run("attention.py", language, calculation="1", **{"for": which})
    sentences = [said(app)]
    for step in range(2, 8):
        app.button(key="turn 1").click().run()
        assert not app.exception
        assert app.query_params.get("calculation", ["5"])[0] == str(step)
        sentences.append(said(app))
    assert app.button(key="turn 1").disabled
    assert len(set(sentences)) == 7
    app.button(key="turn -1").click().run()
    assert said(app) == sentences[5]
    app.button_group(key="calculation").set_value("5").run()
    assert said(app) == sentences[4]
    assert "calculation" not in app.query_params


def test_it_opens_on_the_softmax_of_the_head_that_the_card_names() -> None:
    m = load("checkpoints/pronouns")
    stack = trace(m, TIRED, record=("scores",)).encoder
    assert stack is not None
    assert stack.scores is not None
    told = m.first_head or {}
    it = stack.query_tokens.index("it")
    scores = np.sort(stack.scores[told["layer"], told["head"], it])
    key = stack.key_tokens[int(stack.weights[told["layer"], told["head"], it].argmax())]
    app = run("attention.py", "en")
    lead = scores[-1] - scores[-2]
    assert said(app).startswith(f"“{key}” scores {lead:.2f} more than the next key")
    assert numbers(said(app))[2] == pytest.approx(np.exp(lead), rel=0.05)
    assert app.button_group(key="calculation").value == "5"


def test_the_sentences_say_what_the_model_computed() -> None:
    stack = trace(load("checkpoints/pronouns"), TIRED, record=("scores", "qkv")).encoder
    assert stack is not None
    assert stack.q is not None
    assert stack.k is not None
    it, animal = stack.query_tokens.index("it"), stack.key_tokens.index("animal")
    place = {"kind": "encoder", "layer": "2", "head": "3", "v": "3"}
    q, k = stack.q[1, 2, it], stack.k[1, 2]
    dots = k @ q
    app = run("attention.py", "en", calculation="1", **place)
    angle = np.degrees(np.arccos(dots[animal] / np.linalg.norm(q) / np.linalg.norm(k[animal])))
    assert numbers(said(app)) == [
        round(angle),
        14,
        *np.round([np.linalg.norm(q), np.linalg.norm(k[animal])], 2),
    ]
    app = run("attention.py", "en", calculation="2", **place)
    assert said(app) == f"q of “it” · k of “animal” = {dots[animal]:.2f}, the largest of 14."
    app = run("attention.py", "en", calculation="3", **place)
    assert numbers(said(app))[:3] == [
        pytest.approx(dots[animal], abs=0.01),
        32,
        pytest.approx(dots[animal] / 32**0.5, abs=0.01),
    ]
    app = run("attention.py", "en", calculation="2", looked="6", **place)  # another key
    larger = int((dots > dots[5]).sum())
    assert said(app) == f"q of “it” · k of “the” = {dots[5]:.2f}; {larger} of the 14 are larger.".replace(
        "-", "−"
    )
    app = run("attention.py", "en", calculation="5", looked="6", **place)
    assert said(app).startswith("“the” scores")
    assert "less than the best key" in said(app)


def test_what_is_set_in_the_softmax_is_answered() -> None:
    stack = trace(load("checkpoints/pronouns"), TIRED, record=("scores",)).encoder
    assert stack is not None
    assert stack.scores is not None
    scores = stack.scores[1, 2, stack.query_tokens.index("it")].astype(float)
    own = np.exp(scores) / np.exp(scores).sum()
    scores[1] = 0
    changed = np.exp(scores / 2) / np.exp(scores / 2).sum()
    place = {"kind": "encoder", "layer": "2", "head": "3", "v": "3"}
    app = run("attention.py", "en", tried="2:0.00,t2.00", **place)
    assert said(app) == (
        f"With what you set, “animal” gets {percent(changed[1])}; in the model it gets {percent(own[1])}."
    )
    assert "2:0.00,t2.00" in app.query_params["tried"]
    app.selectbox(key="token").set_value(0).run()
    assert "tried" not in app.query_params
    assert "With what you set" not in said(app)


TWENTY = [
    *(sentence.english for pair in minimal_pairs(8, 77) for sentence in pair),
    "The dog slept.",
    "No.",
    "it it it it",
    "The the THE the street.",
]


@pytest.mark.parametrize("text", TWENTY)
def test_no_sentence_says_what_its_numbers_deny(text: str) -> None:
    """Of every word of twenty sentences, against the definitions."""
    m = load("checkpoints/pronouns")
    stack = trace(m, text, record=("scores", "qkv", "output")).encoder
    assert stack is not None
    for layer, head in ((0, 0), (1, 2)):
        found = take_apart(stack, layer, head)
        for query in range(len(stack.queries)):
            for key in (int(found.weights[query].argmax()), 0):
                told = Walkthrough(found, stack, query, key)
                check_directions(told)
                check_softmax(told)


def check_directions(told: Walkthrough) -> None:
    q, k = told.head.q[told.query].astype(float), told.head.k.astype(float)
    angles = np.degrees(np.arccos(k @ q / np.linalg.norm(q) / np.linalg.norm(k, axis=1)))
    text = told.sentence(1)
    smaller = int((angles < angles[told.key] - 0.01).sum())
    assert ("the smallest angle" in text) == (smaller == 0)
    assert f"are {angles[told.key]:.0f}° apart" in text


def check_softmax(told: Walkthrough) -> None:
    scores = np.where(told.head.mask, told.head.scores, -np.inf)[told.query].astype(float)
    share = float(np.exp(scores[told.key] - np.logaddexp.reduce(scores)))
    text = told.sentence(5)
    if not np.isfinite(scores[told.key]):
        assert "is masked" in text
        return
    assert percent(share) in text
    others = np.delete(scores, told.key)
    if not np.isfinite(others).any():
        assert "is all that" in text
        return
    lead = scores[told.key] - others.max()
    if abs(lead) >= 0.006:
        assert ("more than the next key" in text) == (lead > 0)
        assert ("less than the best key" in text) == (lead < 0)


@pytest.mark.parametrize("token", ["it", "The", "tired"])
def test_the_sum_turns_by_the_angles_that_are_told(token: str) -> None:
    """Against the residual stream that the model's own modules see."""
    m = load("checkpoints/pronouns")
    seen = follow(m, TIRED, write(m, TIRED).ids).encoder
    assert seen is not None
    stack = trace(m, TIRED, record=("output",)).encoder
    assert stack is not None
    x = next(one for one in seen.sublayers[1] if one.part == "self-attention").x.astype(float)
    given = contributions(stack, 1, projections(m)["encoder", 1]).of(2)
    i = stack.query_tokens.index(token)
    key = int(stack.weights[1, 2, i].argmax())
    place = {"kind": "encoder", "layer": "2", "head": "3", "v": "3"}
    app = run("attention.py", "en", calculation="7", token=str(i + 1), **place)
    if key == i:
        assert "Summed feature by feature" in said(app)
        return

    def angles(vector: Any) -> Any:
        return np.degrees(np.arccos(x @ vector / np.linalg.norm(x, axis=1) / np.linalg.norm(vector)))

    before, after = angles(x[i]), angles(x[i] + given[i])
    assert numbers(said(app)) == [pytest.approx(before[key], abs=0.06), pytest.approx(after[key], abs=0.06)]
    assert ("does not turn" in said(app)) == (after[key] >= before[key] - 0.05)
    turned = np.delete(before - after, i)
    if "as much" in said(app):
        assert before[key] - after[key] == pytest.approx(turned.max())


def test_the_mask_is_told() -> None:
    app = run("attention.py", "en", calculation="4", kind="decoder", layer="1", head="1", token="3", v="3")
    rows = 16  # <s> and the translation before its end
    assert numbers(said(app)) == [rows - 3, rows]
    app = run("attention.py", "en", calculation="4", kind="decoder", **{"for": "all"})
    assert numbers(said(app)) == [rows * (rows - 1) / 2, rows * rows]


def test_another_query_lets_go_of_the_key_that_was_chosen() -> None:
    app = run("attention.py", "en", calculation="2", looked="6")
    assert "“the”" in said(app)
    app.selectbox(key="token").set_value(0).run()
    assert not app.exception
    assert "looked" not in app.query_params
    assert "q of “The”" in said(app)


@pytest.mark.parametrize(
    "link",
    [
        {"calculation": "9"},
        {"calculation": "x", "for": "nobody"},
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
    assert "“animal”" in said(app) or "“The”" in said(app)


@pytest.mark.parametrize("text", ["", "word " * 10_000, "🦉", "القطة لم تعبر الشارع.", "<b>it</b> *was* $x$"])
def test_any_text_is_answered(text: str) -> None:
    app = run("attention.py", "ko", calculation="2", text=text)
    assert not app.exception
    assert len(app.error) == (0 if 0 < len(text) < 1000 else 1)
    app.text_input(key="text").set_value(TIRED).run()
    assert not app.error
    assert "58.68" in said(app)


def test_a_long_text_is_shown() -> None:
    app = run("attention.py", "en", text="The dog was tired. " * 100, **{"for": "all", "calculation": "5"})
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
    app.button(key="sample again").click().run()
    assert app.query_params["draw"] == "1"
    assert numbers(answer(app))[0] not in (spread, wide[0])


def test_without_weights_a_word_looks_at_itself_and_equal_words_get_equal_weights() -> None:
    app = run("attention.py", "en", experiment="bare")
    told = [str(one.value).replace("\\", "") for one in app.markdown]
    found = next(one for one in told if "x · x = |x|²" in one)
    assert found.startswith("Every token looks most at itself")
    alone, learned = (float(share) for share in re.findall(r"([\d.]+) %", found))
    x = entering(load("checkpoints/pronouns"), TIRED).bare
    assert alone == pytest.approx(100 * on_itself(bare(x).weights), abs=0.6)
    assert learned < 50
    assert "“1 · The” and “6 · the” are the same vector, so from anywhere both get the same weight." in told
    app.button(key="home").click().run()
    assert not app.exception
    assert app.text_input(key="text").value == "I go home."
    assert not any("are the same vector" in one.value for one in app.markdown)


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
    app = run("attention.py", "en", checkpoint=str(saved[name]), calculation=step, experiment="bare")
    assert not app.exception
    assert not app.error
    tells = [caption.value for caption in app.caption if "what the model adds" in caption.value]
    assert len(tells) == (1 if name == "t5" and step == "3" else 0)


def test_a_model_that_gives_weights_only_says_so(saved: dict[str, Path]) -> None:
    app = run("attention.py", "en", checkpoint=str(saved["xlnet"]))
    assert not app.exception
    assert not app.error
    assert "computes attention its own way" in said(app)
    app = run("attention.py", "en", checkpoint=str(saved["xlnet"]), experiment="bare")
    assert not app.exception
    assert len(app.error) == 1


def test_markup_in_a_token_is_text() -> None:
    app = run(
        "attention.py", "en", text="<b>The</b> **animal** $x$ was :red[tired].", calculation="2", token="2"
    )
    assert not app.exception
    assert "**animal**" not in app.markdown[-1].value
