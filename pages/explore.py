"""Explore: any sentence, any head. What does a word look at?"""

from pathlib import Path

import streamlit as st

from pages.common import ask, checkpoints, cutting, entry, figures, filmed, heads, pieces, views
from pages.common.language import _, current, translate
from pages.common.menu import N_, Page
from pages.common.text import escape, refuse
from pages.parts.explore import measured
from viz import linked
from viz.linked.mount import linked_view

PAGE = Page(title=N_("Explore"), order=1, default=True)
entry.through_app()

st.title(_("What does a word look at?"))
st.caption(_("Point at a word. The light falls on what this head looks at."))

asked = ask.sentence()
with asked.below, refuse():
    trace = checkpoints.trace(asked.chosen, asked.text)

start = views.first(asked.checkpoint, trace)
view = linked_view(
    trace,
    views.from_link(start, trace),
    key="linked",
    strings=translate(linked.STRINGS),
    language=current(),
)
views.to_link(view, start)
heads.tell_mixers(asked.checkpoint, view.kind)
figures.subtraction(trace, view)

beside = st.container()
if trace.cross is not None and trace.output_text is not None:  # a decoder alone wrote nothing here
    with beside:
        written, beside = st.columns([2, 3], gap="large")
    with written:
        st.subheader(_("What it wrote"))
        st.markdown(escape(trace.output_text))
with beside:
    st.subheader(_("Beside another sentence"))
    other = st.text_input(
        _("Another sentence"),
        asked.beside,
        key="beside",
        bind="query-params",
        label_visibility="collapsed",
        placeholder=_("Another sentence, to see what changes"),
    )
    if other.strip():
        with refuse(go_on=True):
            figures.difference(trace, view, checkpoints.trace(asked.chosen, other))

cut = st.expander(_("Cut and see"), key="cut", bind="query-params")
if cut.open:
    with cut, refuse(go_on=True):
        wrote = None if trace.cross is None else checkpoints.write(asked.chosen, asked.text)
        cutting.panel(asked, trace, view, wrote)
numbers = st.expander(_("Measured"), key="measured", bind="query-params")
if numbers.open:
    with numbers, refuse(go_on=True):
        measured.show(asked)
folder = Path(checkpoints.where(asked.name))
if filmed.read(folder):
    formed = st.expander(_("How its heads formed"), key="film", bind="query-params")
    if formed.open:
        with formed:
            filmed.show(folder)
figure = st.expander(_("This head as a figure, to zoom and to save"), key="figure", bind="query-params")
if figure.open:
    with figure:
        figures.heatmap(trace, view, asked.name)
made_of = st.expander(_("Words and pieces"), key="pieces", bind="query-params")
if made_of.open:
    with made_of:
        pieces.table(asked.checkpoint, trace)
