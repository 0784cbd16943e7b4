"""One translation beside its reference: what they share is filled, and the scores are what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import figures, look, stage
from pages.common.language import _
from pages.common.text import escape
from pages.parts.score import telling
from viz import columns
from viz.curves import curves
from viz.grams import shares
from viz.pieces import Box, Row, table

if TYPE_CHECKING:
    from model.scores.matches import Scored


def show(found: Scored, n: int) -> None:
    """Both texts with their shared groups, how large a share that is, the scores, and the sentence."""
    with stage.picture():
        draw(found, n)
    stage.answer(telling.tell_pair(found))
    st.caption(escape(f"BLEU: {found.bleu_signature} · chrF: {found.chrf_signature}"))
    letters(found)


def draw(found: Scored, n: int, key: str = "") -> None:
    """The texts, then the shares of shared groups as bars, beside what BLEU makes of them.

    key: tells several on a page apart.
    """
    shared = found.orders[n - 1]
    sides = ((_("Reference"), found.reference, "reference"), (_("Translation"), found.written, "written"))
    rows = []
    for name, tokens, side in sides:
        filled = shared.covers(side, len(tokens))
        boxes = [Box(token, fresh=is_shared) for token, is_shared in zip(tokens, filled, strict=True)]
        count = _("{count} tokens").format(count=f"{len(tokens):,}")
        rows.append(Row(name, count, boxes, more="" if boxes else _("no token at all")))
    head = _("Tokens by {tokenizer}; filled are those in groups of {n} that both have")
    st.html(
        table(rows, ["", head.format(tokenizer=found.tokenizer, n=n)], dark=look.dark()),
    )
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    with left:
        names = [_("groups of {n}").format(n=order.n) for order in found.orders]
        told = [telling.fraction(order) for order in found.orders]
        figure = shares(
            [order.precision or 0.0 for order in found.orders] + [found.penalty],
            [*names, _("brevity penalty")],
            [*told, columns.percent(found.penalty)],
            held=n - 1,
            dark=look.dark(),
        )
        figures.growing(figure, f"shares {key}".strip())
    with right:
        st.latex(telling.product(found))


def letters(found: Scored) -> None:
    """What chrF counts, folded away."""
    folded = stage.more(_("chrF: groups of letters"), key="chrf")
    if not folded.open:
        return
    known = [(n, pair) for n, pair in enumerate(found.letters, 1) if pair is not None]
    with folded:
        if not known:
            st.caption(_("One of the texts has no letter, so chrF is 0."))
            return
        figure = curves(
            [n for n, _pair in known],
            {
                _("precision: of the translation’s groups, in the reference"): [p for _n, (p, _r) in known],
                _("recall: of the reference’s groups, in the translation"): [r for _n, (_p, r) in known],
            },
            across=_("letters in a group"),
            up=_("share"),
            dark=look.dark(),
        )
        figures.growing(figure, "letters figure")
        precision, recall = (
            sum(column) / len(known) for column in zip(*(pair for _n, pair in known), strict=True)
        )
        st.markdown(
            _(
                "The means of both, {precision} and {recall}, with recall counted twice as much: "
                "chrF **{chrf}**."
            ).format(
                precision=columns.percent(precision),
                recall=columns.percent(recall),
                chrf=telling.number(found.chrf),
            )
        )
