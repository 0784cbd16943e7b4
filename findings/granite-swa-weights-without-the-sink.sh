#!/usr/bin/env bash
# Two models with an attention sink return different things as their attention weights.
#
# Version: transformers 5.23.0 (torch 2.13.0).
# Expected: eager attention weights times the values give what the head puts out, sink or no sink. GPT-OSS keeps
# to this: its rows sum to less than 1, the rest is the sink's.
# Seen: Granite SWA returns its weights before the sink takes its share. Rows sum to 1, but the values are
# weighed with less, here with a quarter to two thirds of what is shown.
#
# What it prints:
#   transformers 5.23.0
#   expected: output / (weights @ values) is 1 everywhere
#   seen: gpt_oss: rows sum to [0.27, 0.43, 0.53, 0.6, 0.64, 0.69]
#   seen: gpt_oss: output / (weights @ values) [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
#   seen: granite_swa: rows sum to [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
#   seen: granite_swa: output / (weights @ values) [0.26, 0.41, 0.54, 0.58, 0.65, 0.68]
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
from transformers import AutoConfig, AutoModel

ids = torch.arange(5, 11)[None]
print("transformers", transformers.__version__)
print("expected: output / (weights @ values) is 1 everywhere")
smallest = {}
for name, more in (("gpt_oss", dict(num_local_experts=2, num_experts_per_tok=1)), ("granite_swa", {})):
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        name,
        vocab_size=100,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=32,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        **more,
    )
    model = AutoModel.from_config(config, attn_implementation="eager").eval()
    attention, heard = model.layers[0].self_attn, {}
    torch.nn.init.constant_(attention.sinks, 1.0)
    attention.v_proj.register_forward_hook(lambda module, args, output, to=heard: to.update(values=output[0]))
    attention.o_proj.register_forward_pre_hook(lambda module, args, to=heard: to.update(output=args[0][0]))
    with torch.no_grad():
        weights = model(ids, output_attentions=True).attentions[0][0, 0]
    share = (heard["output"] / (weights @ heard["values"])).mean(-1)
    print(f"seen: {name}: rows sum to {[round(x, 2) for x in weights.sum(-1).tolist()]}")
    print(f"seen: {name}: output / (weights @ values) {[round(x, 2) for x in share.tolist()]}")
    smallest[name] = share.min().item()
sys.exit(0 if abs(smallest["gpt_oss"] - 1) < 1e-3 and smallest["granite_swa"] < 0.5 else "The behaviour has changed.")
EOF
