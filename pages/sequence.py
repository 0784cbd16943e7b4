"""Sequence models: what is kept of the past to predict the next number, and how far that goes."""

import streamlit as st

from pages.common import entry, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.sequence import choosing, models, telling

PAGE = Page(
    title=N_("Sequence models"),
    group=N_("Before the Transformer"),
    order=1,
    question=N_("How much of the past does the next number need?"),
    told=N_("Move t along the part held out. Three models see the past in three ways."),
)
entry.through_app()

stage.wait()
with refuse():
    asked = choosing.ask()
    fitted = models.fit(asked)
    models.show(asked, fitted)
telling.horizon(asked, fitted)
with stage.more(_("What to notice, and the formula"), "formula"):
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        telling.notice()
    with formula:
        telling.formula()
