"""Small compact models, and batches for them."""

from typing import Any

import torch
from torch import Tensor
from transformers.modeling_utils import PreTrainedModel

from model.networks.config import CompactConfig
from model.networks.pretrained import IGNORED, CompactModel

VOCAB = 20
SMALL: dict[str, Any] = {"vocab_size": VOCAB, "d_model": 16, "num_heads": 4, "d_ff": 24, "max_positions": 40}


def made(kind: type[CompactModel], seed: int = 0, **options: Any) -> Any:
    torch.manual_seed(seed)
    return kind(CompactConfig(**SMALL | options)).eval()


def inputs(model: PreTrainedModel, batch: int = 3, length: int = 7, seed: int = 1) -> dict[str, Tensor]:
    """A batch whose last text is shorter, with labels."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(3, VOCAB, (batch, length), generator=generator)
    mask = torch.ones_like(tokens)
    mask[-1, length - 2 :] = 0
    made = {
        "input_ids": tokens * mask,
        "attention_mask": mask,
        "labels": tokens.masked_fill(mask == 0, IGNORED),
    }
    if model.config.source_labels:
        made["source_labels"] = (tokens % 2).masked_fill(mask == 0, IGNORED)
    return made
