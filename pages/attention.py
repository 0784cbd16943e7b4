"""Scaled dot-product attention, one step at a time, with the numbers of a real head."""

import streamlit as st

from pages.common import ask, cutting, entry, fits, heads, links, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.attention import attention, experiments

PAGE = Page(
    title=N_("Attention, step by step"),
    group=N_("Attention"),
    order=1,
    question=N_("How does a word find what it looks at?"),
    told=N_("Seven steps, with one head's own numbers. Drag a score, and its weight follows."),
    needs=("attention",),
)
entry.through_app()

asked = ask.sentence(pairs=True)
fits.check(asked, PAGE)
cutting.tell(asked)
if not asked.checkpoint.tells_scores:
    with asked.below, refuse():
        where = attention.weights_only(asked)
else:
    step, chosen = attention.controls(asked)
    with chosen:
        where = heads.choose(asked.checkpoint)
    with asked.below, refuse():
        head, stack = attention.record_head(asked, where)
    with chosen:
        query = heads.token(asked.checkpoint, stack.queries, where.kind)
        whole = attention.choose_scope()
    attention.show(asked, head, where, stack, query, step, whole)

experiments.unfold()
with stage.more(_("Try it yourself"), "experiments"):
    which = links.choice(_("Experiment"), experiments.names(asked.checkpoint), "experiment", "none")
    experiments.show(which, asked, where)
with stage.more(_("What to notice, and the formula"), "formula"):
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        attention.notice(attention.is_additive(asked.checkpoint, where))
    with formula:
        attention.formula(attention.is_additive(asked.checkpoint, where))
