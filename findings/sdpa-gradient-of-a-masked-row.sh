#!/usr/bin/env bash
# PyTorch's fused attention gives a fully masked row a gradient that is too large by the number of keys.
#
# Version: torch 2.13.0, on a CPU.
# Expected: a query whose keys are all masked with the lowest float32 (what a causal mask over left padding comes
# to) puts out the mean of the n values, so the gradient of that output with respect to each value is 1 / n.
# Seen: the output is the mean, and the maths kernel's gradient is 1 / n; the fused kernel's, which is the one
# taken when none is chosen, is 1.
#
# What it prints:
#   torch 2.13.0
#   expected: n x gradient is 1 for every n, whichever kernel runs
#   seen: n = 4, kernel maths: output is the mean: True; n x gradient = 1.00
#   seen: n = 4, kernel not chosen: output is the mean: True; n x gradient = 4.00
#   seen: n = 16, kernel maths: output is the mean: True; n x gradient = 1.00
#   seen: n = 16, kernel not chosen: output is the mean: True; n x gradient = 16.00
#   seen: n = 64, kernel maths: output is the mean: True; n x gradient = 1.00
#   seen: n = 64, kernel not chosen: output is the mean: True; n x gradient = 64.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import sys
from contextlib import nullcontext

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

print("torch", torch.__version__.split("+")[0])
print("expected: n x gradient is 1 for every n, whichever kernel runs")
as_before = True
for n in (4, 16, 64):
    torch.manual_seed(0)
    query, key, values = (torch.randn(1, 1, n, 8) for _ in range(3))
    mask = torch.zeros(n, n)
    mask[0] = torch.finfo(torch.float32).min
    for name, choice in (("maths", sdpa_kernel(SDPBackend.MATH)), ("not chosen", nullcontext())):
        leaf = values.clone().requires_grad_()
        with choice:
            first = scaled_dot_product_attention(query, key, leaf, attn_mask=mask)[0, 0, 0]
        first.sum().backward()
        is_mean = torch.allclose(first, values[0, 0].mean(0), atol=1e-5)
        gradient = n * leaf.grad[0, 0, :, 0].mean().item()
        print(f"seen: n = {n}, kernel {name}: output is the mean: {is_mean}; n x gradient = {gradient:.2f}")
        as_before &= is_mean and abs(gradient - (1 if name == "maths" else n)) < 1e-2
sys.exit(0 if as_before else "The behaviour has changed.")
EOF
