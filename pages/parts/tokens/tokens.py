"""One text through several tokenizers side by side; a checkpoint's numbers, and the vectors behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import checkpoints, idea, links, look
from pages.common.language import _, current, translate
from pages.common.text import escape, refuse
from pages.parts.tokens import passage
from viz.board import Act, Axis, numbered_axis, panel
from viz.board.mount import board
from viz.board.strings import STRINGS
from viz.labels import visible
from viz.pieces import Row, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.analysis.subword_vectors import Near
    from model.capture.checkpoint import Checkpoint
    from model.text.subwords import Kind, Piece

PIECE = "piece"
ROWS, FEATURES, NEIGHBOURS = 16, 64, 6  # what is drawn of the vectors


def names() -> dict[Kind, str]:
    """What the tokenizers are called."""
    return {
        "words": _("Words"),
        "characters": _("Characters"),
        "bpe": _("Byte-pair"),
        "unigram": _("Unigram"),
        "wordpiece": _("WordPiece"),
    }


def side_by_side(text: str) -> None:
    """The same text cut by five learned tokenizers and by the checkpoint's own."""
    from model.text.subwords import KINDS, plain

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
                "For byte-pair, unigram and WordPiece, as far as the text has so many. Byte-pair and unigram "
                "keep 256 of them for bytes. Words and characters keep all that occur."
            ),
        )
        with st.container(width=220):
            name = checkpoints.choose()
    line = plain(text[: passage.READ])
    word = max(line.split(), key=len, default="").strip(".,;:!?") or line
    found: dict[str, tuple[Piece, ...]] = {}
    answer = st.container()
    with refuse():
        shown = []
        for kind in KINDS:
            fallback = kind in ("bpe", "unigram")
            tokenizer = passage.learn_tokenizer(learned_from, kind, size, fallback)
            pieces = tokenizer.cut(line)
            held = _flag_standing(pieces, line.find(word), len(word))
            found[kind] = tuple(piece for piece, is_held in zip(pieces, held, strict=True) if is_held)
            shown.append(
                _row(names()[kind], _describe_kind(kind), line, pieces, held, len(tokenizer.vocabulary))
            )
        st.html(table(shown, columns(), dark=look.dark()))
    with answer:
        _answer(word, found)
    with refuse(go_on=True):
        checkpoint = _load(name)
        pieces = _own(name, line)
        mine = _row(
            short(name),
            _("the checkpoint's own"),
            line,
            pieces,
            _spelling(pieces, word),
            _vocabulary(checkpoint),
        )
        st.html(table([mine], columns(), dark=look.dark(), head=False))
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
                "**Byte-pair and unigram** write a character they never met as its bytes in UTF-8: a Korean "
                "syllable is 3, 👩‍👩‍👧‍👦 is 25. WordPiece gives the whole word up."
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
                "p(x_i)": _("how frequent a piece is; unigram takes the likeliest cut, M pieces long"),
            },
            _(
                "Unigram: Kudo 2018, equations 1 and 2; SentencePiece: Kudo and Richardson 2018. Byte-pair: "
                "Sennrich et al. 2016. WordPiece: Schuster and Nakajima 2012, Devlin et al. 2019; it takes "
                "the longest piece that fits, from the left."
            ),
        )


def _flag_standing(pieces: Sequence[Piece], start: int, length: int) -> list[bool]:
    """Which pieces stand for some of the text's characters from `start` on."""
    # A byte that is not a character's last one may end where it begins.
    return [p.start < start + length and max(p.end, p.start + 1) > start for p in pieces]


def _describe_kind(kind: Kind) -> str:
    return {
        "words": _("whole, as they occur"),
        "characters": _("one by one"),
        "bpe": _("merged by frequency"),
        "unigram": _("SentencePiece, the likeliest cut"),
        "wordpiece": _("the longest piece first"),
    }[kind]


def _row(
    name: str, note: str, line: str, pieces: Sequence[Piece], held: Sequence[bool], vocabulary: int
) -> Row:
    count = sum(not piece.special for piece in pieces)
    a_word = count / max(len(line.split()), 1)
    numbers = (f"{count:,}", f"{a_word:.1f}", f"{vocabulary:,}")
    return Row(name, note, passage.boxes(pieces, held), passage.more(pieces), numbers)


def _answer(word: str, found: dict[str, tuple[Piece, ...]]) -> None:
    """What byte-pair, unigram and WordPiece make of the longest word, in large type."""
    if not any(found.values()):
        return
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
    st.subheader(f"{escape(shown)} → {parts[0]}", anchor=False)
    st.caption(
        _("That is byte-pair. For unigram it is {unigram}, for WordPiece {wordpiece}.").format(
            unigram=parts[1], wordpiece=parts[2]
        )
    )


def columns() -> tuple[str, ...]:
    """What the columns of the tables are called."""
    return _("Tokenizer"), _("Text in pieces"), _("pieces"), _("a word"), _("vocabulary")


def short(name: str) -> str:
    """A checkpoint's name without the path to it."""
    return name.rstrip("/").rsplit("/", 1)[-1]


def _load(name: str) -> Checkpoint:
    with st.spinner(_("Loading the checkpoint …")):
        return checkpoints.load(name)


@checkpoints.keep(16, st.cache_data)
def _own(name: str, line: str) -> tuple[Piece, ...]:
    from model.analysis.subword_vectors import pieces_of

    return pieces_of(checkpoints.load(name), line)


def _vocabulary(checkpoint: Checkpoint) -> int:
    from model.analysis.subword_vectors import vocabulary_size

    return vocabulary_size(checkpoint)


