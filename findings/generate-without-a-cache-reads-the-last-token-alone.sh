#!/usr/bin/env bash
# A model that gives no cache is still handed only the last token by `generate`, which then writes another text.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: where a model's output has no past_key_values, the whole text is read at each step (or an error comes).
# Seen: from the second step on it is given the last token alone, without a warning; what is written differs from
# what it writes with model.generation_config.use_cache = False. model.config.use_cache = False changes nothing.
#
# What it prints:
#   transformers 5.23.0
#   expected: tokens read at each step: 3, 4, 5, 6
#   seen: as it comes: 3, 1, 1, 1
#   seen: model.config.use_cache = False: 3, 1, 1, 1
#   seen: model.generation_config.use_cache = False: 3, 4, 5, 6
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 transformers==5.23.0
cd "$folder"
venv/bin/python - <<'EOF'
import logging
import sys

import torch
import transformers
from torch import nn
from transformers import GenerationMixin, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

logging.disable(logging.WARNING)


class Config(PreTrainedConfig):
    model_type = "counting"
    num_hidden_layers = 1
    vocab_size = 11


class Counting(PreTrainedModel, GenerationMixin):
    """Writes how many tokens it was given."""

    config_class = Config

    def __init__(self, config):
        super().__init__(config)
        self.anything = nn.Linear(1, 1)
        self.read = []
        self.post_init()

    def forward(self, input_ids=None, **_):
        self.read.append(input_ids.shape[1])
        logits = nn.functional.one_hot(torch.full_like(input_ids, input_ids.shape[1]), 11).float()
        return CausalLMOutput(logits=logits)


def read(off=""):
    model = Counting(Config()).eval()
    if off:
        setattr(getattr(model, off), "use_cache", False)
    model.generate(torch.tensor([[1, 2, 3]]), max_new_tokens=4, do_sample=False, eos_token_id=None, pad_token_id=0)
    return ", ".join(map(str, model.read))


found = [read(), read("config"), read("generation_config")]
print("transformers", transformers.__version__)
print("expected: tokens read at each step: 3, 4, 5, 6")
for name, told in zip(("as it comes", "model.config.use_cache = False", "model.generation_config.use_cache = False"), found):
    print(f"seen: {name}: {told}")
sys.exit(0 if found == ["3, 1, 1, 1", "3, 1, 1, 1", "3, 4, 5, 6"] else "The behaviour has changed.")
EOF
