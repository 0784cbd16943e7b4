"""Cut and see: change what a head looks at, and see whether the model cared."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

import viz
from model import Trace
from model.trace import Tokens
from model.words import split_words
from pages.common import checkpoints, edits, links, look
from pages.common.ask import Asked
from pages.common.edits import Wish
from pages.common.language import _
from pages.common.text import escaped, refuse
from viz.linked import View

if TYPE_CHECKING:
    from model.effects import Effect, Passage
    from model.trace import Writing
    from model.writing import Decoding

SCOPES = ("every", "layer", "head")


def panel(
    asked: Asked,
    trace: Trace,
    view: View,
    written: Writing | None = None,
    decoding: Decoding | None = None,
    prefix: tuple[int, ...] = (),
) -> None:
    """The controls, and what the changes do.

    trace: of the sentence, unchanged. view: whose heads and held words are changed. written: what an
    encoder-decoder wrote for it, by this decoding and from this beginning.
    """
    if asked.checkpoint.weights_only:
        st.caption(
            _("{name} computes attention its own way, so it can be seen but not changed.").format(
                name=escaped(asked.name)
            )
        )
        return
    wishes = controls(trace, view)
    with refuse(go_on=True):
        text = passage(asked.name, asked.text, written.ids if written else ())
        if wishes:
            consequences(asked, wishes, text, written, decoding, prefix)
        if view.held and view.side == "query":
            compare(asked.name, trace, view, text)


def controls(trace: Trace, view: View) -> tuple[Wish, ...]:
    """What is changed now, after what the person does here."""
    wishes = edits.wished(trace)
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
        for place in view.held:
            knife(trace, view, place, heads, wishes)
    else:
        st.caption(_("Hold a word in the picture to cut what it looks at."))
    if wishes:
        undo(trace, wishes)
    return wishes


def within(scope: str, view: View) -> tuple[tuple[int | None, int | None], ...]:
    """The (layer, head) that a change is made in; None = every one."""
    if scope == "every":
        return ((None, None),)
    return tuple(dict.fromkeys((layer, None if scope == "layer" else head) for layer, head in view.heads))


def switch(
    label: str,
    what: edits.What,
    view: View,
    heads: Sequence[tuple[int | None, int | None]],
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
    heads: Sequence[tuple[int | None, int | None]],
    wishes: tuple[Wish, ...],
) -> None:
    """Every word that the held one looks at; those that are pressed are cut from it."""
    stack = trace[view.kind]
    query, keys = spans(stack.queries, view.words)[place], spans(stack.keys, view.words)
    seen = stack.weights.max(axis=(0, 1))[query[0] : query[1] + 1].max(axis=0)
    keys = [span for span in keys if seen[span[0] : span[1] + 1].max() > 0]  # a mask leaves nothing to cut
    mine = {Wish("cut", view.kind, query, span, layer, head): span for span in keys for layer, head in heads}
    key = f"cut {view.kind} {query} {heads}"
    st.session_state[key] = sorted({span for wish, span in mine.items() if wish in wishes})

    def change() -> None:
        rest = [wish for wish in wishes if wish not in mine]
        edits.wish([*rest, *(wish for wish, span in mine.items() if span in st.session_state[key])])

    st.pills(
        _("“{word}” may not look at").format(word=escaped(edits.spelt(stack.queries, query))),
        keys,
        selection_mode="multi",
        format_func=lambda span: escaped(edits.spelt(stack.keys, span)),
        key=key,
        on_change=change,
    )


def spans(tokens: Tokens, words: bool) -> list[edits.Span]:
    """The first and the last piece of each word, or each piece by itself."""
    groups = tokens.groups() if words else [[i] for i in range(len(tokens))]
    return [(group[0], group[-1]) for group in groups]


def undo(trace: Trace, wishes: tuple[Wish, ...]) -> None:
    """Every change that is made, to be taken back."""
    with st.container(horizontal=True, gap="small"):
        for one in wishes:
            rest = [wish for wish in wishes if wish != one]
            st.button(
                escaped(edits.said(one, trace)),
                key=f"undo {one}",
                icon=":material/close:",
                type="tertiary",
                on_click=edits.wish,
                args=[rest],
                help=_("Take this back"),
            )


@st.cache_resource(max_entries=16, show_spinner=False)
def passage(name: str, text: str, ids: tuple[int, ...]) -> Passage:
    from model.effects import passage

    return passage(checkpoints.load(name), text, ids)


def consequences(
    asked: Asked,
    wishes: tuple[Wish, ...],
    text: Passage,
    written: Writing | None,
    decoding: Decoding | None,
    prefix: tuple[int, ...],
) -> None:
    """What the changes do: the text before and after, and how each written word fares."""
    from model.effects import effect

    changes = edits.granted(wishes)
    if written:
        after = checkpoints.write(asked.name, asked.text, decoding, prefix, changes)
        left, right = st.columns(2, gap="large")
        before_text, after_text = marked(written.text, after.text)
        with left:
            st.caption(_("Before"))
            st.markdown(before_text)
        with right:
            st.caption(_("After") if written.text != after.text else _("After: nothing changed"))
            st.markdown(after_text)
    found = effect(asked.checkpoint, text, changes)
    show_moved(found)


def marked(before: str, after: str) -> tuple[str, str]:
    """Both texts as Markdown, with the words that only one of them has set off."""
    one, other = ([word.text for word in split_words(text)] for text in (before, after))
    blocks = difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    kept = [
        {start + i for start, n in starts for i in range(n)}
        for starts in (
            [(block.a, block.size) for block in blocks],
            [(block.b, block.size) for block in blocks],
        )
    ]
    return mark(before, kept[0]), mark(after, kept[1])


def mark(text: str, kept: set[int]) -> str:
    parts, end = [], 0
    for i, word in enumerate(split_words(text)):
        shown = escaped(word.text)
        parts += [" " * (word.start > end), shown if i in kept else f":primary[**{shown}**]"]
        end = word.end
    return "".join(parts)


@dataclass(frozen=True)
class ByWords:
    """An effect told word by word. before, after: float64 (words,)."""

    texts: tuple[str, ...]
    before: NDArray[np.float64]
    after: NDArray[np.float64]


def by_words(found: Effect) -> ByWords:
    """Log-probabilities of a word's pieces add up; movements are averaged."""
    groups = found.tokens.groups()
    merge = np.nansum if found.unit == "logprob" else np.nanmean
    before, after = ([merge(values[group]) for group in groups] for values in (found.before, found.after))
    return ByWords(found.tokens.by_words().texts, np.array(before), np.array(after))


