"""Explore: any sentence, any head. What does a word look at?"""

import streamlit as st

from pages.common import checkpoints, entry, examples, figures, views
from pages.common.language import _, current, translated
from pages.common.text import escaped, refuse
from viz import linked
from viz.linked.mount import linked_view

entry.through_app()

st.title(_("What does a word look at?"))
st.caption(_("Point at a word. The light falls on what this head looks at."))

sentence, choice = st.columns([5, 2])
with sentence:
    text = st.text_input(_("Sentence"), examples.EXAMPLES[0].text, key="text", bind="query-params")
with choice:
    name = checkpoints.choose()
examples.choose()

with choice, refuse(), st.spinner(_("Loading the checkpoint …")):
    checkpoint = checkpoints.load(name)
with sentence, refuse():
    trace = checkpoints.trace(name, text)

start = views.first(checkpoint, trace)
view = linked_view(
    trace,
    views.from_link(start, trace),
    key="linked",
    strings=translated(linked.STRINGS),
    language=current(),
)
views.to_link(view, start)

written, beside = st.columns([2, 3], gap="large")
with written:
    if trace.output_text is not None:
        st.subheader(_("What it wrote"))
        st.markdown(escaped(trace.output_text))
with beside:
    st.subheader(_("Beside another sentence"))
    other = st.text_input(
        _("Another sentence"),
        examples.EXAMPLES[0].beside,
        key="beside",
        bind="query-params",
        label_visibility="collapsed",
        placeholder=_("Another sentence, to see what changes"),
    )
    if other.strip():
        with refuse(go_on=True):
            figures.difference(trace, view, checkpoints.trace(name, other))

figure = st.expander(_("This head as a figure, to zoom and to save"), key="figure", bind="query-params")
if figure.open:
    with figure:
        figures.heatmap(trace, view, name)
