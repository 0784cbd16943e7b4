"""How many steps lie between two words in a network, counted on the graph that autograd finds in it.

"The path length between long-range dependencies" (Vaswani et al. 2017, §4 and table 1). A step is one
application of a layer: from a word to a state, from a state to the next, or from all vectors that a layer
looks at to the one that it makes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from model.experiments.untrained import drawing_from
from model.listening import RecurrentCall
from model.networks import masks
from model.networks.recurrent.cells import State
from model.networks.recurrent.layers import Recurrence, Steps
from model.networks.transformer import MultiHeadAttention

WIDTH = 4  # of the network whose graph is read; it does not matter


class Node(NamedTuple):
    """What stands at a place: level 0 is the word, level 1 what the first layer makes of it, and so on."""

    level: int
    place: int


@dataclass(frozen=True)
class Graph:
    """edges: for each node those that it is made from, by one step each. words, layers: how many."""

    edges: Mapping[Node, tuple[Node, ...]]
    words: int
    layers: int

    def find_path(self, source: int, target: int) -> tuple[Node, ...]:
        """The shortest way from a word to the last layer's node of another; () where there is none."""
        begin, end = Node(0, source), Node(self.layers, target)
        came: dict[Node, Node | None] = {end: None}
        waiting = deque([end])
        while waiting:
            node = waiting.popleft()
            if node == begin:
                return tuple(follow(came, node))
            for before in self.edges.get(node, ()):
                if before not in came:
                    came[before] = node
                    waiting.append(before)
        return ()

    def count_steps(self, source: int, target: int) -> int | None:
        """How many edges the shortest way has; None where there is none."""
        path = self.find_path(source, target)
        return len(path) - 1 if path else None


def follow(came: Mapping[Node, Node | None], begin: Node) -> Iterable[Node]:
    """The nodes from one on, each with the one that it was reached from."""
    node: Node | None = begin
    while node is not None:
        yield node
        node = came[node]


def draw_words(words: int) -> list[tuple[Tensor, ...]]:
    """Random words as leaves, each (1, width)."""
    return [(torch.randn(1, WIDTH, requires_grad=True),) for _ in range(words)]


def read_recurrent(words: int, layers: int, cell: str = "lstm") -> Graph:
    """The graph of recurrent layers, each of which reads the states of the one below."""
    with drawing_from(0):
        stack = [Recurrence(cell, WIDTH, WIDTH) for _ in range(layers)]
        below = draw_words(words)
    edges: dict[Node, tuple[Node, ...]] = {}
    for level, layer in enumerate(stack, 1):
        steps = Steps(layer, RecurrentCall(), 1, None, 0, below[0][0])
        made: list[tuple[Tensor, ...]] = []
        for place, read in enumerate(below):
            with torch.enable_grad():
                steps.take(layer.project(read[0]), place, read[0])
            state = tuple(part for part in steps.state if part is not None)
            edges[Node(level, place)] = find_sources(state, {level - 1: below, level: made})
            # What is made of it stands on a leaf, so that it tells of one step alone.
            made.append(tuple(part.detach().requires_grad_() for part in state))
            steps.state = State(*made[-1])
        below = made
    return Graph(edges, words, layers)


def read_attention(words: int, layers: int, causal: bool = True) -> Graph:
    """The graph of self-attention layers. What a mask keeps from a word is no edge."""
    with drawing_from(0):
        stack = [MultiHeadAttention(WIDTH, 1) for _ in range(layers)]
        below = draw_words(words)
    mask = masks.causal(words, torch.device("cpu")) if causal else None
    edges: dict[Node, tuple[Node, ...]] = {}
    for level, layer in enumerate(stack, 1):
        with torch.enable_grad():
            made = layer(torch.cat([one for (one,) in below])[None], mask=mask)[0]
        for place in range(words):
            edges[Node(level, place)] = find_sources((made[place],), {level - 1: below})
        below = [(one[None].detach().requires_grad_(),) for one in made]
    return Graph(edges, words, layers)


def find_sources(
    made: Sequence[Tensor], leaves: Mapping[int, Sequence[tuple[Tensor, ...]]]
) -> tuple[Node, ...]:
    """The nodes that autograd finds a value to depend on, of the leaves that stand for them, by level."""
    found: list[Node] = []
    with torch.enable_grad():
        value = torch.stack([part.sum() for part in made]).sum()
    for level, nodes in leaves.items():
        flat = [part for node in nodes for part in node]
        slopes = iter(torch.autograd.grad(value, flat, retain_graph=True, allow_unused=True) if flat else ())
        for place, node in enumerate(nodes):
            some = [next(slopes) for _ in node]
            if any(slope is not None and bool(slope.any()) for slope in some):
                found.append(Node(level, place))
    return tuple(found)
