"""In which precision a device multiplies matrices fastest."""

from __future__ import annotations

from functools import cache

import torch

from model.tasks import Recipe

FAST = ("amx_bf16", "avx512_bf16", "bf16")  # instructions for bfloat16: of Intel and AMD, and of Arm


@cache
def matrix_type(kind: str) -> torch.dtype:
    """bfloat16 where that is fast, else float32: without instructions for it a processor takes far longer.

    kind: of the device, "cpu", "cuda", ….
    """
    able = torch.cpu.get_capabilities() if kind == "cpu" else dict.fromkeys(FAST, True)
    return torch.bfloat16 if any(able.get(name, False) for name in FAST) else torch.float32


def precision(recipe: Recipe, kind: str) -> torch.dtype:
    """What the forward pass of a recipe is computed in on a device of this kind."""
    return matrix_type(kind) if recipe.bf16 else torch.float32
