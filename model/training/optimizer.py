"""What changes the weights: AdamW, or Muon for the matrices of the layers and AdamW beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from model.tasks import Recipe
from model.training.precision import matrix_type

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic that draws singular values towards 1
ITERATIONS = 5


class Together(Optimizer):
    """Several optimizers as one, each for parameters of its own.

    The groups of parameters are theirs, so that a schedule reaches each of them.
    """

    def __init__(self, parts: Sequence[Optimizer]) -> None:
        self.parts = list(parts)
        super().__init__([group for part in self.parts for group in part.param_groups], {})

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Each takes its step. Raises ValueError for a closure, which they would all call."""
        if closure is not None:
            raise ValueError("Optimizers that step together take no closure.")
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self.param_groups = [group for part in self.parts for group in part.param_groups]


class Muon(Optimizer):
    """Muon (Jordan et al. 2024): a step of a matrix is its momentum with all singular values made about 1.

    As torch.optim.Muon with adjust_lr_fn="match_rms_adamw", to rounding; but matrices of the same shape are
    worked on at once, which takes a third of the time where a model has many small ones.
    """

    def __init__(
        self, matrices: Iterable[nn.Parameter], lr: float, weight_decay: float, momentum: float
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Moves each matrix that has a gradient."""
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None:
                    alike[weight.shape].append(weight)
            for shape, weights in alike.items():
                gradients = [weight.grad for weight in weights if weight.grad is not None]
                moving = [self.momentum(weight) for weight in weights]
                torch._foreach_lerp_(moving, gradients, 1 - group["momentum"])
                ahead = torch._foreach_lerp(gradients, moving, group["momentum"])  # as Nesterov
                steps = orthogonalise(torch.stack(ahead)).to(weights[0].dtype)
                torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(weights, steps.unbind(), alpha=-group["lr"] * 0.2 * max(shape) ** 0.5)

    def momentum(self, weight: Tensor) -> Tensor:
        """The running mean of a matrix's gradients."""
        state = self.state[weight]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(weight)
        found: Tensor = state["momentum"]
        return found


def orthogonalise(matrices: Tensor) -> Tensor:
    """Matrices (count, rows, columns), their singular values drawn to about 1, by Newton-Schulz.

    In bfloat16 where that is fast, as torch.optim.Muon does it everywhere.
    """
    a, b, c = COEFFICIENTS
    wide = matrices.shape[-2] <= matrices.shape[-1]
    x = (matrices if wide else matrices.mT.contiguous()).to(matrix_type(matrices.device.type))
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if wide else x.mT


def muon(network: nn.Module, recipe: Recipe) -> Together:
    """Muon for the matrices of the layers, AdamW for embeddings, outputs, norms and biases, without decay.

    The steps are scaled as those of AdamW, so that one learning rate can serve both (Liu et al. 2025, "Muon
    is scalable for LLM training", eq. 4); Muon's is the recipe's, `matrix_rate` times.
    """
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, weight in network.named_parameters():
        (matrices if "layers." in name and weight.ndim == 2 else others).append(weight)
    return Together(
        [
            Muon(
                matrices,
                lr=recipe.learning_rate * recipe.matrix_rate,
                weight_decay=recipe.weight_decay,
                momentum=recipe.momentum,
            ),
            AdamW(others, lr=recipe.learning_rate, betas=recipe.betas, weight_decay=0.0, fused=True),
        ]
    )
