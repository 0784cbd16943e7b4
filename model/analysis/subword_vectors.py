"""A checkpoint's own tokenizer, and the vectors with which its model begins: the rows of its embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.capture.checkpoint import Checkpoint
from model.errors import Refusal
from model.text.spans import token_spans
from model.text.subwords.record import Piece, plain
from model.text.tokens import tokens_of
from model.trace import Tokens

TRIED = 50_000_000  # numbers put together by chance
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
        spans = token_spans(m.tokenizer, ids, text, tokens.special, m.language_ids)
        written = [str(piece) for piece in m.tokenizer.convert_ids_to_tokens(ids)]
    found = []
    for i, (number, spelt, shown) in enumerate(zip(ids, written, tokens.texts, strict=True)):
        mark = next((mark for mark in _MARKS if spelt == mark + shown), "")
        special = tokens.special[i]
        apart = i == 0 or special or tokens.special[i - 1]
        joined = not apart and (tokens.words[i] == tokens.words[i - 1] or touches(tokens, i))
        start, end = (-1, -1) if spans is None or special else spans[i]
        unknown = tokens.unknown[i]
        found.append(
            Piece(
                number,
                spelt,
                shown,
                mark,
                start=start,
                end=end,
                unknown=unknown,
                special=special,
                joined=joined,
            )
        )
    return tuple(found)


def touches(tokens: Tokens, place: int) -> bool:
    """Whether no white space lies between a token and the one before it, as far as that is known."""
    return tokens.spelling is not None and not tokens.spelling[place][:1].isspace()


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


@dataclass(frozen=True, eq=False)
class Alike:
    """How alike all vectors of a vocabulary are to that of one piece.

    All without the mean of the vocabulary. nearest: the pieces whose vectors point most nearly where its own
    does, the nearest first.
    cosines: float32 (pieces - 1,), of all others, in the order of their numbers.
    chance: the largest cosine among vectors that are put together from the same numbers by chance, as many as
    there are others, if that is not too many to try.
    """

    nearest: tuple[Near, ...]
    cosines: NDArray[np.float32]
    chance: float


@torch.no_grad()
def alike(m: Checkpoint, number: int, most: int = 8) -> Alike:
    """The pieces whose vectors point most nearly where that of the identifier does, itself left out.

    The cosine of two vectors is 1 where they point the same way, 0 where they are at right angles. The mean
    of all vectors is taken from each first: where a table is the output's as well, all rows have a large part
    in common, which would hide what they differ in (Mu and Viswanath 2018, "All-but-the-Top").
    """
    layer = cast(nn.Embedding, m.model.get_input_embeddings())
    known = min(layer.num_embeddings, len(m.tokenizer))  # some tables have rows that no piece has
    table = layer(torch.arange(known, device=m.model.device)).float()
    table = table - table.mean(0)
    own = table[number]
    cosine = nn.functional.cosine_similarity(table, own, -1)
    others = torch.arange(known, device=table.device) != number
    ranked = cosine.masked_fill(~others, -torch.inf)
    values, found = ranked.topk(min(most, int(others.sum())))
    ids = [int(i) for i in found]
    with m.lock:
        # One at a time: next to each other, two could read as the bytes of one character.
        texts = [tokens_of(m.tokenizer, [i], marks=m.language_ids).texts[0] for i in ids]
    near = tuple(Near(i, text, float(value)) for i, text, value in zip(ids, texts, values, strict=True))
    return Alike(near, cosine[others].cpu().numpy(), nearest_by_chance(table, own))


def nearest_by_chance(table: Tensor, own: Tensor) -> float:
    """The largest cosine of a vector (width,) with rows whose every number is that of a row drawn anew.

    As many rows as the table (rows, width) has, up to TRIED numbers.
    """
    count, width = table.shape
    tried = max(min(count, TRIED // width), 1)
    draw = torch.Generator().manual_seed(0)
    best = -1.0
    for begin in range(0, tried, 4096):
        rows = min(4096, tried - begin)
        which = torch.randint(count, (rows, width), generator=draw).to(table.device)
        mixed = table.gather(0, which)
        best = max(best, float(nn.functional.cosine_similarity(mixed, own, -1).max()))
    return best
