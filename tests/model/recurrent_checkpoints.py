"""Folders of recurrent networks with random weights, of every kind that the app has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from model.networks.families import build
from model.networks.recurrent.config import RecurrentConfig
from model.tasks.strings import LETTERS
from model.text.tokenizer import train_tokenizer

WRITERS: dict[str, dict[str, Any]] = {
    "lstm": {"cell": "lstm"},
    "gru-every-step": {"cell": "gru", "context": "every step", "encoder_layers": 2, "decoder_layers": 2},
    "lstm-bahdanau": {"cell": "lstm", "attention": "bahdanau", "bidirectional": True},
    "rnn-dot": {"cell": "rnn", "attention": "luong-dot"},
    "gru-general": {"cell": "gru", "attention": "luong-general", "bidirectional": True, "decoder_layers": 2},
    "lstm-concat": {"cell": "lstm", "attention": "luong-concat", "attention_size": 6},
}
READERS: dict[str, dict[str, Any]] = {
    "tagger": {"cell": "lstm", "decoder_layers": 0, "bidirectional": True},
    "classifier": {"cell": "gru", "decoder_layers": 0, "pooling": "mean"},
}
KINDS = {**WRITERS, **READERS}


def make(kind: str, folder: Path) -> None:
    """A network of this kind for strings of letters, 8 wide, written with its tokenizer."""
    tokenizer = train_tokenizer([" ".join(LETTERS)], folder, "word")
    ids = {name: getattr(tokenizer, name) for name in ("pad_token_id", "bos_token_id", "eos_token_id")}
    sizes: dict[str, Any] = {"d_model": 8, "hidden_size": 8, "dropout": 0.0}
    config = RecurrentConfig(vocab_size=len(tokenizer), task="reverse", **ids, **sizes, **KINDS[kind])
    torch.manual_seed(0)
    build(config).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
