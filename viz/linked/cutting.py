"""What can be cut in the linked view and what came of it: plain records that the page gives and gets back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from model.trace import KINDS, Kind, Trace

Span = tuple[int, int]  # the first and the last piece of a word, from 0
Runs = tuple[tuple[str, bool], ...]  # a text in parts, and whether the other text lacks each


@dataclass(frozen=True)
class Edge:
    """An edge that is cut. heads: the (layer, head) in which it is, None = every one."""

    kind: Kind
    query: Span
    key: Span
    heads: tuple[tuple[int | None, int | None], ...] = ((None, None),)


@dataclass(frozen=True)
class Scissors:
    """What can be cut, and what is changed already.

    kinds: whose edges can be cut. where: in which heads a cut is made, as a person reads it ("in every
    head"). edges: those that are cut. changes: all that is changed, the edges first and in their order, in
    words, each to be taken back by its number.
    """

    kinds: tuple[Kind, ...]
    where: str = ""
    edges: tuple[Edge, ...] = ()
    changes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Outcome:
    """What stands beside the picture: what was written, and what the changes did to it.

    title: of the panel. before: the text without the changes, () where there is none. after: with them, None
    where that is no other. names: what the two are called. notes: what is told under each. moved: words, and
    what became of each; measure: what that is.
    """

    title: str
    before: Runs = ()
    after: Runs | None = None
    names: tuple[str, str] = ("", "")
    moved: tuple[tuple[str, str], ...] = ()
    measure: str = ""
    notes: tuple[str, str] = ("", "")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Snip:
    """What a person did with the scissors: cut some rows from a word, or took changes back.

    kind, queries, key: the edges, in pieces; no queries where nothing was cut. heads: the (layer, head) that
    were on show. undo: numbers of changes.
    """

    kind: Kind = "encoder"
    queries: tuple[Span, ...] = ()
    key: Span = (0, 0)
    heads: tuple[tuple[int, int], ...] = ()
    undo: tuple[int, ...] = ()

    @classmethod
    def from_report(cls, report: Any, trace: Trace) -> Snip | None:
        """What the browser reports; None for what this trace has no place for. Never raises."""
        report = report if isinstance(report, Mapping) else {}
        undo = tuple(n for n in map(_number, _list(report.get("undo"))) if n is not None)
        cut = report.get("cut")
        if not isinstance(cut, Mapping):
            return cls(undo=undo) if undo else None
        kind = cut.get("kind")
        if kind not in KINDS or kind not in trace.kinds:
            return None
        stack = trace[kind]
        queries = [_span(one, len(stack.queries)) for one in _list(cut.get("queries"))]
        key = _span(cut.get("key"), len(stack.keys))
        if key is None or not queries or None in queries:
            return None
        heads = [tuple(map(_number, _list(one))) for one in _list(cut.get("heads"))]
        known = tuple(one for one in heads if len(one) == 2 and None not in one)
        return cls(kind, tuple(one for one in queries if one), key, known, undo)  # type: ignore[arg-type]


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _number(value: Any) -> int | None:
    """A whole number from 0. (JavaScript has no other than floating ones.)"""
    return int(value) if isinstance(value, (int, float)) and value >= 0 and value == value // 1 else None


def _span(value: Any, length: int) -> Span | None:
    """The first and the last of so many pieces."""
    ends = [_number(one) for one in _list(value)]
    if len(ends) != 2 or ends[0] is None or ends[1] is None or not ends[0] <= ends[1] < length:
        return None
    return ends[0], ends[1]
