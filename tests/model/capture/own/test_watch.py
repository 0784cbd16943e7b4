"""A module of one's own, watched: weights against formulas, and nothing that changes by it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from model import watch
from model.errors import Refusal
from tests.model.capture.own.modules import (
    HEADS,
    WIDTH,
    SelfAttention,
    Stack,
    expected,
    hooks,
    texts,
    vectors,
)

WAYS = ["kernel", "function", "softmax", "einsum"]


def close(found: Any, wanted: Any, tolerance: float = 1e-5) -> None:
    np.testing.assert_allclose(found, wanted, atol=tolerance)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("causal", [True, False])
@torch.no_grad()
def test_weights_are_those_of_the_formula(way: str, causal: bool) -> None:
    stack, x = Stack(way, causal=causal), vectors(6, batch=3)
    alone = stack(x)
    with watch(stack) as seen:
        watched = stack(x)
    if way == "function":  # which computes what it tells
        torch.testing.assert_close(watched, alone, rtol=0, atol=1e-6)
    else:
        assert torch.equal(watched, alone)
    for row in range(3):
        t = seen.trace(texts(6), row=row)
        assert t.kinds == ("decoder" if causal else "encoder",)
        assert t[t.kinds[0]].layers == (0, 1)
        close(t[t.kinds[0]].weights, stack.weights(x)[:, row])
    assert seen.paths == {t.kinds[0]: ("blocks.0.attention", "blocks.1.attention")}
    assert hooks(stack) == 0


@given(
    st.sampled_from(WAYS),
    st.integers(1, 6),
    st.integers(1, 3),
    st.sampled_from([1, 2, 4]),
    st.booleans(),
    st.integers(0, 9),
)
def test_any_mask_any_size(way: str, tokens: int, batch: int, kv_heads: int, causal: bool, seed: int) -> None:
    kv_heads = kv_heads if way in ("kernel", "function") else HEADS
    stack, x = Stack(way, causal=causal, kv_heads=kv_heads), vectors(tokens, batch, seed)
    drawn = np.random.default_rng(seed).random((batch, 1, tokens, tokens)) < 0.6
    allowed = drawn | np.eye(tokens, dtype=bool)
    allowed &= np.tri(tokens, dtype=bool) if causal else True
    with torch.no_grad():
        alone = stack(x, torch.from_numpy(allowed))
        with watch(stack, kinds="encoder") as seen:
            watched = stack(x, torch.from_numpy(allowed))
    torch.testing.assert_close(watched, alone, rtol=0, atol=0 if way != "function" else 1e-6)
    for row in range(batch):
        close(seen.trace(texts(tokens), row=row).encoder.weights, stack.weights(x, allowed)[:, row])  # type: ignore[union-attr]


@torch.no_grad()
def test_additive_masks_scale_and_bias() -> None:
    class Own(nn.Module):
        def forward(self, q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
            return F.scaled_dot_product_attention(q, k, k, attn_mask=mask, scale=0.25)

    chance = torch.Generator().manual_seed(0)
    q, k = (torch.randn(2, 4, n, 8, generator=chance) for n in (3, 5))
    mask = torch.randn(2, 1, 3, 5, generator=chance)
    mask[:, :, 1, 2:] = -torch.inf
    own = Own()
    with watch(own, record=["scores", "qkv", "output"]) as seen:
        made = own(q, k, mask)
    t = seen.trace(texts(5), texts(3, "y"), row=1)
    assert t.kinds == ("cross",)
    scores = np.einsum("hqd,hkd->hqk", q[1].double(), k[1].double()) * 0.25 + mask[1].double().numpy()
    powers = np.exp(scores)
    close(t["cross"].weights[0], powers / powers.sum(-1, keepdims=True))
    assert t["cross"].scaling is not None
    assert t["cross"].scaling.tolist() == [0.25]
    for name, wanted in (("q", q), ("k", k), ("v", k), ("output", made)):
        close(getattr(t["cross"], name)[0], wanted[1])
    assert t["cross"].mask is not None
    assert not t["cross"].mask[0, :, 1, 2:].any()
    assert t["cross"].mask[0].sum() == 4 * (15 - 3)


@torch.no_grad()
def test_what_is_given_without_batch_or_heads() -> None:
    class Own(nn.Module):
        def forward(self, q: Tensor, k: Tensor) -> Tensor:
            return F.scaled_dot_product_attention(q, k, k, is_causal=True)

    own, chance = Own(), torch.Generator().manual_seed(0)
    two, three = (torch.randn(*front, 4, 8, generator=chance) for front in ((), (6,)))
    with watch(own) as seen:
        assert torch.equal(own(two, two), F.scaled_dot_product_attention(two, two, two, is_causal=True))
    past = np.tri(4, dtype=bool)
    close(seen.trace(texts(4))["decoder"].weights[0, 0], expected(two.numpy(), two.numpy(), past))
    for heads, row in ((1, 4), (3, 1), (6, 0)):
        with watch(own, heads=heads) as seen:
            own(three, three)
        wanted = expected(three.numpy(), three.numpy(), past).reshape(6 // heads, heads, 4, 4)
        close(seen.trace(texts(4), row=row)["decoder"].weights[0], wanted[row])
    with watch(own) as seen:
        own(three, three)
    with pytest.raises(Refusal, match="say with heads= how many"):
        seen.trace(texts(4))
    with (
        pytest.raises(Refusal, match="6 texts and heads in one axis, which is no multiple of 4"),
        watch(own, heads=4),
    ):
        own(three, three)


@torch.no_grad()
def test_flat_heads_are_told_apart_by_their_number() -> None:
    stack, x = Stack("flat"), vectors(5, batch=2)
    with watch(stack, heads=HEADS) as seen:
        stack(x)
    close(seen.trace(texts(5), row=1)["decoder"].weights, stack.weights(x)[:, 1])


def test_gradients_go_through() -> None:
    for way in WAYS:
        stack = Stack(way)
        grads = []
        for looks in (False, True):
            stack.zero_grad()
            if looks:
                with watch(stack):
                    stack(vectors()).square().sum().backward()
            else:
                stack(vectors()).square().sum().backward()
            grads.append([p.grad.clone() for p in stack.parameters() if p.grad is not None])
        assert len(grads[0]) == len(list(stack.parameters()))
        for one, other in zip(*grads, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("way", ["kernel", "softmax"])
@torch.no_grad()
def test_other_precisions(dtype: torch.dtype, way: str) -> None:
    stack, x = Stack(way), vectors()
    wanted = stack.weights(x)[:, 0]
    stack, x = stack.to(dtype), x.to(dtype)
    alone = stack(x)
    with watch(stack) as seen:
        assert torch.equal(stack(x), alone)
    close(seen.trace(texts(5))["decoder"].weights, wanted, 2e-2 if dtype != torch.float64 else 1e-6)


def test_only_the_thread_that_watches_hears_and_each_hears_its_own() -> None:
    stack = Stack()
    inputs = [vectors(5, seed=seed) for seed in range(4)]
    found: dict[int, Any] = {}
    gate = threading.Barrier(4)

    def look(number: int) -> None:
        with torch.no_grad():
            gate.wait()
            for _ in range(10):
                if number == 3:  # nobody watches here
                    found[number] = stack(inputs[3])
                    continue
                with watch(stack) as seen:
                    stack(inputs[number])
                found[number] = seen.trace(texts(5))["decoder"].weights

    threads = [threading.Thread(target=look, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(3):
        close(found[number], stack.weights(inputs[number])[:, 0])
    with torch.no_grad():
        assert torch.equal(found[3], stack(inputs[3]))
    assert hooks(stack) == 0


def test_what_another_thread_runs_is_not_heard() -> None:
    stack = Stack()
    with watch(stack) as seen:
        thread = threading.Thread(target=stack, args=(vectors(),))
        thread.start()
        thread.join()
    with pytest.raises(Refusal, match="No attention was found"):
        seen.trace(texts(5))


@torch.no_grad()
def test_after_an_error_inside_nothing_is_left_and_all_goes_on() -> None:
    stack = Stack()
    with pytest.raises(ZeroDivisionError), watch(stack):
        stack(vectors() / (1 // 0))
    assert hooks(stack) == 0
    with pytest.raises(RuntimeError), watch(stack):
        stack(torch.ones(1, 3, WIDTH + 1))
    assert hooks(stack) == 0

    with watch(stack) as seen:
        with pytest.raises(RuntimeError):
            stack(torch.ones(1, 3, WIDTH + 1))
        stack(vectors())
    close(seen.trace(texts(5))["decoder"].weights, stack.weights(vectors())[:, 0])


@torch.no_grad()
def test_own_hooks_stay_and_work() -> None:
    stack, ran = Stack(), []
    handle = stack.blocks[0].register_forward_hook(lambda *_: ran.append(1))
    with watch(stack):
        stack(vectors())
    assert (len(ran), hooks(stack)) == (1, 1)
    handle.remove()


@torch.no_grad()
def test_a_part_that_is_called_by_itself() -> None:
    stack, x = Stack(), vectors()
    one = stack.blocks[1].attention
    assert isinstance(one, SelfAttention)
    with watch(stack) as seen:
        one(x)
    assert seen.paths == {"decoder": ("blocks.1.attention",)}
    with watch(one) as alone:
        one(x)
    assert seen.trace(texts(5)) == alone.trace(texts(5))


@torch.no_grad()
def test_only_some_of_the_modules() -> None:
    stack, x = Stack(depth=3), vectors()
    with watch(stack, only=["blocks.[12].*"]) as seen:
        stack(x)
    assert seen.paths == {"decoder": ("blocks.1.attention", "blocks.2.attention")}
    close(seen.trace(texts(5))["decoder"].weights, stack.weights(x)[1:, 0])
    with pytest.raises(Refusal, match=r"a module called blocks\.7"), watch(stack, only="blocks.7"):
        stack(x)
