"""The Positions page, run by Streamlit's own test runner: the schemes, the shuffle, what is left without."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from model import load
from model.decode.decoding import write
from model.experiments.order_invariance import without_positions
from tests.model.families import TEXT, build, tokenizer
from tests.pages.running import run

pytestmark = pytest.mark.usefixtures("pronouns")


def said(app: AppTest) -> str:
    """The sentence over the picture."""
    return str(app.subheader[0].value).replace("\\", "")


def number(app: AppTest, place: int) -> float:
    return float(app.metric[place].value.replace("−", "-"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of tiny random models."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("bert", "gpt2", "llama", "t5", "xlnet"):
        build(name).save_pretrained(folder / name)
        tokenizer("$A </s>" if name == "t5" else "$A").save_pretrained(folder / name)
    return folder


@pytest.mark.parametrize(
    ("scheme", "begins", "charts"),
    [
        ("sinusoidal", "Every position adds a pattern", 3),
        ("learned", "pronouns has learned no positions", 3),
        ("rotary", "Each pair of features of q and k", 3),
        ("alibi", "Nothing is added to the words", 3),
    ],
)
def test_each_scheme_has_the_same_pictures(scheme: str, begins: str, charts: int) -> None:
    app = run("positions.py", "en", scheme=scheme)
    assert not app.exception
    assert not app.error
    assert said(app).startswith(begins)
    assert len(app.get("plotly_chart")) == charts
    for along in ("places", "columns"):
        app = run("positions.py", "ko", scheme=scheme, along=along)
        assert not app.exception


def test_sliders_begin_with_the_models_own_sizes() -> None:
    app = run("positions.py", "en")
    assert app.slider(key="d_model").value == 128
    app.slider(key="d_model").set_value(64).run()
    assert not app.exception
    assert app.slider(key="of_columns").max == 64
    app = run("positions.py", "en", scheme="rotary")
    assert app.slider(key="d_k").value == 32
    app = run("positions.py", "en", scheme="alibi")
    assert app.slider(key="heads").value == 4


def test_moving_both_changes_nothing_and_moving_one_does() -> None:
    app = run("positions.py", "en", scheme="rotary")
    for further in (40, 7):
        app.slider(key="further").set_value(further).run()
        assert number(app, 0) == pytest.approx(number(app, 1), abs=2e-4)
        assert abs(number(app, 0) - number(app, 2)) > 0.01


def test_without_positions_the_order_makes_no_difference() -> None:
    app = run("positions.py", "en", part="shuffle")
    assert not app.exception
    assert "the order makes no difference" in said(app)
    assert number(app, 0) > 0.5
    assert number(app, 1) < 1e-4
    order = app.markdown[0].value
    app.button(key="shuffle").click().run()
    assert app.query_params["seed"] == "1"
    assert app.markdown[0].value != order
    assert sorted(app.markdown[0].value.split()) == sorted(order.split())
    assert number(app, 1) < 1e-4


def test_a_translation_falls_apart() -> None:
    broken = write(without_positions(load("checkpoints/pronouns")), TEXT).text
    app = run("positions.py", "en", part="without", more="true")
    assert not app.exception
    assert "falls apart" in said(app)
    shown = [
        markdown.value.replace(":primary[**", "").replace("**]", "").replace("\\", "")
        for markdown in app.markdown
    ]
    assert broken in shown
    assert any("0 of 4 translations" in caption.value for caption in app.caption)
    assert len(app.table) == 1


@pytest.mark.parametrize("part", ["told", "shuffle", "without"])
@pytest.mark.parametrize("name", ["bert", "gpt2", "llama", "t5"])
def test_other_models(models: Path, name: str, part: str) -> None:
    app = run("positions.py", "en", part=part, checkpoint=str(models / name))
    assert not app.exception
    assert not app.error
    if part == "shuffle":
        assert "the order makes no difference" in said(app)
    if part == "told":
        told = {"bert": f"{models / name}"[-4:], "gpt2": "gpt2", "llama": "Each pair"}.get(
            name, "Every position"
        )
        assert told in said(app)


@pytest.mark.parametrize(("part", "refused"), [("told", 0), ("shuffle", 1), ("without", 1)])
def test_positions_that_cannot_be_taken_away(models: Path, part: str, refused: int) -> None:
    app = run("positions.py", "ko", part=part, checkpoint=str(models / "xlnet"))
    assert not app.exception
    assert len(app.error) == refused


@pytest.mark.parametrize("part", ["shuffle", "without"])
@pytest.mark.parametrize("text", ["", "x", "word " * 200, "🦉", "\x00\u202e\ufeff", "**a** <b>b</b> $c$ d"])
def test_any_text_is_answered(part: str, text: str) -> None:
    app = run("positions.py", "ko", part=part, text=text)
    assert not app.exception
    assert len(app.error) == (0 if text else 1)


@pytest.mark.parametrize(
    "query",
    [
        {"part": "x", "scheme": "<b>", "along": "y"},
        {"d_model": "99999", "positions": "-1", "of_columns": "900"},
        {"scheme": "rotary", "d_k": "7", "query": "0", "key": "x", "further": "1e99"},
        {"scheme": "alibi", "heads": "0", "of_columns": "200,300"},
        {"part": "shuffle", "seed": "-4"},
        {"part": "shuffle", "seed": "999999999999"},
    ],
)
def test_strange_links_are_passed_over(query: dict[str, str]) -> None:
    app = run("positions.py", "en", **query)
    assert not app.exception
    assert not app.error
