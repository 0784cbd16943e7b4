"""ProphetNet, whose decoder reads its text in several streams at once, and what of a model can be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from census.makers import TEXT, make
from model import Cut, load, trace
from model.capture.checkpoint import Checkpoint
from model.capture.encode import encode, shift_right
from model.capture.forward import Row, forward
from model.errors import Refusal
from model.trace import Kind


@pytest.fixture(scope="module")
def prophetnet(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("prophetnet")
    make("prophetnet", folder)
    return load(folder)


def target(m: Checkpoint) -> tuple[int, ...]:
    return tuple(encode(m, TEXT)[3:20])


def passed(m: Checkpoint, names: tuple[str, ...]) -> dict[str, list[Tensor]]:
    """What the maps of these names of the decoder were given and made, call by call, in one pass."""
    found: dict[str, list[Tensor]] = {}
    handles = [
        module.register_forward_hook(keep(found.setdefault(path, []), path.endswith("out_proj")))
        for path, module in m.model.named_modules()
        if ".decoder.layers." in path and path.endswith(names)
    ]
    try:
        forward(m, Row(encode(m, TEXT), shift_right(m, target(m))))
    finally:
        for handle in handles:
            handle.remove()
    return found


def keep(into: list[Tensor], what_is_given: bool) -> Any:
    def hook(_module: Any, args: tuple[Tensor, ...], output: Tensor) -> None:
        into.append((args[0] if what_is_given else output).detach())

    return hook


@pytest.mark.parametrize(("kind", "part"), [("decoder", "self_attn"), ("cross", "cross_attn")])
def test_the_stream_that_reads_is_shown(prophetnet: Checkpoint, kind: Kind, part: str) -> None:
    """Weights times values are what comes to the map behind the heads, in the rows of the text itself."""
    m = prophetnet
    stack = trace(m, TEXT, target(m))[kind]
    found = passed(m, (f"{part}.value_proj", f"{part}.out_proj"))
    rows, keys, heads = len(stack.queries), len(stack.keys), stack.heads
    np.testing.assert_allclose(stack.weights.sum(-1), 1, atol=1e-5)
    for place, layer in enumerate(stack.layers):
        prefix = f"prophetnet.decoder.layers.{layer}.{part}."
        values = found[prefix + "value_proj"][0][0, :keys].unflatten(-1, (heads, -1)).transpose(0, 1)
        behind = found[prefix + "out_proj"][0].reshape(-1, heads, values.shape[-1])[:rows]
        fetched = torch.from_numpy(stack.weights[place].copy()) @ values
        torch.testing.assert_close(fetched.transpose(0, 1), behind, atol=1e-5, rtol=1e-4)


def test_what_is_shown_in_part_is_not_changed(prophetnet: Checkpoint) -> None:
    m = prophetnet
    assert m.editable == {"encoder"}
    assert not m.can_edit
    cut = trace(m, TEXT, target(m), edits=[Cut("encoder", 5, 3)]).encoder
    assert cut is not None
    assert (cut.weights[:, :, 5, 3] == 0).all()
    for kind in ("decoder", "cross"):
        with pytest.raises(Refusal, match=f"computes its {kind} attention its own way"):
            trace(m, TEXT, target(m), edits=[Cut(kind, 5, 3)])


def test_a_decoder_can_be_changed_where_the_encoder_cannot(tmp_path: Path) -> None:
    make("led", tmp_path)
    m = load(tmp_path)
    assert m.editable == {"decoder", "cross"}
    plain, cut = (trace(m, TEXT, target(m), edits=edits) for edits in ([], [Cut("cross", 5, 3)]))
    assert plain.cross is not None
    assert cut.cross is not None
    assert (cut.cross.weights[:, :, 5, 3] == 0).all()
    assert (plain.cross.weights[:, :, 5, 3] > 0).all()
    with pytest.raises(Refusal, match="computes its encoder attention its own way"):
        trace(m, TEXT, target(m), edits=[Cut("cross", 5, 3), Cut("encoder", 5, 3)])


def test_of_keys_that_stand_for_several_tokens_the_rest_is_left_out(tmp_path: Path) -> None:
    """Against the library's own eager attention, whose columns behind the text's are those keys."""
    make("deepseek_v4", tmp_path)
    m = load(tmp_path)
    assert m.condensed == {"decoder": (1, 3)}
    assert not m.editable
    stack = trace(m, TEXT).decoder
    assert stack is not None
    alone = type(m.model).from_pretrained(tmp_path, attn_implementation="eager").eval()
    with torch.no_grad():
        given = alone(torch.tensor([encode(m, TEXT)]), output_attentions=True).attentions
    assert [w.shape[-1] > len(stack.keys) for w in given] == [False, True, False, True]
    for ours, theirs in zip(stack.weights, given, strict=True):
        np.testing.assert_allclose(ours, theirs[0, ..., : len(stack.keys)].numpy(), atol=1e-5)
    for count in (3, 17, 30):  # few tokens have no such key
        text = " ".join(TEXT.split()[:count])
        shown = trace(m, text).decoder
        assert shown is not None
        assert shown.weights.shape[-1] == len(encode(m, text))
        assert shown.weights.sum(-1).max() < 1.001


@pytest.mark.parametrize(
    ("kind", "unseen"),
    [
        ("blt", {"model.local_encoder.cross_attn_layers": 1, "model.global_transformer.layers": 2}),
        ("canine", {"canine.encoder.layer": 2}),
        ("bert", {}),
    ],
)
def test_stacks_of_which_nothing_is_shown_are_named(
    kind: str, unseen: dict[str, int], tmp_path: Path
) -> None:
    make(kind, tmp_path)
    found = load(tmp_path).unseen
    assert unseen.items() <= found.items()
    assert bool(unseen) == bool(found)
