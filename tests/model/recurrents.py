"""Small recurrent networks with random weights, in folders as a run leaves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from model.networks.families import build
from model.networks.recurrent.config import RecurrentConfig
from model.text.tokenizer import CompactTokenizer, train_tokenizer

WORDS = (
    "the a dog cat film was not good bad very it sat on mat and slept because street animal i liked hated "
    "영화 는 정말 좋 았다 나빴다 안 재미"
)
TAGS = {0: "DET", 1: "NOUN", 2: "VERB", 3: "ADJ"}
FEELINGS = {0: "negative", 1: "positive"}
FORMS: dict[str, dict[str, Any]] = {
    "tagger-lstm": {"cell": "lstm", "decoder_layers": 0, "id2label": TAGS},
    "tagger-gru": {"cell": "gru", "decoder_layers": 0, "id2label": TAGS, "bidirectional": True},
    "tagger-rnn": {"cell": "rnn", "decoder_layers": 0, "id2label": TAGS, "encoder_layers": 2},
    "sentiment-lstm": {"cell": "lstm", "decoder_layers": 0, "id2label": FEELINGS, "pooling": "last"},
    "sentiment-gru": {"cell": "gru", "decoder_layers": 0, "id2label": FEELINGS, "pooling": "mean"},
    "sentiment-rnn": {
        **{"cell": "rnn", "activation": "relu", "decoder_layers": 0, "id2label": FEELINGS},
        **{"pooling": "last", "bidirectional": True},
    },
    "writer-lstm": {"cell": "lstm", "encoder_layers": 2, "decoder_layers": 2},
    "writer-gru": {"cell": "gru", "reset": "before", "attention": "bahdanau", "bidirectional": True},
    "writer-rnn": {"cell": "rnn", "activation": "sigmoid", "attention": "luong-dot"},
}


def train_words(folder: Path) -> CompactTokenizer:
    """A tokenizer of a few words; what it does not know becomes a placeholder."""
    folder.mkdir(parents=True, exist_ok=True)
    return train_tokenizer([WORDS, WORDS], folder, "word")


def configure(tokenizer: CompactTokenizer, **made: Any) -> RecurrentConfig:
    sizes = {"d_model": 12, "hidden_size": 16, "dropout": 0.0}
    return RecurrentConfig(
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **{**sizes, **made},
    )


def save_networks(folder: Path, *names: str) -> Path:
    """Folders of such networks in a folder, each under its name; all of them where none is named."""
    tokenizer = train_words(folder / "words")
    for name in names or FORMS:
        torch.manual_seed(sorted(FORMS).index(name))
        network = build(configure(tokenizer, **FORMS[name]))
        for parameter in network.parameters():  # biases begin at 0, and would hide an error of theirs
            if parameter.dim() == 1:
                torch.nn.init.normal_(parameter, std=0.3)
        network.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    return folder
