"""One word after another: a recurrent network unrolled over the sentence, with its own numbers."""

import streamlit as st

from pages.common import ask, cutting, entry, recurrents, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.unrolled import computed, notes, steps

PAGE = Page(
    title=N_("One word after another"),
    group=N_("Before the Transformer"),
    order=3,
    question=N_("How can a network read one word after another?"),
    told=N_("Take one step after another. At each the same matrices meet another word and what was kept."),
)
entry.through_app()

recurrents.begin(recurrents.CELLS)
asked = ask.sentence()
cutting.tell_left_out(asked)
if not recurrents.fits(asked, recurrents.CELLS):
    recurrents.offer(asked, recurrents.CELLS)
else:
    row = stage.choices()
    with asked.below, refuse():
        record = recurrents.unroll(asked.request)
    with row:
        shown = steps.choose(asked, record)
    steps.show(shown)
    more = stage.more(_("The numbers of this step"), "computed")
    if more.open:
        with more:
            computed.show(shown)
with stage.more(_("What to notice, and the formula"), "formula"):
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        notes.notice()
    with formula:
        notes.formula(asked.checkpoint.model.config)
