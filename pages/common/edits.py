"""What a person changed in the model: a list in the link, counted from 1 as on the screen.

edits=cut-encoder-9-2,silence-encoder@2.4     the ninth piece looks no more at the second, in any head;
                                              head 4 of layer 2 says nothing
edits=cut-cross-3-4~5@1                       a word of two pieces, in layer 1
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Literal, cast

import streamlit as st

from model import Trace
from model.trace import KINDS, Kind, Tokens
from model.traces.written import name_written
from pages.common import links
from pages.common.language import _

if TYPE_CHECKING:
    from model.edits import Edit

KEY, OWNER = "edits", "whose edits"
MOST = 2000  # edges and heads that are changed at once
FURTHEST = 512  # pieces: a text may be longer with the changes than without them
What = Literal["cut", "silence", "uniform"]
Span = tuple[int, int]  # the first and the last piece of a word, from 0
_SPAN = r"\d{1,5}(?:~\d{1,5})?"
_WISH = re.compile(
    rf"(?P<what>cut|silence|uniform)-(?P<kind>encoder|decoder|cross)(-(?P<query>{_SPAN})-(?P<key>{_SPAN}))?"
    r"(@(?P<layer>\d{1,4})(\.(?P<head>\d{1,4}))?)?"
)


@dataclass(frozen=True)
class Wish:
    """One change. query, key: of a cut; layer, head: from 0, None = every one."""

    what: What
    kind: Kind
    query: Span | None = None
    key: Span | None = None
    layer: int | None = None
    head: int | None = None

    @property
    def edges(self) -> int:
        """How many edges are cut, between all the pieces of two words; 1 where heads are changed."""
        spans = [span for span in (self.query, self.key) if span]
        return prod(last - first + 1 for first, last in spans)

    def __str__(self) -> str:
        text = f"{self.what}-{self.kind}"
        if self.query and self.key:
            text += f"-{write_span(self.query)}-{write_span(self.key)}"
        if self.layer is not None:
            text += f"@{self.layer + 1}"
            text += f".{self.head + 1}" if self.head is not None else ""
        return text


def write_span(span: Span) -> str:
    first, last = span
    return str(first + 1) if first == last else f"{first + 1}~{last + 1}"


def parse_span(text: str | None) -> Span | None:
    if text is None:
        return None
    first, _tilde, last = text.partition("~")
    return int(first) - 1, int(last or first) - 1


def parse(text: str) -> Iterator[Wish]:
    """The changes that a link asks for; what cannot be read is passed over."""
    for part in text.split(","):
        if one := parse_one(part):
            yield one


def parse_one(part: str) -> Wish | None:
    """One change; None where it cannot be read."""
    found = _WISH.fullmatch(part.strip())
    if not found or (found["what"] == "cut") != (found["query"] is not None):
        return None
    numbers: Any = {name: int(found[name]) - 1 if found[name] else None for name in ("layer", "head")}
    query, key = parse_span(found["query"]), parse_span(found["key"])
    return Wish(cast(What, found["what"]), cast(Kind, found["kind"]), query, key, **numbers)


def read_wishes(trace: Trace, kinds: Collection[Kind] = KINDS) -> tuple[Wish, ...]:
    """The changes in the link that this trace knows the words, layers and heads of.

    A piece that is written need not be there: whether it is may depend on the changes. What is more than
    a person would ever change is left out, and so is from the link what came with it and is not there.
    kinds: those that can be changed.
    """
    let_go(trace)
    found: list[Wish] = []
    edges = 0
    rest = []  # of the link, without what came with it and is not here
    for part in dict.fromkeys(st.query_params.get(KEY, "").split(",")):
        one = parse_one(part)
        if one and one.kind in kinds and exists(one, trace) and (edges := edges + one.edges) <= MOST:
            found.append(one)
        elif links.leave_out(KEY, part):
            continue
        rest.append(part)
    links.settle(KEY)
    links.put(KEY, ",".join(rest))
    return tuple(dict.fromkeys(found))


def let_go(trace: Trace) -> None:
    """Of another text than before the cuts are let go: they lie between words that are no longer there."""
    text = (trace.source, trace.pair)
    if st.session_state.get(OWNER, text) != text:
        wish(one for one in parse(st.query_params.get(KEY, "")) if one.what != "cut")
    st.session_state[OWNER] = text


def exists(wish: Wish, trace: Trace) -> bool:
    if wish.kind not in trace.kinds:
        return False
    stack = trace[wish.kind]
    grows = trace.cross is not None and wish.kind != "encoder"
    return all(
        span is None or knows(side, span, written)
        for span, side, written in (
            (wish.query, stack.queries, grows),
            (wish.key, stack.keys, grows and wish.kind == "decoder"),
        )
    ) and all(
        place is None or place in places
        for place, places in ((wish.layer, stack.layers), (wish.head, range(stack.heads)))
    )


def knows(tokens: Tokens, span: Span, grows: bool) -> bool:
    """Whether these pieces are there; grows: or a single one that may come behind them.

    They need not be a word: when a link was made, other pieces may have been one.
    """
    first, last = span
    return 0 <= first <= last < (FURTHEST if grows and first == last else len(tokens))


def keep_reached(changes: Iterable[Edit], written: int) -> tuple[Edit, ...]:
    """The changes without those cuts that lie behind a written text of so many pieces."""
    from model.edits import Cut

    return tuple(
        change
        for change in changes
        if not isinstance(change, Cut)
        or change.kind == "encoder"
        or ((change.query or 0) < written and (change.kind == "cross" or (change.key or 0) < written))
    )


def wish(wishes: Iterable[Wish]) -> None:
    """Put the changes into the link."""
    links.put(KEY, ",".join(map(str, dict.fromkeys(wishes))))


def grant(wishes: Iterable[Wish]) -> tuple[Edit, ...]:
    """The changes as the model takes them: a cut between two words is one between all their pieces."""
    from model.edits import Cut, Silence, Uniform

    edits: list[Edit] = []
    for one in wishes:
        if one.what == "silence":
            edits.append(Silence(one.kind, one.layer, one.head))
        elif one.what == "uniform":
            edits.append(Uniform(one.kind, one.layer, one.head))
        elif one.query and one.key:
            edits += [
                Cut(one.kind, query, key, one.layer, one.head)
                for query in range(one.query[0], one.query[1] + 1)
                for key in range(one.key[0], one.key[1] + 1)
            ]
    return tuple(edits)


def describe_change(wish: Wish, trace: Trace) -> str:
    """A change in words: “it” ✂ “animal”, layer 2 · head 4."""
    where = _("every head")
    if wish.layer is not None:
        where = _("layer {layer}").format(layer=wish.layer + 1)
        if wish.head is not None:
            where = _("layer {layer} · head {head}").format(layer=wish.layer + 1, head=wish.head + 1)
    if wish.what == "silence":
        return _("silenced: {where}").format(where=where)
    if wish.what == "uniform":
        return _("uniform: {where}").format(where=where)
    key = spell(trace[wish.kind].keys, wish.key or (0, -1)) or "…"
    return f"{looking(trace, wish.kind, wish.query or (0, -1))} ✂ “{key}”, {where}"


def looking(trace: Trace, kind: Kind, span: Span) -> str:
    """Who looks: “it”; where a translation is written, the row that writes a piece: to write “il”."""
    if trace.cross is None or kind == "encoder":
        return f"“{spell(trace[kind].queries, span)}”"
    rows = name_written(trace)["cross"].queries
    places = range(span[0], min(span[1] + 1, len(rows)))
    written = rows.spell([place for place in places if not rows.special[place]])
    if any(rows.special[place] for place in places):
        written += _("the end")
    if not written:  # the text ends before it
        return _("to write token {number}").format(number=span[0] + 1)
    return _("to write “{piece}”").format(piece=written)


def spell(tokens: Tokens, span: Span) -> str:
    """A word, put together from its pieces."""
    return tokens.spell(range(span[0], min(span[1] + 1, len(tokens))))


def spans(tokens: Tokens, words: bool) -> list[Span]:
    """The first and the last piece of each word, or each piece by itself."""
    groups = tokens.groups() if words else [[i] for i in range(len(tokens))]
    return [(group[0], group[-1]) for group in groups]
