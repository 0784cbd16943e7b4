#!/usr/bin/env bash
# What a model's `_init_weights` writes into the parameters of a child module, when it is called for the parent, is
# dropped without a word.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: `_init_weights` is called for every module, and what it writes with `transformers.initialization` stays
# unless a checkpoint's weights were loaded there.
# Seen: children come first, and once `_init_weights` has been called for a child, whatever it did there, the
# child's parameters count as initialised. A write for the parent does nothing; the child keeps torch's own values.
#
# What it prints:
#   transformers 5.23.0
#   expected: written for the parent, a child's weight is all 0.50
#   seen: written for the parent: other values; written for the child itself: all 0.50
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
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers import initialization as init


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRU(4, 4)


class Reader(PreTrainedModel):
    config_class = PreTrainedConfig
    by_parent = True

    def __init__(self, config):
        super().__init__(config)
        self.layer = Layer()
        self.post_init()

    def _init_weights(self, module):
        cell = None
        if self.by_parent and isinstance(module, Layer):
            cell = module.cell
        if not self.by_parent and isinstance(module, nn.GRU):
            cell = module
        if cell is not None:
            init.constant_(cell.weight_hh_l0, 0.5)


class Other(Reader):
    by_parent = False


def wrote(kind):
    weight = kind(PreTrainedConfig()).layer.cell.weight_hh_l0
    return bool(torch.equal(weight, torch.full_like(weight, 0.5)))


said = {True: "all 0.50", False: "other values"}
parent, child = wrote(Reader), wrote(Other)
print("transformers", transformers.__version__)
print("expected: written for the parent, a child's weight is all 0.50")
print(f"seen: written for the parent: {said[parent]}; written for the child itself: {said[child]}")
sys.exit(0 if (parent, child) == (False, True) else "The behaviour has changed.")
EOF
