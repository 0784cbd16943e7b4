"""One step of a recurrent network, to be read beside the papers.

x (batch, in) is what is read, h (batch, hidden) the state before; U meets x and W meets h. A cell's matrices
lie below one another as PyTorch has them, one block of rows for each of its parts, and so do its biases:
U (parts · hidden, in), W (parts · hidden, hidden), b_U and b_W (parts · hidden,). The layers of
`model.networks.recurrent` keep them in PyTorch's own modules, whose fused kernels compute the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

Hold = Callable[[str, Tensor], Tensor]  # the name of a gate and its values -> the values that it is to have


class State(NamedTuple):
    """What goes from one step to the next. h, and of an LSTM the cell state c: (…, batch, hidden)."""

    h: Tensor
    c: Tensor | None = None


class Weights(NamedTuple):
    """Those of one layer in one direction; see the module."""

    U: Tensor
    W: Tensor
    b_U: Tensor  # noqa: N815 - as in the papers
    b_W: Tensor  # noqa: N815


class Cell(Protocol):
    """parts: how many blocks of rows the matrices have. gates: the names of what it opens and closes by."""

    @property
    def parts(self) -> int: ...

    @property
    def gates(self) -> tuple[str, ...]: ...

    def step(self, Ux: Tensor, state: State, w: Weights, hold: Hold) -> tuple[State, dict[str, Tensor]]:  # noqa: N803
        """The next state, and the gates (batch, hidden) that made it.

        Ux: (batch, parts · hidden), x Uᵀ + b_U, which needs no state and so is made for all steps at once.
        hold: may put other values in a gate's place.
        """
        ...


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
}


class Elman:
    """h' = φ(U x + W h + b) (Elman 1990, "Finding Structure in Time")."""

    parts = 1
    gates: tuple[str, ...] = ()

    def __init__(self, activation: str = "tanh") -> None:
        self.phi = ACTIVATIONS[activation]

    def step(self, Ux: Tensor, state: State, w: Weights, hold: Hold) -> tuple[State, dict[str, Tensor]]:  # noqa: N803
        return State(self.phi(Ux + state.h @ w.W.T + w.b_W)), {}


class LSTM:
    """Long short-term memory (Hochreiter & Schmidhuber 1997; the forget gate: Gers et al. 2000).

    i, f, o = σ(U x + W h + b), each with rows of its own; g = tanh(U_g x + W_g h + b_g);
    c' = f ⊙ c + i ⊙ g; h' = o ⊙ tanh(c').
    """

    parts = 4
    gates = ("input", "forget", "candidate", "output")

    def step(self, Ux: Tensor, state: State, w: Weights, hold: Hold) -> tuple[State, dict[str, Tensor]]:  # noqa: N803
        assert state.c is not None
        i, f, g, o = (Ux + state.h @ w.W.T + w.b_W).chunk(4, -1)
        i = hold("input", torch.sigmoid(i))
        f = hold("forget", torch.sigmoid(f))
        g = hold("candidate", torch.tanh(g))
        o = hold("output", torch.sigmoid(o))
        c = f * state.c + i * g
        return State(o * torch.tanh(c), c), {"input": i, "forget": f, "candidate": g, "output": o}


class GRU:
    """Gated recurrent unit (Cho et al. 2014, "Learning Phrase Representations", eq. 5 to 8).

    r, z = σ(U x + W h + b); h' = (1 - z) ⊙ n + z ⊙ h, where the candidate is
    n = tanh(U_n x + W_n (r ⊙ h) + b_n) in the paper (reset "before" the product), and
    n = tanh(U_n x + b_n + r ⊙ (W_n h + b'_n)) in cuDNN and PyTorch (reset "after").
    """

    parts = 3
    gates = ("reset", "update", "candidate")

    def __init__(self, reset: str = "after") -> None:
        self.resets_after = reset == "after"

    def step(self, Ux: Tensor, state: State, w: Weights, hold: Hold) -> tuple[State, dict[str, Tensor]]:  # noqa: N803
        h = state.h
        Ux_r, Ux_z, Ux_n = Ux.chunk(3, -1)  # noqa: N806 - as in the papers
        (W_r, W_z, W_n), (b_r, b_z, b_n) = w.W.chunk(3), w.b_W.chunk(3)  # noqa: N806
        r = hold("reset", torch.sigmoid(Ux_r + h @ W_r.T + b_r))
        z = hold("update", torch.sigmoid(Ux_z + h @ W_z.T + b_z))
        fed_back = r * (h @ W_n.T + b_n) if self.resets_after else (r * h) @ W_n.T + b_n
        n = hold("candidate", torch.tanh(Ux_n + fed_back))
        return State((1 - z) * n + z * h), {"reset": r, "update": z, "candidate": n}


def make_cell(cell: str, activation: str = "tanh", reset: str = "after") -> Cell:
    """The cell of a config: "rnn", "lstm" or "gru"."""
    if cell == "rnn":
        return Elman(activation)
    return LSTM() if cell == "lstm" else GRU(reset)
