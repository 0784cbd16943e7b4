"""Where a model's attention is: of which kind, in which layer, by its modules' own paths and indices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import nn

from model.trace import Kind

# How the attention of a module is heard, the most that can be told first: it calls the function of
# `model.attention`; it calls PyTorch's scaled_dot_product_attention; it writes softmax down; its weights are
# read off what it makes of values that are known.
Means = Literal["function", "kernel", "softmax", "values"]

BEHIND = -1  # columns behind the keys, how many depends on the text: keys that stand for several tokens

LOOP = "*"  # the stack of all layers that run several times, numbered in the order in which they do

# What modelling files call the map that makes the values, the last name of a path.
VALUES = frozenset({"W_V", "v_proj", "value", "value_proj", "value_global", "v_lin", "v_head", "v", "wv"})
# What they call the map that takes the heads in, side by side, in the same module.
OUTPUTS = frozenset({"W_O", "o_proj", "out_proj", "post_proj", "out_lin", "output", "dense", "o", "wo"})


@dataclass(frozen=True)
class Site:
    """A module that computes attention.

    kinds: of what it looks at; two where one softmax goes over the decoder's own text and the encoder's.
    layer: as the model numbers it; None where one module serves several layers, which are then known by the
    block of `stack` that runs, counted from `begin`. heads: how many it has. means: how it is heard.
    calls: how often it calls attention each time that it runs. extra: columns behind the keys that stand for
    no token (a sink), or BEHIND. streams: how many streams of the text stand below one another in its
    queries, of which the first is shown. partly: a stream looks at the same tokens beside it, in weights that
    are not shown (ProphetNet's, which predict several tokens ahead). is_additive: its scores are no product
    of queries and keys (Bahdanau et al. 2015).
    """

    path: str
    kinds: tuple[Kind, ...]
    layer: int | None
    heads: int
    means: Means = "function"
    stack: str | None = None
    calls: int = 1
    begin: int = 0
    extra: int = 0
    streams: int = 1
    partly: bool = False
    is_additive: bool = False

    @property
    def is_fixed(self) -> bool:
        """Whether what it does cannot be changed by changing what is shown."""
        return self.means == "values" or self.partly or self.streams > 1 or self.extra == BEHIND

    def keys(self, columns: int, read: int) -> int:
        """How many of the columns of its weights are tokens. read: how many the text has."""
        return read if self.extra == BEHIND else columns - self.extra


@dataclass(frozen=True)
class Block:
    """One layer of a stack. stack: the path of the list that it is in. index: its place there, from 0."""

    stack: str
    index: int


@dataclass(frozen=True)
class Anatomy:
    """The modules of a model, by path and by layer.

    paths: every name that each module has; a shared one has several. blocks: the layers, by all their paths.
    modules: by path. depth: how many layers each stack has.
    """

    paths: Mapping[nn.Module, tuple[str, ...]]
    blocks: Mapping[str, Block]
    modules: Mapping[str, nn.Module]
    depth: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, model: nn.Module) -> Anatomy:
        """Reads the tree of modules: the outermost lists are the stacks; lists in a list count through."""
        modules = dict(model.named_modules(remove_duplicate=False))
        paths: dict[nn.Module, tuple[str, ...]] = {}
        for path, module in modules.items():
            paths[module] = (*paths.get(module, ()), path)
        lists = [path for path, module in modules.items() if isinstance(module, nn.ModuleList)]
        outermost = [path for path in lists if not any(path.startswith(f"{other}.") for other in lists)]
        blocks: dict[str, Block] = {}
        depth: dict[str, int] = {}
        for stack in outermost:
            for index, path in enumerate(elements(modules, stack)):
                blocks[path] = Block(stack, index)
                depth[stack] = index + 1
        return cls(paths, blocks, modules, depth)

    def blocks_of(self, module: nn.Module) -> tuple[Block, ...]:
        """The layers that a module is in: none outside of all stacks, several where it is shared."""
        found = []
        for path in self.paths[module]:
            names = path.split(".")
            stems = (".".join(names[:i]) for i in range(len(names), 0, -1))
            found += [self.blocks[stem] for stem in stems if stem in self.blocks][:1]
        return tuple(dict.fromkeys(found))

    def path(self, module: nn.Module) -> str:
        return self.paths[module][0]


def elements(modules: Mapping[str, nn.Module], stack: str) -> Iterator[str]:
    """The paths of a list's elements, and of those of the lists in it."""
    for name, element in modules[stack]._modules.items():  # named_children would skip a shared one
        path = f"{stack}.{name}"
        if isinstance(element, nn.ModuleList):
            yield from elements(modules, path)
        else:
            yield path


def value_maps(module: nn.Module) -> list[nn.Linear]:
    """The maps right in a module that make values, by what they are called."""
    return [
        child for name, child in module.named_children() if name in VALUES and isinstance(child, nn.Linear)
    ]


def output_map(module: nn.Module) -> nn.Linear | None:
    """The map right in a module that takes the heads in; None where it stands elsewhere."""
    found = (
        child for name, child in module.named_children() if name in OUTPUTS and isinstance(child, nn.Linear)
    )
    return next(found, None)


def describe_mixer(block: nn.Module) -> str:
    """What mixes the tokens of a layer that has no attention: the class of that module."""
    passive = ("norm", "mlp", "feed", "ffn", "ff", "moe", "expert", "dropout", "gate", "act")
    for name, child in block.named_children():
        if not any(word in name.lower() for word in passive) and any(True for _ in child.parameters()):
            return type(child).__name__
    return type(block).__name__
