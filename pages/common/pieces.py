"""What a sentence is made of: the tokenizer's pieces, and words that training never met."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import normalize

import streamlit as st

from model import Trace
from model.trace import Tokens
from model.traces.signs import show
from pages.common import second
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
    new = list(dict.fromkeys(word for word, times in counted if not times))
    if new:
        words = ", ".join(f"“{escape(show(word[:40]))}”" for word in new[:MOST])
        said = _("Not seen in training: {words}. What is drawn at these words may mean little.")
        st.caption(said.format(words=words + (" …" if len(new) > MOST else "")))


def written_apart(checkpoint: Checkpoint, text: str, key: str = "text") -> None:
    """Says so where letters and their marks are written apart and the tokenizer knows them composed.

    key: of the field that the text was typed into.
    """
    composed = normalize("NFC", text)
    if composed == text:
        return
    with checkpoint.lock:
        many, few = (len(checkpoint.tokenizer.tokenize(form)) for form in (text, composed))
    if few < many:
        st.caption(
            _(
                "Letters and their marks are written apart in this text (Unicode NFD). The tokenizer makes "
                "{many} pieces of it, and {few} of the same letters composed."
            ).format(many=many, few=few)
        )
        place = "compose" if key == "text" else f"compose {key}"
        st.button(_("Compose the letters"), key=place, type="tertiary", on_click=_write, args=[key, composed])


def _write(key: str, text: str) -> None:
    """Put a text into a field of the page."""
    st.session_state[key] = text


def table(checkpoint: Checkpoint, trace: Trace, read: Tokens | None = None) -> None:
    """Every written word of the sentence, or of both, with its pieces, and how often training met it.

    read: the tokens, where the trace has no attention to tell them by.
    """
    from model.text.shares import join_written
    from model.text.word_counts import counted_words, times

    text = trace.source if trace.pair is None else f"{trace.source} {trace.pair}"
    tokens = join_written(read or trace[trace.kinds[0]].keys, tuple(counted_words(text)))
    words, groups = tokens.by_words(), tokens.groups()
    shown = [place for place, special in enumerate(words.special) if not special]
    rows = [
        (words.texts[place], " · ".join(tokens.texts[i] for i in groups[place]), words.unknown[place])
        for place in shown
    ]
    columns: dict[str, list[str] | list[int]] = {
        _("Word"): [row[0] for row in rows],
        _("Pieces"): [row[1] for row in rows],
    }
    if words.segments is not None:
        columns[_("Sentence")] = [second.letter(words.segments[place]) for place in shown]
    if any(row[2] for row in rows):
        columns[_("Tokenizer")] = [_("unknown") if row[2] else "" for row in rows]
    if checkpoint.word_counts is not None:
        parts, spans = [row[0] for row in rows], None
        if trace.pair is None:
            found = word_spans(checkpoint, text, tokens)
            spans = [found[place] for place in shown]
        columns[_("Times in training")] = times(checkpoint.word_counts, text, parts, spans)
    st.dataframe(columns, hide_index=True, width="stretch", height="content" if len(rows) < 20 else 420)
    said = _("{words} words, {pieces} tokens")
    st.caption(said.format(words=len(rows), pieces=sum(not special for special in tokens.special)))
    if tokens.segmented:
        from viz.linked import STRINGS

        across = STRINGS["across_1" if len(tokens.across) == 1 else "across"]
        also = _(across).format(count=len(tokens.across)) if tokens.across else ""
        st.caption(f"{_(STRINGS['segmented'])} {also}".strip())


def word_spans(checkpoint: Checkpoint, text: str, tokens: Tokens) -> list[tuple[int, int] | None]:
    """Where each word of a text that a model read stands in it; None for one of which that is not known."""
    from model.capture.encode import encode
    from model.text.spans import token_spans

    ids = encode(checkpoint, text)
    found = None
    if len(ids) == len(tokens):
        with checkpoint.lock:
            found = token_spans(checkpoint.tokenizer, ids, text, tokens.special, checkpoint.language_ids)
    words: list[tuple[int, int] | None] = []
    for group in tokens.groups():
        places = [found[i] for i in group if found[i][0] < found[i][1]] if found else []
        words.append((places[0][0], places[-1][1]) if places else None)
    return words
