"""What several want of one call, and an edit as it applies to the rows that a call has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from torch import Tensor

from model.capture.own.calls import Attended
from model.edits import Applied, AttentionEdit, Cut, Open
from model.errors import Refusal
from model.listening import Call, Seen


def merge(one: Call | None, other: Call | None) -> Call | None:
    """What two want of one call."""
    if one is None or other is None:
        return one or other
    mine, theirs = one, other

    def decide(allowed: Tensor, dropout: float) -> Sequence[Applied]:
        settled = (call.settle(lambda: allowed, dropout) for call in (theirs, mine))
        return tuple(chain.from_iterable(call.edits for call in settled))

    def record(seen: Seen) -> None:
        for call in (theirs, mine):
            if call.record is not None:
                call.record(seen)

    def verify(own: Tensor, told: Tensor) -> None:
        for call in (theirs, mine):
            if call.verify is not None:
                call.verify(own, told)

    surely = None if mine.verify is None and theirs.verify is None else verify
    return Call((), record, mine.parts | theirs.parts, decide=decide, verify=surely)


def cannot_split(call: Attended) -> Refusal:
    """What is said where heads cannot be told from texts."""
    return Refusal(
        "The attention of {path} has texts and heads in one axis; say with heads= how many are heads.",
        path=call.name,
    )


def to_rows(edit: AttentionEdit, call: Attended) -> AttentionEdit | None:
    """An edit for the rows and heads that a call has; None where it is about others."""
    if edit.head is not None and not 0 <= edit.head < call.heads:
        return None
    if not isinstance(edit, Cut | Open):
        return edit
    query = None if edit.query is None else edit.query - call.first
    inside = query is None or 0 <= query < call.queries
    return replace(edit, query=query) if inside and (edit.key is None or 0 <= edit.key < call.keys) else None
