"""Dropout (Srivastava et al. 2014), with masks that cost little on a processor."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEVELS = 1 << 16
PER_DRAW = 4  # masked numbers: 16 bits each of the 64 that are drawn at once


class Dropout(nn.Dropout):
    """As PyTorch's, but that p is rounded to 1/65536.

    On a processor PyTorch draws one number after the other for its mask, which took an eighth of a training
    step; here one draw serves four.
    """

    def forward(self, x: Tensor) -> Tensor:
        dropped = round(self.p * LEVELS)
        if not self.training or not dropped:
            return x
        if x.device.type != "cpu":
            return super().forward(x)
        draws = torch.empty(-(-x.numel() // PER_DRAW), dtype=torch.int64).random_(-(2**63), None)
        numbers = draws.view(torch.int16)[: x.numel()].view(x.shape)  # -32768 to 32767, all alike
        kept = (numbers > dropped - LEVELS // 2 - 1).to(x.dtype)
        return x * kept.mul_(1 / (1 - self.p))
