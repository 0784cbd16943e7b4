#!/usr/bin/env bash
# FSMT's decoder looks ahead when it is given a whole target and nothing is said about the cache.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: what a decoder says at one position does not depend on later target tokens, cache or no cache.
# Seen: with `use_cache` left alone (or True) no causal mask is made, so given `decoder_input_ids` of several
# tokens every position attends to the later ones too. With `use_cache=False` the decoder is causal.
#
# What it prints:
#   transformers 5.23.0
#   expected: changing the last target token changes no earlier row; the first row attends to itself alone
#   seen: default: earlier logits move by 4.2743; the first row's weights [0.06, 0.0, 0.33, 0.61]
#   seen: {'use_cache': False}: earlier logits move by 0.0000; the first row's weights [1.0, 0.0, 0.0, 0.0]
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
from transformers import FSMTConfig, FSMTForConditionalGeneration

torch.manual_seed(0)
config = FSMTConfig(
    langs=["en", "de"],
    src_vocab_size=100,
    tgt_vocab_size=100,
    d_model=32,
    encoder_layers=1,
    decoder_layers=1,
    encoder_attention_heads=2,
    decoder_attention_heads=2,
    encoder_ffn_dim=64,
    decoder_ffn_dim=64,
    max_position_embeddings=64,
    init_std=0.5,
)
model = FSMTForConditionalGeneration(config).eval()
source = torch.arange(5, 11)[None]
target, other_end = torch.tensor([[2, 20, 21, 22]]), torch.tensor([[2, 20, 21, 99]])

print("transformers", transformers.__version__)
print("expected: changing the last target token changes no earlier row; the first row attends to itself alone")
ahead = []
for said in ({}, {"use_cache": False}):
    with torch.no_grad():
        output = model(source, decoder_input_ids=target, output_attentions=True, **said)
        other = model(source, decoder_input_ids=other_end, **said)
    moved = (output.logits - other.logits)[0, :3].abs().max().item()
    row = [round(weight, 2) for weight in output.decoder_attentions[0][0, 0, 0].tolist()]
    print(f"seen: {said or 'default'}: earlier logits move by {moved:.4f}; the first row's weights {row}")
    ahead.append(moved > 1e-4 and max(row[1:]) > 0)
sys.exit(0 if ahead == [True, False] else "The behaviour has changed.")
EOF
