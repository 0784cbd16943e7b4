"""A dozen kinds of model out of all that `make census` examines, each for what is peculiar to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from census.check import examine
from census.makers import TEXT, CannotBeSmall, make, text_types
from model import load, trace
from model.edits import Cut

KINDS = {
    "albert": ("exact", "function", "encoder 2"),  # one module is every layer
    "big_bird": ("weights only", "values", "encoder 2"),  # becomes another model on a short text
    "bloom": ("exact", "softmax", "decoder 2"),  # writes softmax down
    "deepseek_v32": ("exact", "kernel", "decoder 4"),  # looks at chosen keys only
    "diffllama": ("exact", "function", "decoder 2"),  # calls attention twice a layer
    "falcon": ("exact", "kernel", "decoder 2"),
    "fsmt": ("exact", "softmax", "encoder 2; decoder 2; cross 2"),
    "hrm_text": ("exact", "function", "decoder 12"),  # goes through its stacks again and again
    "inkling2_text": ("exact", "function", "decoder 4"),  # a sink for each query
    "jamba": ("exact", "function", "decoder 1,3 of 4"),  # layers without attention between
    "longcat_flash": ("exact", "function", "decoder 4"),  # two attentions a layer
    "longformer": ("weights only", "values", "encoder 2"),
    "pegasus_x": ("weights only", "function+values", "encoder 2; decoder 2; cross 2"),
    "t5gemma2": ("exact", "function", "encoder 4; decoder 4; cross 4"),  # one softmax over both texts
    "zamba": ("exact", "function", "decoder 1,3 of 4"),  # one module in several layers
}


@pytest.mark.parametrize("model_type", KINDS)
def test_what_is_shown_is_what_the_model_does(model_type: str, tmp_path: Path) -> None:
    found = examine(model_type, tmp_path / model_type)
    verdict, means, layers = KINDS[model_type]
    assert not found.note
    assert (found.verdict, found.means, found.layers) == (verdict, means, layers)


@pytest.mark.parametrize("model_type", ["mamba", "fnet", "yoso"])
def test_what_has_no_attention_over_tokens_is_refused(model_type: str, tmp_path: Path) -> None:
    found = examine(model_type, tmp_path / model_type)
    assert (found.verdict, found.note) == (
        "refused",
        f"{model_type} has no attention that can be shown as a matrix.",
    )


def test_layers_are_numbered_as_the_model_numbers_them(tmp_path: Path) -> None:
    make("jamba", tmp_path)
    m = load(tmp_path)
    t = trace(m, TEXT)
    assert t.decoder is not None
    assert t.decoder.layers == m.layers["decoder"] == (1, 3)
    assert m.depth == {"decoder": 4}
    assert m.between == {"decoder": {0: "JambaMambaMixer", 2: "JambaMambaMixer"}}
    with pytest.raises(ValueError, match=r"Layer 2 of .* is JambaMambaMixer, which is not shown"):
        trace(m, TEXT, layers=[2])
    cut = trace(m, TEXT, edits=[Cut("decoder", 5, 3, layer=3)]).decoder
    assert cut is not None
    assert (cut.weights[1, :, 5, 3] == 0).all()
    np.testing.assert_array_equal(cut.weights[0], t.decoder.weights[0])  # layer 1 lies before
    with pytest.raises(ValueError, match="layers 1 and 3; there is no layer 0"):
        trace(m, TEXT, edits=[Cut("decoder", 5, 3, layer=0)])


def test_every_listed_type_can_be_named() -> None:
    types = text_types()
    assert len(types) > 240
    assert {"bert", "t5", "llama", "mamba"} <= set(types)
    with pytest.raises(CannotBeSmall, match="timm"):
        make("gemma3n", Path("nowhere"))
