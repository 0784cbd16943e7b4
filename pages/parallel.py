"""One at a time, or all at once: what a layer costs as the text grows, by the formulas and here."""

import streamlit as st

from pages.common import entry, links, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.parallel import layers, measuring, telling

PAGE = Page(
    title=N_("One by one, or at once"),
    group=N_("Before the Transformer"),
    order=7,
    question=N_("One word at a time, or all at once?"),
    told=N_("Choose how long the text is, then measure what this machine takes for it."),
)
entry.through_app()

stage.wait()
with stage.bar():
    n = layers.choose_length()
with stage.choices():
    d = layers.choose_width()
    modes = {"train": _("training step"), "write": _("writing, word by word")}
    mode = links.choice(_("Measured"), modes, "part", "train")
    measuring.offer(d, mode)
with refuse():
    times = measuring.find(d, mode)
    with stage.picture():
        left, right = st.columns(2, gap="large")
        with left:
            layers.show_operations(n, d)
        with right:
            if times is None:
                layers.show_steps(n)
            else:
                measuring.show(times, n)
    stage.answer(telling.tell_formula(n, d) if times is None else telling.tell_times(times))
layers.show_table(n, d)
if times is not None:
    measuring.tell_conditions(times)
with stage.more(_("What to notice, and the formula"), "formula"):
    noticed, formula = st.columns([3, 4], gap="large")
    with noticed:
        layers.notice()
    with formula:
        layers.formula()
