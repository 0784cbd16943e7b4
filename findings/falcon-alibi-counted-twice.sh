#!/usr/bin/env bash
# Falcon with ALiBi adds its bias twice under eager attention, once under SDPA.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: the two implementations compute the same attention.
# Seen: with all queries and keys 0 the scores are the bias alone. What the layer puts out under SDPA is what the bias
# gives, under eager what twice the bias gives; the weights one can look at are the eager ones.
#
# What it prints:
#   transformers 5.23.0
#   expected: the head puts out what a bias of 1 x slope x position / sqrt(head size) gives, sdpa or eager
#   seen: sdpa: the bias is counted 1 x
#   seen: eager: the bias is counted 2 x
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 transformers==5.23.0
cd "$folder"
venv/bin/python - <<'EOF'
import sys

import torch
import transformers
from transformers import FalconConfig, FalconModel

n, width = 6, 32
slope = 2.0**-4  # ALiBi's of the first of two heads, 2 ** (-8 / 2)
print("transformers", transformers.__version__)
print("expected: the head puts out what a bias of 1 x slope x position / sqrt(head size) gives, sdpa or eager")
found = {}
for implementation in ("sdpa", "eager"):
    torch.manual_seed(0)
    config = FalconConfig(
        vocab_size=100,
        hidden_size=width,
        num_hidden_layers=1,
        num_attention_heads=2,
        multi_query=False,
        alibi=True,
        attention_dropout=0.0,
    )
    model = FalconModel._from_config(config, attn_implementation=implementation).eval()
    attention, heard = model.h[0].self_attention, {}
    with torch.no_grad():
        per_head = attention.query_key_value.weight.view(2, 3, width // 2, width)
        per_head[:, :2] = 0
        attention.query_key_value.register_forward_hook(
            lambda module, args, output, to=heard: to.update(values=output[0].view(n, 2, 3, width // 2)[:, 0, 2])
        )
        attention.dense.register_forward_pre_hook(
            lambda module, args, to=heard: to.update(output=args[0][0, -1, : width // 2])
        )
        model(torch.arange(5, 5 + n)[None])
        for times in (1, 2):
            bias = times * slope * torch.arange(n) / (width // 2) ** 0.5
            if torch.allclose(bias.softmax(0) @ heard["values"], heard["output"], atol=1e-5):
                found[implementation] = times
    print(f"seen: {implementation}: the bias is counted {found.get(implementation)} x")
sys.exit(0 if found == {"sdpa": 1, "eager": 2} else "The behaviour has changed.")
EOF
