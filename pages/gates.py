"""Gates: what an LSTM and a GRU let in, keep and let out, and what becomes of the answer with one closed."""

import streamlit as st

from pages.common import ask, cutting, entry, recurrents, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.gates import compared, gates, notes

PAGE = Page(
    title=N_("Gates"),
    group=N_("Before the Transformer"),
    order=4,
    question=N_("What does a network keep, and what does it forget?"),
    told=N_("Choose a gate and a word, close the gate there, and see whether the answer changes."),
)
entry.through_app()

recurrents.begin(recurrents.GATED)
asked = ask.sentence()
cutting.tell_left_out(asked)
if not recurrents.fits(asked, recurrents.GATED):
    recurrents.offer(asked, recurrents.GATED)
else:
    row = stage.choices()
    with asked.below, refuse():
        record = recurrents.unroll(asked.request)
    with row, refuse():
        shown = gates.choose(asked, record)
    gates.show(shown)
    more = stage.more(_("LSTM and GRU beside each other"), "grus")
    if more.open:
        with more, refuse(go_on=True):
            compared.show(asked, shown)
with stage.more(_("What to notice, and the formula"), "formula"):
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        notes.notice()
    with formula:
        notes.formula(asked.checkpoint.model.config)
