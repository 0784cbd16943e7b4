"""What gradient clipping does to one update of a recurrent network whose gradient explodes.

The gradient's norm is cut down to a limit where it is larger, its direction kept: g ← g · limit / ‖g‖
(Pascanu et al. 2013, "On the Difficulty of Training Recurrent Neural Networks", algorithm 1). The loss is a
real one: an Elman network with ReLUs reads rows of random words and says at their end which word came first.
Its W is so large that what it has read grows from word to word, and so does the gradient: the loss has a
cliff, and one plain step of gradient descent goes far beyond where the gradient tells anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.experiments.untrained import drawing_from
from model.networks.recurrent.layers import Recurrence

Array = NDArray[np.float64]

WIDTH = 32
VOCABULARY = 8
WORDS = 40
TEXTS = 64
RATE = 0.1  # the learning rate
GAIN = 2.75  # what W is multiplied by, so that derivatives grow with the distance
SEED = 3
STEPS = np.geomspace(1e-3, 1e2, 101)  # lengths of a step that are tried


class FirstWord(nn.Module):
    """Reads words (texts, words) and gives logits (texts, vocabulary) for which of them came first."""

    def __init__(self, gain: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.recurrence = Recurrence("rnn", WIDTH, WIDTH, activation="relu")
        self.output = nn.Linear(WIDTH, VOCABULARY)
        with torch.no_grad():
            self.recurrence.weights.weight_hh_l0 *= gain

    def forward(self, words: Tensor) -> Tensor:
        states, _last = self.recurrence(self.embedding(words))
        logits: Tensor = self.output(states[:, -1])
        return logits


@dataclass(frozen=True, eq=False)
class Clipped:
    """One update of all parameters by gradient descent, with the gradient as it is and with the clipped one.

    norm, norm_clipped: ‖g‖ before and after. cosine: between the two. rate: the learning rate.
    loss: before the update; loss_plain, loss_clipped: on the same texts behind each; guessing: the loss of
    whoever says every word with the same probability. lengths, losses: the loss at the end of steps of other
    lengths in the direction of -g.
    """

    norm: float
    norm_clipped: float
    cosine: float
    rate: float
    loss: float
    loss_plain: float
    loss_clipped: float
    guessing: float
    lengths: Array
    losses: Array

    @property
    def step(self) -> float:
        """How far the update goes without clipping."""
        return self.rate * self.norm

    @property
    def step_clipped(self) -> float:
        return self.rate * self.norm_clipped


def clip_one_step(limit: float, seed: int = SEED, gain: float = GAIN, rate: float = RATE) -> Clipped:
    """limit: the largest norm. Raises ValueError for one that is no number above 0."""
    if not 0 < limit < math.inf:
        raise ValueError(f"A gradient can be clipped to a norm above 0, not to {limit}.")
    with drawing_from(seed):
        network = FirstWord(gain).double()
        words = torch.randint(VOCABULARY, (TEXTS, WORDS))
    parameters = list(network.parameters())

    def find_loss() -> Tensor:
        return nn.functional.cross_entropy(network(words), words[:, 0])

    with torch.enable_grad():
        before = find_loss()
        before.backward()
    plain = [parameter.grad.clone() for parameter in parameters if parameter.grad is not None]
    norm = float(nn.utils.clip_grad_norm_(parameters, limit))
    clipped = [parameter.grad.clone() for parameter in parameters if parameter.grad is not None]
    start = [parameter.detach().clone() for parameter in parameters]

    @torch.no_grad()
    def loss_behind(slopes: list[Tensor], factor: float) -> float:
        for parameter, begun, slope in zip(parameters, start, slopes, strict=True):
            parameter.copy_(begun - factor * slope)
        return float(find_loss())

    one, other = flatten(plain), flatten(clipped)
    return Clipped(
        norm=norm,
        norm_clipped=float(other.norm()),
        cosine=float(one @ other / (one.norm() * other.norm())),
        rate=rate,
        loss=float(before.detach()),
        loss_plain=loss_behind(plain, rate),
        loss_clipped=loss_behind(clipped, rate),
        guessing=math.log(VOCABULARY),
        lengths=STEPS,
        losses=np.array([loss_behind(plain, length / norm) for length in STEPS]),
    )


def flatten(parts: list[Tensor]) -> Tensor:
    return torch.cat([part.flatten() for part in parts])
