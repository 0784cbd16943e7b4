"""Listening to a model: what its attention layers do is kept, and edited, in the order of a forward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from model.attention import Call, Cut, Edit, Open, Seen
from model.capture.checkpoint import Checkpoint
from model.trace import Kind, Tokens

Part = Literal["weights", "scores", "qkv", "output"]
PARTS: tuple[Part, ...] = get_args(Part)
FIELDS: dict[Part, tuple[str, ...]] = {
    "weights": (),
    "scores": ("scores", "mask", "scaling"),
    "qkv": ("q", "k", "v"),
    "output": ("output",),
}


class Recorder:
    """Listens to a model: keeps what its layers do and edits them, in the order of a forward pass.

    Layers are told apart by counting calls, since one module may serve as several layers (ALBERT) and
    need not know its place. After `depth` calls of a kind the next pass has begun, so the count stays
    right while a decoder generates.

    kinds: of each attention module. layers: for each kind the ones to keep. parts: what to keep of them;
    weights always come along. Edits apply to every pass.
    kept: (kind, layer) -> {"weights": (batch, heads, queries, keys), …}, of the last pass.
    """

    def __init__(
        self,
        kinds: Mapping[nn.Module, Kind],
        depth: Mapping[Kind, int],
        layers: Mapping[Kind, Collection[int]] | None = None,
        parts: Collection[Part] = (),
        edits: Sequence[Edit] = (),
    ) -> None:
        self.kinds, self.depth, self.layers, self.edits = kinds, depth, layers or {}, tuple(edits)
        self.names = ["weights", *(name for part in parts for name in FIELDS[part])]
        self.kept: dict[tuple[Kind, int], dict[str, Tensor]] = {}
        self.calls: Counter[Kind] = Counter()

    def hear(self, module: nn.Module, query: Tensor, key: Tensor) -> Call | None:
        """What is wanted of this call. Raises ValueError where an edge to cut could not be found."""
        kind = self.kinds.get(module)
        if kind is None:
            return None
        if kind != "cross" and query.shape[2] != key.shape[2] and has_places(self.edits):
            raise ValueError("Edges can be cut only where every position is there: use no key-value cache.")
        layer = self.calls[kind] % self.depth[kind]
        self.calls[kind] += 1
        edits = tuple(edit for edit in self.edits if edit.kind == kind and edit.layer in (None, layer))
        if layer in self.layers.get(kind, ()):
            return Call(edits, lambda seen: self.keep(kind, layer, seen))
        return Call(edits) if edits else None

    def keep(self, kind: Kind, layer: int, seen: Seen) -> None:
        self.kept[kind, layer] = {name: getattr(seen, name) for name in self.names}


class Filing(Recorder):
    """The same for one text, each layer filed in NumPy arrays at once, so that nothing is held twice.

    sides: what stands along the queries and the keys of each kind.
    arrays: kind -> {"weights": (layers, heads, queries, keys), …}.
    """

    def __init__(
        self,
        m: Checkpoint,
        sides: Mapping[Kind, tuple[Tokens, Tokens]],
        layers: Mapping[Kind, tuple[int, ...]],
        parts: Collection[Part],
        edits: Sequence[Edit],
    ) -> None:
        super().__init__(m.kinds, m.layers, layers, parts, edits)
        self.arrays: dict[Kind, dict[str, Any]] = {
            kind: {"weights": np.empty((len(layers[kind]), m.heads[kind], len(q), len(k)), np.float32)}
            for kind, (q, k) in sides.items()
        }

    def keep(self, kind: Kind, layer: int, seen: Seen) -> None:
        for name in self.names:
            if name == "scaling":
                self.file(kind, layer, name, torch.tensor(seen.scaling))
            elif name == "mask":  # which need not have all axes
                self.file(kind, layer, name, seen.mask.expand(seen.weights.shape)[0])
            else:
                self.file(kind, layer, name, getattr(seen, name)[0])

    def file(self, kind: Kind, layer: int, name: str, tensor: Tensor) -> None:
        layers, arrays = list(self.layers[kind]), self.arrays[kind]
        if name not in arrays:
            arrays[name] = np.empty((len(layers), *tensor.shape), np.bool_ if name == "mask" else np.float32)
        torch.from_numpy(arrays[name])[layers.index(layer)].copy_(tensor)


def has_places(edits: Sequence[Edit]) -> bool:
    """True where an edit speaks of positions in the text."""
    return any(isinstance(edit, Cut | Open) and (edit.query, edit.key) != (None, None) for edit in edits)
