"""Tiny random models to record, and what is to hold of every trace."""

from __future__ import annotations

from functools import cache
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import torch

from model import Trace
from model.capture.checkpoint import Checkpoint
from model.capture.forward import observing
from model.capture.prepare import prepare
from model.edits import Edit
from model.networks.config import CompactConfig
from model.networks.pretrained import CompactForConditionalGeneration
from model.text.tokenizer import train_tokenizer
from tests.model.families import TEXT, build, tokenizer

TEMPLATES = {
    "bert": "<s> $A </s>",
    "albert": "<s> $A </s>",
    "bart": "<s> $A </s>",
    "t5": "$A </s>",
    "marian": "$A </s>",
}


@cache
def checkpoint(name: str) -> Checkpoint:
    """The same model each time; compact: an encoder-decoder of this project's, which works in whole words."""
    if name != "compact":
        return prepare(build(name), tokenizer(TEMPLATES.get(name, "$A")), name)
    with TemporaryDirectory() as folder:
        words = train_tokenizer([TEXT, "il était trop fatigué"], folder)
    torch.manual_seed(0)
    config = CompactConfig(
        vocab_size=len(words),
        d_model=32,
        d_ff=32,
        decoder_layers=2,
        pad_token_id=words.pad_token_id,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
    )
    return prepare(CompactForConditionalGeneration(config), words, "compact")


def sums_to_one(t: Trace) -> None:
    for kind in t.kinds:
        np.testing.assert_allclose(t[kind].weights.sum(-1), 1, atol=1e-5)


def greedy(m: Checkpoint, ids: list[int], edits: tuple[Edit, ...] = ()) -> list[int]:
    """What the model writes when the whole text goes through it for each token, start token and all."""
    model = cast(Any, m.model)
    written = [model.generation_config.decoder_start_token_id]
    with torch.no_grad():
        for _ in range(2 * len(ids) + 16):
            with observing(m, edits=edits):
                logits = model(torch.tensor([ids]), decoder_input_ids=torch.tensor([written])).logits
            written.append(int(logits[0, -1].argmax()))
            if written[-1] == model.generation_config.eos_token_id:
                break
    return written
