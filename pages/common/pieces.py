"""What a sentence is made of: the tokenizer's pieces, and words that training never met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model import Trace
from pages.common.language import _
from pages.common.text import escape

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

MOST = 12  # words named in a sentence


def never_seen(checkpoint: Checkpoint, text: str) -> None:
    """Says which words of a sentence training never met, so that nobody reads meaning into noise."""
    if checkpoint.word_counts is None:
        return
    from model.text.word_counts import occurrences

    counted = occurrences(checkpoint.word_counts, text)
    new = list(dict.fromkeys(word.text for word, times in counted if not times))
    if new:
        words = ", ".join(f"“{escape(word[:40])}”" for word in new[:MOST])
        said = _("Never met in training: {words}. What is drawn at these words may mean little.")
        st.caption(said.format(words=words + (" …" if len(new) > MOST else "")))


def table(checkpoint: Checkpoint, trace: Trace) -> None:
    """Every word of the sentence with its pieces, and how often it occurred in training."""
    stack = trace[trace.kinds[0]]
    tokens, words = stack.keys, stack.by_words().keys
    rows = [
        (word, " · ".join(tokens.texts[i] for i in group), unknown)
        for word, group, special, unknown in zip(
            words.texts, tokens.groups(), words.special, words.unknown, strict=True
        )
        if not special
    ]
    columns: dict[str, list[str] | list[int]] = {
        _("Word"): [row[0] for row in rows],
        _("Pieces"): [row[1] for row in rows],
    }
    if any(row[2] for row in rows):
        columns[_("Tokenizer")] = [_("unknown") if row[2] else "" for row in rows]
    if checkpoint.word_counts is not None:
        from model.text.word_counts import times

        shown = [row[0] for row in rows]
        columns[_("Times in training")] = times(checkpoint.word_counts, trace.source, shown)
    st.dataframe(columns, hide_index=True, width="stretch", height="content" if len(rows) < 20 else 420)
    said = _("{words} words in {pieces} pieces. A word of several pieces is a rarer one.")
    st.caption(said.format(words=len(rows), pieces=sum(not special for special in tokens.special)))
