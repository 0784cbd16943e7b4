"""A recurrent network unrolled over a text, and what becomes of its answer where a gate is held by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.capture.checkpoint import Checkpoint
from model.capture.checks import check
from model.capture.encode import choices, encode, name_tokens, readable, shift_right
from model.capture.forward import LONGEST, Row, forward
from model.capture.observers import Observer, Place
from model.decode.decoding import write
from model.edits import Edit, Hold
from model.errors import Refusal
from model.listening import Recurred
from model.networks.recurrent.config import RecurrentConfig
from model.networks.recurrent.layers import Recurrence
from model.networks.recurrent.pretrained import (
    RecurrentForConditionalGeneration,
    RecurrentForSequenceClassification,
    RecurrentReader,
)
from model.trace import Kind, Tokens
from model.unrolled import Run, Unrolled

AT_ONCE = 32  # texts of one batch, each with an intervention of its own
BEST = 6  # pieces that could be written, told of each step
WHOLE: Tokens = Tokens.of(("",))


class Unrolling(Observer):
    """Keeps what each layer of a recurrent network does with one text."""

    def __init__(self, m: Checkpoint) -> None:
        self.config = cast(RecurrentConfig, m.model.config)
        self.runs: list[Run] = []

    def recurrence(self, place: Place, recurred: Recurred) -> None:
        layer = cast(Recurrence, place.module)
        w = layer.weights_of(recurred.direction)
        assert place.kind is not None
        assert place.layer is not None
        self.runs.append(
            Run(
                cell=self.config.cell,  # type: ignore[arg-type]
                kind=place.kind,
                layer=place.layer,
                direction=recurred.direction,
                x=array(recurred.x[0]),
                h=array(recurred.h[0]),
                c=None if recurred.c is None else array(recurred.c[0]),
                gates={name: array(values[0]) for name, values in recurred.gates.items()},
                h_0=array(recurred.h_0[0]),
                c_0=None if recurred.c_0 is None else array(recurred.c_0[0]),
                U=array(w.U),
                W=array(w.W),
                b_U=array(w.b_U),
                b_W=array(w.b_W),
                activation=self.config.activation,
                reset=self.config.reset,
            )
        )


def array(tensor: Tensor) -> NDArray[np.float32]:
    """A copy, as a record keeps it."""
    return tensor.detach().float().cpu().numpy().copy()


@torch.no_grad()
def unroll(m: Checkpoint, text: str, edits: Sequence[Edit] = ()) -> Unrolled:
    """What a recurrent network does with a text, step by step; an encoder-decoder with what it writes, too.

    edits: interventions, under which it reads, answers and writes. A network that answers once is asked anew
    for every beginning of the text: of one that reads forwards and answers from its last state, that is its
    output layer applied to the state behind each word.
    Raises ValueError, in one plain sentence, for a model that is not recurrent, an empty text and one that is
    too long, and edits that make no sense.
    """
    ids = read(m, text, edits)
    tokens = name_tokens(m, ids, readable(text))
    seen = Unrolling(m)
    if m.architecture == "encoder-decoder":
        writing = write(m, text, edits=edits)
        target = shift_right(m, writing.ids)
        forward(m, Row(ids, target), [seen], edits)
        written = name_tokens(m, target, writing.text)
        return Unrolled(tokens, tuple(seen.runs), written, writing=writing, attends="cross" in m.layers)
    answers = isinstance(m.model, RecurrentReader)
    output = forward(m, Row(ids), [seen], edits, logits=answers)
    if not answers:
        return Unrolled(tokens, tuple(seen.runs))
    once = isinstance(m.model, RecurrentForSequenceClassification)
    if once:
        beginnings = [Row(ids[: end + 1]) for end in range(len(ids))]
        logits = torch.cat([forward(m, some, (), edits, logits=True).logits for some in batches(beginnings)])
    else:
        logits = output.logits[0]
    return Unrolled(tokens, tuple(seen.runs), None, labels(m), array(logits.float().softmax(-1)), once)


@torch.no_grad()
def hand_over(m: Checkpoint, text: str) -> NDArray[np.float32]:
    """What a recurrent decoder starts with: (1 or 2 a layer, hidden), of each layer h and of an LSTM c too.

    Without attention it is all that it is given of the text. Raises ValueError where nothing recurrent
    writes.
    """
    if not isinstance(m.model, RecurrentForConditionalGeneration):
        raise ValueError(f"{m.name} has no recurrent decoder.")
    encoded = m.model.get_encoder()(input_ids=torch.tensor([encode(m, text)]))
    started = m.model.decoder.start(encoded)
    found = [part[0, 0] for state in started for part in (state.h, state.c) if part is not None]
    return array(torch.stack(found))


def read(m: Checkpoint, text: str, edits: Sequence[Edit]) -> list[int]:
    """The ids of a text. Raises ValueError as `unroll` does."""
    if not m.recurrences:
        raise Refusal("{name} is no recurrent network: it reads all words of a text at once.", name=m.name)
    check(m, edits)
    ids = encode(m, readable(text))
    if len(ids) > LONGEST:
        raise Refusal(
            "The text has {count} tokens, but {name} takes at most {most}; shorten it.",
            count=len(ids),
            name=m.name,
            most=LONGEST,
        )
    return ids


def batches(rows: Sequence[Any]) -> list[Sequence[Any]]:
    """The same, a few at a time."""
    return [rows[begin : begin + AT_ONCE] for begin in range(0, len(rows), AT_ONCE)]


def labels(m: Checkpoint) -> tuple[str, ...]:
    """The classes that a network chooses from, by the names that its config has for them."""
    names = cast("dict[int, str]", m.model.config.id2label)
    return tuple(str(names[i]) for i in sorted(names))


@dataclass(frozen=True, eq=False)
class Held:
    """What a model answers where a gate is held, at each step in turn.

    steps: what is read there. places: where answers stand: the words of a tagger, the pieces that an
    encoder-decoder wrote, a single nameless one of a network that answers once. labels: what can be answered;
    of an encoder-decoder the pieces that are likely somewhere.
    before: float32 (places, labels), the probabilities of the model as it is; after: (steps, places, labels),
    with the gate held at that step. moved: (steps, places), the total variation distance between the two,
    over all that could be answered: how much probability has gone elsewhere, from 0 to 1.
    """

    steps: Tokens
    places: Tokens
    labels: tuple[str, ...]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    moved: NDArray[np.float32]

    def elsewhere(self, step: int) -> list[int]:
        """The other steps at which a word is read, or where there is none any other step."""
        others = [i for i in range(len(self.steps)) if i != step]
        return [i for i in others if not self.steps.special[i]] or others

    def compare(self, step: int, place: int) -> tuple[NDArray[np.float32] | None, float]:
        """The baseline of a step: the gate held at a random other word, in the mean over all of them.

        Returns the probabilities (labels,) at a place, and how far they have moved; None and NaN where the
        text has one step.
        """
        others = self.elsewhere(step)
        if not others:
            return None, float("nan")
        probabilities: NDArray[np.float32] = self.after[others, place].mean(0)
        return probabilities, float(self.moved[others, place].mean())


@torch.no_grad()
def hold_each(m: Checkpoint, text: str, kind: Kind, gate: str, value: float, layer: int) -> Held:
    """A gate of a layer held at a value, in all its units and directions, at each step of a text in turn.

    An encoder-decoder is asked again for the text that it wrote as it is (teacher forcing).
    Raises ValueError as `unroll` does, and for a model that gives no answer.
    """
    ids = read(m, text, [Hold(kind, gate, value, layer)])
    source = tokens = name_tokens(m, ids, readable(text))
    written: list[int] | None = None
    if m.architecture == "encoder-decoder":
        writing = write(m, text)
        written = shift_right(m, writing.ids)
        places = name_tokens(m, list(writing.ids), writing.text)
        if kind == "decoder":
            tokens = name_tokens(m, written, writing.text)
    elif not isinstance(m.model, RecurrentReader):
        raise Refusal("{name} has no output layer: it reads, and answers nothing.", name=m.name)
    else:
        places = WHOLE if isinstance(m.model, RecurrentForSequenceClassification) else source
    row = Row(ids, written)

    def answer(holds: Sequence[Sequence[Edit]]) -> Tensor:
        """(texts, places, labels)"""
        logits: Tensor = forward(m, [row] * len(holds), rows=holds, logits=True).logits.float()
        return (logits if logits.dim() == 3 else logits[:, None]).softmax(-1)

    before = answer([[]])[0]
    kept, names = choose_labels(m, before, text, None if written is None else list(writing.ids))
    after, moved = [], []
    for some in batches([[Hold(kind, gate, value, layer, step)] for step in range(len(tokens))]):
        found = answer(some)
        moved.append(array((found - before).abs().sum(-1) / 2))
        after.append(array(found[..., kept]))
    return Held(tokens, places, names, array(before[:, kept]), np.concatenate(after), np.concatenate(moved))


def choose_labels(
    m: Checkpoint, before: Tensor, text: str, written: list[int] | None
) -> tuple[list[int], tuple[str, ...]]:
    """Which answers are kept, and how they read: every class, or of all pieces those likely somewhere."""
    if written is None:
        names = labels(m)
        return list(range(len(names))), names
    likely = before.topk(min(BEST, before.shape[-1])).indices.flatten().tolist()
    kept = sorted({*likely, *written})
    texts = choices(m, kept, text)
    return kept, tuple(texts[i] for i in kept)


def count_parameters(cell: str, inputs: int, units: int, directions: int = 1) -> int:
    """How many numbers a layer of this cell has learned, counted in the module itself."""
    layer = Recurrence(cell, inputs, units, bidirectional=directions == 2)
    return sum(parameter.numel() for parameter in layer.parameters())
