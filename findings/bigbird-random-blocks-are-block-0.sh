#!/usr/bin/env bash
# In evaluation BigBird's random blocks are all block 0, and its attention weights leave part of it out.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: a query in the middle of the text looks at the first, its three neighbouring, the last and r other,
# randomly chosen blocks, and its attention weights sum to 1.
# Seen: in eval() every random block is block 0, so block 0 goes into the softmax 1 + r times, while the weights
# that are returned show it once: with r = 2 rows sum to about 5/7. Only with block 0 counted three times do the
# weights give the layer's output.
#
# What it prints:
#   transformers 5.23.0
#   expected: query 130 (block 16) looks at 7 blocks of 32; its weights sum to 1
#   seen: it looks at blocks [0, 15, 16, 17, 31]; its weights sum to 0.714
#   seen: distance of weights @ values from the layer's output 0.0248; with block 0 counted 3 times 0.0000
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
from transformers import BigBirdConfig, BigBirdModel

torch.manual_seed(0)
block, r, row = 8, 2, 130
config = BigBirdConfig(
    vocab_size=100,
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=1,
    intermediate_size=32,
    max_position_embeddings=256,
    block_size=block,
    num_random_blocks=r,
)
model = BigBirdModel(config).eval()
heard = {}
attention = model.encoder.layer[0].attention.self
attention.value.register_forward_hook(lambda module, args, output: heard.update(values=output[0]))
attention.register_forward_hook(lambda module, args, output: heard.update(output=output[0][0, row]))
with torch.no_grad():
    weights = model(torch.randint(5, 100, (1, 256)), output_attentions=True).attentions[0][0, 0, row]

blocks = sorted({int(column) // block for column in weights.nonzero()})
counted = weights.clone()
counted[:block] *= 1 + r
wrong = (weights @ heard["values"] - heard["output"]).abs().max().item()
right = (counted @ heard["values"] - heard["output"]).abs().max().item()
print("transformers", transformers.__version__)
print(f"expected: query {row} (block {row // block}) looks at {5 + r} blocks of 32; its weights sum to 1")
print(f"seen: it looks at blocks {blocks}; its weights sum to {weights.sum():.3f}")
print(f"seen: distance of weights @ values from the layer's output {wrong:.4f}", end="; ")
print(f"with block 0 counted {1 + r} times {right:.4f}")
as_before = blocks == [0, 15, 16, 17, 31] and weights.sum() < 0.8 and wrong > 1e-3 > 1e-5 > right
sys.exit(0 if as_before else "The behaviour has changed.")
EOF
