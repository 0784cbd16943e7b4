"""What an encoder-decoder writes for many texts at once, to be measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from model.capture.checkpoint import Checkpoint
from model.data.pairs import Pair
from model.text.tokenizer import encode_target
from model.text.tokens import detokenize

BATCH = 64


@torch.no_grad()
def write(m: Checkpoint, texts: Sequence[str], beams: int) -> list[str]:
    """What the model writes for each text, by beam search; greedily with one beam."""
    tokenizer = m.tokenizer
    generate: Any = m.model.generate
    written = [""] * len(texts)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        batch = tokenizer([texts[i] for i in part], padding=True, return_tensors="pt").to(m.model.device)
        room = 2 * batch["input_ids"].shape[1] + 10
        out = generate(**batch, do_sample=False, num_beams=beams, max_new_tokens=room)
        for i, ids in zip(part, out.tolist(), strict=True):
            written[i] = detokenize(tokenizer, ids, texts[i])
    return written


def reachable(m: Checkpoint, pairs: Sequence[Pair]) -> float:
    """The share of targets that the model's tokenizer can write to the letter: no more can be exact."""
    back = (
        detokenize(m.tokenizer, encode_target(m.tokenizer, target, source), source)
        for source, target in pairs
    )
    return sum(text == target for text, (_, target) in zip(back, pairs, strict=True)) / len(pairs)
