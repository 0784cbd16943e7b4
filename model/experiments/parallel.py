"""One word at a time or all at once: what a layer costs by the formulas, and how long it takes here.

The formulas are those of Vaswani et al. 2017, "Attention Is All You Need", table 1: operations of a layer,
how many of them must wait for one another, and how long the way is between two words. n is the number of
words, d the width of their vectors, k the width of a convolution's kernel.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import DynamicCache

from model.experiments.untrained import drawing_from
from model.networks import masks
from model.networks.cache import Past
from model.networks.feed_forward import FeedForward
from model.networks.recurrent.layers import Recurrence
from model.networks.transformer import MultiHeadAttention

Layer = Literal["attention", "recurrent", "convolution"]
LAYERS: tuple[Layer, ...] = get_args(Layer)  # the rows of the table
Timed = Literal["attention", "feed-forward", "convolution", "rnn", "lstm"]
TIMED: tuple[Timed, ...] = get_args(Timed)
Mode = Literal["train", "write"]
KERNEL = 3  # k
HEADS = 4
TEXTS = 4  # of a batch
LENGTHS: dict[Mode, tuple[int, ...]] = {  # words that are measured
    "train": (16, 32, 64, 128, 256, 512),
    "write": (16, 32, 64, 128, 256),
}
FITTED = 3  # the longest of them, by which the exponent is told
SECONDS = 3.0  # for which rounds are begun
ROUNDS = (3, 25)  # at least and at most


@dataclass(frozen=True)
class Complexity:
    """A row of the table with n, d and k put in, without the constants that O leaves out.

    operations: of a layer. sequential: how many steps must wait for one another. path: the longest way
    between two words.
    """

    operations: int
    sequential: int
    path: int


def find_complexity(layer: Layer, n: int, d: int, k: int = KERNEL) -> Complexity:
    """Raises ValueError for sizes below 1, and for a kernel that cannot bring words together."""
    if min(n, d) < 1 or k < 2:
        raise ValueError(f"There must be words and features, and a kernel of 2 at least: {n}, {d}, {k}.")
    if layer == "attention":
        return Complexity(n * n * d, 1, 1)
    if layer == "recurrent":
        return Complexity(n * d * d, n, n)
    return Complexity(k * n * d * d, 1, count_dilated(n, k))


def count_dilated(n: int, k: int) -> int:
    """⌈log_k n⌉, at least 1: how many layers of dilated convolutions it takes to bring n words together."""
    layers, reached = 1, k
    while reached < n:
        layers, reached = layers + 1, reached * k
    return layers


def count_multiplications(layer: Timed, n: int, d: int, k: int = KERNEL) -> int:
    """How many a layer as it is timed makes of a text, all its matrices included."""
    return {
        "attention": 4 * n * d * d + 2 * n * n * d,
        "feed-forward": 8 * n * d * d,
        "convolution": k * n * d * d,
        "rnn": 2 * n * d * d,
        "lstm": 8 * n * d * d,
    }[layer]


@dataclass(frozen=True, eq=False)
class Times:
    """seconds: for each layer (lengths,), the median of the rounds.

    mode: "train", a step of training, forward and backward, for a batch of so many texts; "write", one text
    written word by word.
    """

    mode: Mode
    width: int
    texts: int
    lengths: tuple[int, ...]
    seconds: Mapping[Timed, NDArray[np.float64]]
    rounds: int
    threads: int

    def exponent(self, layer: Timed) -> float:
        """a of seconds ∝ n^a, over the longest of the lengths."""
        return fit_exponent(self.lengths[-FITTED:], self.seconds[layer][-FITTED:])


def fit_exponent(lengths: Sequence[int], seconds: Sequence[float] | NDArray[np.float64]) -> float:
    """The slope of a straight line through both on logarithmic axes, by least squares."""
    x, y = np.log(np.asarray(lengths, dtype=float)), np.log(np.asarray(seconds, dtype=float))
    return float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())


class Convolution(nn.Module):
    """Each word with the k - 1 before it, (texts, words, width) -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.kernel = nn.Conv1d(width, width, KERNEL)

    def forward(self, x: Tensor, before: Tensor | None = None) -> Tensor:
        """before: the k - 1 words before x; None: there are none."""
        if before is None:
            before = x.new_zeros(len(x), KERNEL - 1, x.shape[-1])
        y: Tensor = self.kernel(torch.cat([before, x], 1).transpose(1, 2)).transpose(1, 2)
        return y


