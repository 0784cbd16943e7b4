"""The Masks page, run by Streamlit's own test runner: rules, painting, the leak, and the link."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from model import load, trace
from model.trace import Kind
from pages.parts.masks.painting import MOST, decode, encode
from tests.model.families import TEXT, build, tokenizer
from tests.pages.running import run
from tests.pages.sentences import SENTENCES
from viz.columns import percent

pytestmark = pytest.mark.usefixtures("pronouns")

TIRED, DOG = 14, 11  # tokens of the two sentences, with the end


def said(app: AppTest) -> str:
    """The answer at the picture."""
    return str(app.container("answer").markdown[0].value).replace("\\", "")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of tiny random models."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("bert", "gpt2", "t5", "xlnet"):
        build(name).save_pretrained(folder / name)
        tokenizer("$A </s>" if name == "t5" else "$A").save_pretrained(folder / name)
    return folder


def scores(kind: Kind, layer: int, head: int, text: str) -> NDArray[np.float64]:
    """A head's scores before the mask, as the record has them."""
    m = load("checkpoints/pronouns")
    stack = trace(m, text, record=("scores",))[kind]
    assert stack.scores is not None
    return stack.scores[stack.layers.index(layer), head].astype(np.float64)


def shares(kind: Kind, text: str) -> dict[tuple[int, int], float]:
    """By layer and head: what would go to later tokens without a mask, over all rows but the last."""
    m = load("checkpoints/pronouns")
    found = {}
    for layer in m.layers[kind]:
        for head in range(m.heads[kind]):
            raised = np.exp(scores(kind, layer, head, text))
            weights = raised / raised.sum(-1, keepdims=True)
            ahead = [float(weights[i, i + 1 :].sum()) for i in range(len(weights) - 1)]
            found[layer, head] = float(np.mean(ahead))
    return found


def test_the_page_opens_on_the_triangle_where_it_matters_most() -> None:
    closed = run("masks.py", "en")
    app = run("masks.py", "en", another="true")
    assert said(closed) == said(app)
    assert not app.exception
    found = shares("decoder", TEXT)
    layer, head = max(found, key=lambda place: found[place])
    assert (app.session_state["layer"], app.session_state["head"]) == (str(layer + 1), str(head + 1))
    count = len(trace(load("checkpoints/pronouns"), TEXT)["decoder"].query_tokens)
    share = found[layer, head] * (count - 1) / count  # the last row has nothing to lose
    assert said(app).startswith("Nobody may look at a later word: ")
    assert f"{count * (count - 1) // 2} of {count * count} pairs" in said(app)
    assert f"get {percent(share)} of" in said(app)
    assert share > 0.02
    assert any("uses this mask" in caption.value for caption in app.caption)


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_said_of_the_mask_is_true_of_any_sentence(text: str) -> None:
    """The answer's share is the softmax of the record's own scores over what the mask closes."""
    app = run("masks.py", "en", text=text, another="true")
    place = int(app.session_state["layer"]) - 1, int(app.session_state["head"]) - 1
    raised = np.exp(scores("decoder", *place, text)[:MOST, :MOST])
    weights = raised / raised.sum(-1, keepdims=True)
    share = float(np.triu(weights, 1).sum() / len(weights))
    assert f"get {percent(share)} of" in said(app)
    assert ("changes little" in said(app)) == (share < 0.02)


def test_padding_closes_what_the_shorter_sentence_lacks() -> None:
    app = run("masks.py", "en", kind="encoder", layer="2", masks="padding", of="both")
    assert not app.exception
    closed = TIRED * (TIRED - DOG)
    assert said(app).startswith(f"The mask closes {closed} of {2 * TIRED * TIRED} pairs")
    assert any("uses this mask" in caption.value for caption in app.caption)


