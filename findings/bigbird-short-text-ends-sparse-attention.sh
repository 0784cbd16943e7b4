#!/usr/bin/env bash
# One short text makes BigBird read every later long text in another way.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: a model in eval() gives the same text the same hidden states, whatever it has read before.
# Seen: a text too short for block-sparse attention switches the loaded model to full attention for good. The
# long text read before and after it comes out different; config.attention_type still says block_sparse. The
# warning tells of the switch, not that it stays. BigBird-Pegasus does the same.
#
# What it prints:
#   transformers 5.23.0
#   expected: the long text has the same hidden states each time (difference 0)
#   seen: BigBirdModel: read twice 0.0000, after a short text 0.0051; config.attention_type: block_sparse
#   seen: BigBirdPegasusModel: read twice 0.0000, after a short text 0.0045; config.attention_type: block_sparse
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
from transformers import BigBirdConfig, BigBirdModel, BigBirdPegasusConfig, BigBirdPegasusModel

torch.manual_seed(0)
sparse = dict(vocab_size=100, max_position_embeddings=256, block_size=8, num_random_blocks=1)
models = [
    BigBirdModel(
        BigBirdConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64, **sparse)
    ),
    BigBirdPegasusModel(
        BigBirdPegasusConfig(
            d_model=32,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=64,
            decoder_ffn_dim=64,
            **sparse,
        )
    ),
]
long, short = torch.randint(5, 100, (1, 256)), torch.randint(5, 100, (1, 10))

print("transformers", transformers.__version__)
print("expected: the long text has the same hidden states each time (difference 0)")
changed = False
for model in models:
    model.eval()
    with torch.no_grad():
        first = model(long).last_hidden_state
        again = model(long).last_hidden_state
        model(short)
        after = model(long).last_hidden_state
    same, other = (first - again).abs().max().item(), (first - after).abs().max().item()
    print(f"seen: {type(model).__name__}: read twice {same:.4f}, after a short text {other:.4f}", end="; ")
    print("config.attention_type:", model.config.attention_type)
    changed |= not (same == 0 and other > 1e-4 and model.config.attention_type == "block_sparse")
sys.exit("The behaviour has changed." if changed else 0)
EOF
