"""The loss and its gradient against PyTorch's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from model.networks import loss
from model.networks.config import CompactConfig
from model.networks.loss import IGNORED, cross_entropy, output_loss
from model.networks.pretrained import (
    CompactForCausalLM,
    CompactForConditionalGeneration,
    CompactForMaskedLM,
)


@settings(max_examples=40)
@given(
    batch=st.integers(1, 4),
    length=st.integers(1, 9),
    classes=st.integers(2, 40),
    smoothing=st.sampled_from([0.0, 0.1, 0.5]),
    times=st.sampled_from([1.0, 0.5, -2.0]),
    seed=st.integers(0, 1000),
)
def test_loss_and_gradient_are_pytorchs(
    batch: int, length: int, classes: int, smoothing: float, times: float, seed: int
) -> None:
    draw = torch.Generator().manual_seed(seed)
    logits = (3 * torch.randn(batch, length, classes, generator=draw)).requires_grad_()
    labels = torch.randint(0, classes, (batch, length), generator=draw)
    labels[torch.rand(batch, length, generator=draw) < 0.3] = IGNORED
    labels[0, 0] = classes - 1
    found = cross_entropy(logits, labels, smoothing)
    (times * found).backward()
    told, logits.grad = logits.grad, None
    expected = F.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, label_smoothing=smoothing
    )
    (times * expected).backward()
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(told, logits.grad)


def test_the_gradient_has_the_precision_of_the_logits_and_the_loss_the_full_one() -> None:
    logits = torch.randn(6, 50).bfloat16().requires_grad_()
    found = cross_entropy(logits, torch.arange(6), 0.1)
    found.backward()
    whole = logits.detach().float().requires_grad_()
    expected = F.cross_entropy(whole, torch.arange(6), label_smoothing=0.1)
    expected.backward()
    torch.testing.assert_close(found, expected)
    assert logits.grad is not None
    assert logits.grad.dtype == torch.bfloat16
    assert whole.grad is not None
    assert torch.equal(logits.grad, whole.grad.bfloat16())


def test_where_nothing_counts_the_loss_is_0() -> None:
    logits = torch.randn(2, 3, 5, requires_grad=True)
    found = cross_entropy(logits, torch.full((2, 3), IGNORED))
    found.backward()
    assert found == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_without_a_gradient_none_is_made() -> None:
    logits, labels = torch.randn(4, 6), torch.arange(4)
    assert torch.isclose(cross_entropy(logits, labels), F.cross_entropy(logits, labels))
    with torch.no_grad():
        assert not cross_entropy(logits.requires_grad_(), labels).requires_grad


def expected_loss(
    x: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor, smoothing: float, alpha: float = 0.0
) -> torch.Tensor:
    """The same by PyTorch's own functions, from logits that stand whole."""
    logits, counts = x @ weight.T, labels != IGNORED
    mean = F.cross_entropy(logits[counts], labels[counts], label_smoothing=smoothing)
    if not alpha:
        return mean
    one, two = (half[counts.chunk(2)[0]] for half in logits.log_softmax(-1).chunk(2))
    there = F.kl_div(two, one, reduction="batchmean", log_target=True)  # KL(one ‖ two)
    back = F.kl_div(one, two, reduction="batchmean", log_target=True)
    return mean + alpha / 2 * (there + back) / 2


