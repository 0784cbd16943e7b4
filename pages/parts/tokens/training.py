"""A tokenizer trained on the page: its kind and size, what it learned, and its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.errors import Refusal
from pages.common import idea, links, look, stage
from pages.common.language import _, sentence
from pages.common.text import escape
from pages.parts.tokens.tokens import columns, count_words, passage
from viz.labels import visible
from viz.pieces import Row, table

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.text.subwords import Kind, Learned

SIZE, USUAL, MOST = "vocabulary", 500, 32_000


def part(text: str, name: str, row: DeltaGenerator) -> None:
    """What the trained tokenizer makes of the text, and its vocabulary."""
    from model.text.subwords import plain

    picture, answer, under = stage.picture(), stage.answers(), st.container()
    with under, st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        learned_from = passage.source(text)
        kinds = {"bpe": _("Byte-pair"), "unigram": _("Unigram"), "wordpiece": _("WordPiece")}
        kind: Kind = links.choice(_("Tokenizer"), kinds, "kind_of_tokenizer", "bpe")  # type: ignore[assignment]
        size = st.number_input(_("Vocabulary"), 1, MOST, USUAL, key=SIZE, bind="query-params", width=140)
        fallback = st.toggle(
            _("Byte fallback"),
            key="fallback",
            bind="query-params",
            disabled=kind == "wordpiece",
            help=_(
                "256 pieces are kept for bytes, so that any character can be written. WordPiece has none."
            ),
        )
    try:
        learned = passage.learn_tokenizer(
            learned_from, kind, size, fallback and kind != "wordpiece", exactly=True
        )
    except Refusal as refusal:
        with picture:
            show_refusal(refusal)
        return
    line = plain(text[: passage.READ])
    pieces = learned.cut(line)
    with answer:
        st.markdown(
            _("{count} pieces were learned; this text takes {pieces}.").format(
                count=f"{len(learned.vocabulary):,}", pieces=f"{len(pieces):,}"
            )
        )
    a_word = len(pieces) / max(count_words(line), 1)
    line_of_pieces = Row(
        kinds[kind],
        "",
        passage.boxes(pieces),
        passage.more(pieces),
        (f"{len(pieces):,}", f"{a_word:.1f}", f"{len(learned.vocabulary):,}"),
    )
    with picture:
        st.html(table([line_of_pieces], columns(), dark=look.dark()))
    passage.tell_size(text)
    vocabulary(learned)
    st.divider()
    noticed, source = st.columns(2, gap="large")
    with noticed:
        idea.notice(
            _("First come single characters, then what was learned; the later, the rarer."),
            _("A text fills a vocabulary only so far; beyond that, there is nothing left to learn."),
            _("With bytes, nothing is unknown; without, a character that was never met is."),
        )
    with source:
        st.subheader(_("Libraries used"), anchor=False)
        st.markdown(
            _(
                "Byte-pair (Sennrich et al. 2016) and WordPiece (Schuster and Nakajima 2012) are trained "
                "by the library `tokenizers`, unigram (Kudo 2018) by `sentencepiece`. `tokenizers` learns "
                "WordPiece's vocabulary by merging, as for byte-pair, and takes the longest piece "
                "first when it cuts."
            )
        )


def show_refusal(refusal: Refusal) -> None:
    """Say why nothing was trained, and offer the size that would do."""
    st.error(escape(sentence(refusal)))
    fits = refusal.values.get("most", refusal.values.get("least"))
    if isinstance(fits, int):
        st.button(_("Take {count}").format(count=fits), key="take fitting", on_click=_take, args=[fits])


def _take(size: int) -> None:
    st.session_state[SIZE] = size


def vocabulary(learned: Learned) -> None:
    """Every piece with its number and where it comes from; and the file of the tokenizer."""
    listed: dict[str, list[str] | list[int] | list[float | None]] = {
        _("Number"): list(range(len(learned.vocabulary))),
        _("Piece"): [_make_visible(piece) for piece in learned.vocabulary],
    }
    if learned.kind == "bpe":
        plain = len(learned.vocabulary) - len(learned.merges)
        made = [f"{_make_visible(left)} + {_make_visible(right)}" for left, right in learned.merges]
        listed[_("Merged from")] = [""] * plain + made
    if learned.scores:
        listed[_("Log-probability")] = [round(score, 2) if score else None for score in learned.scores]
    st.dataframe(listed, hide_index=True, width="stretch", height=320)
    name = "headlight.model" if learned.kind == "unigram" else "tokenizer.json"
    st.download_button(
        _("Save as {name}").format(name=name),
        learned.file,
        name,
        "application/octet-stream",
        on_click="ignore",
        icon=":material/download:",
    )


def _make_visible(piece: str) -> str:
    return visible(piece) if not piece.strip() else piece.replace(" ", "␣")
