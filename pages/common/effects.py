"""What changes do: the text before and after, how each word fares, and looking beside mattering."""

from __future__ import annotations

import difflib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

import viz
from model import Trace
from model.text.words import split_words
from model.trace import Kind
from pages.common import checkpoints, edits, figures, look, writings
from pages.common.language import _
from pages.common.request import Request
from pages.common.text import escape
from viz.linked import View
from viz.linked.cutting import Runs
from viz.picture import picture

if TYPE_CHECKING:
    from model.analysis.ablation import Effect, Passage
    from model.decodings import Writing

MOST = 128  # words that are cut in turn
Heads = tuple[tuple[int | None, int | None], ...]  # (layer, head), None = every one


@checkpoints.keep(16)
def passage(request: Request) -> Passage:
    """The text, and what an encoder-decoder writes for it, where it can: what effects are told on."""
    from model.analysis.ablation import passage

    ids: tuple[int, ...] | None = ()
    with suppress(ValueError):  # what can be read may be too long to be translated
        ids = checkpoints.write_ids(request)
    return passage(checkpoints.load(request), request.text, ids or (), request.pair)


def consequences(
    changed: Request,
    written: Writing | None,
) -> None:
    """What the changes do: the text before and after, and how each written word fares.

    written: what is written without them.
    """
    if written:
        after = checkpoints.write(changed)
        left, right = st.columns(2, gap="large")
        before_text, after_text = mark_differences(written.text, after.text)
        with left:
            st.caption(_("Before"))
            st.markdown(before_text)
            writings.tell_stopped(written)
        with right:
            st.caption(_("After") if written.text != after.text else _("After: nothing changed"))
            st.markdown(after_text)
            writings.tell_stopped(after)
    show_movement(effect(changed))


@checkpoints.keep(16)
def effect(changed: Request) -> Effect:
    """How each word fares under the changes: of what is written without them, else of what is read."""
    from model.analysis.ablation import effect

    text, changes = passage(changed.plain), changed.changes
    there = edits.keep_reached(changes, len(text.written)) if text.written else changes
    return effect(checkpoints.load(changed), text, there)


def mark_differences(before: str, after: str) -> tuple[str, str]:
    """Both texts as Markdown, with the words that only one of them has set off."""
    one, other = split_differences(before, after)
    return mark(one), mark(other)


def split_differences(before: str, after: str) -> tuple[Runs, Runs]:
    """Both texts in parts: words and what lies between them, and of each whether the other text lacks it."""
    texts = (before, after)
    words = [split_words(text) for text in texts]
    one, other = ([word.text for word in side] for side in words)
    blocks = difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    kept = [
        {start + i for start, n in starts for i in range(n)}
        for starts in (
            [(block.a, block.size) for block in blocks],
            [(block.b, block.size) for block in blocks],
        )
    ]
    found: list[Runs] = []
    for side, same in zip(words, kept, strict=True):
        runs: list[tuple[str, bool]] = []
        end = 0
        for i, word in enumerate(side):
            if word.start > end:
                runs.append((" ", False))
            runs.append((word.text, i not in same))
            end = word.end
        found.append(tuple(runs))
    return found[0], found[1]


def mark(runs: Runs) -> str:
    return "".join(
        f":primary[**{escape(text)}**]" if differs else escape(text) or " " for text, differs in runs
    )


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


def compare(request: Request, trace: Trace, view: View, heads: Heads, by_words: bool) -> None:
    """A switch: what the held words look at, beside what happens when they no longer may.

    heads: where they are cut from it. by_words: whether from words or from pieces.
    """
    if not st.toggle(_("Attention vs. effect"), key="compare", bind="query-params"):
        return
    stack = trace[view.kind]
    text = passage(request)
    rows = [edits.spans(stack.queries, view.words)[place] for place in view.held]
    most = len(text.written) if text.written and view.kind != "encoder" else len(stack.queries)
    queries = tuple(i for first, last in rows for i in range(first, last + 1) if i < most)
    if not queries:  # the row of an end that the text never came to
        return
    words = ", ".join(edits.looking(trace, view.kind, row) for row in rows)
    spans = edits.spans(stack.keys, by_words)
    if len(spans) > MOST:  # each of them is a pass of its own
        st.caption(
            _("Up to {most} words can be compared; this text has {count}.").format(
                most=MOST, count=len(spans)
            )
        )
        return
    keys = tuple(tuple(range(first, last + 1)) for first, last in spans)
    if by_words and not view.words:
        merged: dict[str, Any] = {view.kind: stack.by_words(queries=False)}
        trace = replace(trace, **merged)
    shown = picture(trace, replace(view, specials=True, segments="all"))
    effects = matters(request, view.kind, queries, keys, heads)
    st.plotly_chart(
        viz.effect(
            shown.keys,
            shown.together,
            effects,
            title=_("Attention and effect: {words}").format(words=words),
            dark=look.dark(),
            looks=_("attention"),
            matters=_("effect"),
            unit=_("change of log-probability") if text.unit == "logprob" else _("share of its length"),
        ),
        theme=None,
        key="effect",
        config={"displayModeBar": False},
    )


@checkpoints.keep(16, st.cache_data)
def matters(
    request: Request,
    kind: Kind,
    queries: tuple[int, ...],
    keys: tuple[tuple[int, ...], ...],
    heads: Heads,
) -> NDArray[np.float64]:
    """How much each word matters to the queries; for what is written, to the pieces that they write."""
    from model.analysis.ablation import matters

    read = passage(request)
    at = queries if kind != "encoder" and read.written else None
    return matters(checkpoints.load(request), read, kind, queries, keys, heads, at)
