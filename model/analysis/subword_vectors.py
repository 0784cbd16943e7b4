"""A checkpoint's own tokenizer, and the vectors with which its model begins: the rows of its embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from model.capture.checkpoint import Checkpoint
from model.errors import Refusal
from model.text.subwords.record import Piece, plain
from model.text.tokens import tokens_of

_MARKS = ("▁", "Ġ", "##")


def pieces_of(m: Checkpoint, text: str) -> tuple[Piece, ...]:
    """The pieces that a checkpoint reads instead of a text, special tokens included.

    Raises Refusal where the text is empty.
    """
    text = plain(text)
    if not text:
        raise Refusal("The text is empty; write a sentence.")
    with m.lock:
        ids = m.languages.encode(m.tokenizer, text) if m.languages else m.tokenizer.encode(text)
        tokens = tokens_of(m.tokenizer, ids, text, m.language_ids)
        written = [str(piece) for piece in m.tokenizer.convert_ids_to_tokens(ids)]
    found = []
    for i, (number, spelt, shown) in enumerate(zip(ids, written, tokens.texts, strict=True)):
        mark = next((mark for mark in _MARKS if spelt == mark + shown), "")
        special = tokens.special[i]
        joined = (
            i > 0 and not special and tokens.words[i] == tokens.words[i - 1] and not tokens.special[i - 1]
        )
        unknown = tokens.unknown[i]
        found.append(Piece(number, spelt, shown, mark, unknown=unknown, special=special, joined=joined))
    return tuple(found)


def vocabulary_size(m: Checkpoint) -> int:
    """How many pieces the tokenizer knows."""
    return len(m.tokenizer)


@torch.no_grad()
def vectors(m: Checkpoint, ids: tuple[int, ...]) -> NDArray[np.float32]:
    """float32 (pieces, d_model): what the model's embedding layer gives for identifiers.

    Before anything else is done to it: positions are added later, and some models scale it first.
    """
    rows = m.model.get_input_embeddings()(torch.tensor(ids, device=m.model.device))
    found: NDArray[np.float32] = rows.float().cpu().numpy()
    return found


@dataclass(frozen=True)
class Near:
    """A piece of the vocabulary: its identifier, how it reads, and its cosine with the piece asked about."""

    id: int
    text: str
    cosine: float


@torch.no_grad()
def nearest(m: Checkpoint, number: int, most: int = 8) -> tuple[Near, ...]:
    """The pieces whose vectors point most nearly where that of the identifier does, itself left out.

    The cosine of two vectors is 1 where they point the same way, 0 where they are at right angles.
    """
    layer = cast(nn.Embedding, m.model.get_input_embeddings())
    known = min(layer.num_embeddings, len(m.tokenizer))  # some tables have rows that no piece has
    table = layer(torch.arange(known, device=m.model.device)).float()
    cosine = nn.functional.cosine_similarity(
        table, layer(torch.tensor(number, device=table.device)).float(), -1
    )
    cosine[number] = -torch.inf
    values, found = cosine.topk(min(most, known - 1))
    ids = [int(i) for i in found]
    with m.lock:
        # One at a time: next to each other, two could read as the bytes of one character.
        texts = [tokens_of(m.tokenizer, [i], marks=m.language_ids).texts[0] for i in ids]
    return tuple(Near(i, text, float(value)) for i, text, value in zip(ids, texts, values, strict=True))
