"""Scaled dot-product attention, one step at a time, with the numbers of a real head."""

import streamlit as st

from pages.common import ask, entry, heads, idea, links
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.attention import attention, experiments

PAGE = Page(title=N_("Attention, step by step"), group=N_("Ideas"), order=1)
entry.through_app()

idea.question(
    _("How does a word find what it looks at?"),
    _("Go through the formula one step at a time. Every number is this head's, for this sentence."),
)
asked = ask.sentence()
if not asked.checkpoint.tells_vectors:
    with asked.below, refuse():
        where = attention.weights_only(asked)
else:
    chosen, who = st.columns([3, 1], gap="large")
    with chosen:
        where = heads.choose(asked.checkpoint)
    with asked.below, refuse():
        head, stack = attention.record_head(asked, where)
    with who:
        query = heads.token(asked.checkpoint, stack.queries, where.kind)
    step, whole = attention.controls()
    attention.show(head, where, stack, query, step, whole)

st.divider()
noticed, formula = st.columns(2, gap="large")
with noticed:
    attention.notice()
with formula:
    attention.formula()

st.divider()
st.subheader(_("Try it yourself"), anchor=False)
which = links.choice(_("Experiment"), experiments.names(), "experiment", "none")
experiments.show(which, asked, where.head)
