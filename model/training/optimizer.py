"""What changes the weights: AdamW, or Muon for the matrices of the layers and AdamW beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn
from torch.optim import AdamW, Muon, Optimizer

from model.tasks import Recipe


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


def muon(network: nn.Module, recipe: Recipe) -> Together:
    """Muon (Jordan et al. 2024): a step of a matrix is its momentum with all singular values made about 1.

    The steps are scaled as those of AdamW, so that one learning rate serves both (Liu et al. 2025, "Muon is
    scalable for LLM training", eq. 4). AdamW moves all that is no matrix of a layer: embeddings, outputs,
    norms and biases, without weight decay.
    """
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, weight in network.named_parameters():
        (matrices if "layers." in name and weight.ndim == 2 else others).append(weight)
    return Together(
        [
            Muon(
                matrices,
                lr=recipe.learning_rate,
                weight_decay=recipe.weight_decay,
                momentum=recipe.momentum,
                adjust_lr_fn="match_rms_adamw",
            ),
            AdamW(others, lr=recipe.learning_rate, betas=recipe.betas, weight_decay=0.0, fused=True),
        ]
    )
