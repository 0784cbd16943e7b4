"""How far does it reach? What a state still owes to a word that was read long before it."""

import streamlit as st

from pages.common import ask, cutting, entry, links, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.reach import beginning, folds, sentence

PAGE = Page(
    title=N_("How far does it reach?"),
    group=N_("Before the Transformer"),
    order=5,
    question=N_("How far back does a network reach?"),
    told=N_("Scale W up and down, and see what is left of a word much later."),
)
entry.through_app()

parts = {"init": _("At initialisation"), "trained": _("Trained, on your sentence")}
part = st.session_state.get("part", "")
if part not in parts:
    part = links.read_choice(parts, "part", "init")
# What is operated stands in the bar: a scale, or a sentence and a checkpoint.
gain, asked = 1.0, None
if part == "init":
    stage.wait()
    gain = beginning.choose_gain()
else:
    asked = ask.sentence()
    cutting.tell_left_out(asked)
with stage.choices():
    links.choice(_("Part"), parts, "part", "init", label_visibility="collapsed")
if asked is None:
    beginning.show(gain)
    folds.show(gain)
else:
    with refuse(go_on=True):
        sentence.show(asked)
with stage.more(_("What to notice, and the formula"), "formula"):
    noticed, formula = st.columns([3, 4], gap="large")
    with noticed:
        folds.notice()
    with formula:
        folds.formula()
