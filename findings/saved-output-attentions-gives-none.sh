#!/usr/bin/env bash
# A model that returns attention weights, saved and loaded again, returns none.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: a folder whose config.json says output_attentions: true loads as a model that returns them.
# Seen: from_pretrained(..., output_attentions=True) chooses eager attention and weights come. Saved and loaded
# again, config.output_attentions is True, but attention is SDPA and `attentions` is an empty tuple. To set the
# same option on the loaded config, which already has that value, is an error.
#
# What it prints:
#   transformers 5.23.0
#   expected: 2 layers of weights both times
#   seen: asked for at loading: config.output_attentions True, eager, 2 layers of weights
#   seen: its folder loaded again: config.output_attentions True, sdpa, 0 layers of weights
#   seen: setting config.output_attentions = True on it raises ValueError
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
from transformers import LlamaConfig, LlamaModel

transformers.utils.logging.disable_progress_bar()
config = LlamaConfig(vocab_size=100, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)
ids = torch.arange(5, 11)[None]
LlamaModel(config).save_pretrained("plain")
first = LlamaModel.from_pretrained("plain", output_attentions=True)
first.save_pretrained("asked")
second = LlamaModel.from_pretrained("asked")

print("transformers", transformers.__version__)
print("expected: 2 layers of weights both times")
maps = []
for name, model in (("asked for at loading", first), ("its folder loaded again", second)):
    maps.append(len(model(ids).attentions))
    print(f"seen: {name}: config.output_attentions {model.config.output_attentions}", end=", ")
    print(f"{model.config._attn_implementation}, {maps[-1]} layers of weights")
try:
    second.config.output_attentions = True
    refused = False
except ValueError as error:
    refused = True
    print("seen: setting config.output_attentions = True on it raises", type(error).__name__)
sys.exit(0 if maps == [2, 0] and second.config.output_attentions and refused else "The behaviour has changed.")
EOF
