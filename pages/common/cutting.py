"""Cut and see: change what a head looks at, and see whether the model cared."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from model import Trace
from pages.common import checkpoints, edits, effects, examples, links
from pages.common.ask import Asked
from pages.common.edits import Wish
from pages.common.effects import Heads
from pages.common.examples import Example
from pages.common.language import _
from pages.common.request import Request
from pages.common.text import escape, refuse
from viz.labels import tell_apart
from viz.linked import View
from viz.linked.cutting import Edge, Scissors, Snip

if TYPE_CHECKING:
    from model.decodings import Writing

SCOPE, EVERY = "scope", "every"
MOST = 8  # held words that are cut from others; a link can hold any number


def panel(
    asked: Asked,
    plain: Request,
    trace: Trace,
    view: View,
    written: Writing | None = None,
    seen: Trace | None = None,
    by_words: bool | None = None,
) -> None:
    """The controls, and what the changes do.

    plain: what is asked, with nothing changed. trace: of it. view: whose heads and held words are changed.
    written: what an encoder-decoder wrote for it. seen: what the page shows and
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
        if wishes:
            effects.consequences(plain.under(wishes), written)
        view = view.fit_to(trace)
        if view.held and view.side == "query":
            effects.compare(plain, trace, view, within(read_scope(), view), by_words)


def controls(trace: Trace, view: View, wishes: tuple[Wish, ...], by_words: bool) -> None:
    """What can be changed, and what is."""
    where, one, other = st.columns([2, 1, 1], vertical_alignment="bottom")
    with where:
        scope = links.choice(_("Where"), scopes(), SCOPE, EVERY)
    heads = within(scope, view)
    with one:
        switch(_("Silence it"), "silence", view, heads, wishes, _("The heads' outputs are set to zero."))
    with other:
        switch(
            _("Make weights uniform"), "uniform", view, heads, wishes, _("Every word gets the same weight.")
        )
    if view.side == "query" and view.held:
        for place in view.held[:MOST]:
            knife(trace, view, place, heads, wishes, by_words)
    else:
        st.caption(_("Hold a word in the picture to cut what it looks at."))
    if wishes:
        undo(trace, wishes)


def scopes() -> dict[str, str]:
    """Where a change is made, as a person reads it."""
    return {EVERY: _("in every head"), "layer": _("in this layer"), "head": _("in this head")}


def read_scope() -> str:
    """Where changes are made now; in every head as long as nobody chose something else."""
    scope: str = st.session_state.get(SCOPE) or links.read_choice(scopes(), SCOPE, EVERY)
    return scope


def within(scope: str, view: View) -> Heads:
    """The (layer, head) that a change is made in; None = every one."""
    return spread(scope, view.heads)


def spread(scope: str, heads: tuple[tuple[int, int], ...]) -> Heads:
    """The same of any heads."""
    if scope == EVERY:
        return ((None, None),)
    return tuple(dict.fromkeys((layer, None if scope == "layer" else head) for layer, head in heads))


def scissors(asked: Asked, trace: Trace, wishes: tuple[Wish, ...]) -> Scissors | None:
    """What the linked view can cut of a trace, and what is changed; None for a model that cannot be."""
    kinds = tuple(kind for kind in trace.kinds if kind in asked.checkpoint.editable)
    if not kinds:
        return None
    wishes = in_order(wishes)
    return Scissors(
        kinds,
        scopes()[read_scope()],
        tuple(
            Edge(one.kind, one.query, one.key, ((one.layer, one.head),))
            for one in wishes
            if one.query and one.key
        ),
        tuple(edits.describe_change(one, trace) for one in wishes),
    )


def in_order(wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """The edges that are cut, then the other changes."""
    return tuple(sorted(wishes, key=lambda one: one.what != "cut"))


def apply_snip(snip: Snip, wishes: tuple[Wish, ...]) -> None:
    """Put into the link what a person cut or took back in the picture."""
    now = [one for place, one in enumerate(in_order(wishes)) if place not in snip.undo]
    now += [
        Wish("cut", snip.kind, query, snip.key, layer, head)
        for query in snip.queries
        for layer, head in spread(read_scope(), snip.heads)
    ]
    edits.wish(now)


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


def begin_anew(example: Example) -> None:
    """Put an example into the page, with nothing changed."""
    examples.take(example)
    edits.wish(())


def tell(asked: Asked) -> None:
    """What is changed on this page as on every other, to be taken back."""
    with asked.below, suppress(ValueError):  # of which the page says itself what is wrong
        if wishes := asked.changed.wishes:
            undo(checkpoints.trace(asked.request), wishes)


def tell_left_out(asked: Asked) -> None:
    """That this page shows the model as it is, where something is changed on the others."""
    if any(edits.parse(st.query_params.get(edits.KEY, ""))):
        with asked.below:
            st.caption(_("This page shows the model as it is: what you cut on other pages is not cut here."))


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
