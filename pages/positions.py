"""Positions: how a Transformer is told the order of words, and what it is without it."""

import streamlit as st

from pages.common import ask, cutting, entry, fits, idea, links, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.positions import placing, shuffling

PAGE = Page(
    title=N_("Positions"),
    group=N_("Text"),
    order=2,
    question=N_("How does a Transformer know the order of words?"),
    told=N_("By itself attention sees a bag of words. See what tells it the order, and take that away."),
    needs=("order",),
)
entry.through_app()

asked = ask.sentence()
fits.check(asked, PAGE)
cutting.tell_left_out(asked)
row = stage.choices()
with row:
    part = links.choice(
        _("Part"),
        {
            "told": _("Position encodings"),
            "shuffle": _("Shuffle the words"),
            "without": _("Take the positions away"),
        },
        "part",
        "told",
        label_visibility="collapsed",
    )
with refuse(go_on=True):
    if part == "told":
        placing.show(asked, row)
    elif part == "shuffle":
        shuffling.show(asked, row)
    else:
        shuffling.fall(asked)

st.divider()
noticed, formula = st.columns(2, gap="large")
with noticed:
    idea.notice(
        _(
            "A weighted sum does not depend on the order of its terms. Without positions a "
            "sentence is a bag of words."
        ),
        _("Fast waves tell neighbours apart, slow ones tell the beginning from the end."),
        _(
            "Learned positions end with their table, and are learned only as far as the texts of training "
            "went."
        ),
        _("Rotary positions and ALiBi act inside the scores, where only the distance is left."),
        _("A trained model whose positions are taken away still knows its words, but not who did what."),
    )
with formula:
    placing.formula(st.session_state.get("scheme", "sinusoidal") if part == "told" else "sinusoidal")
