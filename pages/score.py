"""Scores: how near a translation is to its reference, by the groups of words that both have."""

import streamlit as st

from pages.common import entry, links, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.score import choosing, notes, pair, systems

PAGE = Page(
    title=N_("Score"),
    group=N_("Writing and learning"),
    order=3,
    question=N_("How near is a translation to its reference?"),
    told=N_("Change a word of either, and see which groups of words they still share."),
)
entry.through_app()

parts = {"pair": _("One sentence"), "file": _("A file, one system or two")}
bar, row = stage.bar(), stage.choices()
with row:
    part = links.choice(_("Measured"), parts, "part", "pair", label_visibility="collapsed")
if part == "pair":
    with bar:
        written, reference = choosing.ask_pair()
    with row:
        n = choosing.choose_group()
        tokenizer = choosing.choose_tokenizer()
    with refuse():
        pair.show(choosing.score(written, reference, tokenizer), n)
else:
    with row:
        tokenizer = choosing.choose_tokenizer()
    with refuse():
        systems.show(bar, tokenizer)
with stage.more(_("What to notice, and the formula"), "formula"):
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        notes.notice()
    with formula:
        notes.formula()
