"""The observer behind a Trace: keeps what attention did, layer by layer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.capture.checkpoint import Checkpoint
from model.capture.observers import Observer, Place, Shape
from model.listening import FIELDS, Part, Seen
from model.trace import Kind


class Recorder(Observer):
    """Keeps what the layers of the last pass did, as torch tensors of the whole batch.

    layers: for each kind the ones to keep. parts: what to keep of them; weights always come along.
    kept: (kind, layer) -> {"weights": (batch, heads, queries, keys), …}. Where a layer calls attention more
    than once, its first call.
    """

    def __init__(self, layers: Mapping[Kind, Collection[int]], parts: Collection[Part] = ()) -> None:
        self.layers, self.parts = layers, frozenset(parts)
        self.names = ["weights", *(name for part in parts for name in FIELDS[part])]
        self.kept: dict[tuple[Kind, int], dict[str, Any]] = {}

    def wants(self, place: Place) -> bool:
        return place.call == 0 and place.layer in self.layers.get(place.kind, ())  # type: ignore[arg-type]

    def attention(self, place: Place, seen: Seen) -> None:
        self.kept[place.kind, place.layer] = {name: getattr(seen, name) for name in self.names}  # type: ignore[index]


class Filing(Recorder):
    """The same in NumPy arrays, each layer filed at once, so that nothing is held twice.

    sizes: how many (queries, keys) each kind has in the longest text. texts: how many there are.
    arrays: kind -> {"weights": (layers, texts, heads, queries, keys), …}. Heads that a layer does not have
    are 0. A decoder that looks step by step fills its rows one after another; `finish` raises ValueError
    where some are missing.
    """

    def __init__(
        self,
        m: Checkpoint,
        sizes: Mapping[Kind, tuple[int, int]],
        layers: Mapping[Kind, tuple[int, ...]],
        parts: Collection[Part] = (),
        texts: int = 1,
    ) -> None:
        super().__init__(layers, parts)
        self.sizes = sizes
        self.heads = m.heads
        self.subtracted = {
            kind: np.array([shares[layer] for layer in layers[kind]], np.float32)
            for kind, shares in m.subtracted.items()
            if kind in sizes
        }
        self.filled: dict[tuple[Kind, int], int] = defaultdict(int)
        self.arrays: dict[Kind, dict[str, NDArray[Any]]] = {
            # Not zeros: NumPy has large pages for memory that it need not clear, which the first touch of a
            # matrix is several times as fast in.
            kind: {"weights": np.empty((len(layers[kind]), texts, m.heads[kind], *size), np.float32)}
            for kind, size in sizes.items()
        }

    def room(self, place: Place, shape: Shape) -> Tensor | None:
        weights = self.layer(place, "weights")
        return weights if tuple(weights.shape) == shape else None

    def attention(self, place: Place, seen: Seen) -> None:
        kind, layer = place.kind, place.layer
        if kind is None or layer is None:
            return
        queries, keys = self.sizes[kind]
        first, rows = self.filled[kind, layer], seen.weights.shape[2]
        last, columns = first + rows, seen.weights.shape[3]
        if last > queries or columns > keys:
            raise ValueError(
                f"Layer {layer} of {kind} attention gave {last} rows of {columns} weights, "
                f"where {queries} of {keys} are expected."
            )
        self.filled[kind, layer] = last
        for name in self.names:
            value = getattr(seen, name)
            if name == "scaling":
                self.put(place, name, torch.full((seen.weights.shape[0],), float(value)))
            elif name == "weights":
                whole = self.layer(place, name)
                if first == 0 and value.shape != whole.shape:
                    whole.zero_()
                kept = whole[:, : value.shape[1], first:last, :columns]
                if value.data_ptr() != kept.data_ptr():  # else it was written there at once
                    kept.copy_(value)
            else:
                self.put(place, name, value.expand(seen.weights.shape) if name == "mask" else value)

    def put(self, place: Place, name: str, value: Tensor) -> None:
        arrays = self.arrays[place.kind]  # type: ignore[index]
        if name not in arrays:
            count = len(self.layers[place.kind])  # type: ignore[index]
            arrays[name] = np.zeros((count, *value.shape), np.bool_ if name == "mask" else np.float32)
        self.layer(place, name).copy_(value)

    def layer(self, place: Place, name: str) -> Tensor:
        """What is kept of one layer, to be written to: (texts, …)."""
        index = list(self.layers[place.kind]).index(place.layer)  # type: ignore[index, arg-type]
        return torch.from_numpy(self.arrays[place.kind][name][index])  # type: ignore[index]

    def finish(self) -> None:
        """Raises ValueError where a row of some layer was never told."""
        for kind, layers in self.layers.items():
            for layer in layers:
                if kind in self.sizes and self.filled[kind, layer] != self.sizes[kind][0]:
                    raise ValueError(
                        f"Layer {layer} of {kind} attention gave {self.filled[kind, layer]} rows, "
                        f"where {self.sizes[kind][0]} are expected."
                    )

    def of(self, text: int, kind: Kind, size: tuple[int, int]) -> dict[str, NDArray[Any]]:
        """The arrays of one text, (layers, heads, queries, keys), without its padding. size: its own."""
        queries, keys = size
        counts = {"q": queries, "output": queries, "k": keys, "v": keys}
        found = {"subtracted": self.subtracted[kind]} if kind in self.subtracted else {}
        for name, array in self.arrays[kind].items():
            one = array[:, text]
            if name in counts:
                one = one[:, :, : counts[name]]
            found[name] = one if name == "scaling" or name in counts else one[:, :, :queries, :keys]
        return found


def longest(sizes: Sequence[Mapping[Kind, tuple[int, int]]]) -> dict[Kind, tuple[int, int]]:
    """The most (queries, keys) that any text has, for each kind."""
    return {
        kind: (max(one[kind][0] for one in sizes), max(one[kind][1] for one in sizes)) for kind in sizes[0]
    }
