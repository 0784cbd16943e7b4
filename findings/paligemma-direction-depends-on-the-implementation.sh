#!/usr/bin/env bash
# PaliGemma reads a text in both directions under SDPA and in one under eager attention.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: `attn_implementation` decides how attention is computed, not what it computes. To see the weights
# one loads the model with "eager" and looks at the same model.
# Seen: given the ids of a text and no token_type_ids, SDPA (the default) lets every token see all others,
# eager only the earlier ones: other logits, other weights. With token_type_ids of zeros the two agree.
#
# What it prints:
#   transformers 5.23.0
#   expected: sdpa and eager give the same logits (difference 0)
#   seen: ids alone: difference 0.0292; sees later tokens: {'sdpa': True, 'eager': False}
#   seen: token_type_ids: difference 0.0000; sees later tokens: {'sdpa': True, 'eager': True}
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
from transformers import PaliGemmaConfig, PaliGemmaForConditionalGeneration

torch.manual_seed(0)
shape = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2)
config = PaliGemmaConfig(
    text_config=dict(model_type="gemma", vocab_size=100, num_key_value_heads=1, head_dim=16, **shape),
    vision_config=dict(model_type="siglip_vision_model", image_size=28, patch_size=14, **shape),
    image_token_index=99,
    projection_dim=32,
)
model = PaliGemmaForConditionalGeneration(config).eval()
text = torch.arange(5, 11)[None]
other_end = torch.tensor([[5, 6, 7, 8, 9, 50]])

print("transformers", transformers.__version__)
print("expected: sdpa and eager give the same logits (difference 0)")
differences = []
for extra in ({}, {"token_type_ids": torch.zeros_like(text)}):
    logits, sees_ahead = {}, {}
    for implementation in ("sdpa", "eager"):
        model.set_attn_implementation(implementation)
        with torch.no_grad():
            logits[implementation] = model(text, **extra).logits
            moved = (logits[implementation] - model(other_end, **extra).logits)[0, :5].abs().max()
        sees_ahead[implementation] = bool(moved > 1e-5)
    difference = (logits["sdpa"] - logits["eager"]).abs().max().item()
    print(f"seen: {', '.join(extra) or 'ids alone'}: difference {difference:.4f}; sees later tokens: {sees_ahead}")
    differences.append(difference)
sys.exit(0 if differences[0] > 1e-3 > 1e-5 > differences[1] else "The behaviour has changed.")
EOF
