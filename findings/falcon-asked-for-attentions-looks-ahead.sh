#!/usr/bin/env bash
# Asking Falcon for its attention weights changes what it computes: it looks at later tokens.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: `output_attentions=True` on the call returns the weights, or none, and the same logits.
# Seen: loaded as usual (SDPA), Falcon with rotary positions takes another path when asked, on which the mask, made
# of True and False, is added to the scores. The weights show attention to later tokens, and the logits are those
# of that other computation. Loaded with "eager" it is causal, and its logits are those of the plain call.
#
# What it prints:
#   transformers 5.23.0
#   expected: the logits do not change when weights are asked for; no weight above the diagonal
#   seen: sdpa: logits change by 0.1101 when weights are asked for; weights
#   [[0.47 0.18 0.18 0.18]
#    [0.37 0.36 0.13 0.13]
#    [0.3  0.3  0.3  0.11]
#    [0.26 0.25 0.25 0.24]]
#   seen: eager: logits change by 0.0000; from sdpa's without weights by 0.0000; weights
#   [[1.   0.   0.   0.  ]
#    [0.5  0.5  0.   0.  ]
#    [0.33 0.33 0.34 0.  ]
#    [0.26 0.25 0.25 0.24]]
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
from transformers import FalconConfig, FalconForCausalLM

ids = torch.arange(5, 9)[None]
output = {}
for implementation in (None, "eager"):
    torch.manual_seed(0)
    config = FalconConfig(vocab_size=100, hidden_size=32, num_hidden_layers=1, num_attention_heads=2)
    model = FalconForCausalLM._from_config(config, attn_implementation=implementation).eval()
    with torch.no_grad():
        plain = model(ids)
        asked = model(ids, output_attentions=True)
    output[model.config._attn_implementation] = plain.logits, asked.logits, asked.attentions[0][0, 0]

plain, asked, weights = output["sdpa"]
eager_plain, eager_asked, eager_weights = output["eager"]
print("transformers", transformers.__version__)
print("expected: the logits do not change when weights are asked for; no weight above the diagonal")
print(f"seen: sdpa: logits change by {(plain - asked).abs().max():.4f} when weights are asked for; weights")
print(weights.numpy().round(2))
print(f"seen: eager: logits change by {(eager_plain - eager_asked).abs().max():.4f}", end="; ")
print(f"from sdpa's without weights by {(eager_asked - plain).abs().max():.4f}; weights")
print(eager_weights.numpy().round(2))
as_before = (plain - asked).abs().max() > 1e-4 and weights.triu(1).sum() > 0.5
as_before &= (eager_asked - plain).abs().max() < 1e-5 and eager_weights.triu(1).sum() == 0
sys.exit(0 if as_before else "The behaviour has changed.")
EOF
