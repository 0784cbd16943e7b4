#!/usr/bin/env bash
# MiniMax's linear layers put their state, not a map over tokens, among the attention weights.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: `attentions` holds a map of queries by keys for each layer, or nothing for a layer that has none.
# Seen: a linear-attention layer reports its state, head size by head size, with negative entries. It has the same
# shape whatever the text; where the text happens to be as long as a head is wide, it looks like any map.
#
# What it prints:
#   transformers 5.23.0
#   expected: shapes (1, 2, n, n) for n tokens, smallest entry 0
#   seen: 20 tokens: linear layer (1, 2, 8, 8), smallest -0.037; full layer (1, 2, 20, 20), smallest 0.000
#   seen: 8 tokens: linear layer (1, 2, 8, 8), smallest -0.020; full layer (1, 2, 8, 8), smallest 0.000
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
from transformers import MiniMaxConfig, MiniMaxModel

torch.manual_seed(0)
config = MiniMaxConfig(
    vocab_size=100,
    hidden_size=32,
    intermediate_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    num_key_value_heads=2,
    head_dim=8,
    num_local_experts=2,
    num_experts_per_tok=1,
    layer_types=["linear_attention", "full_attention"],
    block_size=16,
)
model = MiniMaxModel._from_config(config, attn_implementation="eager").eval()
print("transformers", transformers.__version__)
print("expected: shapes (1, 2, n, n) for n tokens, smallest entry 0")
as_before = True
for n in (20, 8):
    with torch.no_grad():
        linear, full = model(torch.arange(5, 5 + n)[None], output_attentions=True).attentions
    print(f"seen: {n} tokens: linear layer {tuple(linear.shape)}, smallest {linear.min():.3f}", end="; ")
    print(f"full layer {tuple(full.shape)}, smallest {full.min():.3f}")
    as_before &= linear.shape == (1, 2, 8, 8) and bool(linear.min() < 0) and full.shape == (1, 2, n, n)
sys.exit(0 if as_before else "The behaviour has changed.")
EOF