def test_masks_are_switched_on_and_off() -> None:
    app = run("masks.py", "en", kind="encoder", layer="2")
    assert "masks" not in app.query_params
    assert f"{TIRED * (TIRED - 1) // 2} of {TIRED * TIRED} pairs" in said(app)
    assert any("uses no mask here" in caption.value for caption in app.caption)
    pills = next(group for group in app.button_group if "Masks" in str(group.label))
    pills.set_value(["prefix"]).run()
    assert app.query_params["masks"] == "prefix"
    assert app.slider(key="prefix_length").value == 4
    pills = next(group for group in app.button_group if "Masks" in str(group.label))
    pills.set_value([]).run()
    assert app.query_params["masks"] == "none"
    assert said(app) == f"Nothing is closed: each of the {TIRED * TIRED} pairs is open."


@pytest.mark.parametrize(
    ("query", "opened"),
    [
        ({"masks": "window", "width": "0"}, TIRED),
        ({"masks": "window", "width": "1"}, 3 * TIRED - 2),
        ({"masks": "prefix", "prefix_length": "2"}, TIRED * (TIRED + 1) // 2 + 1),
        ({"masks": "causal,window", "width": "1"}, 2 * TIRED - 1),
    ],
)
def test_a_link_says_which_masks(query: dict[str, str], opened: int) -> None:
    app = run("masks.py", "en", kind="encoder", layer="2", **query)
    assert not app.exception
    assert f"{TIRED * TIRED - opened} of {TIRED * TIRED} pairs" in said(app)


def test_the_models_own_masks_come_first() -> None:
    for query in (
        {"kind": "decoder"},
        {"kind": "cross"},
        {"kind": "encoder", "layer": "1"},  # whose window reaches four tokens
    ):
        app = run("masks.py", "en", **query)
        assert not app.exception
        assert any("uses this mask" in caption.value for caption in app.caption), query
    app = run("masks.py", "en", kind="encoder", layer="1")
    assert app.slider(key="width").value == 4


def test_zero_after_the_softmax_loses_weight() -> None:
    app = run("masks.py", "en", part="after", masks="causal")
    assert not app.exception
    assert "with −∞ before it, to 1" in said(app)
    assert "to 1.00;" in said(app)  # the last row sees everything
    assert "sum to 0." in said(app)


def test_a_row_of_which_nothing_is_open_sums_to_zero() -> None:
    """The padding of the shorter sentence, where a window leaves it only padding to look at."""
    app = run(
        "masks.py", "en", part="after", kind="encoder", layer="2", of="2", masks="padding,window", width="1"
    )
    assert not app.exception
    assert "with −∞ before it, to 1, or to 0 where no pair of a row is open" in said(app)


def test_a_row_is_closed_and_opened_and_painting_begins_again() -> None:
    app = run("masks.py", "ko", part="paint", kind="encoder", layer="2", masks="none")
    assert said(app).startswith("196")
    app.button(key="close row").click().run()
    assert not app.exception
    assert str(app.query_params["painted"]).startswith("14x14-")
    assert "182" in said(app)
    link = app.query_params["painted"]
    mask = decode(str(link), (TIRED, TIRED))
    assert mask is not None
    assert (~mask).sum() == TIRED
    app.button(key="close row").click().run()
    assert "painted" not in app.query_params
    assert app.button(key="paint again").disabled


def test_a_closed_row_parts_three_implementations() -> None:
    mask = np.ones((TIRED, TIRED), dtype=bool)
    mask[8] = False
    app = run("masks.py", "en", part="paint", kind="encoder", layer="2", painted=encode(mask), token="9")
    assert "closed altogether, and look at nothing: 1." in said(app)
    assert "Nothing is left for “it”" in app.subheader[0].value
    mask[8, 0] = True
    app = run("masks.py", "en", part="paint", kind="encoder", layer="2", painted=encode(mask), token="9")
    assert "Something is left for “it”" in app.subheader[0].value


def test_with_the_mask_the_difference_is_exactly_zero() -> None:
    app = run("masks.py", "en", part="leak")
    assert not app.exception
    assert said(app).startswith("“il” becomes “elle”")
    assert "exactly 0" in said(app)
    app.selectbox(key="changed").set_value(5).run()
    assert app.query_params["changed"] == "6"
    assert "“pas” becomes" in said(app)
    assert "exactly 0" in said(app)
    app.selectbox(key="changed").set_value(0).run()
    assert "Nothing comes before" in said(app)


@pytest.mark.parametrize("name", ["bert", "gpt2", "t5"])
@pytest.mark.parametrize("part", ["rules", "paint", "after"])
def test_other_models(models: Path, name: str, part: str) -> None:
    app = run("masks.py", "en", part=part, checkpoint=str(models / name))
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize(("name", "refused"), [("bert", 1), ("gpt2", 0), ("t5", 0), ("xlnet", 1)])
def test_the_leak_of_other_models(models: Path, name: str, refused: int) -> None:
    app = run("masks.py", "en", part="leak", checkpoint=str(models / name))
    assert not app.exception
    assert len(app.error) == refused
    if not refused:
        assert "exactly 0" in said(app)


def test_a_model_without_scores_is_refused_in_one_sentence(models: Path) -> None:
    app = run("masks.py", "ko", checkpoint=str(models / "xlnet"))
    assert not app.exception
    assert len(app.error) == 1


@pytest.mark.parametrize(("part", "count"), [("rules", 32), ("leak", 40)])
def test_what_is_read_of_a_long_text_is_said(models: Path, part: str, count: int) -> None:
    told = f"This page reads the first {count} tokens of a text."
    for text, is_cut in (("The dog slept. " * 12, True), ("A dog.", False)):
        app = run("masks.py", "en", part=part, text=text, second="A dog.", checkpoint=str(models / "gpt2"))
        assert not app.exception
        assert (told in [caption.value for caption in app.caption]) == is_cut


@pytest.mark.parametrize("part", ["rules", "paint", "after", "leak"])
@pytest.mark.parametrize("text", ["", "word " * 300, "🦉", "\x00\u202e\ufeff", "동물은 길을 건너지 않았다."])
def test_any_text_is_answered(part: str, text: str) -> None:
    app = run("masks.py", "ko", part=part, text=text, second=text or "x")
    assert not app.exception
    assert len(app.error) == (0 if text else 1)


def test_an_empty_second_sentence_is_refused_in_one_sentence() -> None:
    app = run("masks.py", "en", masks="padding")
    app.text_input(key="second").set_value(" ").run()
    assert not app.exception
    assert len(app.error) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"part": "<b>", "of": "9", "masks": "x,,causal"},
        {"part": "paint", "painted": "14x14-!!", "token": "99999"},
        {"part": "paint", "painted": "99x99-" + "A" * 400},
        {"part": "paint", "painted": "14x14-A"},
        {"part": "leak", "changed": "-3", "becomes": "none"},
        {"part": "leak", "changed": "9999", "becomes": "99999999"},
        {"kind": "cross", "masks": "causal,prefix"},
        {
            "kind": "none",
            "layer": "7",
            "head": "0",
            "width": "-4",
            "prefix_length": "1e9",
            "masks": "window,prefix",
        },
    ],
)
def test_strange_links_are_passed_over(query: dict[str, str]) -> None:
    app = run("masks.py", "en", **query)
    assert not app.exception
    assert not app.error


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, MOST), st.integers(1, MOST))))
def test_a_painted_mask_survives_the_link(mask: NDArray[np.bool_]) -> None:
    text = encode(mask)
    assert len(text) <= 180
    again = decode(text, (mask.shape[0], mask.shape[1]))
    assert again is not None
    assert (again == mask).all()
    assert decode(text, (mask.shape[0] + 1, mask.shape[1])) is None


@given(st.text())
def test_no_link_breaks_painting(text: str) -> None:
    found = decode(text, (3, 4))
    assert found is None or found.shape == (3, 4)
