#!/usr/bin/env bash
# Bloom takes the name of a custom attention function, never calls the function, and stops being causal.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: a function registered with AttentionInterface is called, or the model that cannot use one refuses its
# name.
# Seen: Bloom loads with attn_implementation="mine" and computes its own attention all the same, but its mask is
# looked up under that name, none is found, and every token attends to the ones after it.
#
# What it prints:
#   transformers 5.23.0
#   expected: the function is called once, or refused; weight on later tokens 0; the logits are equal
#   seen: attn_implementation 'mine', called 0 times
#   seen: weight on later tokens: eager 0.00, mine 5.20; logits differ by 0.0046
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
from transformers import AttentionInterface, BloomConfig, BloomForCausalLM
from transformers.integrations.sdpa_attention import sdpa_attention_forward

calls = []


def count_and_attend(*args, **kwargs):
    calls.append(1)
    return sdpa_attention_forward(*args, **kwargs)


AttentionInterface.register("mine", count_and_attend)
ids = torch.arange(5, 11)[None]
logits, ahead = {}, {}
for implementation in ("eager", "mine"):
    torch.manual_seed(0)
    config = BloomConfig(vocab_size=100, hidden_size=32, n_layer=1, n_head=2)
    model = BloomForCausalLM._from_config(config, attn_implementation=implementation).eval()
    with torch.no_grad():
        output = model(ids, output_attentions=True)
    logits[implementation], ahead[implementation] = output.logits, output.attentions[0][0].triu(1).sum().item()

difference = (logits["eager"] - logits["mine"]).abs().max().item()
print("transformers", transformers.__version__)
print("expected: the function is called once, or refused; weight on later tokens 0; the logits are equal")
print(f"seen: attn_implementation {model.config._attn_implementation!r}, called {len(calls)} times")
print(f"seen: weight on later tokens: eager {ahead['eager']:.2f}, mine {ahead['mine']:.2f}", end="; ")
print(f"logits differ by {difference:.4f}")
as_before = not calls and ahead["eager"] == 0 and ahead["mine"] > 1 and difference > 1e-4
sys.exit(0 if as_before else "The behaviour has changed.")
EOF
