"""Masks: who may look at whom, on a head's real scores."""

import streamlit as st

from pages.common import ask, cutting, entry, fits, links, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.masks import leaking, masks, painting

PAGE = Page(
    title=N_("Masks"),
    group=N_("Attention"),
    order=3,
    question=N_("Who may look at whom?"),
    told=N_("Switch masks on and off. What a mask crosses out gets no weight."),
    needs=("attention",),
)
entry.through_app()

asked = ask.sentence()
fits.check(asked, PAGE)
cutting.tell_left_out(asked)
row = stage.choices()
with row:
    part = links.choice(_("Part"), masks.names(), "part", "rules", label_visibility="collapsed")
with refuse(go_on=True):
    if part == "leak" and asked.checkpoint.recurrences:
        fits.tell(asked, leaking.NOTHING_LATER, ("blocks",))
    elif part == "leak":
        leaking.show(asked, row)
    else:
        shown = masks.choose(asked, part, row)
        {"rules": masks.show, "after": masks.compare, "paint": painting.show}[part](asked, shown)

st.divider()
noticed, formula = st.columns(2, gap="large")
with noticed:
    masks.notice()
with formula:
    masks.formula()
