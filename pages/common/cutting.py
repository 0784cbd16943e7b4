"""Cut and see: change what a head looks at, and see whether the model cared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model import Trace
from pages.common import edits, effects, links
from pages.common.ask import Asked
from pages.common.edits import Wish
from pages.common.effects import Heads
from pages.common.language import _
from pages.common.text import escape, refuse
from viz.labels import tell_apart
from viz.linked import View

if TYPE_CHECKING:
    from model.decode.decoding import Decoding
    from model.decodings import Writing

MOST = 8  # held words that are cut from others; a link can hold any number


def panel(
    asked: Asked,
    trace: Trace,
    view: View,
    written: Writing | None = None,
    decoding: Decoding | None = None,
    prefix: tuple[int, ...] = (),
    seen: Trace | None = None,
    by_words: bool | None = None,
) -> None:
    """The controls, and what the changes do.

    trace: of the sentence, unchanged. view: whose heads and held words are changed. written: what an
    encoder-decoder wrote for it, by this decoding and from this beginning. seen: what the page shows and
    the view is of, where that is not the trace but one under the changes. by_words: whether the held word
    is cut from words or from pieces; where it is not given, as the view has it.
    """
    if view.kind not in asked.checkpoint.editable:
        st.caption(
            _("{name} computes attention its own way, so it can be seen but not changed.").format(
                name=escape(asked.name)
            )
        )
        return
    by_words = view.words if by_words is None else by_words
    wishes = edits.read_wishes(trace)
    controls(seen or trace, view, wishes, by_words)
    with refuse(go_on=True):
        text = effects.passage(asked.chosen, asked.text, written.ids if written else ())
        if wishes:
            effects.consequences(asked, wishes, text, written, decoding, prefix)
        view = view.fit_to(trace)
        if view.held and view.side == "query":
            effects.compare(asked, trace, view, text, within(st.session_state["scope"], view), by_words)


def controls(trace: Trace, view: View, wishes: tuple[Wish, ...], by_words: bool) -> None:
    """What can be changed, and what is."""
    where, one, other = st.columns([2, 1, 1], vertical_alignment="bottom")
    with where:
        scope = links.choice(
            _("Where"),
            {"every": _("in every head"), "layer": _("in this layer"), "head": _("in this head")},
            "scope",
            "every",
        )
    heads = within(scope, view)
    with one:
        switch(_("Silence it"), "silence", view, heads, wishes, _("The heads say nothing to the next layer."))
    with other:
        switch(_("Make it uniform"), "uniform", view, heads, wishes, _("Every word gets the same weight."))
    if view.side == "query" and view.held:
        for place in view.held[:MOST]:
            knife(trace, view, place, heads, wishes, by_words)
    else:
        st.caption(_("Hold a word in the picture to cut what it looks at."))
    if wishes:
        undo(trace, wishes)


def within(scope: str, view: View) -> Heads:
    """The (layer, head) that a change is made in; None = every one."""
    if scope == "every":
        return ((None, None),)
    return tuple(dict.fromkeys((layer, None if scope == "layer" else head) for layer, head in view.heads))


def switch(
    label: str,
    what: edits.What,
    view: View,
    heads: Heads,
    wishes: tuple[Wish, ...],
    explained: str,
) -> None:
    """A toggle that silences the chosen heads or makes them uniform."""
    mine = {Wish(what, view.kind, layer=layer, head=head) for layer, head in heads}
    key = f"{what} {view.kind} {heads}"
    st.session_state[key] = mine <= set(wishes)

    def change() -> None:
        rest = [wish for wish in wishes if wish not in mine]
        edits.wish([*rest, *mine] if st.session_state[key] else rest)

    st.toggle(label, key=key, on_change=change, help=explained)


def knife(
    trace: Trace,
    view: View,
    place: int,
    heads: Heads,
    wishes: tuple[Wish, ...],
    by_words: bool,
) -> None:
    """Every word that the held one looks at; those that are pressed are cut from it."""
    stack = trace[view.kind]
    query = edits.spans(stack.queries, view.words)[place]
    seen = stack.weights.max(axis=(0, 1))[query[0] : query[1] + 1].max(axis=0)
    cut = {wish.key for wish in wishes if wish.kind == view.kind and wish.query == query}
    keys = [
        span
        for span in edits.spans(stack.keys, by_words)
        if span in cut or seen[span[0] : span[1] + 1].max() > 0  # a mask leaves nothing to cut
    ]
    mine = {Wish("cut", view.kind, query, span, layer, head): span for span in keys for layer, head in heads}
    key = f"cut {view.kind} {query} {heads}"
    st.session_state[key] = sorted({span for wish, span in mine.items() if wish in wishes})

    labels = tell_apart(escape(edits.spell(stack.keys, span)) for span in keys)

    def change() -> None:
        rest = [wish for wish in wishes if wish not in mine]
        edits.wish([*rest, *(wish for wish, span in mine.items() if span in st.session_state[key])])

    st.pills(
        _("{query} without looking at").format(query=escape(edits.looking(trace, view.kind, query))),
        keys,
        selection_mode="multi",
        format_func=dict(zip(keys, labels, strict=True)).__getitem__,
        key=key,
        on_change=change,
    )


def undo(trace: Trace, wishes: tuple[Wish, ...]) -> None:
    """Every change that is made, to be taken back."""
    with st.container(horizontal=True, gap="small"):
        for one in wishes:
            rest = [wish for wish in wishes if wish != one]
            st.button(
                escape(edits.describe_change(one, trace)),
                key=f"undo {one}",
                icon=":material/close:",
                type="tertiary",
                on_click=edits.wish,
                args=[rest],
                help=_("Take this back"),
            )
