"""One text through several tokenizers side by side, the checkpoint's own among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import checkpoints, idea, look, stage
from pages.common.language import _
from pages.common.text import escape, refuse
from pages.parts.tokens import passage
from viz.pieces import Row, table

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.capture.checkpoint import Checkpoint
    from model.text.subwords import Kind, Piece

MARKS = ".,;:!?。、，；：！？"  # what a word is shown without


def names() -> dict[Kind, str]:
    """What the tokenizers are called."""
    return {
        "words": _("Words"),
        "characters": _("Characters"),
        "bpe": _("Byte-pair"),
        "unigram": _("Unigram"),
        "wordpiece": _("WordPiece"),
    }


def side_by_side(text: str, name: str, row: DeltaGenerator) -> None:
    """The same text cut by five learned tokenizers and by the checkpoint's own."""
    from model.text.subwords import KINDS, plain

    picture, answer, under = stage.picture(), stage.answers(), st.container()
    with under:
        with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
            learned_from = passage.source(text)
            size = st.slider(
                _("Pieces in a vocabulary"),
                450,
                1300,
                1000,
                50,
                key="size",
                bind="query-params",
                width=240,
                help=_(
                    "For byte-pair, unigram and WordPiece, as far as the text has so many. Byte-pair and "
                    "unigram "
                    "keep 256 of them for bytes. Words and characters keep all that occur."
                ),
            )
        passage.tell_size(text)
    line = plain(text[: passage.READ])
    at, word = longest(line)
    found: dict[str, tuple[Piece, ...]] = {}
    shown = []
    with picture, refuse():
        for kind in KINDS:
            fallback = kind in ("bpe", "unigram")
            tokenizer = passage.learn_tokenizer(learned_from, kind, size, fallback)
            pieces = tokenizer.cut(line)
            held = _flag_standing(pieces, at, len(word))
            found[kind] = tuple(piece for piece, is_held in zip(pieces, held, strict=True) if is_held)
            shown.append(
                make_row(names()[kind], _describe_kind(kind), line, pieces, held, len(tokenizer.vocabulary))
            )
    with picture, refuse(go_on=True):
        # What five tokenizers make of the text stands there already while a checkpoint is loaded.
        place = st.empty()
        place.html(table(shown, columns(), dark=look.dark()))
        checkpoint = load(name)
        pieces = own_pieces(name, line)
        mine = make_row(
            short(name),
            _("the checkpoint's own"),
            line,
            pieces,
            _flag_spelling(pieces, at, word),
            count_vocabulary(checkpoint),
        )
        place.html(table([*shown, mine], columns(), dark=look.dark()))
    with answer:
        st.markdown(tell_cut(word, found))
    st.divider()
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        idea.notice(
            _("**Words** cannot write a word that was not in the text they were learned from: it is dotted."),
            _("**Characters** can write everything they know, but a text becomes very long."),
            _(
                "**Pieces** lie between: what is frequent is one piece, what is rare is several. "
                "The larger the vocabulary, the fewer the pieces."
            ),
            _(
                "**Byte-pair and unigram** write an unseen character as its bytes in UTF-8: a Korean "
                "syllable is 3, 👩‍👩‍👧‍👦 is 25. WordPiece turns the whole word into one unknown token."
            ),
            _(
                "Each writes the space its own way: ␣ ends a word in byte-pair, ▁ begins one in "
                "unigram, ## goes on inside one in WordPiece. So “afford” at the beginning of a "
                "word need not be the piece that it is inside."
            ),
        )
    with formula:
        idea.formula(
            r"\mathbf{x}^* = \operatorname*{arg\,max}_{\mathbf{x} \in S(X)} \; \prod_{i=1}^{M} p(x_i)",
            {
                "X": _("the text"),
                r"S(X)": _("all the ways to cut it into pieces of the vocabulary"),
                "p(x_i)": _(
                    "the probability of a piece; unigram takes the most probable segmentation, M pieces long"
                ),
            },
            _(
                "Unigram: Kudo 2018, §3.2; SentencePiece: Kudo and Richardson 2018. Byte-pair: "
                "Sennrich et al. 2016. WordPiece: Schuster and Nakajima 2012, Devlin et al. 2019; it "
                "takes the longest piece that fits, from the left."
            ),
        )


