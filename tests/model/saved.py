"""Checkpoint folders as save_pretrained leaves them, and how a refusal reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model import load
from model.errors import Refusal
from tests.model.families import build, tokenizer

TEMPLATES = {"encoder": "<s> $A </s>", "decoder": "$A", "encoder-decoder": "$A </s>"}
ARCHITECTURES = {
    "bert": "encoder",
    "roberta": "encoder",
    "albert": "encoder",
    "modernbert": "encoder",
    "longformer": "encoder",
    "deberta_v2": "encoder",
    "xlnet": "encoder",
    "gpt2": "decoder",
    "llama": "decoder",
    "gemma2": "decoder",
    "gpt_oss": "decoder",
    "bloom": "decoder",
    "gpt_neo": "decoder",
    "t5": "encoder-decoder",
    "bart": "encoder-decoder",
    "marian": "encoder-decoder",
}


def saved(folder: Path, name: str = "bert") -> Path:
    """A checkpoint as save_pretrained leaves it."""
    build(name).save_pretrained(folder)
    tokenizer(TEMPLATES[ARCHITECTURES[name]]).save_pretrained(folder)
    return folder


def edited(folder: Path, **changes: Any) -> Path:
    """The same with other values in its config.json; None takes one away."""
    path = folder / "config.json"
    config = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))
    return folder


def refused(folder: Path | str, *words: str) -> None:
    """Loading fails with one plain sentence that holds these words and nothing of the libraries'."""
    with pytest.raises(ValueError, match=r"^[^\n]*\.$") as caught:
        load(folder)
    assert isinstance(caught.value, Refusal)
    assert 10 <= len(str(caught.value).replace(str(folder), "it")) <= 200  # however long the path is
    for word in words:
        assert word in str(caught.value)