def show_moved(found: Effect) -> None:
    """How much each written word became likelier or less likely, or how far each vector moved."""
    words = by_words(found)
    writes = found.unit == "logprob"
    st.plotly_chart(
        viz.moved(
            words.texts,
            words.before,
            words.after,
            title=_("How likely each written word still is")
            if writes
            else _("How far each word's vector moved"),
            dark=look.dark(),
        ),
        theme=None,
        key="moved",
        config={"displayModeBar": False},
    )


def compare(name: str, trace: Trace, view: View, text: Passage) -> None:
    """A switch: what the held words look at, beside what happens when they no longer may."""
    if not st.toggle(_("Compare looking with mattering"), key="compare", bind="query-params"):
        return
    stack = trace[view.kind]
    rows = [spans(stack.queries, view.words)[place] for place in view.held]
    queries = tuple(i for first, last in rows for i in range(first, last + 1))
    groups = tuple(tuple(range(first, last + 1)) for first, last in spans(stack.keys, view.words))
    shown = stack.by_words() if view.words else stack
    maps = [shown.weights[shown.layers.index(layer), head] for layer, head in view.heads]
    weights = np.mean(maps, axis=0)[list(view.held)].mean(axis=0)
    heads = within(st.session_state.get("scope", "every"), view)
    effects = matters(name, text, view, queries, groups, heads)
    words = ", ".join(f"“{shown.query_tokens[place]}”" for place in view.held)
    st.plotly_chart(
        viz.effect(
            shown.key_tokens,
            weights,
            effects,
            title=_("What {words} looks at, and what it needs").format(words=words),
            dark=look.dark(),
            looks=_("looks at"),
            matters=_("matters"),
        ),
        theme=None,
        key="effect",
        config={"displayModeBar": False},
    )


def matters(
    name: str,
    text: Passage,
    view: View,
    queries: tuple[int, ...],
    words: tuple[tuple[int, ...], ...],
    heads: tuple[tuple[int | None, int | None], ...],
) -> NDArray[np.float64]:
    """How much each word matters to the queries; for what is written, to the pieces that they write."""
    from model.effects import matters

    at = queries if view.kind != "encoder" and text.written else None
    return matters(checkpoints.load(name), text, view.kind, queries, words, heads, at)
