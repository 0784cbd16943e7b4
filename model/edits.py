"""Interventions: what may be changed in a pass. What they do stands in `model.attention`; a gate is held in
`model.listening`.

Layers, heads and positions are counted from 0, as the model numbers them; None means every one. Knows no
torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from model.trace import Kind


@dataclass(frozen=True)
class Cut:
    """The query no longer looks at the key: weight exactly 0, the rest of the row sums to 1 again.

    A row with nothing left looks at nothing: it becomes all zeros.
    """

    kind: Kind
    query: int | None = None
    key: int | None = None
    layer: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Open:
    """The query may look at the key, whatever the mask says; with no query and no key named, the mask is off.

    What is cut stays cut.
    """

    kind: Kind
    query: int | None = None
    key: int | None = None
    layer: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Silence:
    """The head says nothing: its output is 0 before W_O. What it looks at is still recorded."""

    kind: Kind
    layer: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Uniform:
    """The head looks at every key it may look at equally. A sink keeps its share."""

    kind: Kind
    layer: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Temperature:
    """The head's scores are divided by tau: below 1 it looks sharper, above 1 it spreads."""

    kind: Kind
    tau: float
    layer: int | None = None
    head: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.tau < math.inf:
            raise ValueError(f"The temperature must be a number above 0, not {self.tau}.")


@dataclass(frozen=True)
class Hold:
    """A gate of a recurrent layer is held at a value: 0 closes it, 1 opens it.

    gate: "input", "forget", "candidate", "output" of an LSTM; "reset", "update", "candidate" of a GRU. step:
    the token at which; unit: which of the layer's; direction: 0 forwards, 1 backwards.
    """

    kind: Kind
    gate: str
    value: float
    layer: int | None = None
    step: int | None = None
    unit: int | None = None
    direction: int | None = None

    def __post_init__(self) -> None:
        if not -1 <= self.value <= 1:
            raise ValueError(f"A gate can be held at a number from -1 to 1, not at {self.value}.")


AttentionEdit = Cut | Open | Silence | Uniform | Temperature
Edit = AttentionEdit | Hold


class Applied(NamedTuple):
    """An edit as it applies to one call of attention.

    row: the text of the batch, None = every one. columns: the keys that are of the edit's kind; a model may
    look at its own text and at the encoder's in one softmax (T5Gemma 2).
    """

    edit: AttentionEdit
    row: int | None = None
    columns: slice = slice(None)


def needs_whole(edits: Iterable[Edit]) -> bool:
    """True where an edit can be made only where all of the text is there: positions in a key-value cache are
    not those of the text, and what it holds has not seen what came later.
    """
    return any(
        isinstance(edit, Open)
        or (isinstance(edit, Cut) and (edit.query, edit.key) != (None, None))
        or (isinstance(edit, Hold) and edit.step is not None)
        for edit in edits
    )


def reads_anew(edits: Iterable[Edit]) -> bool:
    """True where a text that grows must be read again from its beginning at each step.

    An encoder keeps no keys and values: it reads its text once, and whole.
    """
    return needs_whole(edit for edit in edits if edit.kind != "encoder")
