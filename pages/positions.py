"""Positions: how a Transformer is told the order of words, and what it is without it."""

import streamlit as st

from pages.common import ask, entry, idea, links
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.positions import placing, shuffling

PAGE = Page(title=N_("Positions"), group=N_("Ideas"), order=3)
entry.through_app()

idea.question(
    _("How does a Transformer know the order of words?"),
    _("Attention sees a heap of words. See what tells it the order, and take that away."),
)
asked = ask.sentence()
part = links.choice(
    _("Part"),
    {
        "told": _("How it is told"),
        "shuffle": _("Shuffle the words"),
        "without": _("Take the positions away"),
    },
    "part",
    "told",
    label_visibility="collapsed",
)
with refuse(go_on=True):
    if part == "told":
        placing.show(asked)
    elif part == "shuffle":
        shuffling.show(asked)
    else:
        shuffling.fall(asked)

st.divider()
noticed, formula = st.columns(2, gap="large")
with noticed:
    idea.notice(
        _(
            "A weighted sum does not ask in which order its parts come. Without positions a sentence is "
            "a heap of words."
        ),
        _("Fast waves tell neighbours apart, slow ones tell the beginning from the end."),
        _("Rotary positions and ALiBi act inside the scores, where only the distance is left."),
        _("A trained model whose positions are taken away still knows its words, but not who did what."),
    )
with formula:
    placing.formula(st.session_state.get("scheme", "sinusoidal") if part == "told" else "sinusoidal")
