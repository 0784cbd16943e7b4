"""A recurrent network unrolled over a text: what each step read, kept and said. Plain NumPy; knows no torch.

`model.analysis.recurrence` makes it; the pages and figures read it. As the papers have it, x is what is read,
h the state and c an LSTM's cell state; U meets x, W meets the state before. Axes: (steps, units), the steps
in the order of the text. Two records are equal where they are the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.decodings import Writing
from model.trace import Kind, Tokens

Cell = Literal["rnn", "lstm", "gru"]
Array = NDArray[np.float32]

GATES: dict[Cell, tuple[str, ...]] = {  # in the order in which their rows lie in U and W
    "rnn": (),
    "lstm": ("input", "forget", "candidate", "output"),
    "gru": ("reset", "update", "candidate"),
}


def sigmoid(x: NDArray[Any]) -> NDArray[Any]:
    """1 / (1 + e⁻ˣ), by the tanh, which overflows nowhere."""
    return (1 + np.tanh(x / 2)) / 2


ACTIVATIONS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "relu": lambda x: np.maximum(x, 0),
}


@dataclass(frozen=True, eq=False)
class Step:
    """One step taken anew, with all that meets in it: each float64 (parts, units), one row for each block of
    rows of U and W; an Elman network has one, an LSTM and a GRU one for each gate.

    read: U x + b_U. kept: W h + b_W of the state before. Of a GRU the last row of `kept` is what the reset
    gate has let through of it. total: their sum. opened: what the activations make of it, by gate; of an
    Elman network, the new state. h, c: (units,), the new states; c of an LSTM alone.
    """

    read: NDArray[np.float64]
    kept: NDArray[np.float64]
    total: NDArray[np.float64]
    opened: NDArray[np.float64]
    h: NDArray[np.float64]
    c: NDArray[np.float64] | None


@dataclass(frozen=True, eq=False)
class Run:
    """One layer of a recurrent network in one direction, over one text.

    kind: "encoder" or "decoder", the stack it is in. layer: from 0. direction: 0 forwards, 1 backwards.
    x: (steps, in), what it reads. h, and of an LSTM c: (steps, units), the states behind each step; gates: by
    name, the same shape, as an intervention left them. h_0, c_0: (units,), before the first step.
    U: (parts · units, in), W: (parts · units, units), b_U, b_W: (parts · units,), in the order of GATES.
    activation: of an Elman network. reset: of a GRU, "before" or "after" the product with W.
    """

    cell: Cell
    kind: Kind
    layer: int
    direction: int
    x: Array
    h: Array
    c: Array | None
    gates: Mapping[str, Array]
    h_0: Array
    c_0: Array | None
    U: Array
    W: Array
    b_U: Array  # noqa: N815 - as in the papers
    b_W: Array  # noqa: N815
    activation: str = "tanh"
    reset: str = "after"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, field.name, freeze(value))
        object.__setattr__(self, "gates", {name: freeze(value) for name, value in self.gates.items()})
        steps, units, parts = len(self.x), len(self.h_0), self.parts
        shapes = {
            "h": (steps, units),
            "U": (parts * units, self.x.shape[1]),
            "W": (parts * units, units),
            "b_U": (parts * units,),
            "b_W": (parts * units,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, but x and h_0 say {shape}.")
        if tuple(self.gates) != GATES[self.cell]:
            raise ValueError(f"The gates of a {self.cell} are {GATES[self.cell]}, not {tuple(self.gates)}.")

    @property
    def parts(self) -> int:
        """How many blocks of rows U and W have."""
        return max(1, len(GATES[self.cell]))

    @property
    def units(self) -> int:
        return len(self.h_0)

    @property
    def steps(self) -> int:
        return len(self.x)

    @property
    def parameters(self) -> int:
        """How many numbers the layer has learned for this direction, whatever the length of the text."""
        return self.U.size + self.W.size + self.b_U.size + self.b_W.size

    def before(self, step: int) -> tuple[Array, Array | None]:
        """The states h and c that a step of the text starts from."""
        last = step + 1 if self.direction else step - 1
        if not 0 <= last < self.steps:
            return self.h_0, self.c_0
        return self.h[last], None if self.c is None else self.c[last]

    @property
    def changes(self) -> Array:
        """How far each step moves the cell state, of other networks the state: ‖c_t − c_{t−1}‖, (steps,)."""
        states = self.h if self.c is None else self.c
        begin = self.h_0 if self.c_0 is None else self.c_0
        ends = {"append" if self.direction else "prepend": begin[None]}
        moved: Array = np.diff(states, axis=0, **ends)  # type: ignore[call-overload]
        found: Array = np.linalg.norm(moved, axis=1).astype(np.float32)
        return found

    def take(self, step: int) -> Step:
        """A step of the text taken anew, from its x and the state before, by the record's own U, W and b.

        Where an intervention held a gate, this is what the layer would have done without it.
        """
        h, c = (None if one is None else one.astype(np.float64) for one in self.before(step))
        assert h is not None
        shape = (self.parts, self.units)
        read = (self.U.astype(np.float64) @ self.x[step] + self.b_U).reshape(shape)
        W, b_W = self.W.astype(np.float64), self.b_W.astype(np.float64)  # noqa: N806 - as in the papers
        kept = (W @ h + b_W).reshape(shape)
        if self.cell == "rnn":
            new = ACTIVATIONS[self.activation](read + kept)
            return Step(read, kept, read + kept, new, new[0], None)
        if self.cell == "lstm":
            assert c is not None
            total = read + kept
            i, f, o = sigmoid(total[0]), sigmoid(total[1]), sigmoid(total[3])
            g = np.tanh(total[2])
            c = f * c + i * g
            return Step(read, kept, total, np.stack([i, f, g, o]), o * np.tanh(c), c)
        r, z = sigmoid(read[0] + kept[0]), sigmoid(read[1] + kept[1])
        fed_back = r * kept[2]
        if self.reset == "before":
            fed_back = W[-self.units :] @ (r * h) + b_W[-self.units :]
        kept = np.stack([kept[0], kept[1], fed_back])
        n = np.tanh(read[2] + fed_back)
        return Step(read, kept, read + kept, np.stack([r, z, n]), (1 - z) * n + z * h, None)


@dataclass(frozen=True, eq=False)
class Unrolled:
    """What a recurrent network did with a text.

    tokens: what is read. runs: every layer in every direction, the encoder's first. written: what the decoder
    of an encoder-decoder reads, from the start token on; None of a network that only reads.
    labels: the classes of a network that only reads, by their names. probabilities: float32 (steps, labels):
    of one that answers at each word, the class of the word; of one that answers once, its answer if the
    text ended there, the last row being that of the whole text. None where it gives none.
    answers_once: whether it is of the second kind. writing: what an encoder-decoder wrote. attends: its
    decoder looks at every state of the encoder, beside what it starts from.
    """

    tokens: Tokens
    runs: tuple[Run, ...]
    written: Tokens | None = None
    labels: tuple[str, ...] = ()
    probabilities: Array | None = None
    answers_once: bool = False
    writing: Writing | None = None
    attends: bool = False

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("A recurrent network has at least one layer.")
        if self.probabilities is not None:
            object.__setattr__(self, "probabilities", freeze(self.probabilities))
            if self.probabilities.shape != (len(self.tokens), len(self.labels)):
                raise ValueError(
                    f"Probabilities of shape {self.probabilities.shape} do not fit {len(self.tokens)} tokens "
                    f"and {len(self.labels)} labels."
                )
        for run in self.runs:
            if run.steps != len(self.side(run.kind)):
                raise ValueError(
                    f"A run of {run.steps} steps does not fit {len(self.side(run.kind))} tokens."
                )

    def side(self, kind: Kind) -> Tokens:
        """What a stack reads."""
        if kind != "decoder":
            return self.tokens
        assert self.written is not None
        return self.written

    def depth(self, kind: Kind) -> int:
        """How many layers a stack has; 0 where there is no such stack."""
        return len({run.layer for run in self.runs if run.kind == kind})

    def of(self, kind: Kind, layer: int) -> tuple[Run, ...]:
        """A layer in its directions, forwards first. Raises KeyError where there is none."""
        found = tuple(run for run in self.runs if (run.kind, run.layer) == (kind, layer))
        if not found:
            raise KeyError(f"There is no {kind} layer {layer}.")
        return tuple(sorted(found, key=lambda run: run.direction))

    @property
    def cell(self) -> Cell:
        return self.runs[0].cell


def freeze(array: NDArray[Any]) -> Array:
    """The array as float32 that cannot be written."""
    found = np.asarray(array, np.float32).view()
    found.flags.writeable = False
    return found
