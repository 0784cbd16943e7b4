"""Losses over a vocabulary, without writing down more than a few rows of probabilities at a time.

Each makes its gradient in the same pass. PyTorch's own way goes over all logits about ten times, forth and
back, each time through the memory; with thousands of classes that was a quarter of a training step on a
processor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

IGNORED = -100  # the label of positions that count in no loss
AT_ONCE = 1 << 19  # numbers that a processor's cache holds


def parts(logits: Tensor) -> Iterator[slice]:
    """Rows (tokens, classes), a few at a time."""
    rows = max(1, AT_ONCE // logits.shape[1])
    for first in range(0, len(logits), rows):
        yield slice(first, min(first + rows, len(logits)))


class Loss(torch.autograd.Function):
    """A loss whose forward saves its gradient for logits, which are its first input."""

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = ctx.saved_tensors
        if gradient is not None and above[0] != 1:
            gradient = gradient * above[0].to(gradient.dtype)
        return gradient, *[None] * (len(ctx.needs_input_grad) - 1)


class CrossEntropy(Loss):
    """The loss of the labels that count, over their number."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor, count: Tensor, smoothing: float) -> Tensor:
        """logits: (tokens, classes); labels: (tokens,); count: of labels; smoothing: see cross_entropy."""
        total = torch.zeros((), device=logits.device)
        gradient = torch.empty_like(logits) if ctx.needs_input_grad[0] else None
        each = smoothing / logits.shape[1]  # of the probability, for every class
        for part in parts(logits):
            counts = (labels[part] != IGNORED)[:, None]
            right = labels[part, None].clamp(min=0)
            logs = logits[part].float().log_softmax(-1)
            lost = (1 - smoothing) * logs.gather(1, right)
            if smoothing:
                lost = lost + each * logs.sum(-1, keepdim=True)
            total -= lost.where(counts, 0).sum()
            if gradient is not None:
                slope = logs.exp_().sub_(each)
                slope.scatter_add_(1, right, torch.full_like(lost, smoothing - 1))
                gradient[part] = slope.mul_(counts / count)
        ctx.save_for_backward(gradient)
        return total / count


class Disagreement(Loss):
    """How far two opinions of the same tokens lie apart where labels count, over their number."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor, count: Tensor) -> Tensor:
        """logits: (2, tokens, classes); labels: (tokens,); count: of labels."""
        total = torch.zeros((), device=logits.device)
        gradient = torch.empty_like(logits) if ctx.needs_input_grad[0] else None
        for part in parts(logits[0]):
            counts = (labels[part] != IGNORED)[:, None] / (2 * count)
            logs = logits[:, part].float().log_softmax(-1)
            p, q = logs.exp()
            apart = logs[0] - logs[1]
            there, back = (p * apart).sum(-1, keepdim=True), -(q * apart).sum(-1, keepdim=True)
            total += ((there + back) * counts).sum()
            if gradient is not None:
                gradient[0, part] = (p * (apart - there) + p - q).mul_(counts)
                gradient[1, part] = (q * (-apart - back) + q - p).mul_(counts)
        ctx.save_for_backward(gradient)
        return total


def cross_entropy(logits: Tensor, labels: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Mean over the labels that count: logits (…, classes), labels (…). 0, not NaN, where none does.

    label_smoothing: the share of the probability that is wanted for all classes alike (Szegedy et al. 2016,
    "Rethinking the Inception Architecture for Computer Vision", §7).
    Where several processes learn together it is their common mean, so that they learn as one would from all
    their batches.
    """
    count = average_over_processes((labels != IGNORED).sum().clamp(min=1))
    mean: Tensor = CrossEntropy.apply(logits.flatten(0, -2), labels.flatten(), count, label_smoothing)
    return mean


def disagreement(logits: Tensor, labels: Tensor) -> Tensor:
    """How far two passes with other dropout lie apart: ½ (KL(P1 ‖ P2) + KL(P2 ‖ P1)), a mean over labels.

    logits: (2 · batch, length, classes), the second pass behind the first; labels: (batch, length).
    Liang et al. 2021, "R-Drop: Regularized Dropout for Neural Networks", eq. 2.
    """
    count = average_over_processes((labels != IGNORED).sum().clamp(min=1))
    mean: Tensor = Disagreement.apply(logits.unflatten(0, (2, -1)).flatten(1, 2), labels.flatten(), count)
    return mean


def average_over_processes(count: Tensor) -> Tensor:
    """A number of labels, as the mean over the processes that learn together."""
    if not (
        torch.is_grad_enabled() and torch.distributed.is_available() and torch.distributed.is_initialized()
    ):
        return count
    count = count.to(torch.float32)
    torch.distributed.all_reduce(count)
    return count / torch.distributed.get_world_size()
