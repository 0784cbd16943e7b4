"""What is drawn of a whole model: plain records of one pass over a text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.trace import Kind, Stack, Tokens, Trace

Matrix = NDArray[np.float32]

FEATURES = 32  # of a vector that are drawn; its length is that of all


@dataclass(frozen=True, eq=False)
class Sublayer:
    """Attention or feed-forward network with the norm and the residual connection around it (§3.1).

    part: "self-attention", "cross-attention" or "feed-forward". order: "after" or "before", where its norm
    stands. norm: "layer" or "rms". added: float32 (tokens, FEATURES at most), the beginning of what it adds
    to the residual stream; length: (tokens,), the Euclidean norm of all that it adds.
    units: how many hidden units a feed-forward network has, 0 where that is not known. fired: int (tokens,),
    how many of them are above 0; None where that is not known. experts: of a mixture, which ran, by token.
    """

    part: str
    order: str
    norm: str
    added: Matrix
    length: Matrix
    units: int = 0
    fired: NDArray[np.int64] | None = None
    experts: tuple[tuple[int, ...], ...] | None = None


@dataclass(frozen=True, eq=False)
class Layer:
    """sublayers: in order; () where it cannot be taken apart. mixer: what it has in place of attention."""

    sublayers: tuple[Sublayer, ...] = ()
    mixer: str = ""


@dataclass(frozen=True, eq=False)
class Side:
    """One stack. Vectors are float32 (tokens, FEATURES at most), the beginning of each.

    tokens: those that are drawn. first, total: where they begin in the text, from 0, and how many it has.
    ids: in the vocabulary. width: d_model; 0 where the vectors are not known, and all of these are None then.
    vectors: rows of the embedding table. scale: what they are multiplied by. positions: what is added;
    None where nothing is. plain: whether that is all that enters.
    states: float32 (layers + 1, tokens, features). lengths: float32 (layers + 1, tokens), of whole vectors.
    leaving: behind the last norm. last_norm: whether there is one behind the last layer.
    """

    tokens: Tokens
    layers: tuple[Layer, ...]
    first: int = 0
    total: int = 0
    ids: tuple[int, ...] = ()
    width: int = 0
    scale: float = 1.0
    plain: bool = False
    vectors: Matrix | None = None
    positions: Matrix | None = None
    states: Matrix | None = None
    lengths: Matrix | None = None
    leaving: Matrix | None = None
    last_norm: bool = False


@dataclass(frozen=True)
class Guess:
    """A token that could come next. logit: before the softmax over the vocabulary."""

    text: str
    logit: float
    probability: float


@dataclass(frozen=True, eq=False)
class Output:
    """best: for each token drawn of the last stack the likeliest next ones. vocabulary: how many there are.

    chosen: for each the place in `best` of what stands there in the end; −1 where it is not among them.
    tied: whether the output's matrix is the embedding table.
    """

    best: tuple[tuple[Guess, ...], ...]
    chosen: tuple[int, ...]
    vocabulary: int
    tied: bool


@dataclass(frozen=True)
class Change:
    """What is changed in the model. what: "cut", "silence" or "uniform"; layer, head: None = every one.

    queries, keys: of a cut, (first, last) token of the text, from 0; None = every one.
    """

    what: str
    kind: Kind
    queries: tuple[int, int] | None = None
    keys: tuple[int, int] | None = None
    layer: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Looking:
    """One weight: in this layer this head gives it from the query to the key; all from 0."""

    layer: int
    head: int
    key: int
    weight: float


@dataclass(frozen=True, eq=False)
class Detail:
    """One head taken apart, of the tokens that are drawn. All float32.

    q: (queries, d_k). k: (keys, d_k). v: (keys, d_v). dots, scores, weights: (queries, keys).
    scaling: what q·k is multiplied by. allowed: bool (queries, keys).
    """

    kind: Kind
    layer: int
    head: int
    q: Matrix
    k: Matrix
    v: Matrix
    dots: Matrix
    scores: Matrix
    weights: Matrix
    allowed: NDArray[np.bool_]
    scaling: float


@dataclass(frozen=True, eq=False)
class Whole:
    """One pass through a model.

    attention: of the tokens that are drawn. named: the head that the checkpoint's card names, (kind, layer,
    head). changes: what is changed. apart: whether a head's q, k and v can be asked for.
    """

    encoder: Side | None
    decoder: Side | None
    attention: Trace
    output: Output | None
    named: tuple[str, int, int] | None = None
    changes: tuple[Change, ...] = ()
    apart: bool = True

    @property
    def last(self) -> Side:
        """The stack that the output comes from."""
        side = self.encoder if self.decoder is None else self.decoder
        assert side is not None, "A model has at least one stack."
        return side

    @property
    def two(self) -> bool:
        """Whether an encoder hands keys and values to a decoder."""
        return self.encoder is not None and self.decoder is not None and self.attention.cross is not None

    @cached_property
    def looks(self) -> dict[str, tuple[Looking | None, ...]]:
        """For each query of the stacks' own attention the weight that is told: the largest on another word.

        Of the head that the card names where it gives a quarter at least, else of all layers and heads.
        """
        return {
            kind: tuple(self.find_look(self.attention[kind], query) for query in range(len(side)))
            for kind in self.attention.kinds
            if kind != "cross" and (side := self.attention[kind].queries) is not None
        }

    def find_look(self, stack: Stack, query: int) -> Looking | None:
        """The weight that is told of one query; None where it looks at no other word."""
        weights = np.nan_to_num(stack.weights[:, :, query])
        others = np.array(
            [not special and i != query for i, special in enumerate(stack.keys.special)], dtype=bool
        )
        if not others.any() or not weights.size:
            return None
        weights = np.where(others, weights, -1)
        if self.named and self.named[0] == stack.kind and self.named[1] in stack.layers:
            layer, head = stack.layers.index(self.named[1]), self.named[2]
            if head < stack.heads and weights[layer, head].max() >= 0.25:
                key = int(weights[layer, head].argmax())
                return Looking(self.named[1], head, key, float(weights[layer, head, key]))
        layer, head, key = map(int, np.unravel_index(weights.argmax(), weights.shape))
        weight = float(weights[layer, head, key])
        return Looking(stack.layers[layer], head, key, weight) if weight > 0 else None

    @cached_property
    def across(self) -> NDArray[np.int64]:
        """(steps, source): the head that gives the largest weight, as layer · heads + head."""
        assert self.attention.cross is not None, "Only an encoder-decoder hands anything across."
        weights = np.nan_to_num(self.attention.cross.weights)
        return weights.reshape(-1, *weights.shape[2:]).argmax(0)

    def cross(self, step: int, read: int) -> Looking:
        """The head that gives this step the largest weight on this source token."""
        stack = self.attention.cross
        assert stack is not None, "Only an encoder-decoder hands anything across."
        place, head = divmod(int(self.across[step, read]), stack.heads)
        return Looking(stack.layers[place], head, read, float(stack.weights[place, head, step, read]))

    @cached_property
    def mean(self) -> Matrix:
        """(steps, source): the mean of all cross-attention, 0 for special tokens where there are others."""
        stack = self.attention.cross
        assert stack is not None, "Only an encoder-decoder hands anything across."
        weights: Matrix = np.nan_to_num(stack.weights).mean((0, 1))
        special = np.array(stack.keys.special, dtype=bool)
        return weights if special.all() else np.where(special, np.float32(0), weights)

    def read_for(self, step: int) -> int:
        """The source token that a step looks at most."""
        return int(self.mean[step].argmax())

    def step_for(self, read: int) -> int:
        """The step that looks most at a source token."""
        stack = self.attention.cross
        assert stack is not None, "Only an encoder-decoder hands anything across."
        return int(np.nan_to_num(stack.weights).mean((0, 1))[:, read].argmax())
