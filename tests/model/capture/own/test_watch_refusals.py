"""What cannot be watched, or shown over the tokens that are given, is refused in one plain sentence."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.attention.flex_attention import flex_attention

from model import watch
from model.capture.own import ear
from model.errors import Refusal
from tests.model.capture.own.modules import HEADS, WIDTH, Stack, hooks, texts, vectors


def refused(pattern: str) -> Any:
    return pytest.raises(Refusal, match=pattern)


def test_no_module() -> None:
    with refused("Only a module of PyTorch can be watched, and not function"), watch(vectors):  # type: ignore[arg-type]
        pass


def test_a_kind_and_a_part_that_do_not_exist() -> None:
    with refused("encoder, decoder or cross, not both"), watch(Stack(), kinds="both"):  # type: ignore[arg-type]
        pass
    with pytest.raises(ValueError, match="record takes weights, scores"), watch(Stack(), record=["all"]):  # type: ignore[list-item]
        pass


def test_a_scripted_module() -> None:
    class Own(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.scaled_dot_product_attention(x, x, x)

    with (
        refused("is scripted \\(TorchScript\\), and what runs in it cannot be seen"),
        watch(nn.Sequential(torch.jit.script(Own()))),
    ):
        pass


@pytest.mark.parametrize("way", ["kernel", "function"])
def test_weights_that_are_dropped_at_random(way: str) -> None:
    stack = Stack(way, dropout=0.5)
    stack.train()
    with refused(r"blocks\.0\.attention drops weights at random.*call eval\(\) first"), watch(stack):
        stack(vectors())
    with watch(stack.eval()) as seen:
        stack(vectors())
    assert len(seen.calls) == 2
    encoder = nn.TransformerEncoderLayer(WIDTH, HEADS, 32, dropout=0.1, batch_first=True)
    with refused("self_attn drops weights at random"), watch(encoder):
        encoder(vectors())
    encoder = nn.TransformerEncoderLayer(WIDTH, HEADS, 32, dropout=0.0, batch_first=True)
    with watch(encoder) as seen:  # it learns, and drops nothing
        encoder(vectors())
    assert seen.trace(texts(5)).kinds == ("encoder",)


def test_a_softmax_of_which_weights_are_dropped() -> None:
    stack = Stack("softmax", dropout=0.5).train()
    with watch(stack) as seen:
        stack(vectors())
    with refused(r"softmax was found in blocks\.0\.attention.*where dropout is at work, call eval\(\) first"):
        seen.trace(texts(5))


@torch.no_grad()
def test_nothing_that_is_heard() -> None:
    plain = nn.Linear(WIDTH, WIDTH)
    with watch(plain) as seen:
        plain(vectors())
    with refused("No attention was found"):
        seen.trace(texts(5))
    with watch(Stack()) as seen:
        pass
    with refused("No attention was found"):
        seen.trace(texts(5))

    class Flexible(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            made = flex_attention(x, x, x)
            assert isinstance(made, Tensor)
            return made

    with watch(Flexible()) as seen:
        seen._ear.module(vectors()[None])
    with refused("No attention was found"):
        seen.trace(texts(5))


@torch.no_grad()
def test_tokens_that_are_not_those() -> None:
    stack = Stack()
    with watch(stack) as seen:
        stack(vectors(5, batch=2))
    for tokens in (texts(4), texts(6)):
        with refused(
            rf"decoder attention of blocks\.0\.attention has 5 queries and 5 keys.* {len(tokens)} and"
        ):
            seen.trace(tokens)
    for row in (2, -1):
        with refused(f"There are 2 texts in the attention of .*; there is no text {row}"):
            seen.trace(texts(5), row=row)
    for tokens in ("abcde", [], [1, 2, 3, 4, 5], 5):  # type: ignore[assignment]
        with refused("Tokens are a list of texts"):
            seen.trace(tokens)


@torch.no_grad()
def test_attention_over_something_else() -> None:
    class Pooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stack, self.pool = Stack(), nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            x = self.stack(x)
            made: Tensor = self.pool(x.mean(1, keepdim=True), x, x)[0]
            return made

    pooled = Pooled().eval()
    with watch(pooled) as seen:
        pooled(vectors())
    with refused("Cross attention looks from one text at another"):
        seen.trace(texts(5))
    with watch(pooled, only="stack.*") as seen:
        pooled(vectors())
    assert seen.trace(texts(5)).kinds == ("decoder",)
    with watch(pooled, kinds={"pool": "cross", "*": "encoder"}) as seen:
        pooled(vectors())
    t = seen.trace(texts(5), ["[POOL]"])
    assert (t.kinds, t["cross"].weights.shape) == (("encoder", "cross"), (1, HEADS, 1, 5))


@torch.no_grad()
def test_what_has_no_four_axes() -> None:
    class Own(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.scaled_dot_product_attention(x, x, x)

    with refused("nested tensors or on more axes"), watch(Own()) as seen:
        seen._ear.module(vectors()[None, None])
    ragged = torch.nested.nested_tensor([torch.randn(3, 2, 8), torch.randn(4, 2, 8)], layout=torch.jagged)
    with refused("nested tensors or on more axes"), watch(Own()) as seen:
        seen._ear.module(ragged.transpose(1, 2))


@torch.no_grad()
def test_numbers_that_are_none() -> None:
    stack = Stack()
    x = vectors()
    x[0, 2] = torch.nan
    with refused("is not weights times values, or is no number"), watch(stack):
        stack(x)
    assert hooks(stack) == 0


@torch.no_grad()
def test_more_than_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ear, "MAX_BYTES", 4 * 2 * HEADS * 25 * 3)
    stack = Stack()
    with watch(stack):
        for _ in range(3):
            stack(vectors())
    with refused("would take more than 0.0 GB"), watch(stack):
        for _ in range(4):
            stack(vectors())


@torch.no_grad()
def test_what_is_told_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that does something else than scaled dot-product attention is found out."""
    real = F.scaled_dot_product_attention

    class Wrong(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            made = func(*args, **(kwargs or {}))
            return made * 1.01 if func is real else made

    stack = Stack()
    with Wrong():
        stack(vectors())
        with refused(r"attention of blocks\.0\.attention gives is not weights times values"), watch(stack):
            stack(vectors())


@torch.no_grad()
def test_softmax_tells_its_weights_and_no_more() -> None:
    stack = Stack("softmax")
    with watch(stack, record=["qkv"]) as seen:
        stack(vectors())
    with refused("computes its softmax itself, so that only its weights are known"):
        seen.trace(texts(5))


@torch.no_grad()
def test_a_softmax_over_another_axis_is_not_taken_for_one_over_the_keys() -> None:
    class Turned(nn.Module):
        """Keys stand before queries here."""

        def forward(self, x: Tensor) -> Tensor:
            return x.mT @ F.softmax(x @ x.mT, dim=-2)

    turned, x = Turned(), vectors()
    alone = turned(x)
    with watch(turned) as seen:
        assert torch.equal(turned(x), alone)
    with refused("No attention was found"):
        seen.trace(texts(5))
