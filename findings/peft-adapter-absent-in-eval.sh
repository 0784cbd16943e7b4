#!/usr/bin/env bash
# A LoRA adapter on nn.TransformerEncoder works while it is trained and is not there in eval().
#
# Version: peft 0.21.2 (torch 2.13.0, transformers 5.23.0).
# Expected: switching the adapter off changes the output, in train() and in eval() alike.
# Seen: in eval() without gradients the layer's fast path reads the base weights of linear1 and linear2 itself, so
# the adapter that was trained changes nothing. torch.backends.mha.set_fastpath_enabled(False) brings it back.
#
# What it prints:
#   peft 0.21.2
#   expected: the adapter changes the output by the same in all three
#   seen: train() 0.9901, eval() 0.0000, eval() without the fast path 0.9901
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 transformers==5.23.0 accelerate==1.15.0 peft==0.21.2
cd "$folder"
venv/bin/python - <<'EOF'
import sys

import peft
import torch
from peft import LoraConfig, get_peft_model

torch.manual_seed(0)
layer = torch.nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
base = torch.nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
adapter = LoraConfig(target_modules=["linear1", "linear2"], init_lora_weights=False)  # not a start of zeros
model = get_peft_model(base, adapter)
vectors = torch.randn(2, 5, 16)


@torch.no_grad()
def effect():
    with_adapter = model.base_model.model(vectors)
    with model.disable_adapter():
        return (with_adapter - model.base_model.model(vectors)).abs().max().item()


training = effect() if model.train() else None
evaluation = effect() if model.eval() else None
torch.backends.mha.set_fastpath_enabled(False)
slow = effect()
print("peft", peft.__version__)
print("expected: the adapter changes the output by the same in all three")
print(f"seen: train() {training:.4f}, eval() {evaluation:.4f}, eval() without the fast path {slow:.4f}")
sys.exit(0 if training > 0.01 and evaluation == 0 and abs(slow - training) < 1e-4 else "The behaviour has changed.")
EOF
