"""What matters: a text again with edges cut, heads silenced or made uniform, and how far that moves it.

For a model that writes, an effect is the change of the log-probability of what it wrote, piece by piece;
for one that only reads, how far its last layer's vectors move.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.capture.checkpoint import Checkpoint
from model.capture.checks import check, check_editable, check_places
from model.capture.encode import name_tokens, read_texts, readable, readable_pair, shift_right
from model.capture.forward import Row, forward
from model.edits import Cut, Edit
from model.trace import Kind, Tokens

Unit = Literal["logprob", "moved"]
MEMORY = 256 * 1024**2  # bytes that the passes of one batch may take
MOST_ROWS = 32  # passes of one batch: more are no faster


@dataclass(frozen=True)
class Passage:
    """What is measured: a text that is read, and for an encoder-decoder the ids that it wrote for it.

    tokens: what the effects are told of, the written pieces where the model writes, else those read.
    types: of a pair of texts the type of each token, where the model reads segments.
    """

    source: str
    ids: tuple[int, ...]
    written: tuple[int, ...]
    tokens: Tokens
    unit: Unit
    types: tuple[int, ...] | None = None


def passage(m: Checkpoint, source: str, written: Sequence[int] = (), pair: str | None = None) -> Passage:
    """The passage of a text, or of a pair of texts. written: what an encoder-decoder wrote for it.

    Raises ValueError for an empty or too long text, for a model that cannot be edited, and for an
    encoder-decoder where nothing was written or it does not have the ids.
    """
    check_editable(m)
    source, pair = readable(source), readable_pair(pair)
    ids, types, tokens = read_texts(m, source, pair)
    if m.architecture == "encoder-decoder":
        if not written:
            raise ValueError(f"There is no effect on what {m.name} writes before something is written.")
        shift_right(m, written)
        return Passage(source, tuple(ids), tuple(written), name_tokens(m, list(written), source), "logprob")
    unit: Unit = "logprob" if m.architecture == "decoder" and predicts(m) else "moved"
    return Passage(source, tuple(ids), (), tokens, unit, None if types is None else tuple(types))


def predicts(m: Checkpoint) -> bool:
    """Whether the model has an output over the vocabulary."""
    return m.model.get_output_embeddings() is not None


def read(m: Checkpoint, text: Passage, edits: Sequence[Edit] = ()) -> Tensor:
    """One pass under the edits: what effects are told from; see `read_all`."""
    return read_all(m, text, [edits])[0]


@torch.no_grad()
def read_all(m: Checkpoint, text: Passage, edits: Sequence[Sequence[Edit]]) -> Tensor:
    """The passage once for each list of edits, as many at a time as memory holds.

    Returns float32 (passes, pieces), the log-probability of each piece, given all before it and NaN for the
    first of a text that nothing comes before; or where the unit is "moved" the last vectors (passes, pieces,
    width). Raises ValueError where an edit names something that is not there.
    """
    for one in edits:
        check(m, one)
        check_places(one, sides(m, text), free=False)
    row = Row(text.ids, shift_right(m, text.written) if text.written else None, text.types)
    most = rows_at_once(m, text)
    found = []
    for first in range(0, len(edits), most):
        some = edits[first : first + most]
        output = forward(m, [row] * len(some), rows=some, logits=text.unit == "logprob")
        found.append(output[0].float() if text.unit == "moved" else take_logprobs(text, output.logits))
    return torch.cat(found)


def take_logprobs(text: Passage, logits: Tensor) -> Tensor:
    """The log-probability of each piece of the passage: (passes, steps, vocabulary) -> (passes, pieces)."""
    ids = text.written or text.ids[1:]
    steps = logits if text.written else logits[:, :-1]
    pieces = torch.tensor(ids, device=logits.device).expand(len(logits), -1)
    # One pass at a time: a float32 copy of all of them would be the largest thing here.
    chosen = [
        row.float().log_softmax(-1).gather(1, i[:, None])[:, 0] for row, i in zip(steps, pieces, strict=True)
    ]
    found = torch.stack(chosen)
    return found if text.written else torch.cat([found.new_full((len(found), 1), torch.nan), found], dim=1)


def rows_at_once(m: Checkpoint, text: Passage) -> int:
    """How many passes of a text go through the model together: as many as MEMORY bears."""
    read, written = len(text.ids), len(text.written)
    longest = max(read, written)
    config = m.model.config.get_text_config()
    width, vocabulary = (int(getattr(config, name, 0)) for name in ("hidden_size", "vocab_size"))
    weights = max(m.heads.values()) * longest * longest
    size = 4 * (
        4 * weights + 12 * longest * width + (text.unit == "logprob") * (written or read) * vocabulary
    )
    return max(1, min(MOST_ROWS, MEMORY // size))


def sides(m: Checkpoint, text: Passage) -> dict[Kind, tuple[Any, Any]]:
    """How many queries and keys each kind of attention has, as things with a length."""
    ids: Sequence[int] = text.ids
    if m.architecture != "encoder-decoder":
        return {m.architecture: (ids, ids)}
    return {"encoder": (ids, ids), "decoder": (text.written, text.written), "cross": (text.written, ids)}


@dataclass(frozen=True)
class Effect:
    """What edits did. before, after: float64 (pieces,), log-probabilities; where the unit is "moved" before
    is 0 and after how far the vector moved, as a share of its length.
    """

    tokens: Tokens
    unit: Unit
    before: NDArray[np.float64]
    after: NDArray[np.float64]

    @property
    def change(self) -> NDArray[np.float64]:
        """after - before (pieces,), 0 where there is nothing to compare."""
        return np.nan_to_num(self.after - self.before, nan=0.0)

    def by_words(self) -> Effect:
        """The same word by word: log-probabilities of a word's pieces add up, movements are averaged."""
        groups = self.tokens.groups()
        merge = np.nansum if self.unit == "logprob" else np.nanmean
        before, after = (np.array([merge(x[group]) for group in groups]) for x in (self.before, self.after))
        return Effect(self.tokens.by_words(), self.unit, before, after)


