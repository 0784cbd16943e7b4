"""Hears every linear map that a model computes: what goes in, and the map itself.

Works within a block and in this thread only, and puts no hook on the model, which others may be using.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch
from torch.overrides import TorchFunctionMode


class Linear(NamedTuple):
    """y = x Wᵀ + b. weight: (out, in), as in nn.Linear; bias: (out,) or None."""

    weight: Tensor
    bias: Tensor | None


class Linears(TorchFunctionMode):
    """`with Linears(tell): …` calls tell(input, map) for every nn.Linear, and every Conv1D of GPT-2."""

    def __init__(self, tell: Callable[[Tensor, Linear], None]) -> None:
        super().__init__()
        self.tell = tell

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is F.linear:
            self.hear_linear(*args, **(kwargs or {}))
        elif func is torch.addmm and not kwargs:
            bias, x, weight = args
            self.tell(x, Linear(weight.mT, bias))
        return func(*args, **(kwargs or {}))

    def hear_linear(self, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> None:
        self.tell(input, Linear(weight, bias))
