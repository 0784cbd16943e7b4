"""nn.MultiheadAttention and what is built of it: heard in all its forms, and its fast path kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from model import Cut, Silence, Uniform, watch
from model.capture.own import fast_path
from model.errors import Refusal
from tests.model.capture.own.modules import HEADS, WIDTH, expected, hooks, texts, vectors

CAUSAL = nn.Transformer.generate_square_subsequent_mask(5)


def mha(**options: Any) -> nn.MultiheadAttention:
    torch.manual_seed(1)
    made = nn.MultiheadAttention(WIDTH, HEADS, **({"batch_first": True} | options)).eval()
    for one in made.parameters():
        nn.init.normal_(one, std=0.3)
    return made


def projected(made: nn.MultiheadAttention, x: Tensor, number: int) -> np.ndarray:
    """The queries (0) or keys (1) of (batch, tokens, width), by NumPy: (batch, heads, tokens, d)."""
    maps = (made.q_proj_weight, made.k_proj_weight)[number] if made.in_proj_weight is None else None
    weight = made.in_proj_weight.chunk(3)[number] if maps is None else maps
    bias = 0 if made.in_proj_bias is None else made.in_proj_bias.chunk(3)[number].detach().numpy()
    y = x.detach().numpy() @ weight.detach().numpy().T + bias
    return y.reshape(*y.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)


@pytest.mark.parametrize("needs", [False, True])
@pytest.mark.parametrize("learns", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_self_attention_with_and_without_its_weights(needs: bool, learns: bool, masked: bool) -> None:
    made, x = mha(), vectors(5, batch=2)
    options: dict[str, Any] = {"need_weights": needs, "average_attn_weights": False}
    if masked:
        options |= {"attn_mask": CAUSAL, "is_causal": True}
    with torch.set_grad_enabled(learns):
        alone = made(x, x, x, **options)
        with watch(made) as seen:
            watched = made(x, x, x, **options)
    assert torch.equal(watched[0], alone[0])
    assert watched[0].requires_grad == learns
    t = seen.trace(texts(5), row=1)
    assert t.kinds == (("decoder",) if masked else ("encoder",))
    allowed = np.tri(5, dtype=bool) if masked else None
    wanted = expected(projected(made, x, 0), projected(made, x, 1), allowed)
    np.testing.assert_allclose(t[t.kinds[0]].weights[0], wanted[1], atol=1e-5)
    if needs:
        assert torch.equal(watched[1], alone[1])
        np.testing.assert_allclose(watched[1][1].detach(), wanted[1], atol=1e-5)
    else:
        assert watched[1] is None


@pytest.mark.parametrize("needs", [False, True])
@torch.no_grad()
def test_cross_attention_of_one_length_is_told_by_its_keys(needs: bool) -> None:
    for made, first in ((mha(), True), (mha(batch_first=False), False), (mha(kdim=6, vdim=7), True)):
        x, y = vectors(5, batch=2), vectors(5, batch=2, seed=3)
        if made.in_proj_weight is None:
            y = y[..., :6]
        value = torch.cat([y, y], -1)[..., : made.vdim]
        turned = (one if first else one.transpose(0, 1) for one in (x, y, value))
        with watch(made) as seen:
            made(*turned, need_weights=needs)
        t = seen.trace(texts(5), texts(5, "y"))
        assert t.kinds == ("cross",)
        wanted = expected(projected(made, x, 0), projected(made, y, 1))
        np.testing.assert_allclose(t["cross"].weights[0], wanted[0], atol=1e-5)


@torch.no_grad()
def test_columns_that_are_no_token() -> None:
    x = vectors()
    for made in (mha(add_bias_kv=True), mha(add_zero_attn=True), mha(add_bias_kv=True, add_zero_attn=True)):
        _, all_columns = made(x, x, x, average_attn_weights=False)
        with watch(made) as seen:
            made(x, x, x, need_weights=False)
        weights = seen.trace(texts(5)).encoder.weights  # type: ignore[union-attr]
        np.testing.assert_allclose(weights[0], all_columns[0][..., :5], atol=1e-6)
        assert (weights.sum(-1) < 1).all()
        with watch(made, [Uniform("encoder")]) as seen:
            _, even = made(x, x, x, average_attn_weights=False)
        np.testing.assert_allclose(even[..., 5:], all_columns[..., 5:], atol=1e-6)
        np.testing.assert_allclose(
            even[..., :5], all_columns[..., :5].mean(-1, keepdim=True).expand(1, 4, 5, 5)
        )


@torch.no_grad()
def test_one_text_without_a_batch() -> None:
    made, x = mha(), vectors()[0]
    for needs in (False, True):
        alone = made(x, x, x, need_weights=needs)
        with watch(made) as seen:
            assert torch.equal(made(x, x, x, need_weights=needs)[0], alone[0])
        wanted = expected(projected(made, x[None], 0), projected(made, x[None], 1))
        np.testing.assert_allclose(seen.trace(texts(5)).encoder.weights, wanted, atol=1e-5)  # type: ignore[union-attr]
        with watch(made, [Cut("encoder", 2, 1)]):
            output, weights = made(x, x, x, need_weights=needs)
        if needs:
            assert weights.shape == (5, 5)
            assert weights[2, 1] == 0
        assert not torch.allclose(output[2], alone[0][2])
        torch.testing.assert_close(output[3], alone[0][3])


@torch.no_grad()
def test_weights_that_are_returned_are_those_after_an_edit() -> None:
    made, x = mha(), vectors(5, batch=2)
    mask = torch.zeros(5, 5)
    mask[2, 1] = -torch.inf
    for average in (False, True):
        wanted = made(x, x, x, attn_mask=mask, average_attn_weights=average)
        with watch(made, [Cut("encoder", 2, 1)]):
            found = made(x, x, x, average_attn_weights=average)
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
    with watch(made, [Silence("encoder")]):
        torch.testing.assert_close(made(x, x, x)[0], made.out_proj.bias.expand(2, 5, WIDTH))


def encoder(**options: Any) -> nn.TransformerEncoder:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 32, **({"batch_first": True} | options))
    return nn.TransformerEncoder(layer, 3, enable_nested_tensor=not options).eval()


@torch.no_grad()
def test_an_encoder_gives_to_the_bit_what_its_fast_path_gives() -> None:
    padding = torch.zeros(2, 5, dtype=torch.bool)
    padding[1, 3:] = True
    for made in (encoder(), encoder(norm_first=True), encoder(batch_first=False)):
        x = (
            vectors(5, batch=2)
            if made.layers[0].self_attn.batch_first
            else vectors(5, batch=2).transpose(0, 1)
        )
        for options in ({}, {"src_key_padding_mask": padding}, {"mask": CAUSAL, "is_causal": True}):
            alone = made(x, **options)
            with watch(made) as seen:
                assert torch.equal(made(x, **options), alone)
            assert hooks(made) == 0
            t = seen.trace(texts(5), row=1)
            stack = t[t.kinds[0]]
            assert seen.paths[stack.kind] == tuple(f"layers.{i}.self_attn" for i in range(3))
            if "src_key_padding_mask" in options:
                assert (stack.weights[..., 3:] == 0).all()
            np.testing.assert_allclose(stack.weights.sum(-1), 1, atol=1e-6)


@torch.no_grad()
def test_every_layer_has_the_weights_that_the_slow_path_returns() -> None:
    made, x = encoder(), vectors(5, batch=2)
    wanted, y = [], x
    for layer in made.layers:
        wanted.append(layer.self_attn(y, y, y, average_attn_weights=False)[1])
        y = layer(y)
    with watch(made) as seen:
        made(x)
    for row in range(2):
        found = seen.trace(texts(5), row=row).encoder.weights  # type: ignore[union-attr]
        np.testing.assert_allclose(found, torch.stack(wanted)[:, row], atol=1e-6)


@torch.no_grad()
def test_rows_of_padding_stay_nothing_under_an_edit() -> None:
    made, x = encoder(), vectors(5, batch=2)
    padding = torch.zeros(2, 5, dtype=torch.bool)
    padding[1, 3:] = True
    mask = torch.zeros(5, 5)
    mask[2, 1] = -torch.inf
    with watch(made, [Cut("encoder", 2, 1)]):
        changed = made(x, src_key_padding_mask=padding)
    wanted = made(x, mask=mask, src_key_padding_mask=torch.where(padding, -torch.inf, 0.0))
    torch.testing.assert_close(changed[0], wanted[0], rtol=0, atol=1e-5)
    torch.testing.assert_close(changed[1, :3], wanted[1, :3], rtol=0, atol=1e-5)
    assert (changed[1, 3:] == 0).all()


class Added(nn.Linear):
    """A linear map with something added, as adapters do it: the fast path reads the weight and misses it."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + 1


