"""The linked view in the page's link: where it starts, and what of it differs from that."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import streamlit as st

from model import Trace
from model.text.words import is_word
from pages.common import links
from viz.linked import View

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

NAMES = tuple(field.name for field in fields(View))


def first(checkpoint: Checkpoint, trace: Trace) -> View:
    """The view to start with: the head that the checkpoint's card names, with its word held."""
    told = checkpoint.first_head
    if not told or told["kind"] not in trace.kinds:
        return View().fit_to(trace)
    texts, word = trace[told["kind"]].by_words().query_tokens, str(told.get("query", ""))
    held = [place for place, text in enumerate(texts) if word and is_word(text, word)][:1]
    return View(kind=told["kind"], heads=((told["layer"], told["head"]),), held=tuple(held)).fit_to(trace)


def from_link(start: View, trace: Trace) -> View:
    """The view that the link asks for; what it does not say is as in `start`."""
    asked = {name: st.query_params[name] for name in NAMES if name in st.query_params}
    usual = start.to_query()
    if asked.get("kind", usual["kind"]) != usual["kind"]:  # its heads and words are not those of another kind
        usual = {}
    return View.from_query({**usual, **asked}, trace)


def to_link(view: View, start: View) -> None:
    """Put into the link what differs from `start`, and nothing else."""
    chosen, usual = view.to_query(), start.to_query() if view.kind == start.kind else {}
    for name in NAMES:
        links.put(name, chosen.get(name, ""), usual.get(name, ""))
