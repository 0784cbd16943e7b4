"""Where a person is in the picture, as the link has it: counted from 1 there, from 0 elsewhere.

at=encoder.2          the second layer of the encoder
at=encoder.2.4-9-2    its fourth head, with the ninth token looking at the second
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import links
from pages.common.heads import TOKEN
from pages.parts.path.record import Pass
from viz.whole.view import View, is_place

if TYPE_CHECKING:
    from viz.whole.whole import Whole

AT, STEP, LAYER = "at", "step", "layer"
_NUMBER = re.compile(r"(?<=\.)\d{1,4}(?=\.|$)")
_HELD = re.compile(r"(?P<at>[a-z0-9.]+?)(-(?P<query>\d{1,5})(-(?P<key>\d{1,5}))?)?")


def usual(done: Pass) -> int:
    """The token that is followed first: the one that the card names; of a decoder alone the last one."""
    told = done.asked.checkpoint.first_head or {}
    if done.trace.encoder is None and done.trace.decoder is not None:
        return len(done.trace.decoder.queries) - 1
    assert done.trace.encoder is not None, "A model has at least one stack."
    tokens = done.trace.encoder.queries
    named = str(told.get("query", "")).lower() if told.get("kind") == "encoder" else ""
    found = next((i for i, text in enumerate(tokens.texts) if named and text.lower() == named), None)
    if found is None:
        found = next((i for i, special in enumerate(tokens.special) if not special), 0)
    return found


def read(done: Pass) -> View:
    """What the link asks for. What it does not say is as the page likes it: `settle` fills it in."""
    found = _HELD.fullmatch(st.query_params.get(AT, "") or read_former(done))
    at, query, key = "", None, None
    if found is not None:
        at = _NUMBER.sub(lambda number: str(int(number[0]) - 1), found["at"])
        at = at if "-1" not in at and is_place(at) else ""
        if at and found["query"]:
            query, key = int(found["query"]) - 1, int(found["key"]) - 1 if found["key"] else None
    token, step = number(TOKEN), number(STEP)
    if not done.count("decoder"):
        return View(at, token, None, query, key)
    if not done.count("encoder"):
        return View(at, None, token, query, key)
    return View(at, token, step, query, key)


def read_former(done: Pass) -> str:
    """Where a link of earlier editions opened a layer: here that of the last stack. The link is told anew."""
    layer = st.query_params.get(LAYER, "")
    links.put(LAYER, "")
    return f"{'decoder' if done.count('decoder') else 'encoder'}.{layer}" if layer else ""


def number(key: str) -> int | None:
    """A place of the link, from 0; None where it tells none."""
    told = st.query_params.get(key, "")
    place = int(told) - 1 if told.isascii() and told.isdigit() and len(told) < 7 else -1
    return place if place >= 0 else None


def hint(view: View, done: Pass) -> dict[str, int]:
    """Around which tokens a long text is drawn, by stack."""
    first = usual(done)
    read = first if view.read is None else view.read
    step = view.step
    cross = done.trace.cross
    if step is None and cross is not None and read < cross.weights.shape[-1]:
        step = int(cross.weights.mean((0, 1))[:, read].argmax())
    return {"encoder": read, "decoder": first if step is None and cross is None else step or 0}


def fit(view: View, whole: Whole) -> View:
    """The view that a link came with, without a layer or a head that the model does not have."""
    if view.layer is None:
        return view
    stack, layer = view.layer
    side = getattr(whole, stack)
    if side is not None and layer < len(side.layers):
        kind, _layer, head = view.head or (stack, layer, 0)
        heads = getattr(whole.attention, kind)
        if view.head is None or (heads is not None and head < heads.heads):
            return view
    came = links.leave_out(AT, st.query_params.get(AT, "")) or links.leave_out(LAYER, str(layer + 1))
    return View("", view.read, view.step) if came else view


def settle(view: View, whole: Whole, first: int) -> View:
    """The view with the tokens that are followed, in every stack that there is.

    first: the token that is followed where the view tells none.
    """

    def within(place: int | None, kind: str) -> int | None:
        side = getattr(whole, kind)
        if side is None or place is None or not side.first <= place < side.first + len(side.tokens):
            return None
        return place

    read, step = within(view.read, "encoder"), within(view.step, "decoder")
    if whole.two and whole.encoder and whole.decoder:
        behind, ahead = whole.encoder.first, whole.decoder.first
        if read is None and step is None:
            read = within(first, "encoder")
        if read is None:
            read = behind + (0 if step is None else whole.read_for(step - ahead))
        if step is None:
            step = ahead + whole.step_for(read - behind)
    else:
        if whole.encoder is not None and read is None:
            read = within(first, "encoder")
            read = whole.encoder.first if read is None else read
        if whole.decoder is not None and step is None:
            step = within(first, "decoder")
            step = whole.decoder.first + len(whole.decoder.tokens) - 1 if step is None else step
    return View(view.at, read, step, view.query, view.key)


def put(view: View, whole: Whole, first: int) -> None:
    """Have the link say where the person is, and nothing of it that is usual."""
    at = _NUMBER.sub(lambda found: str(int(found[0]) + 1), view.at)
    if at and view.query is not None:
        at += f"-{view.query + 1}" + ("" if view.key is None else f"-{view.key + 1}")
    links.put(AT, at)
    usual = settle(View(), whole, first)
    if whole.decoder is None:
        links.put(TOKEN, told(view.read), told(usual.read))
    elif whole.encoder is None:
        links.put(TOKEN, told(view.step), told(usual.step))
    else:
        links.put(TOKEN, told(view.read), told(usual.read))
        links.put(STEP, told(view.step), told(settle(View(read=view.read), whole, first).step))


def told(place: int | None) -> str:
    return "" if place is None else str(place + 1)