@torch.no_grad()
def test_where_the_fast_path_passes_a_module_by_nothing_is_shown() -> None:
    made, x = encoder(), vectors()
    added = Added(WIDTH, 32)
    added.load_state_dict(made.layers[1].linear1.state_dict())
    alone = made(x)
    made.layers[1].linear1 = added
    assert torch.equal(made(x), alone)  # it is passed by
    for edits in ([], [Uniform("encoder")]):
        with pytest.raises(Refusal, match="fast path does something else"), watch(made, edits):
            made(x)
        assert hooks(made) == 0
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        slow = made(x)
        assert not torch.allclose(slow, alone)
        with watch(made) as seen:
            assert torch.equal(made(x), slow)
        assert seen.trace(texts(5)).kinds == ("encoder",)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)


@torch.no_grad()
def test_what_is_no_fast_path_runs_once() -> None:
    made, x, ran = encoder(), vectors(), []
    handle = made.layers[0].linear1.register_forward_hook(lambda *_: ran.append(1))
    with watch(made):
        made(x)
    assert ran == [1]
    handle.remove()
    made.train()
    assert not fast_path.may_be_fast(made)
    with torch.enable_grad():
        assert not fast_path.may_be_fast(made.eval())
    assert fast_path.may_be_fast(made)
    with torch.device("cpu"):  # it looks at all that torch does, so there is no fast path
        assert not fast_path.may_be_fast(made)
        alone = made(x)
        with watch(made):
            assert torch.equal(made(x), alone)


