"""Differential attention: one map of weights minus a share of another (Ye et al. 2024, arXiv 2410.05258).

Heads h and h + H/2 are a pair: what it fetches is (W_h − λ W_{h+H/2}) V (eq. 1), where
λ = exp(λ_q1 · λ_k1) − exp(λ_q2 · λ_k2) + λ_init is learned for each layer (eq. 2).
"""

from __future__ import annotations

from torch import Tensor, nn

NAMES = ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2", "lambda_init")


def subtracted_share(module: nn.Module) -> float | None:
    """λ of a module of attention; None where it takes no map away from another."""
    found = [getattr(module, name, None) for name in NAMES]
    vectors = [x.detach().float() for x in found[:4] if isinstance(x, Tensor)]
    if len(vectors) < 4 or not isinstance(found[4], int | float):
        return None
    q1, k1, q2, k2 = vectors
    return float((q1 * k1).sum().exp() - (q2 * k2).sum().exp()) + float(found[4])
