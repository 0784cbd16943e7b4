"""A sentence as the model reads it, by itself and under what was changed: what the picture is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import streamlit as st

from model import Trace
from model.traces.written import name_written
from pages.common import checkpoints
from pages.common.language import _, sentence
from pages.common.request import Request
from pages.common.text import escape

if TYPE_CHECKING:
    from model.decodings import Writing


@dataclass(frozen=True)
class Reading:
    """request: what was asked. trace: of it. written: what an encoder-decoder wrote for it; None of any other
    model, and where what can be read is too long to be translated; refused: why it then wrote nothing.
    """

    request: Request
    trace: Trace
    written: Writing | None = None
    refused: ValueError | None = None

    @cached_property
    def named(self) -> Trace:
        """The trace with the rows of its cross-attention named by what they write, as they are shown."""
        return name_written(self.trace)


def read(request: Request) -> Reading:
    """What the model does with a text. Raises ValueError with a plain sentence."""
    refused = None
    if checkpoints.translates(request):
        try:
            return Reading(request, checkpoints.trace(request), checkpoints.write(request))
        except ValueError as error:
            refused = error
    return Reading(request, checkpoints.trace_with(request, None), refused=refused)


def tell_refused(*readings: Reading) -> None:
    """That a model which writes wrote nothing for a text, what is missing then, and why."""
    refused = next((reading.refused for reading in readings if reading.refused), None)
    if refused is not None:
        told = _("Nothing is written for this text, so only the encoder's attention is shown: {reason}")
        st.caption(escape(told.format(reason=sentence(refused))))