@torch.no_grad()
def test_a_whole_transformer() -> None:
    torch.manual_seed(0)
    made = nn.Transformer(WIDTH, HEADS, 2, 3, 32, batch_first=True).eval()
    read, written = vectors(6, batch=2), vectors(5, batch=2, seed=1)
    alone = made(read, written, tgt_mask=CAUSAL)
    with watch(made) as seen:
        assert torch.equal(made(read, written, tgt_mask=CAUSAL), alone)
    t = seen.trace(texts(6), texts(5, "y"))
    assert {kind: t[kind].weights.shape for kind in t.kinds} == {
        "encoder": (2, HEADS, 6, 6),
        "decoder": (3, HEADS, 5, 5),
        "cross": (3, HEADS, 5, 6),
    }
    assert (np.triu(t["decoder"].weights, 1) == 0).all()
    assert seen.paths["cross"][2] == "decoder.layers.2.multihead_attn"
    with watch(made, [Silence("cross", layer=1, head=2)]) as seen:
        changed = made(read, written, tgt_mask=CAUSAL)
    assert not torch.allclose(changed, alone)
    np.testing.assert_array_equal(
        seen.trace(texts(6), texts(5, "y"))["encoder"].weights, t["encoder"].weights
    )


@torch.no_grad()
def test_two_texts_of_one_length() -> None:
    torch.manual_seed(0)
    made = nn.Transformer(WIDTH, HEADS, 1, 1, 32, batch_first=True).eval()
    read, written = vectors(5), vectors(5, seed=1)
    with watch(made) as seen:
        made(read, written, tgt_mask=CAUSAL)
    assert seen.trace(texts(5), texts(5, "y")).kinds == ("encoder", "decoder", "cross")
    with watch(made) as seen:
        made(read, written)
    with pytest.raises(Refusal, match=r"encoder\.layers\.0\.self_attn may be the encoder's, the decoder's"):
        seen.trace(texts(5), texts(5, "y"))
    with watch(made, kinds={"encoder.*": "encoder", "*.self_attn": "decoder", "*": "cross"}) as seen:
        made(read, written)
    assert seen.paths == {
        "encoder": ("encoder.layers.0.self_attn",),
        "decoder": ("decoder.layers.0.self_attn",),
        "cross": ("decoder.layers.0.multihead_attn",),
    }
    assert seen.trace(texts(5), texts(5, "y")).kinds == ("encoder", "decoder", "cross")
