"""R-Drop: two passes over a batch, each with dropout of its own, that have to agree.

Liang et al. 2021, "R-Drop: Regularized Dropout for Neural Networks". Few pairs are soon known by heart; what
two halves of a network both say of them is more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor


def consistent(model: Callable[..., Any], batch: Mapping[str, Tensor], alpha: float) -> Tensor:
    """The loss of a batch with alpha as the α of eq. 4.

    It is half of the paper's, which adds up the losses of both passes: so a learning rate keeps its meaning.
    """
    twice = {name: torch.cat([tensor, tensor]) for name, tensor in batch.items()}
    loss: Tensor = model(**twice, consistency=alpha).loss
    return loss
