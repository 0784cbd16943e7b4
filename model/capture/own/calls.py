"""The calls of attention that were heard in a module: of which kind each is, in which layer, which rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from torch import Tensor

from model.capture.sites import Means
from model.errors import Refusal
from model.listening import Seen
from model.trace import KINDS, Kind


@dataclass(eq=False)
class Attended:
    """One call of attention, as it was heard in a run of the watched module.

    path: of the module that made it. name: what it is called. run: which run of the watched module, from 0;
    turn: which call of its path in it.
    queries, keys: how many there are, without columns that stand for no token. splits: there is no telling
    how much of its first axis is heads. kind, layer: as `Kinds` and `Numbering` have it. first: the query
    that its first row is for. seen: what it did, of the whole batch, float32 on the processor. is_shown: of a
    softmax, whether it is what meets the values. is_edited: whether it was changed. is_said: somebody said of
    which kind it is. is_known: it is known whether it looks at its own text.
    """

    path: str
    name: str
    means: Means
    run: int
    turn: int
    heads: int
    queries: int
    keys: int
    splits: bool = False
    kind: Kind = "encoder"
    layer: int = 0
    first: int = 0
    seen: Seen | None = None
    is_shown: bool = True
    is_edited: bool = False
    is_said: bool = False
    is_known: bool = False

    def __repr__(self) -> str:
        told = f"{self.kind}, {self.name}: {self.queries} queries × {self.keys} keys"
        return told if self.is_shown else f"{told}, not shown"


class Kinds:
    """Of which kind a call is: as it is said, else by who may look at whom.

    said: one kind for all, or kinds by path; a path may hold * and ?, and the first that fits counts.
    """

    def __init__(self, said: Kind | Mapping[str, Kind] | None) -> None:
        self.said: dict[str, Kind] = (
            {} if said is None else dict(said) if isinstance(said, Mapping) else {"*": said}
        )
        # Of each path, and of each of its calls in a run: the kind and the keys of the last one.
        self.last: dict[tuple[str, int | None], tuple[Kind, int]] = {}
        for kind in self.said.values():
            if kind not in KINDS:
                raise Refusal("A kind of attention is encoder, decoder or cross, not {kind}.", kind=kind)

    def of(self, call: Attended, allowed: Tensor, others: bool | None) -> Kind:
        """The kind of a call. allowed: bool, broadcastable to its weights. others: whether the keys are
        made of something else than the queries; None = it is not known.
        """
        said = next((kind for path, kind in self.said.items() if fnmatchcase(call.path, path)), None)
        call.is_said, call.is_known = said is not None, others is not None
        kind = said or self.guess(call, allowed, bool(others))
        self.last[call.path, None] = self.last[call.path, call.turn] = (kind, call.keys)
        return kind

    def guess(self, call: Attended, allowed: Tensor, others: bool) -> Kind:
        for turn in (call.turn, None):
            kind, keys = self.last.get((call.path, turn), ("cross", 0))
            if kind != "cross" and call.keys == keys + call.queries:
                return kind  # the keys grow by those of the queries: step by step, with a cache
        if call.queries != call.keys:
            return "cross"
        square = allowed.broadcast_to((*allowed.shape[:2], call.queries, allowed.shape[-1]))
        looks_back = not bool(square[..., : call.keys].triu(1).any())
        if others and not (looks_back and call.queries > 1):
            return "cross"
        return "decoder" if looks_back else "encoder"


class Place(NamedTuple):
    """layer: from 0 in each kind. first: the query that the first row of a call is for."""

    layer: int
    first: int


class Numbering:
    """Counts layers in the order in which they run, each kind by itself, in every run of the module anew.

    A module that is called again in the same run is the same layer where it goes on step by step, one query
    at a time or with keys that grow; where it looks from everywhere again, it is the next layer.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[int, Kind]] = Counter()
        self.last: dict[tuple[int, Kind, str], tuple[Attended, int]] = {}  # with its layer
        self.rows: Counter[tuple[str, Kind, int]] = Counter()

    def place(self, call: Attended) -> Place:
        """Where a call stands. It is only counted once it is taken."""
        layer = self.counts[call.run, call.kind]
        if (call.run, call.kind, call.path) in self.last:
            before, its = self.last[call.run, call.kind, call.path]
            step = before.queries == call.queries == 1 and before.keys == call.keys
            if step if call.kind == "cross" else call.keys == before.keys + call.queries:
                layer = its
        if call.kind != "cross" and call.keys > call.queries:
            return Place(layer, call.keys - call.queries)
        step = call.kind == "cross" and call.queries == 1
        return Place(layer, self.rows[call.path, call.kind, layer] if step else 0)

    def take(self, call: Attended, layer: int) -> None:
        """Count a call."""
        self.last[call.run, call.kind, call.path] = call, layer
        self.counts[call.run, call.kind] = max(self.counts[call.run, call.kind], layer + 1)
        self.rows[call.path, call.kind, layer] += call.queries


def count_again(calls: Sequence[Attended]) -> dict[Attended, int]:
    """The layer of each call, counted among these alone."""
    numbering, layers = Numbering(), {}
    for call in calls:
        layers[call] = numbering.place(call).layer
        numbering.take(call, layers[call])
    return layers
