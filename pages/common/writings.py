"""A writing on the page and in its link: how it begins, which step is shown, through which heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model import Trace
from model.trace import Kind
from pages.common import edits, links
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.text import escaped
from viz.linked import View

if TYPE_CHECKING:
    from model.trace import Writing
    from viz.steps.mount import Played

PREFIX, STEP = "prefix", "step"
OWNER = "whose prefix"


def beginning(asked: Asked) -> tuple[int, ...]:
    """The ids that the person wants the text to begin with; they go with the sentence and the checkpoint."""
    owner = (asked.name, asked.text)
    if st.session_state.get(OWNER, owner) != owner:
        links.put(PREFIX, "")
    st.session_state[OWNER] = owner
    parts = st.query_params.get(PREFIX, "").split(".")
    known = all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts)
    return tuple(int(part) for part in parts) if known else ()


def show(writing: Writing, changed: bool) -> None:
    """The text, large, and how likely the model finds it."""
    st.subheader(escaped(writing.text) or "–", anchor=False)
    count = len(writing.ids)
    told = _("{count} pieces · log-probability {logprob}, {mean} a piece").format(
        count=count,
        logprob=f"{writing.logprob:.2f}".replace("-", "−"),
        mean=f"{writing.logprob / max(count, 1):.2f}".replace("-", "−"),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(told + (" · " + _("changed by what you cut") if changed else ""), width="content")
        if any(step.given for step in writing.steps):
            st.button(
                _("Let it choose again"),
                icon=":material/undo:",
                type="tertiary",
                on_click=links.put,
                args=[PREFIX, ""],
                help=_("Take back the words that you chose."),
            )


def heads(trace: Trace) -> tuple[int, int | None]:
    """The layer and the head whose attention is played, from 0; None = the mean of all heads."""
    layers = max(len(trace[kind].layers) for kind in trace.kinds)
    count = max(trace[kind].heads for kind in trace.kinds)
    with st.container(horizontal=True, gap="large"):
        layer = links.choice(_("Layer"), counted(layers), "layer", str(layers))
        head = links.choice(_("Head"), {"all": _("all")} | counted(count), "head", "all")
    return int(layer) - 1, None if head == "all" else int(head) - 1


def counted(number: int) -> dict[str, str]:
    """The numbers from 1 on, as names and as words."""
    return {str(i + 1): str(i + 1) for i in range(number)}


def step(writing: Writing) -> int:
    """The step that the link asks for; the last one where it asks for none."""
    asked = st.query_params.get(STEP, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else len(writing.ids)


def went(played: Played, writing: Writing) -> None:
    """Put the step into the link, and what was chosen there: the text begins anew from it."""
    links.put(STEP, str(played.step), str(len(writing.ids)))
    if played.choice:
        place, chosen = played.choice
        links.put(PREFIX, ".".join(map(str, (*writing.ids[:place], chosen))))
        st.rerun()


def view(trace: Trace, layer: int, head: int | None) -> View:
    """What is to be cut: the kind of attention, the word that looks, and the heads that are played."""
    kinds: dict[str, str] = {
        "cross": _("Cross"),
        "decoder": _("Decoder"),
        "encoder": _("Encoder"),
    }
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="large")
    with row:
        kind: Kind = links.choice(_("Attention"), kinds, "kind", "cross")  # type: ignore[assignment]
    stack = trace[kind]
    layer = min(layer, len(stack.layers) - 1)
    chosen = range(stack.heads) if head is None or head >= stack.heads else (head,)
    words = kind == "encoder"
    names = [edits.looking(trace, kind, span) for span in edits.spans(stack.queries, words)]
    usual = len(names) - 1
    if f"held {kind}" not in st.session_state:
        asked = st.query_params.get("held", "")
        held = int(asked) - 1 if asked.isascii() and asked.isdigit() and len(asked) < 6 else usual
        st.session_state[f"held {kind}"] = held
    if st.session_state[f"held {kind}"] not in range(len(names)):
        st.session_state[f"held {kind}"] = usual
    with row:
        held = st.selectbox(
            _("The word that looks"),
            range(len(names)),
            format_func=names.__getitem__,
            key=f"held {kind}",
            width=320,
        )
    links.put("held", str(held + 1), str(usual + 1))
    return View(kind, tuple((layer, i) for i in chosen), held=(held,), words=words).fitted(trace)
