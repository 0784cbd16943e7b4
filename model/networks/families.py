"""The families of this project's own networks, by their configs. Importing this makes them known to the Auto
classes.
"""

from __future__ import annotations

from typing import Any

from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
)

import model.networks.pretrained
import model.networks.recurrent.pretrained  # noqa: F401
from model.networks.config import CompactConfig
from model.networks.recurrent.config import RecurrentConfig

OwnConfig = CompactConfig | RecurrentConfig
TRANSFORMERS: dict[str, Any] = {
    "encoder-decoder": AutoModelForSeq2SeqLM,
    "decoder": AutoModelForCausalLM,
    "encoder": AutoModelForMaskedLM,
}


def build(config: OwnConfig) -> PreTrainedModel:
    """The network of a config, with random weights."""
    kind = TRANSFORMERS[config.architecture]
    if isinstance(config, RecurrentConfig) and not config.decoder_layers:
        many = config.pooling == "none"
        kind = AutoModelForTokenClassification if many else AutoModelForSequenceClassification
    network: PreTrainedModel = kind.from_config(config)
    return network
