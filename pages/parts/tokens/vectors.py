"""The numbers that a checkpoint reads, the vectors behind them, and which vectors are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import boards, checkpoints, figures, idea, links, look, stage
from pages.common.language import _
from pages.common.text import escape, refuse
from pages.parts.tokens import passage, tokens
from viz.board import Act, Axis, numbered_axis, panel
from viz.labels import visible
from viz.neighbours import neighbours
from viz.pieces import table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from streamlit.delta_generator import DeltaGenerator

    from model.analysis.subword_vectors import Alike
    from model.text.subwords import Piece
    from viz import Figure

PIECE = "piece"
ROWS, FEATURES, NEIGHBOURS = 16, 64, 6  # what is drawn of the vectors


def part(text: str, name: str, row: DeltaGenerator) -> None:
    """The pieces whose vectors are most like that of one, beside all others and beside chance."""
    from model.text.subwords import plain

    with refuse():
        checkpoint = tokens.load(name)
        pieces = tokens.own_pieces(name, plain(text[: passage.READ]))
    with row:
        place = choose(pieces)
    alike = find_alike(name, pieces[place].id)
    piece = visible(pieces[place].text)
    held = [i == place for i in range(len(pieces))]
    vocabulary = tokens.count_vocabulary(checkpoint)
    line = tokens.make_row(
        tokens.short(name), _("the checkpoint's own"), plain(text), pieces, held, vocabulary
    )
    with stage.picture():
        st.html(table([line], tokens.columns(), dark=look.dark()))
        if alike.nearest:
            figures.growing(draw(alike, piece), "neighbours")
    stage.answer(tell(alike, piece, pieces[place].id))
    passage.tell_size(text)
    width = show_numbers(name, pieces, place, alike)
    st.divider()
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        idea.notice(
            _("The id of a token says nothing: it is only the row of the table that is looked up."),
            _("The same token has the same vector everywhere; position and context come later."),
            _(
                "A model is given no list of similar tokens. Where vectors lie closer than chance "
                "would have it, it has learned that from how the tokens are used."
            ),
        )
    with formula:
        idea.formula(
            r"e_i = E_{t_i} - \bar{E}, \qquad \cos(e_i, e_j) = \frac{e_i \cdot e_j}{|e_i| \, |e_j|}",
            {
                "t_i": _("the number of piece i"),
                "E": _("the embedding, a table of {rows} rows of {width} numbers").format(
                    rows=f"{vocabulary:,}", width=width
                ),
                r"\bar{E}": _("the mean of its rows, which all of them have in common"),
                r"\cos": _("1 where two vectors point the same way, 0 where they are at right angles"),
            },
            _("Vaswani et al. 2017, §3.4; the mean is taken away: Mu and Viswanath 2018, “All-but-the-Top”."),
        )


def tell(alike: Alike, piece: str, number: int) -> str:
    """Which vector is most like the piece's, and whether that is more than chance, in Markdown."""
    if not alike.nearest:
        return _("“{piece}” is number {number}, and the only piece.").format(
            piece=escape(piece), number=number
        )
    best = alike.nearest[0]
    if best.cosine > alike.chance:
        said = _(
            "“{piece}” is number {number}. The vector most like its own is that of “{nearest}”, with a "
            "cosine of "
            "{cosine}; by chance the nearest would have {chance}."
        )
    else:
        said = _(
            "“{piece}” is number {number}. No vector is more like its own than chance would have it: the "
            "nearest, "
            "“{nearest}”, has a cosine of {cosine}, and by chance it would have {chance}."
        )
    return said.format(
        piece=escape(piece),
        number=f"{number:,}",
        nearest=escape(best.text),
        cosine=signed(best.cosine),
        chance=signed(alike.chance),
    )


def signed(cosine: float) -> str:
    return f"{cosine:.2f}".replace("-", "−")


def draw(alike: Alike, piece: str) -> Figure:
    """The nearest pieces as bars, over where all other pieces lie."""
    return neighbours(
        [one.text for one in alike.nearest],
        [one.cosine for one in alike.nearest],
        alike.cosines,
        alike.chance,
        title=_("The vectors most like that of “{piece}”").format(piece=piece),
        across=_("cosine"),
        everyone=_("all {count} other pieces").format(count=f"{len(alike.cosines):,}"),
        by_chance=_("nearest by chance"),
        dark=look.dark(),
    )


def show_numbers(name: str, pieces: Sequence[Piece], place: int, alike: Alike) -> int:
    """The vectors of the pieces, and the chosen one's above those that are most like it, folded away.

    Returns how many features they have.
    """
    own = find_vectors(name, tuple(one.id for one in pieces[:ROWS]))
    width = int(own.shape[1])
    more = stage.more(_("The vectors, feature by feature"), key="strips")
    if not more.open:
        return width
    others = find_vectors(name, (pieces[place].id, *(one.id for one in alike.nearest)))
    own, others = own[:, :FEATURES], others[:, :FEATURES]
    features = numbered_axis("features", own.shape[1], _("features"))
    end = float(max(abs(own).max(initial=0), abs(others).max(initial=0))) or 1.0
    note = _("All {width} features.").format(width=width)
    if own.shape[1] < width:
        note = _("Features 1 to {drawn} of {width}.").format(drawn=own.shape[1], width=width)
    rows = Axis("pieces", tuple(piece.text for piece in pieces[:ROWS]), _("pieces"))
    told = (f"{one.text} · {signed(one.cosine)}" for one in alike.nearest)
    near = Axis("alike", (pieces[place].text, *told), _("nearest"))
    with more:
        boards.show(
            [
                panel(
                    "vectors",
                    _("Each token's vector"),
                    own,
                    rows,
                    features,
                    scale="signed",
                    end=end,
                    note=note,
                )
            ],
            "vectors",
            {"pieces": place} if place < len(rows) else None,
            act,
        )
        title = _("The vectors most like it, with their cosines")
        boards.show([panel("alike", title, others, near, features, scale="signed", end=end)], "alike")
    return width


@checkpoints.keep(32, st.cache_data)
def find_vectors(name: str, ids: tuple[int, ...]) -> NDArray[np.float32]:
    from model.analysis.subword_vectors import vectors

    return vectors(checkpoints.load(name), ids)


@checkpoints.keep(64)
def find_alike(name: str, number: int) -> Alike:
    from model.analysis.subword_vectors import alike

    return alike(checkpoints.load(name), number, NEIGHBOURS)


def choose(pieces: Sequence[Piece]) -> int:
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
        label_visibility="collapsed",
        width=240,
    )
    links.put(PIECE, str(place + 1), str(usual + 1))
    return place


def act(act: Act) -> None:
    """Choose the piece that was clicked."""
    if act.axis == "pieces":
        links.put(PIECE, str(act.place + 1))