def _spelling(pieces: Sequence[Piece], word: str) -> list[bool]:
    """Which pieces spell a word together, the first time that it occurs, in any case."""
    start = 0
    for i in range(1, len(pieces) + 1):
        if i == len(pieces) or not pieces[i].joined:
            spelt = "".join(piece.text for piece in pieces[start:i])
            if spelt.lower() == word.lower():
                return [start <= place < i for place in range(len(pieces))]
            start = i
    return [False] * len(pieces)


def numbers_and_vectors(text: str) -> None:
    """A checkpoint's pieces, the rows of its embedding, and the pieces whose rows are most alike."""
    from model.text.subwords import plain

    chosen, asked = st.columns([1, 1], gap="large")
    with chosen:
        name = checkpoints.choose()
    with refuse():
        checkpoint = _load(name)
        pieces = _own(name, plain(text[: passage.READ]))
    with asked:
        place = _piece(pieces)
    near = _nearest(name, pieces[place].id)
    piece = visible(pieces[place].text)
    if near:
        st.subheader(
            _("{piece} is number {number}; the vector most like its own is that of {nearest}").format(
                piece=f"“{escape(piece)}”", number=pieces[place].id, nearest=f"“{escape(near[0].text)}”"
            ),
            anchor=False,
        )
    held = [i == place for i in range(len(pieces))]
    row = _row(short(name), _("the checkpoint's own"), plain(text), pieces, held, _vocabulary(checkpoint))
    st.html(table([row], columns(), dark=look.dark()))
    vectors = _vectors(name, tuple(one.id for one in pieces[:ROWS]))
    others = _vectors(name, (pieces[place].id, *(one.id for one in near)))
    width = vectors.shape[1]
    _strips(pieces, place, vectors[:, :FEATURES], near, others[:, :FEATURES], width)
    st.divider()
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        idea.notice(
            _("The number of a piece says nothing: it is only the row of the table that is looked up."),
            _("The same piece has the same vector everywhere; position and neighbours come later."),
            _("Pieces that are used alike have come to look alike, without anybody telling the model so."),
        )
    with formula:
        idea.formula(
            r"e_i = E_{t_i}, \qquad \cos(e_i, e_j) = \frac{e_i \cdot e_j}{|e_i| \, |e_j|}",
            {
                "t_i": _("the number of piece i"),
                "E": _("the embedding, a table of {rows} rows of {width} numbers").format(
                    rows=f"{_vocabulary(checkpoint):,}", width=width
                ),
                r"\cos": _("1 where two vectors point the same way, 0 where they are at right angles"),
            },
            _("Vaswani et al. 2017, section 3.4"),
        )


def _strips(
    pieces: Sequence[Piece],
    place: int,
    vectors: NDArray[np.float32],
    near: Sequence[Near],
    others: NDArray[np.float32],
    width: int,
) -> None:
    """The vectors of the pieces, and the chosen one's above those that are most like it.

    vectors: (pieces, features), others: (1 + near, features): those that are drawn. width: all features.
    """
    drawn = vectors.shape[1]
    features = numbered_axis("features", drawn, _("features"))
    end = float(max(abs(vectors).max(initial=0), abs(others).max(initial=0))) or 1.0
    note = _("All {width} features.").format(width=width)
    if drawn < width:
        note = _("Features 1 to {drawn} of {width}.").format(drawn=drawn, width=width)
    rows = Axis("pieces", tuple(piece.text for piece in pieces[:ROWS]), _("pieces"))
    told = (f"{one.text} · {one.cosine:.2f}".replace("-", "−") for one in near)
    alike = Axis("alike", (pieces[place].text, *told), _("nearest"))
    title = _("Each piece's vector")
    board(
        [panel("vectors", title, vectors, rows, features, scale="signed", end=end, note=note)],
        key="vectors",
        chosen={"pieces": place} if place < len(rows) else None,
        act=_act,
        strings=translate(STRINGS),
        language=current(),
    )
    title = _("The vectors most like it, with their cosines")
    board(
        [panel("alike", title, others, alike, features, scale="signed", end=end)],
        key="alike",
        strings=translate(STRINGS),
        language=current(),
    )


@checkpoints.keep(32, st.cache_data)
def _vectors(name: str, ids: tuple[int, ...]) -> NDArray[np.float32]:
    from model.analysis.subword_vectors import vectors

    return vectors(checkpoints.load(name), ids)


@checkpoints.keep(64, st.cache_data)
def _nearest(name: str, number: int) -> tuple[Near, ...]:
    from model.analysis.subword_vectors import nearest

    return nearest(checkpoints.load(name), number, NEIGHBOURS)


def _piece(pieces: Sequence[Piece]) -> int:
    """The piece whose neighbours are looked for, from 0; in the link from 1."""
    offered = range(min(len(pieces), 200))
    usual = next((i for i, piece in enumerate(pieces) if piece.text == "tired"), 0)
    asked = st.query_params.get(PIECE, "")
    place = int(asked) - 1 if asked.isascii() and asked.isdigit() and len(asked) < 6 else usual
    place = place if place in offered else min(usual, len(pieces) - 1)
    st.session_state[PIECE] = place
    st.selectbox(
        _("Piece"),
        offered,
        format_func=lambda i: f"{i + 1} · {visible(pieces[i].text)} · {pieces[i].id}",
        key=PIECE,
        on_change=lambda: links.put(PIECE, str(st.session_state[PIECE] + 1)),
    )
    links.put(PIECE, str(place + 1), str(usual + 1))
    return place


def _act(act: Act) -> None:
    if act.axis == "pieces":
        links.put(PIECE, str(act.place + 1))
