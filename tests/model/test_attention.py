"""The attention function by itself, against PyTorch's and against formulations written out by hand."""

from __future__ import annotations

import math
import threading
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from model.attention import Cut, Open, Silence, Temperature, Uniform, attention
from model.edits import Applied, AttentionEdit
from model.listening import Call, Seen, listening

LOWEST = torch.finfo(torch.float32).min


class Everything:
    """Records each call, with the same edits each time."""

    def __init__(self, *edits: AttentionEdit) -> None:
        self.edits = edits
        self.seen: list[Seen] = []

    def hear(self, module: nn.Module, shape: tuple[int, int, int, int]) -> Call:
        return Call([Applied(edit) for edit in self.edits], self.seen.append)


def tensors(
    batch: int = 2,
    heads: int = 4,
    kv_heads: int = 4,
    queries: int = 5,
    keys: int = 6,
    d_k: int = 8,
    d_v: int = 8,
) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(batch + 10 * heads + 100 * queries + 1000 * keys)
    return (
        torch.randn(batch, heads, queries, d_k, generator=generator),
        torch.randn(batch, kv_heads, keys, d_k, generator=generator),
        torch.randn(batch, kv_heads, keys, d_v, generator=generator),
    )


def recorded(
    q: Tensor, k: Tensor, v: Tensor, *edits: AttentionEdit, **arguments: object
) -> tuple[Tensor, Any]:
    listener = Everything(*edits)
    with listening(listener):
        output, weights = attention(nn.Identity(), q, k, v, **arguments)  # type: ignore[arg-type]
    assert weights is listener.seen[0].weights
    return output, listener.seen[0]


sizes = st.integers(1, 5)


