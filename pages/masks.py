"""Masks: who may look at whom, over two sentences of different lengths, on a head's real scores."""

import streamlit as st

from pages.common import ask, boards, entry, idea, links
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.masks import leaking, masks, painting
from pages.parts.masks.masks import Shown

PAGE = Page(title=N_("Masks"), group=N_("Ideas"), order=4)
entry.through_app()

idea.question(
    _("Who may look at whom?"),
    _("Switch masks on and off. What a mask crosses out gets no weight."),
)
asked = ask.sentence()
part = links.choice(_("Part"), masks.names(), "part", "rules", label_visibility="collapsed")
if part == "leak":
    with refuse(go_on=True):
        leaking.show(asked)
else:
    other, looked = masks.second(both=part == "rules")
    controls, picture = st.container(), st.container()
    where = masks.head(asked)
    with controls, refuse(go_on=True):
        batch = masks.batch(asked, other, where)
        boards.tell_limit(max(len(side) for side in (*batch.queries, *batch.keys)), masks.MOST)
        mask = masks.rules(asked, where, batch)
        shown = Shown(batch, where, mask, looked)
        with picture:
            if part == "paint":
                painting.show(asked, shown)
            elif part == "after":
                masks.compare(shown)
            else:
                masks.show(shown)

st.divider()
noticed, formula = st.columns(2, gap="large")
with noticed:
    masks.notice()
with formula:
    masks.formula()
