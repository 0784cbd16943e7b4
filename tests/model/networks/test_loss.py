"""The loss and its gradient against PyTorch's own."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch

from model.networks import loss
from model.networks.loss import IGNORED, cross_entropy, disagreement


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


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_how_many_rows_are_worked_on_at_once_changes_nothing(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits, labels = torch.randn(7, 11, requires_grad=True), torch.arange(7)
    (expected,) = torch.autograd.grad(cross_entropy(logits, labels, 0.1), logits)
    monkeypatch.setattr(loss, "AT_ONCE", 11 * rows)
    (found,) = torch.autograd.grad(cross_entropy(logits, labels, 0.1), logits)
    torch.testing.assert_close(found, expected)


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


@settings(max_examples=30)
@given(
    batch=st.integers(1, 3),
    length=st.integers(1, 6),
    classes=st.integers(2, 30),
    rows=st.sampled_from([1, 2, 1000]),
    seed=st.integers(0, 1000),
)
def test_disagreement_is_the_divergence_both_ways(
    batch: int, length: int, classes: int, rows: int, seed: int
) -> None:
    draw = torch.Generator().manual_seed(seed)
    logits = (2 * torch.randn(2 * batch, length, classes, generator=draw)).requires_grad_()
    labels = torch.randint(0, classes, (batch, length), generator=draw)
    labels[torch.rand(batch, length, generator=draw) < 0.3] = IGNORED
    labels[0, 0] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loss, "AT_ONCE", rows * classes)
        found = disagreement(logits, labels)
    found.backward()
    told, logits.grad = logits.grad, None
    one, two = logits.log_softmax(-1).chunk(2)
    counts = labels != IGNORED
    there = F.kl_div(two[counts], one[counts], reduction="batchmean", log_target=True)  # KL(one ‖ two)
    back = F.kl_div(one[counts], two[counts], reduction="batchmean", log_target=True)
    expected = (there + back) / 2
    expected.backward()
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(told, logits.grad, atol=1e-6, rtol=1e-4)


def test_two_passes_that_agree_have_nothing_to_learn_from_each_other() -> None:
    once = torch.randn(2, 3, 8)
    logits = torch.cat([once, once]).requires_grad_()
    found = disagreement(logits, torch.zeros(2, 3, dtype=torch.long))
    found.backward()
    assert found == 0
    assert logits.grad is not None
    assert not logits.grad.any()
