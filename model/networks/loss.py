"""Losses over a vocabulary. While a model learns, its logits never stand whole.

PyTorch's own way goes over all logits about ten times, forth and back, each time through the memory; with
thousands of classes that was a quarter of a training step on a processor. And each batch, of other lengths
than the last, left free blocks of other sizes behind.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch

IGNORED = -100  # the label of positions that count in no loss
TOKENS = 256  # whose logits stand at once


class OutputLoss(torch.autograd.Function):
    """The loss of an output layer without bias, with its gradients made in the same pass.

    It goes over the tokens whose label counts, TOKENS at a time; so the memory that it takes for logits is
    the same whatever the batch is like.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, labels: Tensor, count: Tensor, smoothing: float, alpha: float
    ) -> Tensor:
        """x: (passes, tokens, d_model); weight: (classes, d_model); labels: (tokens,); see output_loss."""
        kind = x.device.type
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
        needed = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        with torch.autocast(kind, enabled=False):
            table = weight.to(dtype)
            counted = (labels != IGNORED).nonzero().squeeze(-1)
            total = torch.zeros((), dtype=torch.promote_types(dtype, torch.float32), device=x.device)
            to_x, to_weight = torch.zeros_like(x), torch.zeros_like(weight)
            for places in counted.split(TOKENS):
                said = x[:, places].to(dtype)
                logs = (said @ table.T).to(total.dtype).log_softmax(-1)  # (passes, tokens, classes)
                lost, slope = be_wrong(logs, labels[places], smoothing)
                lost, slope = lost / len(x), slope.div_(len(x))
                if alpha:
                    apart, steep = disagree(logs)
                    lost, slope = lost + alpha / 2 * apart, slope.add_(steep, alpha=alpha / 2)
                total += lost
                if needed:
                    slope = slope.div_(count).to(dtype)
                    to_x[:, places] = (slope @ table).to(x.dtype)
                    to_weight += slope.flatten(0, 1).T @ said.flatten(0, 1)
        ctx.save_for_backward(to_x, to_weight)
        return total / count

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        to_x, to_weight = ctx.saved_tensors
        return to_x * above[0].to(to_x.dtype), to_weight * above[0].to(to_weight.dtype), *[None] * 4


def be_wrong(logs: Tensor, labels: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    """The summed cross-entropy of log-probabilities (passes, tokens, classes), and its slope for logits."""
    each = smoothing / logs.shape[-1]  # of the probability, for every class
    right = labels.expand(len(logs), -1)[..., None]
    total = -(1 - smoothing) * logs.gather(-1, right).sum()
    if smoothing:
        total -= each * logs.sum()
    slope = logs.exp().sub_(each)
    slope.scatter_add_(-1, right, slope.new_full((), smoothing - 1).expand(right.shape))
    return total, slope


def disagree(logs: Tensor) -> tuple[Tensor, Tensor]:
    """How far two passes (2, tokens, classes) lie apart, summed over tokens, and its slope for logits."""
    p, q = logs.exp()
    apart = logs[0] - logs[1]
    there, back = (p * apart).sum(-1, keepdim=True), -(q * apart).sum(-1, keepdim=True)
    steep = torch.stack([p * (apart - there) + p - q, q * (-apart - back) + q - p])
    return (there + back).sum() / 2, steep.div_(2)


def cross_entropy(logits: Tensor, labels: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Mean over the labels that count: logits (…, classes), labels (…). 0, not NaN, where none does.

    label_smoothing: the share of the probability that is wanted for all classes alike (Szegedy et al. 2016,
    "Rethinking the Inception Architecture for Computer Vision", §7).
    Where several processes learn together it is their common mean, so that they learn as one would from all
    their batches.
    """
    count = average_over_processes((labels != IGNORED).sum().clamp(min=1))
    exact = logits.flatten(0, -2).to(torch.promote_types(logits.dtype, torch.float32))
    total = F.cross_entropy(
        exact, labels.flatten(), ignore_index=IGNORED, label_smoothing=label_smoothing, reduction="sum"
    )
    return total / count


def output_loss(
    x: Tensor, weight: Tensor, labels: Tensor, label_smoothing: float = 0.0, consistency: float = 0.0
) -> Tensor:
    """cross_entropy of the logits x weightᵀ, which never stand whole: x (batch, length, d_model).

    weight: (classes, d_model); labels: (batch, length). In autocast it is computed in its precision.
    consistency: the α of R-Drop (Liang et al. 2021, "R-Drop: Regularized Dropout for Neural Networks",
    eq. 4); any but 0 needs a batch whose second half is the first once more, with dropout of its own. Then
    the loss is half of the paper's: the mean over both passes, and α/2 times how far they lie apart,
    ½ (KL(P1 ‖ P2) + KL(P2 ‖ P1)) (eq. 2), a mean over labels.
    """
    passes = 2 if consistency else 1
    labels = labels.chunk(passes)[0].flatten()
    count = average_over_processes((labels != IGNORED).sum().clamp(min=1))
    said = x.unflatten(0, (passes, -1)).flatten(1, 2)  # (passes, tokens, d_model)
    mean: Tensor = OutputLoss.apply(said, weight, labels, count, label_smoothing, consistency)
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
