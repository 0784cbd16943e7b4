"""The heatmap's axes, numbers and labels."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.viz.traces import pieces, pronouns, random
from viz import heatmap, save_config, scales
from viz.labels import LONGEST, distinct


def test_queries_go_down_and_keys_across() -> None:
    stack = pronouns()["cross"]
    figure = heatmap(stack.weights[0, 1], stack.query_tokens, stack.key_tokens, title="Cross")
    drawn = figure.data[0]
    assert drawn.z.shape == (len(stack.queries), len(stack.keys))
    np.testing.assert_array_equal(drawn.z, stack.weights[0, 1])
    assert drawn.y[1] == "L'"
    assert drawn.x[1] == "animal"
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.title.subtitle.text == "queries ↓ keys →"


def test_signed_numbers_have_a_scale_with_two_ends() -> None:
    values = np.array([[0.5, -0.7], [0, 0]], np.float32)
    drawn = heatmap(values, ["a", "b"], ["c", "d"], signed=True).data[0]
    assert drawn.zmin == -drawn.zmax
    assert drawn.zmax >= 0.7
    np.testing.assert_array_equal(drawn.z[0], values[0])
    assert np.isnan(drawn.z[1]).all()  # greyed: nothing is there
    colours = dict(drawn.colorscale)
    assert colours[0] != colours[1]
    assert drawn.colorscale != heatmap(abs(values), ["a", "b"], ["c", "d"]).data[0].colorscale


def test_numbers_travel_as_binary_float32() -> None:
    stack = random(200, layers=1, heads=1)["encoder"]
    figure = heatmap(stack.weights[0, 0], stack.query_tokens, stack.key_tokens)
    sent = figure.to_plotly_json()["data"][0]["z"]
    assert sent["dtype"] == "f4"
    np.testing.assert_array_equal(
        np.frombuffer(base64.b64decode(sent["bdata"]), np.float32).reshape(200, 200), stack.weights[0, 0]
    )


def test_equal_tokens_keep_rows_of_their_own() -> None:
    figure = heatmap(np.eye(3, dtype=np.float32), ["the", "the", "the"], ["the", "a", "the"])
    assert len(set(figure.data[0].y)) == 3
    assert {label.rstrip("\u200b") for label in figure.data[0].y} == {"the"}


@given(st.lists(st.text(max_size=40), max_size=30))
def test_labels_are_distinct_and_free_of_markup(texts: list[str]) -> None:
    labels = distinct(texts)
    assert len(set(labels)) == len(texts)
    assert not any("<" in label or ">" in label for label in labels)


def test_labels_can_be_seen_and_are_not_too_long() -> None:
    assert distinct(["<b>x</b>", "\n", " ", "", "A&B"]) == ["&lt;b&gt;x&lt;/b&gt;", "⏎", "␣", "∅", "A&amp;B"]
    assert distinct(["x" * 100]) == ["x" * (LONGEST - 1) + "…"]


def test_rows_that_look_at_nothing_are_grey() -> None:
    figure = heatmap(np.array([[0.0, 0.0], [0.5, 0.5]]), ["a", "b"], ["a", "b"], dark=True)
    assert np.isnan(figure.data[0].z[0]).all()
    assert figure.layout.plot_bgcolor == scales.theme(dark=True)["rule"]
    assert figure.data[0].hoverongaps is False


def test_the_scale_is_the_same_as_everywhere() -> None:
    stack = pieces()["encoder"]
    for dark in (False, True):
        drawn = heatmap(stack.weights[0, 0], stack.query_tokens, stack.key_tokens, dark=dark).data[0]
        assert tuple(colour for _, colour in drawn.colorscale) == scales.sequential(dark)
        assert (drawn.zmin, drawn.zmax) == (0, 1)


@pytest.mark.parametrize(
    ("largest", "end"), [(1, 1), (0.51, 1), (0.5, 0.5), (0.3, 0.5), (0.02, 0.02), (0, 1e-4)]
)
def test_the_scale_ends_at_a_round_number(largest: float, end: float) -> None:
    assert scales.end(largest) == pytest.approx(end)


def test_weights_that_do_not_fit_the_tokens_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 3\), but there are 2 queries and 2 keys"):
        heatmap(np.zeros((2, 3)), ["a", "b"], ["a", "b"])


def test_it_saves_as_png_and_svg() -> None:
    assert save_config("head", "svg")["toImageButtonOptions"] == {
        "filename": "head",
        "format": "svg",
        "scale": 1,
    }
    assert save_config("head")["toImageButtonOptions"] == {"filename": "head", "format": "png", "scale": 2}
    with pytest.raises(ValueError, match='"png" or "svg", not as "gif"'):
        save_config("head", "gif")
