"""What is played: one row of weights for each piece written, and what else could have been written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.decodings import Step, Writing
from model.trace import Stack, Tokens, Trace

NONE = np.zeros((0, 0), np.float32)  # this very array stands for attention that is not there
WORTH = 0.1  # a look of this weight is worth following from the decoder into the encoder


@dataclass(frozen=True, eq=False)
class Film:
    """A text and what was looked at to write each piece of it. Weights are those of one head, or of several;
    of a kind of attention that the model does not have they are NONE.

    source: the pieces that were read. start: the token that the decoder begins with.
    written: the pieces that were written, the end token among them where there is one.
    so_far: how the text reads once 0, 1, … all pieces are written.
    encoder: float32 (source, source), queries down. decoder: float32 (steps, steps); row t is what step t
    looks at to write piece t, column 0 is the start token and column i > 0 piece i - 1; 0 above the diagonal.
    cross: float32 (steps, source), the same steps.
    steps: what was chosen at each of them, and from what.
    """

    source: Tokens
    start: str
    written: Tokens
    so_far: tuple[str, ...]
    encoder: NDArray[np.float32]
    decoder: NDArray[np.float32]
    cross: NDArray[np.float32]
    steps: tuple[Step, ...]

    @cached_property
    def passed(self) -> tuple[int | None, ...]:
        """For each step the piece of the source that the decoder looks at most, special ones left out.

        None where it gives none of them WORTH.
        """
        if not self.cross.size:
            return (None,) * len(self.steps)
        row = np.where(np.array(self.source.special, dtype=bool), 0, self.cross)
        best = row.argmax(axis=1) if row.size else np.zeros(len(row), int)
        return tuple(int(k) if row[t, k] >= WORTH else None for t, k in enumerate(best))

    def __post_init__(self) -> None:
        steps, source = len(self.steps), len(self.source)
        fitting = {"encoder": (source, source), "decoder": (steps, steps), "cross": (steps, source)}
        shapes = {kind: getattr(self, kind).shape for kind in fitting}
        if any(shape not in (fitting[kind], NONE.shape) for kind, shape in shapes.items()):
            raise ValueError(f"Weights of {shapes} do not fit {steps} steps and {source} pieces read.")
        if not len(self.written) == len(self.so_far) - 1 == steps:
            raise ValueError("There must be one piece written for each step, and one text more.")


def film(
    trace: Trace,
    writing: Writing,
    layer: int | None = None,
    head: int | None = None,
    given: Collection[int] | None = None,
    encoder: tuple[int | None, int | None] | None = None,
    sides: tuple[Tokens, Tokens] | None = None,
) -> Film:
    """What a translation looks like while it is written.

    trace: of the same model with writing.ids as its target, in pieces.
    layer: whose weights are shown, from 0; the last one where it is None or a kind has no such layer.
    head: one head of it; the mean of all where it is None or a kind has no such head.
    encoder: layer and head of the encoder, in the same way; those of the decoder where it is None.
    given: the steps at which a person chose the piece, from 0, so that a beginning which was only kept is
        not marked as theirs; None takes the writing's word for it.
    sides: what is read, and what the decoder reads; None: those of the trace, if it has them.
    Raises ValueError where the trace is not that of an encoder-decoder or not of this writing.
    """
    reads, decoder, cross = trace.encoder, trace.decoder, trace.cross
    source, spoken = sides or find_sides(trace)
    steps, read = len(writing.steps), len(spoken)
    told = writing.steps
    if given is not None:
        told = tuple(replace(step, given=place in given) for place, step in enumerate(told))
    # The last row reads all pieces but the end token, and writes it. A text that was cut off has no end
    # token; there one more row stands for the piece that never came.
    rows = (len(stack.queries) for stack in (decoder, cross) if stack is not None)
    if not read - 1 <= steps <= read or any(count != read for count in rows):
        raise ValueError(
            f"The decoder of this trace has read {read} pieces, which does not fit a text of {steps}; "
            "trace the text that was written."
        )
    columns = (len(stack.keys) for stack in (reads, cross) if stack is not None)
    if any(count != len(source) for count in columns):
        raise ValueError("The encoder and the cross-attention of this trace have read different texts.")
    written = _collect_written(spoken, writing.steps)
    own = (layer, head) if encoder is None else encoder
    return Film(
        source=source,
        start=spoken.texts[0],
        written=written,
        so_far=beginnings(writing.text, written),
        encoder=NONE if reads is None else _weights(reads, *own),
        decoder=NONE if decoder is None else np.tril(_weights(decoder, layer, head)[:steps, :steps]),
        cross=NONE if cross is None else _weights(cross, layer, head)[:steps],
        steps=told,
    )


def find_sides(trace: Trace) -> tuple[Tokens, Tokens]:
    """What was read, and what the decoder read, by the kinds of attention that a trace has.

    Raises ValueError where it does not tell both.
    """
    if trace.cross is not None:
        return trace.cross.keys, trace.cross.queries
    if trace.encoder is None or trace.decoder is None:
        raise ValueError("Only what an encoder-decoder writes can be played.")
    return trace.encoder.queries, trace.decoder.queries


def beginnings(text: str, pieces: Tokens) -> tuple[str, ...]:
    """The text once 0, 1, … all pieces are written, spelt as in the whole: "", "L'", "L'animal", ….

    Special pieces add nothing. Where the pieces are not those of the text, the words are put together with
    spaces.
    """
    found, at = [""], 0
    for piece, special in zip(pieces.texts, pieces.special, strict=True):
        bare = "" if special else piece.strip()
        while bare and text[at : at + 1].isspace():
            at += 1
        if text[at : at + len(bare)].lower() != bare.lower():
            return tuple(pieces.join(range(count)) for count in range(len(pieces) + 1))
        at += len(bare)
        found.append(text[:at])
    return tuple(found)


def _collect_written(read: Tokens, steps: Sequence[Step]) -> Tokens:
    """The pieces written: what the decoder read after the start token, and the end token, never read."""
    found = read.take(range(1, min(len(steps) + 1, len(read))))
    if len(found) == len(steps):
        return found
    end = steps[-1].chosen.text
    return replace(
        found,
        texts=(*found.texts, end),
        words=(*found.words, read.words[-1] + 1),
        special=(*found.special, True),
        unknown=(*found.unknown, False),
        spelling=None if found.spelling is None else (*found.spelling, f" {end}"),
    )


def _weights(stack: Stack, layer: int | None, head: int | None) -> NDArray[np.float32]:
    """(queries, keys) of one layer: one head of it, or the mean of its heads."""
    if not stack.layers:
        raise ValueError(f"The {stack.kind} attention of this trace was not recorded.")
    weights = np.nan_to_num(stack.weights[stack.layers.index(layer) if layer in stack.layers else -1])
    if head is not None and 0 <= head < stack.heads:
        return weights[head]
    return weights.mean(axis=0, dtype=np.float32)
