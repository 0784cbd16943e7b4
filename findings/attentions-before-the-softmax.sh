#!/usr/bin/env bash
# SqueezeBERT and parts of ProphetNet return scores under the name of attention weights.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: `attentions` are what comes out of the softmax: nothing negative, each row sums to 1.
# Seen: SqueezeBERT's `attentions` and ProphetNet's `encoder_attentions` and `cross_attentions` are the scores
# before the softmax. ProphetNet's `decoder_attentions`, in the same output, are weights.
#
# What it prints:
#   transformers 5.23.0
#   expected: smallest entry >= 0, every row sums to 1.00
#   seen: SqueezeBERT attentions: smallest -0.01, rows sum to -0.01 ... 0.01
#   seen: ProphetNet encoder_attentions: smallest -0.03, rows sum to -0.09 ... 0.03
#   seen: ProphetNet cross_attentions: smallest -0.04, rows sum to -0.07 ... 0.06
#   seen: ProphetNet decoder_attentions: smallest 0.00, rows sum to 1.00 ... 1.00
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
from transformers import ProphetNetConfig, ProphetNetModel, SqueezeBertConfig, SqueezeBertModel

torch.manual_seed(0)
ids = torch.arange(5, 11)[None]
squeezebert = SqueezeBertModel(
    SqueezeBertConfig(
        vocab_size=100,
        hidden_size=32,
        embedding_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
    )
).eval()
prophetnet = ProphetNetModel(
    ProphetNetConfig(
        vocab_size=100,
        hidden_size=32,
        num_encoder_layers=1,
        num_decoder_layers=1,
        num_encoder_attention_heads=2,
        num_decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=64,
    )
).eval()
with torch.no_grad():
    squeezed = squeezebert(ids, output_attentions=True)
    prophet = prophetnet(ids, decoder_input_ids=ids[:, :4], output_attentions=True)

print("transformers", transformers.__version__)
print("expected: smallest entry >= 0, every row sums to 1.00")
are_weights = []
for name, output, key in (
    ("SqueezeBERT", squeezed, "attentions"),
    ("ProphetNet", prophet, "encoder_attentions"),
    ("ProphetNet", prophet, "cross_attentions"),
    ("ProphetNet", prophet, "decoder_attentions"),
):
    map_ = output[key][0]
    sums = map_.sum(-1)
    print(f"seen: {name} {key}: smallest {map_.min():.2f}, rows sum to {sums.min():.2f} ... {sums.max():.2f}")
    are_weights.append(bool(map_.min() >= 0 and (sums - 1).abs().max() < 1e-4))
sys.exit(0 if are_weights == [False, False, False, True] else "The behaviour has changed.")
EOF
