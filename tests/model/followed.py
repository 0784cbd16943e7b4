"""Small compact Transformers of every make, random and far from even, to be followed."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.networks.config import CompactConfig
from model.networks.pretrained import CompactForCausalLM, CompactForConditionalGeneration, CompactForMaskedLM
from tests.model.translators import words

LAYERS = {"encoder-decoder": (2, 2), "encoder": (3, 0), "decoder": (0, 3)}
MODELS = {
    "encoder-decoder": CompactForConditionalGeneration,
    "encoder": CompactForMaskedLM,
    "decoder": CompactForCausalLM,
}


def compact(architecture: str = "encoder-decoder", **settings: Any) -> Checkpoint:
    """The same model each time; gains, biases and all else are drawn, so that none can be left out unseen."""
    encoder_layers, decoder_layers = LAYERS[architecture]
    usual: dict[str, Any] = {"d_model": 24, "d_ff": 40, "num_heads": 4, "pad_token_id": 0, "bos_token_id": 2}
    usual |= {"eos_token_id": 3, "encoder_layers": encoder_layers, "decoder_layers": decoder_layers}
    config = CompactConfig(vocab_size=len(words()), **usual | settings)
    torch.manual_seed(0)
    model = MODELS[architecture](config)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.LayerNorm):
                module.weight.normal_(1, 0.3)
            if isinstance(module, nn.LayerNorm | nn.Linear) and module.bias is not None:
                module.bias.normal_(0, 0.3)
    return prepare(model, words(), f"compact {architecture}")
