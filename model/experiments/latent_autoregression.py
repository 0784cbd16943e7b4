"""A latent autoregressive model: a state that is carried along sums up all that came before.

h[t] = g(h[t-1], x[t-1]), x̂[t] = w·h[t] + b, where g is a gated recurrent unit (Cho et al. 2014, "Learning
Phrase Representations using RNN Encoder-Decoder", eqs. 5 to 8), PyTorch's own.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.experiments.sequence_models import FARTHEST
from model.experiments.series import Series
from model.locks import counting

Floats = NDArray[np.float64]

WIDTH = 16  # numbers of a state
STEPS, LOOKED = 200, 10  # of training, and after how many it is looked how good it is
BATCH, LENGTH = 32, 24  # of training: pieces of the series in a step, and numbers of a piece
BEGINNING = 6  # numbers of a piece on which the state is only warmed up
RATE, DECAY = 0.02, 1e-3
INFLUENCE = 24  # numbers back whose influence is told


class StateModel(nn.Module):
    """A gated recurrent unit of one layer, and a linear map from its state to the next number."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        # Without numbers at first: PyTorch would draw them from the one generator of the process.
        self.unit = nn.GRU(1, WIDTH, batch_first=True, device="meta")
        self.output = nn.Linear(WIDTH, 1, device="meta")
        self.to_empty(device="cpu")
        draw = torch.Generator().manual_seed(seed)  # others may draw at the same time
        for weights in self.parameters():
            nn.init.uniform_(weights, -(WIDTH**-0.5), WIDTH**-0.5, generator=draw)

    def forward(self, numbers: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The states (rows, times, WIDTH) after each of numbers (rows, times), and what each predicts.

        state: before the first number, (1, rows, WIDTH); None = nothing came before.
        """
        states, _last = self.unit(numbers[..., None], state)
        return states, self.output(states)[..., 0]


@dataclass(frozen=True, eq=False)
class Latent:
    """What the fitted model does on a series.

    predicted: float64 (held out, ahead), as of `sequence_models.forecast`. states: float32 (times + 1,
    WIDTH), [t] sums up all before the number t, from 0. ahead: float32 (held out, ahead, WIDTH), the states
    behind `predicted`. influence: float32 (held out, ahead, INFLUENCE), [i, k, j] is the derivative of the
    prediction of t = learned + i + k by what the model reads at t - 1 - j, its own predictions among that; of
    an autoregression these would be its weights.
    """

    predicted: Floats
    states: NDArray[np.float32]
    ahead: NDArray[np.float32]
    influence: NDArray[np.float32]


def fit_latent(series: Series, seed: int = 0, ahead: int = FARTHEST) -> Latent:
    """The model learned on the first part of a series and run over all of it; one seed, the same numbers.

    It learns on four fifths of that part to predict one number ahead, and stops where it errs least on the
    last fifth.
    """
    learned = series.values[: series.learned]
    mean, scale = float(learned.mean()), float(learned.std()) or 1.0
    scaled = torch.tensor((series.values - mean) / scale, dtype=torch.float32)
    with in_one_thread():
        model = train(scaled[: series.learned], seed)
        predicted, states, following = run(model, scaled, series.learned, ahead)
        influence = find_influence(model, scaled, states, predicted)
    return Latent(
        predicted.double().numpy() * scale + mean,
        states.numpy(),
        following.numpy(),
        influence.numpy(),
    )


@contextmanager
def in_one_thread() -> Iterator[None]:
    """Have torch compute in one thread: steps as small as these only wait for the others.

    On two cores that others use as well, a training took 1 s so, and 19 s in two threads.
    """
    with counting:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def train(numbers: Tensor, seed: int) -> StateModel:
    """A model that has learned numbers (times,), whose mean is 0 and whose deviation is 1."""
    model, draw = StateModel(seed), torch.Generator().manual_seed(seed)
    fitted = 4 * len(numbers) // 5
    length = min(LENGTH, fitted - 1)
    beginning = min(BEGINNING, length // 3)
    pieces = numbers[:fitted].unfold(0, length + 1, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
    best, kept = float("inf"), copy.deepcopy(model.state_dict())
    for step in range(STEPS):
        rows = pieces[torch.randint(len(pieces), (BATCH,), generator=draw)]
        _states, predicted = model(rows[:, :-1])
        loss = (predicted - rows[:, 1:])[:, beginning:].square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % LOOKED == 0:
            with torch.no_grad():
                _states, predicted = model(numbers[None, :-1])
            found = float((predicted[0] - numbers[1:])[fitted - 1 :].square().mean())
            if found < best:
                best, kept = found, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return model


@torch.no_grad()
def run(model: StateModel, numbers: Tensor, learned: int, ahead: int) -> tuple[Tensor, Tensor, Tensor]:
    """Predictions (held out, ahead), states (times + 1, WIDTH), and those ahead (held out, ahead, WIDTH)."""
    states, _predicted = model(numbers[None])
    states = torch.cat([torch.zeros(1, WIDTH), states[0]])
    state = states[learned:-1]
    following, predicted = [], []
    for _step in range(ahead):
        following.append(state)
        predicted.append(model.output(state)[:, 0])
        found, _next = model(predicted[-1][:, None], state[None])
        state = found[:, -1]
    return torch.stack(predicted, 1), states, torch.stack(following, 1)


def find_influence(model: StateModel, numbers: Tensor, states: Tensor, predicted: Tensor) -> Tensor:
    """How much each prediction moves with each number that is read for it: (held out, ahead, INFLUENCE).

    The latest number first; farther back than the series begins it is 0. predicted: (held out, ahead).
    """
    held, ahead = predicted.shape
    learned = len(numbers) - held
    influence = torch.zeros(held, ahead, INFLUENCE)
    for step in range(ahead):
        known = min(INFLUENCE - step, learned)  # numbers of the series; the others are predictions
        rows = torch.cat([numbers[learned - known : -1].unfold(0, known, 1), predicted[:, :step]], 1)
        rows = rows.detach().requires_grad_()
        before = states[learned - known : len(numbers) - known]
        _states, said = model(rows, before[None])
        (found,) = torch.autograd.grad(said[:, -1].sum(), rows)
        influence[:, step, : rows.shape[1]] = found.flip(1)
    return influence
