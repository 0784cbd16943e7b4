"""A sentence as the model reads it, by itself and under what was changed: what the picture is drawn from."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from model import Trace
from model.traces.written import name_written
from pages.common import checkpoints
from pages.common.request import Request

if TYPE_CHECKING:
    from model.decodings import Writing


@dataclass(frozen=True)
class Reading:
    """request: what was asked. trace: of it. written: what an encoder-decoder wrote for it; None of any other
    model, and where what can be read is too long to be translated.
    """

    request: Request
    trace: Trace
    written: Writing | None = None

    @cached_property
    def named(self) -> Trace:
        """The trace with the rows of its cross-attention named by what they write, as they are shown."""
        return name_written(self.trace)


def read(request: Request) -> Reading:
    """What the model does with a text. Raises ValueError with a plain sentence."""
    if checkpoints.translates(request):
        with suppress(ValueError):
            return Reading(request, checkpoints.trace(request), checkpoints.write(request))
    return Reading(request, checkpoints.trace_with(request, None))
