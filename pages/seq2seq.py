"""From sequence to sequence: a text through one vector, then with attention, then the Transformer."""

import streamlit as st

from pages.common import entry, stage
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.seq2seq import asking, shown, telling

PAGE = Page(
    title=N_("Sequence to sequence"),
    group=N_("Before the Transformer"),
    order=6,
    question=N_("How much of a sentence fits into one vector?"),
    told=N_("Let the string grow. The network has to write it backwards."),
)
entry.through_app()

stage.wait()
with refuse():
    asked = asking.ask()
    shown.show(asked)
with stage.more(telling.title(), "formula"):
    noticed, formula = st.columns([3, 4], gap="large")
    with noticed:
        telling.notice()
    with formula:
        telling.formula(asked)