@given(
    sizes, sizes, st.integers(1, 3), sizes, sizes, sizes, sizes, st.sampled_from(["none", "bool", "float"])
)
def test_recording_changes_nothing(
    batch: int, kv_heads: int, group: int, queries: int, keys: int, d_k: int, d_v: int, kind: str
) -> None:
    q, k, v = tensors(batch, kv_heads * group, kv_heads, queries, keys, d_k, d_v)
    allowed = torch.rand(batch, 1, queries, keys, generator=torch.Generator().manual_seed(0)) < 0.6
    allowed[..., 0] = True
    mask = {"none": None, "bool": allowed, "float": torch.where(allowed, 0.0, LOWEST)}[kind]
    fused, nothing = attention(nn.Identity(), q, k, v, mask)
    output, seen = recorded(q, k, v, attention_mask=mask)
    assert nothing is None
    assert output.shape == (batch, queries, kv_heads * group, d_v)
    torch.testing.assert_close(output, fused, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(seen.weights.sum(-1), torch.ones(batch, kv_heads * group, queries))
    if mask is not None:
        assert (seen.weights[~seen.mask.expand_as(seen.weights)] == 0).all()
    again = seen.scores.masked_fill(~seen.mask, -math.inf).softmax(-1)
    torch.testing.assert_close(again, seen.weights)
    torch.testing.assert_close(seen.weights @ seen.v, output.transpose(1, 2))


def test_is_equation_1() -> None:
    q, k, v = tensors()
    weights = torch.zeros(2, 4, 5, 6)
    for b in range(2):
        for h in range(4):
            for i in range(5):
                e = torch.stack([torch.exp(q[b, h, i].dot(k[b, h, j]) / math.sqrt(8)) for j in range(6)])
                weights[b, h, i] = e / e.sum()
    output, seen = recorded(q, k, v)
    torch.testing.assert_close(seen.weights, weights)
    torch.testing.assert_close(output, torch.einsum("bhij,bhjd->bihd", weights, v))


def test_position_bias_joins_either_mask() -> None:
    q, k, v = tensors()
    bias = torch.randn(1, 4, 5, 6)
    mask = torch.rand(2, 1, 5, 6) < 0.7
    mask[..., 0] = True
    expected = F.scaled_dot_product_attention(q, k, v, bias.masked_fill(~mask, -math.inf)).transpose(1, 2)
    for given_mask in (mask, torch.where(mask, 0.0, LOWEST)):
        fused, _ = attention(nn.Identity(), q, k, v, given_mask, position_bias=bias)
        output, _ = recorded(q, k, v, attention_mask=given_mask, position_bias=bias)
        torch.testing.assert_close(fused, expected)
        torch.testing.assert_close(output, expected)


def test_a_row_that_may_look_at_nothing() -> None:
    q, k, v = tensors()
    mask = torch.ones(2, 1, 5, 6, dtype=torch.bool)
    mask[0, 0, 2] = False
    fused, _ = attention(nn.Identity(), q, k, v, mask)
    output, seen = recorded(q, k, v, attention_mask=mask)
    torch.testing.assert_close(output, fused)
    assert (seen.weights[0, :, 2] == 0).all()
    # Transformers masks with a finite number: the row is uniform, as in its eager and fused attention.
    additive = torch.where(mask, 0.0, LOWEST)
    fused, _ = attention(nn.Identity(), q, k, v, additive)
    output, seen = recorded(q, k, v, attention_mask=additive)
    torch.testing.assert_close(output, fused)
    torch.testing.assert_close(seen.weights[0, :, 2], torch.full((4, 6), 1 / 6))
    assert not seen.mask[0, 0, 2].any()


def test_softcap_and_sink() -> None:
    q, k, v = tensors()
    _, seen = recorded(q * 9, k, v, softcap=2.0)
    assert seen.scores.abs().max() <= 2
    torch.testing.assert_close(seen.scores, 2 * torch.tanh(9 * q @ k.mT / math.sqrt(8) / 2))
    sink = torch.tensor([-1.0, 0.0, 1.0, 5.0])
    output, seen = recorded(q, k, v, s_aux=sink)
    unheard, _ = attention(nn.Identity(), q, k, v, s_aux=sink)
    torch.testing.assert_close(output, unheard)
    # A sink is one more key, with a score of its own and nothing to give.
    more = torch.zeros(2, 4, 1, 8)
    column = torch.zeros(1, 4, 5, 7)
    column[..., -1] = sink[:, None]
    expected = F.scaled_dot_product_attention(q, torch.cat([k, more], 2), torch.cat([v, more], 2), column)
    torch.testing.assert_close(output, expected.transpose(1, 2))
    assert (seen.weights.sum(-1) < 1).all()


def test_half_precision_records_in_full() -> None:
    q, k, v = (x.bfloat16() for x in tensors())
    output, seen = recorded(q, k, v)
    assert output.dtype == torch.bfloat16
    assert seen.weights.dtype == seen.scores.dtype == torch.float32
    torch.testing.assert_close(seen.weights.sum(-1), torch.ones(2, 4, 5))


@pytest.mark.parametrize("kind", ["none", "bool", "float", "bias", "shared keys"])
def test_bfloat16_training_is_float32_but_for_rounding(kind: str) -> None:
    """On a processor the weights are written down, for the sake of the backward pass; what comes out is the
    fused kernel's in float32."""
    halves = [x.bfloat16() for x in tensors(kv_heads=2 if kind == "shared keys" else 4)]
    allowed = torch.rand(2, 1, 5, 6, generator=torch.Generator().manual_seed(1)) < 0.6
    allowed[..., 0] = True
    mask = {"bool": allowed, "float": torch.where(allowed, 0.0, LOWEST)}.get(kind)
    generator = torch.Generator().manual_seed(2)
    bias = torch.randn(1, 4, 5, 6, generator=generator) if kind == "bias" else None
    wanted = torch.randn(2, 5, 4, 8, generator=generator)

    def learned(inputs: list[Tensor]) -> tuple[Tensor, Tensor | None, tuple[Tensor, ...]]:
        q, k, v = (x.detach().requires_grad_() for x in inputs)
        output, weights = attention(nn.Identity(), q, k, v, mask, position_bias=bias)
        return output, weights, torch.autograd.grad((output.float() * wanted).sum(), (q, k, v))

    output, weights, gradients = learned(halves)
    expected, nothing, slopes = learned([x.float() for x in halves])
    assert nothing is None
    assert weights is not None
    assert output.dtype == torch.bfloat16
    torch.testing.assert_close(output.float(), expected, rtol=2e-2, atol=1e-2)
    for gradient, slope in zip(gradients, slopes, strict=True):
        assert gradient.dtype == torch.bfloat16
        assert slope.abs().max() > 0.1
        torch.testing.assert_close(gradient.float(), slope, rtol=5e-2, atol=3e-2)
    # Where nothing is learned, the fused kernel serves.
    q, k, v = halves
    assert attention(nn.Identity(), q, k, v)[1] is None


@given(
    st.integers(0, 4) | st.none(), st.integers(0, 5) | st.none(), st.integers(0, 3) | st.none(), st.booleans()
)
def test_cut_is_zero_and_the_rest_keeps_its_proportions(
    query: int | None, key: int | None, head: int | None, additive: bool
) -> None:
    q, k, v = tensors()
    mask = torch.ones(5, 6, dtype=torch.bool).tril()
    given_mask = torch.where(mask, 0.0, LOWEST) if additive else mask
    given_mask = given_mask[None, None]
    _, plain = recorded(q, k, v, attention_mask=given_mask)
    output, seen = recorded(q, k, v, Cut("encoder", query, key, head=head), attention_mask=given_mask)
    expected = plain.weights.clone()
    for h in range(4) if head is None else [head]:
        for i in range(5) if query is None else [query]:
            for j in range(6) if key is None else [key]:
                expected[:, h, i, j] = 0
    total = expected.sum(-1, keepdim=True)
    expected = torch.where(total > 0, expected / total.clamp(min=1e-30), 0)
    torch.testing.assert_close(seen.weights, expected)
    assert (seen.weights[:, :, ~mask] == 0).all()  # never to a masked key
    assert (seen.weights[expected == 0] == 0).all()  # exactly
    torch.testing.assert_close(output, torch.einsum("bhij,bhjd->bihd", expected, v))


def test_cutting_the_only_key_leaves_nothing() -> None:
    q, k, v = tensors(queries=3, keys=3)
    mask = torch.where(torch.ones(3, 3, dtype=torch.bool).tril(), 0.0, LOWEST)[None, None]
    output, seen = recorded(q, k, v, Cut("decoder", query=0, key=0), attention_mask=mask)
    assert (seen.weights[:, :, 0] == 0).all()
    assert (output[:, 0] == 0).all()
    torch.testing.assert_close(seen.weights[:, :, 1:].sum(-1), torch.ones(2, 4, 2))


@given(
    st.integers(0, 4) | st.none(), st.integers(0, 5) | st.none(), st.integers(0, 3) | st.none(), st.booleans()
)
def test_what_is_opened_is_seen_as_if_no_mask_were_there(
    query: int | None, key: int | None, head: int | None, additive: bool
) -> None:
    q, k, v = tensors()
    mask = torch.ones(5, 6, dtype=torch.bool).tril()
    given_mask = torch.where(mask, 0.0, LOWEST) if additive else mask
    output, seen = recorded(
        q, k, v, Open("decoder", query, key, head=head), attention_mask=given_mask[None, None]
    )
    free = mask.expand(4, 5, 6).clone()
    for h in range(4) if head is None else [head]:
        for i in range(5) if query is None else [query]:
            for j in range(6) if key is None else [key]:
                free[h, i, j] = True
    expected = F.scaled_dot_product_attention(q, k, v, free)
    torch.testing.assert_close(output, expected.transpose(1, 2))
    assert torch.equal(seen.mask.expand_as(seen.weights)[0], free)
    assert (seen.weights[:, ~free] == 0).all()


def test_what_is_cut_stays_cut_where_the_mask_is_off() -> None:
    q, k, v = tensors()
    mask = torch.ones(5, 6, dtype=torch.bool).tril()[None, None]
    _, seen = recorded(q, k, v, Cut("decoder", 0, 3), Open("decoder"), attention_mask=mask)
    assert (seen.weights[:, :, 0, 3] == 0).all()
    assert (seen.weights[:, :, 0, [0, 1, 2, 4, 5]] > 0).all()


def test_the_record_holds_what_each_head_says() -> None:
    q, k, v = tensors(d_v=3)
    output, seen = recorded(q, k, v, Silence("encoder", head=1), scaling=0.3)
    assert seen.scaling == 0.3
    torch.testing.assert_close(seen.scores, 0.3 * torch.einsum("bhid,bhjd->bhij", q, k))
    torch.testing.assert_close(seen.output.transpose(1, 2), output)
    assert (seen.output[:, 1] == 0).all()
    torch.testing.assert_close(seen.output[:, 0], torch.einsum("bij,bjd->bid", seen.weights[:, 0], v[:, 0]))


def test_cut_beside_a_sink_gives_to_the_sink_too() -> None:
    q, k, v = tensors()
    sink = torch.zeros(4)
    _, plain = recorded(q, k, v, s_aux=sink)
    _, seen = recorded(q, k, v, Cut("decoder", key=2), s_aux=sink)
    expected = plain.weights.clone()
    rest = 1 - expected[..., 2:3]
    expected[..., 2] = 0
    torch.testing.assert_close(seen.weights, expected / rest)


def test_silence_takes_away_one_heads_output_and_keeps_its_weights() -> None:
    q, k, v = tensors()
    plain, before = recorded(q, k, v)
    output, seen = recorded(q, k, v, Silence("encoder", head=2))
    assert (output[:, :, 2] == 0).all()
    torch.testing.assert_close(output[:, :, [0, 1, 3]], plain[:, :, [0, 1, 3]])
    torch.testing.assert_close(seen.weights, before.weights)


def test_uniform_is_one_over_the_allowed() -> None:
    q, k, v = tensors()
    mask = torch.ones(5, 6, dtype=torch.bool).tril()[None, None]
    for given_mask in (mask, torch.where(mask, 0.0, LOWEST)):
        _, plain = recorded(q, k, v, attention_mask=given_mask)
        _, seen = recorded(q, k, v, Uniform("encoder", head=1), attention_mask=given_mask)
        expected = torch.zeros(5, 6)
        for i in range(5):
            expected[i, : i + 1] = 1 / (i + 1)
        torch.testing.assert_close(seen.weights[:, 1], expected.expand(2, 5, 6))
        torch.testing.assert_close(seen.weights[:, [0, 2, 3]], plain.weights[:, [0, 2, 3]])
        # With an edge cut the others share.
        cut = Cut("encoder", query=3, key=0)
        _, seen = recorded(q, k, v, Uniform("encoder"), cut, attention_mask=given_mask)
        torch.testing.assert_close(seen.weights[0, 0, 3], torch.tensor([0, 1 / 3, 1 / 3, 1 / 3, 0, 0]))


@given(st.floats(0.01, 100))
def test_temperature_divides_the_scores(tau: float) -> None:
    q, k, v = tensors()
    additive = torch.where(torch.ones(5, 6, dtype=torch.bool).tril(), 0.0, LOWEST)[None, None]
    output, seen = recorded(q, k, v, Temperature("encoder", tau), attention_mask=additive)
    colder, _ = attention(nn.Identity(), q, k, v, additive, scaling=1 / (math.sqrt(8) * tau))
    torch.testing.assert_close(output, colder, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(seen.weights.sum(-1), torch.ones(2, 4, 5))


@pytest.mark.parametrize("tau", [0, -1, math.inf, math.nan])
def test_a_temperature_must_be_positive(tau: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Temperature("encoder", tau)


def test_gradients_are_the_fused_kernels() -> None:
    q, k, v = (x.double().requires_grad_() for x in tensors())
    mask = torch.rand(2, 1, 5, 6) < 0.7
    mask[0, 0, 2] = False
    fused, _ = attention(nn.Identity(), q, k, v, mask)
    wanted = torch.autograd.grad((fused**2).sum(), (q, k, v))
    output, _ = recorded(q, k, v, attention_mask=mask)
    for one, other in zip(torch.autograd.grad((output**2).sum(), (q, k, v)), wanted, strict=True):
        torch.testing.assert_close(one, other)
    output, _ = recorded(q, k, v, Uniform("encoder", head=0), Silence("encoder", head=1), attention_mask=mask)
    assert all(g.isfinite().all() for g in torch.autograd.grad(output.sum(), (q, k, v)))


def test_dropout_falls_on_the_output_and_not_on_the_record() -> None:
    torch.manual_seed(0)
    q, k, v = tensors()
    plain, before = recorded(q, k, v)
    output, seen = recorded(q, k, v, dropout=0.5)
    torch.testing.assert_close(seen.weights, before.weights)
    assert not torch.allclose(output, plain)


def test_a_listener_hears_its_own_thread_only() -> None:
    q, k, v = tensors()
    listener = Everything()
    elsewhere: list[Tensor | None] = []

    def run() -> None:
        elsewhere.append(attention(nn.Identity(), q, k, v)[1])

    with listening(listener):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert elsewhere == [None]
    assert not listener.seen
    attention(nn.Identity(), q, k, v)
    assert not listener.seen
