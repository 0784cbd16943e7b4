"""A layer of a recurrent network: PyTorch's fused kernels, or step after step where somebody watches."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from model.listening import Recurred, RecurrentCall, hear_recurrence
from model.networks.recurrent.cells import Cell, State, Weights, make_cell

TORCH: dict[str, Any] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Recurrence(nn.Module):
    """One layer, read forwards, or forwards and backwards.

    Its weights are those of the torch module of the same name, `weights`, also where PyTorch has no kernel
    for it: the Elman network with a sigmoid, and the GRU that resets before the product.
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        bidirectional: bool = False,
        activation: str = "tanh",
        reset: str = "after",
    ) -> None:
        super().__init__()
        self.cell: Cell = make_cell(cell, activation, reset)
        self.hidden_size = hidden_size
        self.directions = 2 if bidirectional else 1
        self.has_kernel = activation != "sigmoid" if cell == "rnn" else cell == "lstm" or reset == "after"
        more = {"nonlinearity": "relu" if activation == "relu" else "tanh"} if cell == "rnn" else {}
        self.weights = TORCH[cell](
            input_size, hidden_size, batch_first=True, bidirectional=bidirectional, **more
        )
        self.has_cell_state = cell == "lstm"

    def forward(
        self, x: Tensor, lengths: Tensor | None = None, state: State | None = None
    ) -> tuple[Tensor, State]:
        """x (batch, steps, in) -> the states of all steps (batch, steps, directions · hidden), and the last.

        lengths: (batch,), how many steps each text has, where what comes behind it must not count; states
        there are 0. state: h and c (directions, batch, hidden) to begin with, 0 unless given.
        """
        call = hear_recurrence(self)
        if call is not None or not self.has_kernel:
            return self.unroll(x, lengths, state, call or RecurrentCall())
        return self.run_kernel(x, lengths, state)

    def run_kernel(self, x: Tensor, lengths: Tensor | None, state: State | None) -> tuple[Tensor, State]:
        """See forward; by PyTorch."""
        begin: Any = None
        if state is not None:
            begin = state.h.contiguous() if state.c is None else (state.h.contiguous(), state.c.contiguous())
        packed: Any = x
        packs = lengths is not None and not bool((lengths == x.shape[1]).all())
        if packs:
            assert lengths is not None
            packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, last = self.weights(packed, begin)
        if packs:
            states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
        # Under autocast the kind of number depends on the cell and on whether the texts are of one length.
        h, c = last if isinstance(last, tuple) else (last, None)
        return states.to(x.dtype), State(h.to(x.dtype), None if c is None else c.to(x.dtype))

    def unroll(
        self, x: Tensor, lengths: Tensor | None, state: State | None, call: RecurrentCall
    ) -> tuple[Tensor, State]:
        """See forward; one step after another."""
        found, last = [], []
        for direction in range(self.directions):
            steps = Steps(self, call, len(x), state, direction, x)
            Ux = self.project(x, direction)  # noqa: N806 - as in the papers
            order = range(x.shape[1])
            for t in reversed(order) if direction else order:
                steps.take(Ux[:, t], t, x[:, t], None if lengths is None else (t < lengths)[:, None])
            found.append(steps.finish())
            last.append(steps.state)
        c = None if last[0].c is None else torch.stack([cast(Tensor, one.c) for one in last])
        return torch.cat(found, -1), State(torch.stack([one.h for one in last]), c)

    def weights_of(self, direction: int = 0) -> Weights:
        """The weights of one direction, 0 forwards and 1 backwards."""
        behind = "_reverse" if direction else ""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return Weights(*(getattr(self.weights, f"{name}_l0{behind}") for name in names))

    def project(self, x: Tensor, direction: int = 0) -> Tensor:
        """x Uᵀ + b_U: (…, in) -> (…, parts · hidden)"""
        w = self.weights_of(direction)
        return nn.functional.linear(x, w.U, w.b_U)

    def begin(self, batch: int, like: Tensor) -> State:
        """The state before all steps in one direction, 0: (batch, hidden)."""
        h = like.new_zeros(batch, self.hidden_size)
        return State(h, torch.zeros_like(h) if self.has_cell_state else None)


class Steps:
    """The steps of one layer in one direction, each of which may depend on what came before it.

    state: (batch, hidden), now. Who listens is told of all steps once they are taken, by `finish`.
    """

    def __init__(
        self,
        layer: Recurrence,
        call: RecurrentCall,
        batch: int,
        state: State | None,
        direction: int,
        like: Tensor,
    ) -> None:
        self.layer, self.call, self.direction = layer, call, direction
        self.weights = layer.weights_of(direction)
        self.state = layer.begin(batch, like)
        if state is not None:
            self.state = State(state.h[direction], None if state.c is None else state.c[direction])
        self.before = self.state
        self.h: dict[int, Tensor] = {}
        self.read: dict[int, Tensor] = {}  # the same, kept where a text has ended
        self.c: dict[int, Tensor] = {}
        self.x: dict[int, Tensor] = {}
        self.gates: dict[str, dict[int, Tensor]] = defaultdict(dict)

    def take(self, Ux: Tensor, t: int, x: Tensor, alive: Tensor | None = None) -> Tensor:  # noqa: N803
        """The state h (batch, hidden) behind step t, 0 where a text has no such step.

        Ux: (batch, parts · hidden), see `Cell.step`; x: (batch, in), what it was made of. alive: (batch, 1),
        which texts have the step.
        """

        def hold(gate: str, values: Tensor) -> Tensor:
            return self.call.hold(gate, values, t, self.direction)

        after, gates = self.layer.cell.step(Ux, self.state, self.weights, hold)
        if alive is not None:
            c = None if after.c is None else torch.where(alive, after.c, cast(Tensor, self.state.c))
            after = State(torch.where(alive, after.h, self.state.h), c)
        self.state = after
        self.h[t] = after.h if alive is None else after.h * alive
        self.read[t] = after.h
        if self.call.record is not None:
            self.x[t] = x
            if after.c is not None:
                self.c[t] = after.c
            for name, values in gates.items():
                self.gates[name][t] = values
        return self.h[t]

    def finish(self) -> Tensor:
        """The states of all steps, (batch, steps, hidden), in the order of the text."""
        h = in_order(self.h)
        if self.call.record is not None:
            gates = {name: in_order(values) for name, values in self.gates.items()}
            c = in_order(self.c) if self.c else None
            steps = tuple(self.read[t] for t in sorted(self.read))
            x = in_order(self.x)
            self.call.record(Recurred(self.direction, h, c, gates, self.before.h, self.before.c, steps, x))
        return h


def in_order(steps: dict[int, Tensor]) -> Tensor:
    """(batch, steps, …) of what was made at each step (batch, …)."""
    return torch.stack([steps[t] for t in sorted(steps)], 1)
