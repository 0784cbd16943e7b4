"""Word vectors: how a skip-gram learns them from who stands near whom, and what attention makes of them."""

import streamlit as st

from pages.common import entry, links, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.vectors import mixing, nearest, pairs, passage, telling

PAGE = Page(
    title=N_("Word vectors"),
    group=N_("Before the Transformer"),
    order=2,
    question=N_("How does a word become a vector?"),
    told=N_("By the words around it. Choose a word, and see whose vectors came to lie near its own."),
)
entry.through_app()

stage.wait()
bar, row = stage.bar(), stage.choices()
with row:
    names = {"nearest": _("Nearest words"), "pairs": _("One step"), "mixing": _("A sum of vectors")}
    part = links.choice(_("See"), names, "part", "nearest", label_visibility="collapsed")
    window = passage.choose_window()
with bar:
    field, own, which = st.container(), st.container(width="content"), st.container(width="content")
with which:
    corpus = passage.choose_corpus()
with refuse():
    asked = passage.read(corpus, window, own)
    show = {"nearest": nearest.show, "pairs": pairs.show, "mixing": mixing.show}[part]
    show(asked, field)
with stage.more(_("What to notice, and the formula"), "formula"):
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        telling.notice(part)
    with formula:
        telling.formula(part)