def longest(line: str) -> tuple[int, str]:
    """The longest word of a line, without the marks around it, and where it begins."""
    from model.text.subwords import find_words

    start, end = max(find_words(line), key=lambda span: span[1] - span[0], default=(0, 0))
    word = line[start:end].strip(MARKS) or line[start:end]
    return line.find(word, start), word


def _flag_standing(pieces: Sequence[Piece], start: int, length: int) -> list[bool]:
    """Which pieces stand for some of the text's characters from `start` on."""
    # A byte that is not a character's last one may end where it begins.
    return [p.start < start + length and max(p.end, p.start + 1) > start for p in pieces]


def _describe_kind(kind: Kind) -> str:
    return {
        "words": _("whole, as they occur"),
        "characters": _("one by one"),
        "bpe": _("merged by frequency"),
        "unigram": _("SentencePiece, the most probable segmentation"),
        "wordpiece": _("the longest piece first"),
    }[kind]


def make_row(
    name: str, note: str, line: str, pieces: Sequence[Piece], held: Sequence[bool], vocabulary: int
) -> Row:
    count = sum(not piece.special for piece in pieces)
    a_word = count / max(count_words(line), 1)
    numbers = (f"{count:,}", f"{a_word:.1f}", f"{vocabulary:,}")
    return Row(name, note, passage.boxes(pieces, held), passage.more(pieces), numbers)


def tell_cut(word: str, found: dict[str, tuple[Piece, ...]]) -> str:
    """What byte-pair, unigram and WordPiece make of the longest word, in Markdown."""
    if not any(found.values()):
        return _("There is no word to cut; write a text.")
    parts = []
    for kind in ("bpe", "unigram", "wordpiece"):
        pieces = [piece for piece in found[kind] if piece.text]
        if len(pieces) > 8 or any(piece.byte for piece in pieces):
            parts.append(_("{count} pieces").format(count=len(pieces)))
        elif any(piece.unknown for piece in pieces):
            parts.append(_("unknown"))
        else:
            parts.append(" + ".join(escape(piece.text) for piece in pieces))
    shown = word if len(word) <= 30 else word[:29] + "…"
    if len(set(parts)) == 1:
        return _("**{word}** → **{pieces}**, for byte-pair, unigram and WordPiece alike.").format(
            word=escape(shown), pieces=parts[0]
        )
    return _(
        "**{word}** → **{bpe}** for byte-pair; {unigram} for unigram, {wordpiece} for WordPiece."
    ).format(word=escape(shown), bpe=parts[0], unigram=parts[1], wordpiece=parts[2])


def columns() -> tuple[str, ...]:
    """What the columns of the tables are called."""
    return _("Tokenizer"), _("Text in pieces"), _("pieces"), _("a word"), _("vocabulary")


def short(name: str) -> str:
    """A checkpoint's name without the path to it."""
    return name.rstrip("/").rsplit("/", 1)[-1]


def load(name: str) -> Checkpoint:
    with st.spinner(_("Loading the checkpoint …")):
        return checkpoints.load(name)


@checkpoints.keep(16, st.cache_data)
def own_pieces(name: str, line: str) -> tuple[Piece, ...]:
    from model.analysis.subword_vectors import pieces_of

    return pieces_of(checkpoints.load(name), line)


def count_vocabulary(checkpoint: Checkpoint) -> int:
    from model.analysis.subword_vectors import vocabulary_size

    return vocabulary_size(checkpoint)


def count_words(line: str) -> int:
    """How many words a line has."""
    from model.text.subwords import measure

    return measure(line).words


def _flag_spelling(pieces: Sequence[Piece], at: int, word: str) -> list[bool]:
    """Which of a checkpoint's pieces stand for a word of the text, which begins at a place of it.

    Where it does not tell where they stand: which spell the word together, the first time that it occurs.
    """
    if any(piece.start >= 0 for piece in pieces):
        held = _flag_standing(pieces, at, len(word))
        return [here and not piece.special for here, piece in zip(held, pieces, strict=True)]
    start = 0
    for i in range(1, len(pieces) + 1):
        if i == len(pieces) or not pieces[i].joined:
            spelt = "".join(piece.text for piece in pieces[start:i])
            if spelt.lower() == word.lower():
                return [start <= place < i for place in range(len(pieces))]
            start = i
    return [False] * len(pieces)
