"""A model that has learned nothing, for an experiment in which only one thing differs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import torch
from torch import nn

from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.locks import drawing, making
from model.networks.config import CompactConfig
from model.networks.pretrained import CompactForMaskedLM
from model.networks.transformer import Norm

WIDTH = 128  # features, where the checkpoint's own width would take too long


@contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Within the block modules are made with the draws of a seed; the global dice are left alone."""
    with drawing, making, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def build_untrained(m: Checkpoint, norm: Norm, layers: int, seed: int = 0) -> Checkpoint:
    """A deep compact encoder with random weights that reads as a checkpoint reads.

    m: whose tokenizer it has, and whose width where that is at most WIDTH. norm: "after" or "before" each
    sublayer. layers: how many. seed: the same draws the same weights, whatever the norm.
    """
    table = cast(nn.Embedding, cast(Any, m.model).get_input_embeddings())
    width = min(int(table.embedding_dim), WIDTH)
    config = CompactConfig(
        vocab_size=table.num_embeddings,
        d_model=width,
        num_heads=next(heads for heads in (8, 4, 2, 1) if width % heads == 0),
        d_ff=2 * width,
        encoder_layers=layers,
        decoder_layers=0,
        norm=norm,
    )
    with drawing_from(seed):
        model = CompactForMaskedLM(config)
    return replace(prepare(model, m.tokenizer, m.name), languages=m.languages)