def build(layer: Timed, width: int) -> nn.Module:
    with drawing_from(0):
        if layer == "attention":
            return MultiHeadAttention(width, HEADS if width % HEADS == 0 else 1)
        if layer == "feed-forward":
            return FeedForward(width, 4 * width)
        return Convolution(width) if layer == "convolution" else Recurrence(layer, width, width)


def read_all(module: nn.Module, x: Tensor) -> Tensor:
    """What a layer makes of whole texts (texts, words, width), no word of which sees those behind it."""
    if isinstance(module, MultiHeadAttention):
        y: Tensor = module(x, mask=masks.causal(x.shape[1], x.device))
        return y
    found: Tensor = module(x)[0] if isinstance(module, Recurrence) else module(x)
    return found


@torch.no_grad()
def read_one_by_one(module: nn.Module, x: Tensor) -> Tensor:
    """The same, word after word, each from what is kept of those before it."""
    found, state, cache = [], None, DynamicCache()
    for t in range(x.shape[1]):
        word = x[:, t : t + 1]
        if isinstance(module, Recurrence):
            y, state = module(word, None, state)
        elif isinstance(module, MultiHeadAttention):
            y = module(word, past=Past(cache, 0))
        elif isinstance(module, Convolution):
            kept = x[:, max(0, t + 1 - KERNEL) : t]
            missing = x.new_zeros(len(x), KERNEL - 1 - kept.shape[1], x.shape[-1])
            y = module(word, torch.cat([missing, kept], 1))
        else:
            y = module(word)
        found.append(y)
    return torch.cat(found, 1)


def make_work(layer: Timed, n: int, width: int, mode: Mode, texts: int) -> Callable[[], None]:
    """What is timed."""
    module = build(layer, width)
    chance = torch.Generator().manual_seed(0)
    x = torch.randn(1 if mode == "write" else texts, n, width, generator=chance)

    def train() -> None:
        with torch.enable_grad():
            read_all(module, x.requires_grad_()).square().mean().backward()
        module.zero_grad()
        x.grad = None

    return train if mode == "train" else lambda: void(read_one_by_one(module, x))


def void(_: object) -> None:
    """Nothing is made of it."""


def measure_times(
    width: int,
    mode: Mode = "train",
    lengths: Sequence[int] | None = None,
    texts: int = TEXTS,
    seconds: float = SECONDS,
    rounds: tuple[int, int] = ROUNDS,
    on_step: Callable[[], object] = lambda: None,
) -> Times:
    """Times all layers at all lengths in turns, so that a busy machine slows all of them.

    seconds: for how long further rounds are begun, at least and at most so many. on_step: called before each
    piece of work; what it raises ends all. The first round, in which memory is taken, does not count.
    """
    lengths = LENGTHS[mode] if lengths is None else lengths
    works = {(layer, n): make_work(layer, n, width, mode, texts) for layer in TIMED for n in lengths}
    found: dict[tuple[Timed, int], list[float]] = {key: [] for key in works}
    least, most = rounds
    begun, done = time.perf_counter(), -1
    while done < least or (done < most and time.perf_counter() - begun < seconds):
        for key, work in works.items():
            on_step()
            start = time.perf_counter()
            work()
            if done >= 0:
                found[key].append(time.perf_counter() - start)
        done += 1
    medians: dict[Timed, NDArray[np.float64]] = {
        layer: np.array([median(found[layer, n]) for n in lengths]) for layer in TIMED
    }
    return Times(mode, width, texts, tuple(lengths), medians, done, torch.get_num_threads())
