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

from model.attention import Cut, Edit, listening
from model.capture.checkpoint import Checkpoint, forward
from model.capture.record import check, check_editable, check_places, encode, named, readable, shifted
from model.capture.recorder import Recorder
from model.trace import Kind, Tokens

Unit = Literal["logprob", "moved"]


@dataclass(frozen=True)
class Passage:
    """What is measured: a text that is read, and for an encoder-decoder the ids that it wrote for it.

    tokens: what the effects are told of, the written pieces where the model writes, else those read.
    """

    source: str
    ids: tuple[int, ...]
    written: tuple[int, ...]
    tokens: Tokens
    unit: Unit


def passage(m: Checkpoint, source: str, written: Sequence[int] = ()) -> Passage:
    """The passage of a text. written: what an encoder-decoder wrote for it.

    Raises ValueError for an empty or too long text, for a model that cannot be edited, and for an
    encoder-decoder where nothing was written or it does not have the ids.
    """
    check_editable(m)
    source = readable(source)
    ids = encode(m, source)
    if m.architecture == "encoder-decoder":
        if not written:
            raise ValueError(f"There is no effect on what {m.name} writes before something is written.")
        shifted(m, written)
        return Passage(source, tuple(ids), tuple(written), named(m, list(written), source), "logprob")
    unit: Unit = "logprob" if m.architecture == "decoder" and predicts(m) else "moved"
    return Passage(source, tuple(ids), (), named(m, ids, source), unit)


def predicts(m: Checkpoint) -> bool:
    """Whether the model has an output over the vocabulary."""
    return m.model.get_output_embeddings() is not None


@torch.no_grad()
def reading(m: Checkpoint, text: Passage, edits: Sequence[Edit] = ()) -> Tensor:
    """One pass under the edits: what effects are told from.

    Returns the log-probability of each piece (pieces,), given all before it and NaN for the first of a text
    that nothing comes before; or where the unit is "moved" the last vectors (pieces, width).
    Raises ValueError where an edit names something that is not there.
    """
    check(m, edits)
    check_places(edits, sides(m, text), free=False)
    ids = torch.tensor([text.ids], device=m.model.device)
    read = torch.tensor([shifted(m, text.written)]) if text.written else None
    with listening(Recorder(m.kinds, m.layers, edits=edits)):
        if text.unit == "moved":
            vectors: Tensor = forward(m.model, ids, ids)[0][0].float()
            return vectors
        options: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        if read is not None:
            options["decoder_input_ids"] = read.to(ids.device)
        logprobs = m.model(**options).logits[0].float().log_softmax(-1)
    if read is not None:
        return logprobs.gather(1, torch.tensor(text.written, device=ids.device)[:, None])[:, 0]
    told = logprobs[:-1].gather(1, ids[0, 1:, None])[:, 0]
    return torch.cat([told.new_full((1,), torch.nan), told])


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


def compared(text: Passage, before: Tensor, after: Tensor) -> Effect:
    """The effect that lies between two readings of a passage."""
    if text.unit == "logprob":
        return Effect(text.tokens, "logprob", before.double().cpu().numpy(), after.double().cpu().numpy())
    moved = (after - before).norm(dim=-1) / before.norm(dim=-1).clamp(min=1e-12)
    return Effect(text.tokens, "moved", np.zeros(len(moved)), moved.double().cpu().numpy())


def effect(m: Checkpoint, text: Passage, edits: Sequence[Edit]) -> Effect:
    """What the edits do to a passage: to what was written without them, or to the vectors."""
    return compared(text, reading(m, text), reading(m, text, edits))


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
    before = reading(m, text, edits)
    places = np.arange(len(text.tokens)) if at is None else np.array(list(at), dtype=int)
    queries, heads = tuple(queries), tuple(heads)
    found = []
    for word in words:
        cuts = [Cut(kind, query, key, *head) for query in queries for key in word for head in heads]
        change = compared(text, before, reading(m, text, [*edits, *cuts])).change[places]
        found.append(change.sum() if text.unit == "logprob" else change.mean())
    return np.array(found)
