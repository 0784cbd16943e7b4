#!/usr/bin/env bash
# Under autocast to bfloat16 the type of what a recurrent layer gives depends on the cell, and of an LSTM on whether
# the packed texts have the same length.
#
# Version: torch 2.13.0, on a processor.
# Expected: inside torch.autocast("cpu", torch.bfloat16) layers of one kind give one type.
# Seen: nn.RNN gives bfloat16 and nn.GRU float32; nn.LSTM gives bfloat16 for padded texts and for packed texts of one
# length, and float32 for packed texts of several lengths.
#
# What it prints:
#   torch 2.13.0
#   expected: one type of number for all
#   seen: RNN padded bfloat16, GRU padded float32, LSTM padded bfloat16
#   seen: LSTM packed, lengths 5 and 5: bfloat16; lengths 5 and 3: float32
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0
cd "$folder"
venv/bin/python - <<'EOF'
import sys

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

torch.manual_seed(0)
x = torch.randn(2, 5, 8)


def kind(tensor):
    return str(tensor.dtype).removeprefix("torch.")


def packed(lengths):
    return pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)


layers = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
layers = {name: layer(8, 8, batch_first=True) for name, layer in layers.items()}
with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
    padded = {name: kind(layer(x)[0]) for name, layer in layers.items()}
    alike, others = (kind(layers["LSTM"](packed(lengths))[0].data) for lengths in ((5, 5), (5, 3)))
print("torch", torch.__version__.split("+")[0])
print("expected: one type of number for all")
print("seen: " + ", ".join(f"{name} padded {told}" for name, told in padded.items()))
print(f"seen: LSTM packed, lengths 5 and 5: {alike}; lengths 5 and 3: {others}")
seen = (*padded.values(), alike, others)
sys.exit(0 if seen == ("bfloat16", "float32", "bfloat16", "bfloat16", "float32") else "The behaviour has changed.")
EOF
