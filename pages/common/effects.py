"""What changes do: the text before and after, how each word fares, and looking beside mattering."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

import viz
from model import Trace
from model.text.words import split_words
from model.trace import Kind
from pages.common import checkpoints, edits, figures, look
from pages.common.ask import Asked
from pages.common.checkpoints import Chosen
from pages.common.edits import Wish
from pages.common.language import _
from pages.common.text import escape
from viz.linked import View
from viz.picture import picture

if TYPE_CHECKING:
    from model.analysis.ablation import Effect, Passage
    from model.decode.decoding import Decoding
    from model.decodings import Writing
    from model.edits import Edit

MOST = 128  # words that are cut in turn
Heads = tuple[tuple[int | None, int | None], ...]  # (layer, head), None = every one


@checkpoints.keep(16)
def passage(which: Chosen, text: str, ids: tuple[int, ...]) -> Passage:
    from model.analysis.ablation import passage

    return passage(checkpoints.load(which), text, ids)


def consequences(
    asked: Asked,
    wishes: tuple[Wish, ...],
    text: Passage,
    written: Writing | None,
    decoding: Decoding | None,
    prefix: tuple[int, ...],
) -> None:
    """What the changes do: the text before and after, and how each written word fares."""
    changes = edits.grant(wishes)
    if written:
        after = checkpoints.write(asked.chosen, asked.text, decoding, prefix, changes)
        left, right = st.columns(2, gap="large")
        before_text, after_text = mark_differences(written.text, after.text)
        with left:
            st.caption(_("Before"))
            st.markdown(before_text)
        with right:
            st.caption(_("After") if written.text != after.text else _("After: nothing changed"))
            st.markdown(after_text)
    there = edits.keep_reached(changes, len(text.written)) if text.written else changes
    show_movement(effect(asked.chosen, asked.text, text.written, repr(there), there))


@checkpoints.keep(16)
def effect(
    which: Chosen, text: str, written: tuple[int, ...], how: str, _changes: tuple[Edit, ...]
) -> Effect:
    """How each word fares under the changes, which `how` stands for."""
    from model.analysis.ablation import effect

    return effect(checkpoints.load(which), passage(which, text, written), _changes)


def mark_differences(before: str, after: str) -> tuple[str, str]:
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
        shown = escape(word.text)
        parts += [" " * (word.start > end), shown if i in kept else f":primary[**{shown}**]"]
        end = word.end
    return "".join(parts)


def show_movement(found: Effect) -> None:
    """How much each written word became likelier or less likely, or how far each vector moved."""
    words = found.by_words()
    if found.unit == "logprob":
        figure = viz.movement(
            words.tokens.texts,
            words.before,
            words.after,
            title=_("How likely each word still is"),
            dark=look.dark(),
            before_name=_("Before"),
            after_name=_("After"),
            more=_("more likely"),
            less=_("less likely"),
            unit=_("change of log-probability"),
            beyond=_("beyond the scale"),
        )
    else:
        figure = viz.movement(
            words.tokens.texts,
            words.before,
            words.after,
            title=_("How far each word's vector moved"),
            dark=look.dark(),
            more=_("moved"),
            less=_("moved back"),
            unit=_("share of its length"),
            beyond=_("beyond the scale"),
            logprobs=False,
        )
    figures.wide(figure, "moved")


def compare(asked: Asked, trace: Trace, view: View, text: Passage, heads: Heads, by_words: bool) -> None:
    """A switch: what the held words look at, beside what happens when they no longer may.

    heads: where they are cut from it. by_words: whether from words or from pieces.
    """
    if not st.toggle(_("Compare looking with mattering"), key="compare", bind="query-params"):
        return
    stack = trace[view.kind]
    rows = [edits.spans(stack.queries, view.words)[place] for place in view.held]
    most = len(text.written) if text.written and view.kind != "encoder" else len(stack.queries)
    queries = tuple(i for first, last in rows for i in range(first, last + 1) if i < most)
    if not queries:  # the row of an end that the text never came to
        return
    words = ", ".join(edits.looking(trace, view.kind, row) for row in rows)
    spans = edits.spans(stack.keys, by_words)
    if len(spans) > MOST:  # each of them is a pass of its own
        st.caption(
            _("This compares up to {most} words; here are {count}.").format(most=MOST, count=len(spans))
        )
        return
    keys = tuple(tuple(range(first, last + 1)) for first, last in spans)
    if by_words and not view.words:
        merged: dict[str, Any] = {view.kind: stack.by_words(queries=False)}
        trace = replace(trace, **merged)
    shown = picture(trace, replace(view, specials=True))
    effects = matters(asked.chosen, asked.text, text.written, view.kind, queries, keys, heads)
    st.plotly_chart(
        viz.effect(
            shown.keys,
            shown.together,
            effects,
            title=_("What is looked at and what is needed: {words}").format(words=words),
            dark=look.dark(),
            looks=_("looks at"),
            matters=_("matters"),
            unit=_("change of log-probability") if text.unit == "logprob" else _("share of its length"),
        ),
        theme=None,
        key="effect",
        config={"displayModeBar": False},
    )


@checkpoints.keep(16, st.cache_data)
def matters(
    which: Chosen,
    text: str,
    written: tuple[int, ...],
    kind: Kind,
    queries: tuple[int, ...],
    keys: tuple[tuple[int, ...], ...],
    heads: Heads,
) -> NDArray[np.float64]:
    """How much each word matters to the queries; for what is written, to the pieces that they write."""
    from model.analysis.ablation import matters

    at = queries if kind != "encoder" and written else None
    return matters(checkpoints.load(which), passage(which, text, written), kind, queries, keys, heads, at)
