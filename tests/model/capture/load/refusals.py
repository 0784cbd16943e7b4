"""How a refusal reads, and a folder of any small model with a tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedModel

from model.capture.load import load
from model.errors import Refusal
from tests.model.families import tokenizer

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 40,
    "vocab_size": 320,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
}
IMAGES: dict[str, Any] = SMALL | {"image_size": 16, "patch_size": 8}
DECODER = SMALL | {"num_key_value_heads": 2}


def refused(folder: Path | str, *words: str) -> None:
    """Loading fails with one plain sentence that holds these words and nothing of the libraries'."""
    with pytest.raises(ValueError, match=r"^[^\n]{10,260}\.?$") as caught:
        load(folder)
    assert isinstance(caught.value, Refusal), caught.value
    assert str(caught.value).count(". ") <= 1
    for word in words:
        assert word in str(caught.value)


def kept(model: PreTrainedModel, folder: Path, template: str = "$A") -> Path:
    """The folder with a model and a tokenizer in it."""
    model.save_pretrained(folder)
    tokenizer(template).save_pretrained(folder)
    return folder