def compare(text: Passage, before: Tensor, after: Tensor) -> Effect:
    """The effect that lies between two readings of a passage."""
    if text.unit == "logprob":
        return Effect(text.tokens, "logprob", before.double().cpu().numpy(), after.double().cpu().numpy())
    moved = (after - before).norm(dim=-1) / before.norm(dim=-1).clamp(min=1e-12)
    return Effect(text.tokens, "moved", np.zeros(len(moved)), moved.double().cpu().numpy())


def effect(m: Checkpoint, text: Passage, edits: Sequence[Edit]) -> Effect:
    """What the edits do to a passage: to what was written without them, or to the vectors."""
    return compare(text, *read_all(m, text, [(), edits]))


def matters(
    m: Checkpoint,
    text: Passage,
    kind: Kind,
    queries: Iterable[int],
    words: Sequence[Sequence[int]],
    heads: Iterable[tuple[int | None, int | None]] = ((None, None),),
    at: Iterable[int] | None = None,
    edits: Sequence[Edit] = (),
) -> NDArray[np.float64]:
    """How much it matters that these queries look at each word: every word cut from them in turn.

    kind: of attention. queries: positions of tokens. words: the positions of each word's tokens among the
    keys. heads: (layer, head) in which it is cut, None = every one. at: the pieces whose effect is summed,
    None = all of them. edits: already there before and after.
    Returns float64 (words,): the change of the summed log-probability, or the mean movement.
    """
    places = np.arange(len(text.tokens)) if at is None else np.array(list(at), dtype=int)
    queries, heads = tuple(queries), tuple(heads)
    cuts = [
        [Cut(kind, query, key, *head) for query in queries for key in word for head in heads]
        for word in words
    ]
    before, *after = read_all(m, text, [edits, *([*edits, *one] for one in cuts)])
    changes = [compare(text, before, one).change[places] for one in after]
    return np.array([change.sum() if text.unit == "logprob" else change.mean() for change in changes])