@settings(max_examples=40)
@given(
    batch=st.integers(1, 4),
    length=st.integers(1, 9),
    classes=st.integers(2, 40),
    smoothing=st.sampled_from([0.0, 0.1, 0.5]),
    alpha=st.sampled_from([0.0, 4.0]),
    tokens=st.sampled_from([1, 3, 1000]),
    times=st.sampled_from([1.0, -2.0]),
    seed=st.integers(0, 1000),
)
def test_the_loss_in_pieces_is_that_of_whole_logits(
    batch: int,
    length: int,
    classes: int,
    smoothing: float,
    alpha: float,
    tokens: int,
    times: float,
    seed: int,
) -> None:
    draw = torch.Generator().manual_seed(seed)
    passes = 2 if alpha else 1
    x = torch.randn(passes * batch, length, 8, generator=draw, dtype=torch.float64).requires_grad_()
    weight = torch.randn(classes, 8, generator=draw, dtype=torch.float64).requires_grad_()
    labels = torch.randint(0, classes, (batch, length), generator=draw)
    labels[torch.rand(batch, length, generator=draw) < 0.3] = IGNORED
    labels[0, 0] = 0
    labels = labels.repeat(passes, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loss, "TOKENS", tokens)
        found = output_loss(x, weight, labels, smoothing, alpha)
    expected = expected_loss(x, weight, labels, smoothing, alpha)
    torch.testing.assert_close(found, expected)
    for told, right in zip(
        torch.autograd.grad(times * found, (x, weight)),
        torch.autograd.grad(times * expected, (x, weight)),
        strict=True,
    ):
        torch.testing.assert_close(told, right)


def test_no_more_logits_stand_at_once_than_those_of_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    largest = 0

    class Sizes(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            nonlocal largest
            found = func(*args, **(kwargs or {}))
            largest = max([largest, *(one.numel() for one in tree_leaves(found) if torch.is_tensor(one))])
            return found

    monkeypatch.setattr(loss, "TOKENS", 16)
    x, weight = torch.randn(8, 50, 4, requires_grad=True), torch.randn(300, 4, requires_grad=True)
    with Sizes():
        output_loss(x, weight, torch.randint(0, 300, (8, 50)), 0.1).backward()
    assert largest == 16 * 300


def test_in_autocast_it_has_its_precision_and_the_loss_the_full_one() -> None:
    x, weight = torch.randn(2, 30, 16, requires_grad=True), torch.randn(50, 16, requires_grad=True)
    labels = torch.randint(0, 50, (2, 30))
    with torch.autocast("cpu", torch.bfloat16):
        found = output_loss(x, weight, labels, 0.1)
        logits = x @ weight.T
    assert logits.dtype == torch.bfloat16
    expected = F.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), label_smoothing=0.1)
    torch.testing.assert_close(found, expected)
    told, right = (torch.autograd.grad(one, (x, weight)) for one in (found, expected))
    for one, other in zip(told, right, strict=True):
        assert one.dtype == torch.float32
        assert (one - other).norm() < 0.01 * other.norm()


def test_where_nothing_counts_the_loss_in_pieces_is_0() -> None:
    x, weight = torch.randn(2, 3, 4, requires_grad=True), torch.randn(5, 4, requires_grad=True)
    found = output_loss(x, weight, torch.full((2, 3), IGNORED))
    found.backward()
    assert found == 0
    assert x.grad is not None
    assert not x.grad.any()


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", ["encoder-decoder", "decoder", "encoder"])
def test_a_model_learns_by_it_what_it_would_from_its_logits(kind: str, tied: bool) -> None:
    """Also where output and embeddings are one table, whose gradients add up."""
    made, layers = {
        "encoder-decoder": (CompactForConditionalGeneration, (1, 1)),
        "decoder": (CompactForCausalLM, (0, 1)),
        "encoder": (CompactForMaskedLM, (1, 0)),
    }[kind]
    config = CompactConfig(
        vocab_size=20, d_model=16, num_heads=2, d_ff=32, encoder_layers=layers[0], decoder_layers=layers[1],
        dropout=0.0, label_smoothing=0.1, tie_embeddings=tied,
    )  # fmt: skip
    torch.manual_seed(0)
    net = made(config).double()
    ids = torch.randint(4, 20, (3, 7))
    labels = ids.clone() if kind == "decoder" else ids.flip(1)
    labels[1, 4:] = IGNORED
    learning = net.train()(input_ids=ids, labels=labels)
    assert learning.logits is None
    looking = net.eval()(input_ids=ids, labels=labels)
    torch.testing.assert_close(learning.loss, looking.loss)
    weights = dict(net.named_parameters())
    told, right = (torch.autograd.grad(one.loss, list(weights.values())) for one in (learning, looking))
    for one, other in zip(told, right, strict=True):
        torch.testing.assert_close(one, other)
