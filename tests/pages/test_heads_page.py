"""The page on several heads, run by Streamlit's own test runner: its parts, and what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from model import load, trace
from model.analysis.contributions import contributions, projections
from model.experiments.costs import cost
from model.experiments.matrices import measure_distance
from tests.model.families import build, tokenizer
from tests.pages.running import run

pytestmark = pytest.mark.usefixtures("pronouns")

TIRED = "The animal didn't cross the street because it was too tired."
PARTS = ("maps", "shares", "one", "width", "costs")


def said(app: AppTest) -> str:
    """The answer of the part."""
    return str(app.subheader[0].value).replace("\\", "")


def numbers(text: str) -> list[float]:
    found = re.findall(r"[−-]?\d+(?:[.,]\d+)*(?:e-?\d+)?", text)
    return [float(number.replace("−", "-").replace(",", "")) for number in found]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens(part: str, language: str) -> None:
    app = run("heads.py", language, part=part)
    assert not app.exception
    assert not app.error
    assert numbers(said(app))


def test_the_heads_of_a_layer_are_compared() -> None:
    stack = trace(load("checkpoints/pronouns"), TIRED).encoder
    assert stack is not None
    app = run("heads.py", "en", kind="encoder", layer="2")
    rows = stack.weights[1, :, stack.query_tokens.index("it")]
    times, count, share = numbers(said(app))
    key = stack.key_tokens[int(rows[0].argmax())]
    assert (times, count) == ((rows.argmax(1) == rows[0].argmax()).sum(), 4)
    assert f"“it” looks most at “{key}”" in said(app)
    assert share == pytest.approx(100 * measure_distance(stack.weights[1]), abs=0.6)
    app.button_group(key="layer").set_value("1").run()
    assert numbers(said(app))[2] == pytest.approx(100 * measure_distance(stack.weights[0]), abs=0.6)


def test_the_strongest_gift_is_told() -> None:
    m = load("checkpoints/pronouns")
    stack = trace(m, TIRED, record=("output",)).encoder
    assert stack is not None
    given = contributions(stack, 1, projections(m)["encoder", 1])
    it = stack.query_tokens.index("it")
    app = run("heads.py", "en", part="shares", kind="encoder", layer="2")
    head, length, share = numbers(said(app))
    assert head == given.norms[:, it].argmax() + 1
    assert length == pytest.approx(given.norms[:, it].max(), abs=0.01)
    assert share == pytest.approx(100 * given.shares[int(head) - 1, it], abs=1)
    told = next(caption.value for caption in app.caption if "sum to the layer's output" in caption.value)
    count, error = numbers(told.removesuffix("."))
    assert count == 4
    assert error < 1e-4
    app.selectbox(key="token").set_value(0).run()
    assert "“The”" in said(app)
    assert app.query_params["token"] == "1"


def test_eight_untrained_heads_are_drawn_again() -> None:
    app = run("heads.py", "en", part="one")
    first = said(app)
    app.button(key="draw again").click().run()
    assert not app.exception
    assert said(app) != first


def test_the_width_is_shared_or_refused_in_one_sentence() -> None:
    app = run("heads.py", "en", part="width")
    assert numbers(said(app)) == [128, 4, 32, 128, 32]
    app.slider(key="count").set_value(7).run()
    assert not app.exception
    assert "128 features cannot be shared evenly among 7 heads" in app.error[0].value.replace("\\", "")
    app.slider(key="count").set_value(16).run()
    assert not app.error
    assert numbers(said(app))[:3] == [128, 16, 8]
    app.slider(key="d_model").set_value(512).run()
    assert numbers(said(app))[:3] == [512, 16, 32]


def test_the_costs_are_counted_and_measured() -> None:
    app = run("heads.py", "en", part="costs")
    assert len(app.get("plotly_chart")) == 2
    here = cost(512, 512, 8)
    n, pairs, matrices, memory, heads = numbers(said(app))
    assert (n, heads) == (512, 8)
    assert pairs == pytest.approx((here.scores + here.mixing) / 1e6, rel=0.01)
    assert matrices == pytest.approx(here.projections / 1e6, rel=0.01)
    assert memory == pytest.approx(here.memory / 1e6, rel=0.01)
    app.select_slider(key="cost_heads").set_value(32).run()
    assert numbers(said(app))[1:4] == [pairs, matrices, pytest.approx(4 * memory, rel=0.02)]
    app.button(key="measure").click().run(timeout=120)
    assert not app.exception
    assert len(app.get("plotly_chart")) == 3
    assert any("for 1024 tokens" in markdown.value for markdown in app.markdown)


@pytest.mark.parametrize(
    "link",
    [
        {"part": "x"},
        {"part": "width", "d_model": "-1", "count": "9999"},
        {"part": "costs", "n": "513", "cost_heads": "3"},
        {"part": "one", "draw": "x"},
        {"token": "99", "layer": "0", "kind": "?"},
    ],
)
def test_strange_links_are_passed_over(link: dict[str, str]) -> None:
    app = run("heads.py", "en", **link)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("part", ["maps", "shares", "one"])
@pytest.mark.parametrize("text", ["", "word " * 10_000, "🦉", "<b>it</b> *was* $x$"])
def test_any_text_is_answered(text: str, part: str) -> None:
    app = run("heads.py", "ko", part=part, text=text)
    assert not app.exception
    assert len(app.error) == (0 if 0 < len(text) < 1000 else 1)
    assert len(app.latex) == 1  # the rest of the page stands


def test_a_text_too_long_to_draw_nine_times_is_told() -> None:
    app = run("heads.py", "en", part="one", text="The dog was tired. " * 100)
    assert not app.exception
    assert not app.error
    assert any("too many pairs" in caption.value for caption in app.caption)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small random models of other families, saved in folders."""
    folders = {}
    for name in ("bert", "gpt2", "bart", "xlnet"):
        folders[name] = tmp_path_factory.mktemp(name)
        build(name).save_pretrained(folders[name])
        tokenizer().save_pretrained(folders[name])
    return folders


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["bert", "gpt2", "bart"])
def test_other_architectures_have_heads_too(saved: dict[str, Path], name: str, part: str) -> None:
    app = run("heads.py", "en", checkpoint=str(saved[name]), part=part)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("part", PARTS)
def test_a_model_that_gives_weights_only_shows_its_maps(saved: dict[str, Path], part: str) -> None:
    app = run("heads.py", "en", checkpoint=str(saved["xlnet"]), part=part)
    assert not app.exception
    assert len(app.error) == (1 if part in ("shares", "one") else 0)
