"""The linked view in the page's link: where it starts, and what of it differs from that."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from model import Trace
from model.text.words import is_word
from model.traces.written import name_written
from pages.common import links
from viz.linked import View

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

NAMES = tuple(field.name for field in fields(View))


def first(checkpoint: Checkpoint, trace: Trace) -> View:
    """The view to start with: the head that the checkpoint's card names, with its word held."""
    return begin_with(checkpoint.first_head, trace)


def first_of(folder: Path, trace: Trace) -> View:
    """The same of a checkpoint that is not loaded yet."""
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("first_head")
    except (OSError, ValueError, AttributeError):  # whoever loads it says what is wrong with it
        told = None
    return begin_with(told, trace)


def begin_with(told: dict[str, Any] | None, trace: Trace) -> View:
    """The view of one head, with its word held. told: {"kind", "layer", "head", "query"}."""
    if not told or told["kind"] not in trace.kinds:
        return View().fit_to(trace)
    texts, word = trace[told["kind"]].by_words().query_tokens, str(told.get("query", ""))
    held = [place for place, text in enumerate(texts) if word and is_word(text, word)][:1]
    return View(kind=told["kind"], heads=((told["layer"], told["head"]),), held=tuple(held)).fit_to(trace)


def from_link(start: View, trace: Trace) -> View:
    """The view that the link asks for; what it does not say is as in `start`."""
    asked = {name: st.query_params[name] for name in NAMES if name in st.query_params}
    usual = start.to_query(trace)
    if "kind" in asked and asked["kind"] not in trace.kinds and links.leave_out("kind", asked["kind"]):
        del asked["kind"]
    if asked.get("kind", usual["kind"]) != usual["kind"]:  # its heads and words are not those of another kind
        usual = {}
    view = View.from_query({**usual, **asked}, trace)
    tell_left_out(asked, view, trace)
    return view


def tell_left_out(asked: dict[str, str], view: View, trace: Trace) -> None:
    """Have the page say what the link asks for and the view of this trace has not."""
    shown = view.to_query(trace)
    for head in asked.get("heads", "").split(","):
        if head not in shown["heads"].split(","):
            links.leave_out("heads", head)
    named = name_written(trace)
    if view.kind in named.kinds:
        stack = named[view.kind]
        count = len(stack.queries if view.side == "query" else stack.keys)
        for piece in asked.get("held", "").split(","):
            if not (piece.isdigit() and 0 < int(piece) <= count):
                links.leave_out("held", piece)
    for name in ("combine", "side", "segments"):
        if name in asked and asked[name] != getattr(view, name):
            links.leave_out(name, asked[name])


def to_link(view: View, start: View, trace: Trace) -> None:
    """Put into the link what differs from `start`, and nothing else."""
    chosen, usual = view.to_query(trace), start.to_query(trace) if view.kind == start.kind else {}
    for name in NAMES:
        links.put(name, chosen.get(name, ""), usual.get(name, ""))
