"""What each head gives to its layer's result: the heads' outputs, side by side, through W_O.

MultiHead(Q, K, V) = Concat(head_1, …, head_h) W^O (Vaswani et al. 2017, §3.2.2). W^O is one matrix over all
heads, so it splits into a slice for each head, and the result is the sum of what the slices make.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from model.analysis.head import Matrix
from model.capture.checkpoint import Checkpoint
from model.capture.checks import check_vectors
from model.capture.forward import Row, forward
from model.capture.observers import Linear, Observer, Place
from model.errors import Refusal
from model.listening import Part, Seen
from model.trace import Kind, Stack


@dataclass(frozen=True, eq=False)
class Contributions:
    """What the heads of one layer give to its result. All float32.

    heads: (queries, heads · d_v), the heads' outputs side by side. projection: (heads · d_v, d_model), W^O.
    bias: (d_model,), what the layer adds for every token, 0 where it has none. number: of heads.
    """

    heads: Matrix
    projection: Matrix
    bias: Matrix
    number: int

    def of(self, head: int) -> Matrix:
        """(queries, d_model): what one head gives, from 0."""
        width = self.heads.shape[1] // self.number
        part = slice(head * width, (head + 1) * width)
        given: Matrix = self.heads[:, part] @ self.projection[part]
        return given

    @property
    def output(self) -> Matrix:
        """(queries, d_model): what the layer makes of all heads at once."""
        result: Matrix = self.heads @ self.projection + self.bias
        return result

    @property
    def norms(self) -> Matrix:
        """(heads, queries): how long each head's gift is."""
        return np.stack([np.linalg.norm(self.of(i), axis=1) for i in range(self.number)])

    @property
    def shares(self) -> Matrix:
        """(heads, queries): how much of the result, without the bias, each head makes up along its direction.

        The shares of a query sum to 1; one below 0 works against the rest. All 0 where the result is 0.
        """
        total = self.output - self.bias
        lengths = (total * total).sum(axis=1)
        along = np.stack([(self.of(i) * total).sum(axis=1) for i in range(self.number)])
        return np.divide(along, lengths, out=np.zeros_like(along), where=lengths > 0)

    @property
    def error(self) -> float:
        """How far the sum of all gifts and the bias is from the layer's output, at most, in any number."""
        total = sum((self.of(i) for i in range(self.number)), self.bias)
        return float(np.abs(total - self.output).max(initial=0))


class Finder(Observer):
    """Finds for each attention the linear map that takes its heads in, side by side."""

    parts: frozenset[Part] = frozenset({"output"})

    def __init__(self) -> None:
        self.found: dict[tuple[Kind, int], Linear] = {}
        self.last: tuple[tuple[Kind, int], Tensor] | None = None

    def attention(self, place: Place, seen: Seen) -> None:
        if seen.output is None or place.kind is None or place.layer is None:
            return
        heads = seen.output[0].transpose(0, 1).flatten(1)  # (queries, heads · d_v)
        self.last = (place.kind, place.layer), heads

    def linear(self, place: Place, x: Tensor, linear: Linear) -> None:
        """If this map's input is what the last attention gave, the map is its W^O."""
        if self.last is None:
            return
        where, heads = self.last
        if x.shape[-1] == heads.shape[-1] and x.numel() == heads.numel() and x.view(heads.shape).equal(heads):
            self.found[where] = linear
            self.last = None


def projections(m: Checkpoint) -> dict[tuple[Kind, int], Linear]:
    """W^O of each layer, by kind and layer from 0, found by running the model once on a very short text.

    There is no list of model names: W^O is the map whose input is the heads' outputs, number for number. A
    layer that does something else with them first is left out. Raises ValueError where the heads' outputs
    are not known.
    """
    check_vectors(m)
    finder = Finder()
    forward(m, Row([1, 2, 3], [1, 2, 3]), [finder])
    return finder.found


def contributions(stack: Stack, layer: int, linear: Linear | None) -> Contributions:
    """What each head of a recorded layer gives, by the layer's W^O. layer: from 0.

    Raises ValueError where there is no W^O, or the heads' outputs were not recorded.
    """
    if linear is None:
        raise Refusal(
            "Layer {layer} does more with its heads than W^O, so their shares cannot be told apart.",
            layer=layer + 1,
        )
    if stack.output is None:
        raise ValueError('The heads\' outputs must be recorded: record=("output",).')
    output = stack.output[stack.layers.index(layer)]  # (heads, queries, d_v)
    weight = linear.weight.detach().float().cpu().numpy()
    bias = np.zeros(len(weight), np.float32)
    if linear.bias is not None:
        bias = linear.bias.detach().float().cpu().numpy()
    heads = np.ascontiguousarray(output.transpose(1, 0, 2).reshape(output.shape[1], -1))
    return Contributions(heads, weight.T, bias, len(output))
