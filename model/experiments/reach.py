"""How far back a network reaches: the derivative of a state by a word that was read long before it.

‖∂h_t/∂x_s‖ (Frobenius), for words 1, 2, 3, … apart, by autograd in float64. An Elman network multiplies by
diag(φ') W once for each word in between, so that the derivative shrinks or grows like a power (Hochreiter
1991, "Untersuchungen zu dynamischen neuronalen Netzen"; Bengio et al. 1994, "Learning Long-Term Dependencies
with Gradient Descent is Difficult"; Pascanu et al. 2013, "On the Difficulty of Training Recurrent Neural
Networks"). All weights and biases are those that PyTorch draws, uniform in ±1/√H.

Three things are not as one may expect of the textbook. An LSTM as PyTorch makes it vanishes, too: its forget
gates begin at about σ(0) = 0.5, so that half of a cell is lost at every word; with a bias of 1 or 2 they
begin at 0.73 and 0.88 (Gers et al. 2000; Jozefowicz et al. 2015). A ReLU's slope is 0 or 1: it shrinks what
goes back by √½ a word and not by its mean, ½ (He et al. 2015). And the Transformer's value does not fall with
the distance, but with the length of the text: its heads begin by sharing their weights out evenly, about 1/n
for each word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.experiments.untrained import drawing_from
from model.networks import masks
from model.networks.feed_forward import FeedForward
from model.networks.positions import Sinusoidal
from model.networks.recurrent.cells import State, Weights, make_cell
from model.networks.recurrent.layers import Recurrence
from model.networks.transformer import EncoderLayer, MultiHeadAttention, Norm

Network = Literal["sigmoid", "tanh", "relu", "lstm", "gru", "transformer"]
NETWORKS: tuple[Network, ...] = get_args(Network)
ELMAN = ("sigmoid", "tanh", "relu")  # the Elman network by its activation
Array = NDArray[np.float64]

WIDTH = 32  # of words and of states
HEADS = 4
FARTHEST = 200  # words apart


@dataclass(frozen=True, eq=False)
class Theory:
    """What an Elman network's W and φ' say of the factor for each word in between. All (draws,).

    radius, largest: the spectral radius and the largest singular value of W. mean, rms, most: of φ' over all
    units and words: its mean, the root of its mean square, and its largest value.
    """

    radius: Array
    largest: Array
    mean: Array
    rms: Array
    most: Array

    @property
    def by_radius(self) -> Array:
        """ρ(W) · mean φ': the textbook's rule of thumb."""
        return self.radius * self.mean

    @property
    def by_square(self) -> Array:
        """ρ(W) · √(mean φ'²): the same where which units are steep differs from word to word."""
        return self.radius * self.rms

    @property
    def by_norm(self) -> Array:
        """σ_max(W) · mean φ'."""
        return self.largest * self.mean

    @property
    def bound(self) -> Array:
        """σ_max(W) · max φ': no derivative grows faster; below 1 it must vanish (Pascanu et al. 2013, §2)."""
        return self.largest * self.most


@dataclass(frozen=True, eq=False)
class Reach:
    """norms: (draws, distances), ‖∂h_t/∂x_s‖ for words 1, 2, 3, … apart. theory: of an Elman network."""

    norms: Array
    theory: Theory | None = None

    @property
    def typical(self) -> Array:
        """The geometric mean over the draws, (distances,)."""
        with np.errstate(divide="ignore"):
            return cast(Array, np.exp(np.log(self.norms).mean(0)))

    @property
    def kept(self) -> Array:
        """The value at each distance as a share of that one word apart, (draws, distances)."""
        return self.norms / self.norms[:, :1]

    @property
    def factor(self) -> Array:
        """By how much the value is multiplied for each word in between, on average: (draws,)."""
        steps = self.norms.shape[1] - 1
        with np.errstate(divide="ignore"):
            logs = np.log(self.norms)
        return cast(Array, np.exp((logs[:, -1] - logs[:, 0]) / steps))


def measure_norm(x: Array) -> Array:
    """The Frobenius norms of matrices (…, rows, columns), also where squares underflow or overflow."""
    largest = np.abs(x).max((-2, -1), keepdims=True)
    scale = np.where(largest > 0, largest, 1.0)
    return cast(Array, np.sqrt(((x / scale) ** 2).sum((-2, -1))) * largest[..., 0, 0])


def draw_words(count: int, width: int, seeds: Sequence[int]) -> Tensor:
    """Random words, (count, draws, width), of features N(0, 1): the same for every network."""
    chances = [torch.Generator().manual_seed(1_000 + seed) for seed in seeds]
    return torch.stack(
        [torch.randn(count, width, generator=chance, dtype=torch.float64) for chance in chances], 1
    )


def draw_weights(
    network: str, width: int, seeds: Sequence[int], gain: float = 1.0, forget_bias: float = 0.0
) -> Weights:
    """What PyTorch begins with: U and W (draws, parts · width, width), biases (draws, parts · width).

    gain: what W is multiplied by. forget_bias: what is added to that of an LSTM's forget gates.
    """
    cell = "rnn" if network in ELMAN else network
    drawn = []
    for seed in seeds:
        with drawing_from(seed):
            drawn.append(Recurrence(cell, width, width).double().weights_of())
    U, W, b_U, b_W = (torch.stack(list(parts)).detach() for parts in zip(*drawn, strict=True))  # noqa: N806
    if cell == "lstm":
        b_U[:, width : 2 * width] += forget_bias
    return Weights(U, gain * W, b_U, b_W)


def unroll(network: str, x: Sequence[Tensor], weights: Weights) -> list[Tensor]:
    """The states behind each word, each (draws, copies, width); x the same, weights as in draw_weights."""
    cell = make_cell("rnn", network) if network in ELMAN else make_cell(network)

    def run(x: Sequence[Tensor], *parts: Tensor) -> list[Tensor]:
        w, states = Weights(*parts), []
        h = torch.zeros_like(x[0])
        state = State(h, torch.zeros_like(h) if network == "lstm" else None)
        for word in x:
            state, _gates = cell.step(word @ w.U.T + w.b_U, state, w, lambda _gate, values: values)
            states.append(state.h)
        return states

    return torch.func.vmap(run)(list(x), *weights)


def differentiate(states: Tensor, words: Sequence[Tensor]) -> Array:
    """∂h/∂x_s as (words, draws, width, width), rows of h, from a single backward pass.

    states: the last one in as many copies as it has features, (draws, width, width), of which each tells the
    gradient of one. words: what they were made from, each (draws, width, width).
    """
    one_each = states.diagonal(dim1=-2, dim2=-1).sum()
    return torch.stack(torch.autograd.grad(one_each, list(words))).numpy()


def copy_words(x: Tensor) -> list[Tensor]:
    """Each word as often as it has features, to be differentiated by: (draws, width, width)."""
    return [word[:, None].repeat(1, word.shape[-1], 1).requires_grad_() for word in x]


def find_theory(network: str, weights: Weights, states: Tensor) -> Theory:
    """Of an Elman network, from its W and its states (words, draws, width)."""
    slope = {
        "tanh": lambda h: 1 - h**2,
        "sigmoid": lambda h: h * (1 - h),
        "relu": lambda h: (h > 0).double(),
    }[network](states)
    matrices = weights.W.numpy()
    return Theory(
        radius=np.abs(np.linalg.eigvals(matrices)).max(-1),
        largest=np.linalg.norm(matrices, 2, (-2, -1)),
        mean=slope.mean((0, 2)).numpy(),
        rms=slope.square().mean((0, 2)).sqrt().numpy(),
        most=slope.amax((0, 2)).numpy(),
    )


def measure_recurrent(
    network: str,
    gain: float = 1.0,
    forget_bias: float = 0.0,
    width: int = WIDTH,
    farthest: int = FARTHEST,
    seeds: Sequence[int] = range(4),
) -> Reach:
    """‖∂h_t/∂x_s‖ of a recurrent network at initialisation, for words 1 … farthest apart, a draw a seed.

    gain, forget_bias: as in draw_weights.
    """
    weights = draw_weights(network, width, seeds, gain, forget_bias)
    words = copy_words(draw_words(farthest + 1, width, seeds))
    states = unroll(network, words, weights)
    jacobians = differentiate(states[-1], words)
    norms = measure_norm(jacobians[-2::-1]).T
    theory = None
    if network in ELMAN:
        theory = find_theory(network, weights, torch.stack([state[:, 0].detach() for state in states]))
    return Reach(norms, theory)


def build_transformer(width: int, layers: int, norm: Norm = "after") -> list[EncoderLayer]:
    """Encoder layers of `model.networks.transformer` with the weights that PyTorch draws, without dropout."""
    heads = HEADS if width % HEADS == 0 else 1
    return [
        EncoderLayer(
            MultiHeadAttention(width, heads), FeedForward(width, 4 * width), width, norm, 0.0
        ).double()
        for _ in range(layers)
    ]


def read_causally(layers: Sequence[EncoderLayer], x: Tensor, alone: bool = False) -> Tensor:
    """The vectors of all words, each of which sees those before it: (copies, words, width) -> the same.

    alone: attention by itself, without residual, norm and feed-forward.
    """
    mask = masks.causal(x.shape[1], x.device)
    for layer in layers:
        x = layer.self_attention(x, mask=mask) if alone else layer(x, mask)
    return x


def place_words(x: Tensor) -> Tensor:
    """Words (words, width) with the sinusoids of their positions added (Vaswani et al. 2017, §3.5)."""
    added = Sinusoidal(x.shape[-1])(torch.arange(len(x)), 0)
    return x + added.to(x)


def measure_transformer(
    layers: int = 1,
    width: int = WIDTH,
    farthest: int = FARTHEST,
    seeds: Sequence[int] = range(4),
    norm: Norm = "after",
    alone: bool = False,
) -> Reach:
    """The same of self-attention layers under a causal mask; alone: as in read_causally."""
    words = draw_words(farthest + 1, width, seeds)
    found = []
    for place, seed in enumerate(seeds):
        with drawing_from(seed):
            network = build_transformer(width, layers, norm)
        x = place_words(words[:, place]).expand(width, -1, -1).clone().requires_grad_()
        last = read_causally(network, x, alone)[:, -1]
        [jacobian] = torch.autograd.grad(last.diagonal().sum(), x)
        found.append(measure_norm(jacobian.transpose(0, 1).numpy())[-2::-1])
    return Reach(np.stack(found))


def measure(network: Network, gain: float = 1.0, forget_bias: float = 0.0) -> Reach:
    """One of NETWORKS as the page shows it. The Transformer has no W that a state meets again."""
    if network == "transformer":
        return measure_transformer()
    return measure_recurrent(network, gain, forget_bias)


def leave_out(
    network: Network,
    gain: float = 1.0,
    forget_bias: float = 0.0,
    width: int = WIDTH,
    words: int = 61,
    seeds: Sequence[int] = range(4),
) -> Array:
    """How much the last state changes where one word is not read: (draws, words - 1), ‖h' - h‖ / ‖h‖.

    At place 0 the word just before the last is left out, then the one before it, and so on. The others
    keep their vectors, positions included. What is below about 1e-16 is rounding.
    """
    x = draw_words(words, width, seeds)
    kept = [[i for i in range(words) if i != words - 1 - away] for away in range(1, words)]
    if network == "transformer":
        return np.stack([compare_read(x[:, place], kept, seed) for place, seed in enumerate(seeds)])
    weights = draw_weights(network, width, seeds, gain, forget_bias)
    copies = [
        torch.stack([x[places[t]] for places in kept], 1) for t in range(words - 1)
    ]  # each (draws, left out, width)
    whole = unroll(network, [word[:, None] for word in x], weights)[-1]
    without = unroll(network, copies, weights)[-1]
    return cast(Array, ((without - whole).norm(dim=-1) / whole.norm(dim=-1)).numpy())


@torch.no_grad()
def compare_read(x: Tensor, kept: Sequence[Sequence[int]], seed: int) -> Array:
    """The same of one draw of a Transformer layer. x: (words, width)."""
    with drawing_from(seed):
        network = build_transformer(x.shape[-1], 1)
    placed = place_words(x)
    whole = read_causally(network, placed[None])[0, -1]
    without = read_causally(network, torch.stack([placed[list(places)] for places in kept]))[:, -1]
    return cast(Array, ((without - whole).norm(dim=-1) / whole.norm()).numpy())
