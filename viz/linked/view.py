"""What the linked view shows: one frozen record that fits in a link."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from model.trace import Kind, Stack, Tokens, Trace
from model.traces.written import name_written

Combine = Literal["mean", "max"]
Side = Literal["query", "key"]
Segments = Literal["all", "aa", "ab", "ba", "bb"]
SEGMENTS: dict[str, tuple[int, int]] = {"aa": (0, 0), "ab": (0, 1), "ba": (1, 0), "bb": (1, 1)}
Head = tuple[int, int]


@dataclass(frozen=True)
class View:
    """What is shown of a Trace, and how.

    kind: which attention.
    heads: the chosen heads as (layer, head), counted from 0; at least one.
    combine: how several heads become one picture: their mean or their maximum.
    threshold: weights below it are not drawn; 0 to 1.
    specials: whether special tokens ([CLS], </s>, …) are shown.
    words: whether pieces are merged into words.
    held: positions of the held tokens, counted from 0 among all words (or pieces), shown or hidden.
    side: whether the held tokens are queries (what do they look at?) or keys (who looks at them?).
    segments: of a pair of texts, A and B, whose queries and whose keys are shown: "ab" is A → B.
    """

    kind: Kind = "encoder"
    heads: tuple[Head, ...] = ((0, 0),)
    combine: Combine = "mean"
    threshold: float = 0.0
    specials: bool = False
    words: bool = True
    held: tuple[int, ...] = ()
    side: Side = "query"
    segments: Segments = "all"

    def fit_to(self, trace: Trace) -> View:
        """The nearest view that this trace can show; what it lacks falls back to the default."""
        if not trace.kinds:
            return View()
        trace = name_written(trace)
        kind = self.kind if self.kind in trace.kinds else trace.kinds[0]
        stack = trace[kind]
        heads = tuple(
            dict.fromkeys(
                head for head in self.heads if head[0] in stack.layers and 0 <= head[1] < stack.heads
            )
        )
        side = self.side if self.side in get_args(Side) else "query"
        length = _length(stack.queries if side == "query" else stack.keys, self.words)
        return replace(
            self,
            kind=kind,
            heads=heads or ((stack.layers[0], 0),) if stack.layers else ((0, 0),),
            combine=self.combine if self.combine in get_args(Combine) else "mean",
            threshold=min(max(self.threshold, 0.0), 1.0) if self.threshold == self.threshold else 0.0,
            held=tuple(sorted({position for position in self.held if 0 <= position < length})),
            side=side,
            segments=self.segments if self.segments in get_args(Segments) and is_paired(stack) else "all",
        )

    def to_query(self, trace: Trace) -> dict[str, str]:
        """The view as parameters of a link: kind and heads always, the rest where it is not the default.

        Layers, heads and positions count from 1, as on the screen: heads="2.4,2.1" is heads 4 and 1
        of layer 2, held="9" is the ninth piece, or the word that begins with it (of all pieces, special ones
        included): which pieces are one word may be told otherwise one day, the pieces stay the same.
        """
        query = {
            "kind": self.kind,
            "heads": ",".join(f"{layer + 1}.{head + 1}" for layer, head in self.heads),
        }
        if self.combine != "mean":
            query["combine"] = self.combine
        if self.threshold:
            query["threshold"] = f"{self.threshold:.4g}"
        if self.specials:
            query["specials"] = "1"
        if not self.words:
            query["words"] = "0"
        if held := self._pieces(trace):
            query["held"] = ",".join(str(piece + 1) for piece in held)
        if self.side != "query":
            query["side"] = self.side
        if self.segments != "all":
            query["segments"] = self.segments
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, Any], trace: Trace) -> View:
        """The view that a link asks for, as far as this trace can show it. Never raises."""
        values = {name: _text(query.get(name)) for name in cls.__dataclass_fields__}
        heads = [part.split(".") for part in values["heads"].split(",")]
        found = cls(
            kind=values["kind"],  # type: ignore[arg-type]  # fitted() keeps only what exists
            heads=tuple((_count(h[0]), _count(h[1])) for h in heads if len(h) == 2),
            combine=values["combine"],  # type: ignore[arg-type]
            threshold=_number(values["threshold"]),
            specials=values["specials"] == "1",
            words=values["words"] != "0",
            side=values["side"],  # type: ignore[arg-type]
            segments=values["segments"],  # type: ignore[arg-type]
        ).fit_to(trace)
        held = {_count(part) for part in values["held"].split(",")}
        if found.words:
            held = {place for place, group in enumerate(found._groups(trace)) if not held.isdisjoint(group)}
        return replace(found, held=tuple(held)).fit_to(trace)

    def to_json(self) -> dict[str, Any]:
        """The view as the browser reads and reports it, counted from 0."""
        return asdict(self)

    @classmethod
    def from_json(cls, report: Any, trace: Trace) -> View:
        """The view that the browser reports, as far as this trace can show it. Never raises."""
        report = report if isinstance(report, Mapping) else {}
        return cls(
            kind=report.get("kind", ""),
            heads=tuple(
                (int(head[0]), int(head[1]))
                for head in _sequence(report.get("heads"))
                if len(_sequence(head)) == 2 and all(isinstance(part, int) for part in head)
            ),
            combine=report.get("combine", ""),
            threshold=_number(str(report.get("threshold", 0))),
            specials=report.get("specials") is True,
            words=report.get("words") is not False,
            held=tuple(part for part in _sequence(report.get("held")) if isinstance(part, int)),
            side=report.get("side", ""),
            segments=report.get("segments", ""),
        ).fit_to(trace)

    def _pieces(self, trace: Trace) -> list[int]:
        """The held pieces, of a held word the first one."""
        if not self.words:
            return list(self.held)
        groups = self._groups(trace)
        return [groups[place][0] for place in self.held if place < len(groups)]

    def _groups(self, trace: Trace) -> list[list[int]]:
        """The pieces of each word on the side of the held ones."""
        if self.kind not in trace.kinds:
            return []
        stack = name_written(trace)[self.kind]
        return (stack.queries if self.side == "query" else stack.keys).groups()

    def carry_over(self, before: Sequence[str], trace: Trace) -> View:
        """The same view of another trace: a held token stays held where the new text still has it.

        before: the texts of the tokens that the held positions counted, so that they can be found
            again (matching with difflib); a held token that is gone is let go.
        """
        view = replace(self, held=()).fit_to(trace)
        if view.kind != self.kind:
            return view
        after = texts(view, trace)
        matcher = difflib.SequenceMatcher(None, list(before), after, autojunk=False)
        moved = {
            block.a + i: block.b + i for block in matcher.get_matching_blocks() for i in range(block.size)
        }
        return replace(view, held=tuple(moved[position] for position in self.held if position in moved))


def texts(view: View, trace: Trace) -> tuple[str, ...]:
    """The texts that the held positions of a view count."""
    stack = name_written(trace)[view.kind]
    tokens = stack.queries if view.side == "query" else stack.keys
    return tokens.by_words().texts if view.words else tokens.texts


def is_paired(stack: Stack) -> bool:
    """Whether queries and keys are tokens of two texts."""
    return stack.queries.segments is not None and stack.keys.segments is not None


def _length(tokens: Tokens, words: bool) -> int:
    return len(tokens.groups()) if words else len(tokens)


def _text(value: Any) -> str:
    """A parameter of a link; the last one where it was given several times."""
    if isinstance(value, (list, tuple)):
        value = value[-1] if value else ""
    return value.strip() if isinstance(value, str) else ""


def _count(text: str) -> int:
    """A number counted from 1, as counted from 0; -1 for anything else."""
    return int(text) - 1 if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()
