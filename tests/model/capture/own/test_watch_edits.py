"""Edits in a module of one's own, against masks and weights that the module is given instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from model import Cut, Open, Silence, Temperature, Uniform, watch
from model.capture.forward import observing
from model.edits import AttentionEdit
from model.errors import Refusal
from tests.model.capture.own.modules import HEADS, Stack, hooks, texts, vectors
from tests.model.recorded import checkpoint

WAYS = ["kernel", "function", "softmax", "einsum"]


@pytest.mark.parametrize("way", WAYS)
@torch.no_grad()
def test_an_edge_that_is_cut_is_an_edge_that_is_masked(way: str) -> None:
    stack, x = Stack(way), vectors(5, batch=2)
    with watch(stack, [Cut("decoder", query=3, key=1)]) as seen:
        changed = stack(x)
    allowed = np.tri(5, dtype=bool)
    allowed[3, 1] = False
    torch.testing.assert_close(changed, stack(x, torch.from_numpy(allowed)), rtol=0, atol=1e-5)
    weights = seen.trace(texts(5), row=1)["decoder"].weights
    assert (weights[:, :, 3, 1] == 0).all()
    np.testing.assert_allclose(weights, stack.weights(x, allowed)[:, 1], atol=1e-5)
    assert not torch.allclose(changed, stack(x))
    assert hooks(stack) == 0


@pytest.mark.parametrize("way", WAYS)
@torch.no_grad()
def test_one_layer_and_one_head(way: str) -> None:
    stack, x = Stack(way, depth=3), vectors()
    with watch(stack) as plain:
        stack(x)
    with watch(stack, [Uniform("decoder", layer=1, head=2)]) as seen:
        stack(x)
    before, after = (one.trace(texts(5))["decoder"].weights for one in (plain, seen))
    np.testing.assert_array_equal(after[0], before[0])
    np.testing.assert_array_equal(np.delete(after[1], 2, 0), np.delete(before[1], 2, 0))
    np.testing.assert_allclose(after[1, 2], np.tri(5) / np.arange(1, 6)[:, None], atol=1e-6)
    assert not np.allclose(after[2], before[2])


@pytest.mark.parametrize("way", WAYS)
@torch.no_grad()
def test_a_silenced_head_gives_nothing_and_is_told_as_it_looks(way: str) -> None:
    stack, x = Stack(way, depth=1), vectors()
    block: Any = stack.blocks[0]
    with watch(stack, [Silence("decoder", head=1)]) as seen:
        changed = stack(x)
    width = block.attention.out.in_features // HEADS
    block.attention.out.weight[:, width : 2 * width] = 0
    torch.testing.assert_close(changed, stack(x), rtol=0, atol=1e-5)
    np.testing.assert_allclose(seen.trace(texts(5))["decoder"].weights, stack.weights(x)[:, 0], atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
@torch.no_grad()
def test_temperature(way: str) -> None:
    stack, x = Stack(way, depth=1), vectors()
    with watch(stack, [Temperature("decoder", tau=2.0)]) as seen:
        stack(x)
    cast_block: Any = stack.blocks[0]
    cast_block.attention.q.weight /= 2
    cast_block.attention.q.bias /= 2
    np.testing.assert_allclose(seen.trace(texts(5))["decoder"].weights, stack.weights(x)[:, 0], atol=1e-5)


@pytest.mark.parametrize("way", ["kernel", "function"])
@torch.no_grad()
def test_a_mask_that_is_lifted(way: str) -> None:
    stack, x = Stack(way), vectors()
    with watch(stack, [Open("decoder")]) as seen:
        changed = stack(x)
    everyone = np.ones((5, 5), dtype=bool)
    torch.testing.assert_close(changed, stack(x, torch.from_numpy(everyone)), rtol=0, atol=1e-5)
    # It is still the decoder's: that is what it is without the edit.
    found = seen.trace(texts(5))["decoder"].weights
    np.testing.assert_allclose(found, stack.weights(x, everyone)[:, 0], atol=1e-5)


@torch.no_grad()
def test_a_mask_below_a_softmax_cannot_be_lifted() -> None:
    stack = Stack("softmax")
    with pytest.raises(ValueError, match="cannot be lifted"), watch(stack, [Open("decoder")]):
        stack(vectors())


@pytest.mark.parametrize(
    "edit",
    [
        Cut("encoder", 0, 0),
        Cut("decoder", 5, 0),
        Cut("decoder", 0, 5),
        Uniform("decoder", layer=2),
        Silence("decoder", head=HEADS),
        Silence("cross"),
    ],
)
@torch.no_grad()
def test_an_edit_that_changes_nothing_is_told(edit: AttentionEdit) -> None:
    stack = Stack()
    with pytest.raises(Refusal, match="Nothing was changed by") as told, watch(stack, [edit]):
        stack(vectors())
    assert repr(edit) in str(told.value)
    assert hooks(stack) == 0


@torch.no_grad()
def test_gradients_go_through_an_edit() -> None:
    with torch.enable_grad():
        for way in WAYS:
            stack, x = Stack(way), vectors()
            allowed = np.tri(5, dtype=bool)
            allowed[3, 1] = False
            with watch(stack, [Cut("decoder", 3, 1)]):
                stack(x).square().sum().backward()
            found = [p.grad.clone() for p in stack.parameters() if p.grad is not None]
            stack.zero_grad()
            stack(x, torch.from_numpy(allowed)).square().sum().backward()
            wanted = [p.grad for p in stack.parameters() if p.grad is not None]
            for one, other in zip(found, wanted, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
@torch.no_grad()
def test_a_watch_within_a_watch(way: str) -> None:
    stack, x = Stack(way), vectors()
    cuts = [Cut("decoder", 3, 1), Cut("decoder", 4, 2)]
    with watch(stack, cuts) as both:
        wanted = stack(x)
    with watch(stack, cuts[:1]) as outer:
        with watch(stack, cuts[1:]) as inner:
            found = stack(x)
        assert hooks(stack) == 2 * len(list(stack.modules()))
        alone = stack(x)
    assert hooks(stack) == 0
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(
        inner.trace(texts(5))["decoder"].weights, both.trace(texts(5))["decoder"].weights
    )
    assert outer.trace(texts(5), run=0) == inner.trace(texts(5))
    assert not torch.allclose(alone, found)
    assert (outer.trace(texts(5), run=1)["decoder"].weights[:, :, 4, 2] > 0).all()
    with watch(stack) as outer, watch(stack.blocks[1]) as inner:
        stack(x)
    assert [len(one.calls) for one in (outer, inner)] == [2, 1]
    np.testing.assert_array_equal(
        outer.trace(texts(5))["decoder"].weights[1:], inner.trace(texts(5))["decoder"].weights
    )


@torch.no_grad()
def test_watches_of_two_modules_at_once() -> None:
    one, other, x = Stack(seed=0), Stack("softmax", seed=1), vectors()
    with watch(one) as first, watch(other) as second:
        one(x)
        other(x)
    np.testing.assert_allclose(first.trace(texts(5))["decoder"].weights, one.weights(x)[:, 0], atol=1e-5)
    np.testing.assert_allclose(second.trace(texts(5))["decoder"].weights, other.weights(x)[:, 0], atol=1e-5)


@torch.no_grad()
def test_within_the_watch_of_a_checkpoint() -> None:
    m = checkpoint("llama")
    ids = torch.tensor([[5, 6, 7, 8]])
    alone = m.model(ids).logits
    with watch(m.model) as seen:
        torch.testing.assert_close(m.model(ids).logits, alone, rtol=0, atol=1e-5)
    plain = seen.trace(texts(4))["decoder"].weights
    with observing(m, edits=[Cut("decoder", 3, 1)]), watch(m.model) as seen:
        changed = m.model(ids).logits
    assert not torch.allclose(changed, alone, atol=1e-4)
    weights = seen.trace(texts(4))["decoder"].weights
    assert (weights[:, :, 3, 1] == 0).all()
    np.testing.assert_allclose(weights[0, :, :3], plain[0, :, :3], atol=1e-6)


@torch.no_grad()
def test_a_softmax_that_is_no_attention_is_not_heard_and_not_changed() -> None:
    class Routed(nn.Module):
        """A mixture whose router has as many experts as there are tokens, and attention behind it."""

        def __init__(self) -> None:
            super().__init__()
            self.router, self.stack = nn.Linear(16, 5), Stack("softmax", depth=1, causal=False)

        def forward(self, x: Tensor) -> Tensor:
            shares = F.softmax(self.router(x), dim=-1)
            best, _ = shares.max(-1, keepdim=True)
            made: Tensor = self.stack(x * best)
            return made

    torch.manual_seed(0)
    routed, x = Routed().eval(), vectors()
    alone = routed(x)
    with watch(routed) as seen:
        assert torch.equal(routed(x), alone)
    assert seen.paths == {"encoder": ("stack.blocks.0.attention",)}
    with watch(routed, [Uniform("encoder", layer=0)], only="stack.*") as seen:
        assert not torch.allclose(routed(x), alone)
    np.testing.assert_allclose(seen.trace(texts(5))["encoder"].weights, 0.2, atol=1e-6)
    with (
        pytest.raises(Refusal, match="The softmax in Routed was changed"),
        watch(routed, [Uniform("encoder")]),
    ):
        routed(x)
