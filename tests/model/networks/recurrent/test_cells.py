"""Each cell against torch's module with the same weights, and against finite differences."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from model.listening import Recurred, RecurrentCall
from model.networks.recurrent.cells import State
from model.networks.recurrent.layers import Recurrence

CELLS = [
    ("rnn", "tanh", "after"),
    ("rnn", "relu", "after"),
    ("lstm", "tanh", "after"),
    ("gru", "tanh", "after"),
]
OWN = [("rnn", "sigmoid", "after"), ("gru", "tanh", "before")]


def make(cell: str, activation: str, reset: str, bidirectional: bool = False) -> Recurrence:
    torch.manual_seed(3)
    return Recurrence(cell, 5, 4, bidirectional, activation, reset).double()


def state_of(layer: Recurrence, batch: int) -> State:
    h = torch.randn(layer.directions, batch, 4, dtype=torch.float64)
    return State(h, torch.randn_like(h) if layer.has_cell_state else None)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(("cell", "activation", "reset"), CELLS)
@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_steps_equal_torch(
    cell: str, activation: str, reset: str, bidirectional: bool, lengths: list[int], seed: int
) -> None:
    """States, last states and every gradient, with texts of other lengths beside one another."""
    layer = make(cell, activation, reset, bidirectional)
    torch.manual_seed(seed)
    x = torch.randn(len(lengths), 6, 5, dtype=torch.float64, requires_grad=True)
    state = state_of(layer, len(lengths))
    counts = torch.tensor(lengths)
    results: list[list[Any]] = []

    def unroll(x: Tensor, counts: Tensor, state: State) -> tuple[Tensor, State]:
        return layer.unroll(x, counts, state, RecurrentCall())

    for run in (layer.run_kernel, unroll):
        layer.zero_grad()
        x.grad = None
        states, last = run(x, counts, state)
        loss = (states * states.detach().cos()).sum() + last.h.sin().sum()
        if last.c is not None:
            loss = loss + last.c.sin().sum()
        loss.backward()
        assert x.grad is not None
        found: list[Any] = [states, *last, x.grad.clone(), *(p.grad.clone() for p in layer.parameters())]
        results.append([one for one in found if one is not None])
    assert len(results[0]) == len(results[1])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, atol=1e-12, rtol=1e-9)
    states = results[1][0]
    for row, count in enumerate(lengths):
        assert not states[row, count:].any()


def numpy_step(cell: str, activation: str, reset: str, x: Tensor, h: Tensor, layer: Recurrence) -> Tensor:
    """One step of what torch has no kernel for, written once more from the papers, number by number."""
    w = layer.weights_of()
    size = layer.hidden_size

    def line(U: Tensor, W: Tensor, b: Tensor, row: int, state: Tensor) -> Tensor:  # noqa: N803
        own = sum(U[row, i] * x[i] for i in range(len(x)))
        back = sum(W[row, j] * state[j] for j in range(size))
        return own + back + b[row]

    b = w.b_U + w.b_W
    if cell == "rnn":
        return torch.stack([1 / (1 + torch.exp(-line(w.U, w.W, b, i, h))) for i in range(size)])
    r = torch.stack([torch.sigmoid(line(w.U, w.W, b, i, h)) for i in range(size)])
    z = torch.stack([torch.sigmoid(line(w.U, w.W, b, size + i, h)) for i in range(size)])
    n = torch.stack([torch.tanh(line(w.U, w.W, b, 2 * size + i, r * h)) for i in range(size)])
    return z * h + (1 - z) * n


@pytest.mark.parametrize(("cell", "activation", "reset"), OWN)
def test_what_torch_lacks_equals_the_papers(cell: str, activation: str, reset: str) -> None:
    layer = make(cell, activation, reset)
    x = torch.randn(1, 7, 5, dtype=torch.float64)
    states, last = layer(x)
    h = torch.zeros(4, dtype=torch.float64)
    for t in range(7):
        h = numpy_step(cell, activation, reset, x[0, t], h, layer)
        torch.testing.assert_close(states[0, t], h, atol=1e-12, rtol=1e-9)
    torch.testing.assert_close(last.h[0, 0], h)


@pytest.mark.parametrize(("cell", "activation", "reset"), CELLS + OWN)
def test_gradients_equal_finite_differences(cell: str, activation: str, reset: str) -> None:
    layer = make(cell, activation, reset)
    x = torch.randn(2, 4, 5, dtype=torch.float64, requires_grad=True)
    names = [name for name, _ in layer.weights.named_parameters()]
    weights = [weight.detach().clone().requires_grad_() for weight in layer.weights.parameters()]

    def run(x: Tensor, *weights: Tensor) -> Tensor:
        for name, weight in zip(names, weights, strict=True):
            delattr(layer.weights, name)
            setattr(layer.weights, name, weight)
        states, last = layer.unroll(x, torch.tensor([4, 2]), None, RecurrentCall())
        return states.sum() + (last.c.sum() if last.c is not None else last.h.cos().sum())

    if activation == "relu":  # away from its kink, where there is no derivative
        x = (x.detach().abs() + 1).requires_grad_()
    assert torch.autograd.gradcheck(run, (x, *weights))


def test_an_elman_step_is_h_equals_phi_of_ux_plus_wh() -> None:
    layer = make("rnn", "tanh", "after")
    x, h = torch.randn(1, 1, 5, dtype=torch.float64), torch.randn(1, 1, 4, dtype=torch.float64)
    states, _ = layer(x, None, State(h))
    w = layer.weights_of()
    expected = torch.tanh(w.U @ x[0, 0] + w.W @ h[0, 0] + w.b_U + w.b_W)
    torch.testing.assert_close(states[0, 0], expected)


@pytest.mark.parametrize(("cell", "count"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_counts_of_parameters(cell: str, count: int) -> None:
    """A GRU has three quarters of an LSTM's (Cho et al. 2014)."""
    layer = Recurrence(cell, 5, 4)
    assert sum(p.numel() for p in layer.parameters()) == count * (4 * 5 + 4 * 4 + 4 + 4)


def test_a_closed_forget_gate_forgets_and_an_open_one_keeps() -> None:
    from model.edits import Hold

    layer = make("lstm", "tanh", "after")
    x = torch.randn(1, 6, 5, dtype=torch.float64)
    told: list[Recurred] = []
    shut = RecurrentCall([(None, Hold("encoder", "forget", 0.0, step=3))], told.append)
    layer.unroll(x, None, None, shut)
    (seen,) = told
    assert seen.c is not None
    torch.testing.assert_close(seen.c[:, 3], (seen.gates["input"] * seen.gates["candidate"])[:, 3])

    told.clear()
    keeps = [(None, Hold("encoder", "forget", 1.0)), (None, Hold("encoder", "input", 0.0))]
    layer.unroll(x, None, None, RecurrentCall(keeps, told.append))
    assert told[0].c is not None
    assert not told[0].c.any()  # what it began with, for good


def test_torch_lacks_what_is_said_to_have_no_kernel() -> None:
    with pytest.raises(ValueError, match="sigmoid"):
        nn.RNN(2, 2, nonlinearity="sigmoid")
    assert not make("rnn", "sigmoid", "after").has_kernel
    assert not make("gru", "tanh", "before").has_kernel
