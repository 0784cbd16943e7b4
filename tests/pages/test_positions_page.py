"""The Positions page, run by Streamlit's own test runner: the schemes, the shuffle, what is left without."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import load, trace
from model.decode.decoding import write
from model.experiments.order_invariance import without_positions
from tests.model.families import TEXT, build, tokenizer
from tests.pages.running import run
from tests.pages.sentences import SENTENCES

pytestmark = pytest.mark.usefixtures("pronouns")


def said(app: AppTest) -> str:
    """The answer at the picture."""
    return str(app.container("answer").markdown[0].value).replace("\\", "")


def differences(app: AppTest) -> list[float]:
    """What the shuffle changes at most, without positions and with them."""
    return [float(found.rstrip(".")) for found in re.findall(r"[0-9][0-9.]*", said(app))]


def shuffled(app: AppTest) -> list[str]:
    """The words in another order."""
    told = next(one.value for one in app.markdown if one.value.startswith("Shuffled: "))
    return str(told).removeprefix("Shuffled: ").split()


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
        ("sinusoidal", "Each of the 14 positions adds a pattern of its own. Most alike are 11 and 12", 4),
        ("learned", "repeat-positions has learned a vector for each position; pronouns has not.", 5),
        ("rotary", "Nothing is added to the words: each pair", 4),
        ("alibi", "Nothing is added to the words: scores", 4),
    ],
)
def test_each_scheme_has_the_same_pictures(scheme: str, begins: str, charts: int) -> None:
    app = run("positions.py", "en", scheme=scheme)
    assert not app.exception
    assert not app.error
    assert said(app).startswith(begins)
    assert len(app.get("plotly_chart")) == charts - 3  # the others are folded
    if scheme == "learned":
        assert "by position alone" in said(app).lower()
    for along in ("places", "columns"):
        app = run("positions.py", "ko", scheme=scheme, along=along, whole="true")
        assert not app.exception
        assert len(app.get("plotly_chart")) == charts


def sinusoids(count: int, width: int) -> np.ndarray:
    """PE of "Attention Is All You Need", §3.5, number by number."""
    table = np.zeros((count, width))
    for place in range(count):
        for i in range(0, width, 2):
            angle = place / 10_000 ** (i / width)
            table[place, i : i + 2] = math.sin(angle), math.cos(angle)
    return table


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_said_of_the_positions_is_true_of_any_sentence(text: str) -> None:
    answer = said(run("positions.py", "en", text=text))
    m = load("checkpoints/pronouns")
    tokens = trace(m, text).encoder.key_tokens  # type: ignore[union-attr]
    table = sinusoids(len(tokens), m.model.config.d_model)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    alike = unit @ unit.T
    cosine = float(re.findall(r"cosine (?:of )?(−?[\d.]+\d)", answer)[0].replace("−", "-"))
    if twice := re.match(r"“(.+)” stands at positions (\d+) and (\d+)", answer):
        one, two = int(twice[2]), int(twice[3])
        assert tokens[one] == tokens[two] == twice[1]
    else:
        found = re.search(r"Each of the (\d+) positions .* Most alike are (\d+) and (\d+)", answer)
        assert found is not None
        assert int(found[1]) == len(tokens)
        one, two = int(found[2]), int(found[3])
        assert alike[one, two] == pytest.approx((alike - 2 * np.eye(len(tokens))).max(), abs=1e-6)
        words = [token for token in tokens if token.isalnum()]
        assert len(set(words)) == len(words)
    assert cosine == pytest.approx(alike[one, two], abs=0.0051)


def test_sliders_begin_with_the_models_own_sizes() -> None:
    app = run("positions.py", "en", whole="true")
    assert app.slider(key="d_model").value == 128
    app.slider(key="d_model").set_value(64).run()
    assert not app.exception
    assert (app.slider(key="of_columns").min, app.slider(key="of_columns").max) == (0, 63)
    app = run("positions.py", "en", scheme="rotary", whole="true")
    assert app.slider(key="d_k").value == 32
    app = run("positions.py", "en", scheme="alibi", whole="true")
    assert app.slider(key="alibi_heads").value == 4


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
    silent, told = differences(app)
    assert told > 0.5
    assert silent < 1e-4
    order = shuffled(app)
    app.button(key="shuffle again").click().run()
    assert app.query_params["shuffle"] == "1"
    assert shuffled(app) != order
    assert sorted(shuffled(app)) == sorted(order)
    assert differences(app)[0] < 1e-4


def test_a_translation_falls_apart() -> None:
    broken = write(without_positions(load("checkpoints/pronouns")), TEXT).text
    app = run("positions.py", "en", part="without", more="true")
    assert not app.exception
    assert "another translation is written" in said(app)
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
        told = {"bert": "has learned a vector", "gpt2": "has learned a vector", "llama": "each pair"}.get(
            name, "positions"
        )
        assert told in said(app)


@pytest.mark.parametrize(("part", "refused"), [("told", 0), ("shuffle", 1), ("without", 1)])
def test_positions_that_cannot_be_taken_away(models: Path, part: str, refused: int) -> None:
    app = run("positions.py", "ko", part=part, checkpoint=str(models / "xlnet"))
    assert not app.exception
    assert len(app.error) == refused


@pytest.mark.parametrize("part", ["told", "shuffle", "without"])
@pytest.mark.parametrize("text", ["", "x", "word " * 200, "🦉", "\x00\u202e\ufeff", "**a** <b>b</b> $c$ d"])
def test_any_text_is_answered(part: str, text: str) -> None:
    app = run("positions.py", "ko", part=part, text=text)
    assert not app.exception
    assert len(app.error) == (0 if text else 1)


@pytest.mark.parametrize(
    "query",
    [
        {"part": "x", "scheme": "<b>", "along": "y"},
        {"d_model": "99999", "positions": "-1", "of_columns": "900", "whole": "true"},
        {"scheme": "rotary", "d_k": "7", "query": "0", "key": "x", "further": "1e99"},
        {"scheme": "alibi", "alibi_heads": "0", "of_columns": "200,300", "whole": "true"},
        {"part": "shuffle", "shuffle": "-4"},
        {"part": "shuffle", "shuffle": "999999999999"},
    ],
)
def test_strange_links_are_passed_over(query: dict[str, str]) -> None:
    app = run("positions.py", "en", **query)
    assert not app.exception
    assert not app.error
