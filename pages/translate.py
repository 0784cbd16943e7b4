"""Translate: how a translation is written, piece by piece, and what it hangs on."""

import streamlit as st

import viz
from pages.common import ask, checkpoints, cutting, decodings, edits, entry, figures, look, pieces, writings
from pages.common.language import _, current, translate
from pages.common.menu import N_, Page
from pages.common.text import refuse
from viz import steps
from viz.beam import STRINGS as BEAM
from viz.steps.mount import play

PAGE = Page(title=N_("Translate"), order=2)
entry.through_app()

st.title(_("How is a translation written?"))
st.caption(_("The encoder reads every word at once. The decoder writes one piece after another."))

asked = ask.sentence()
decoding = decodings.choose()
prefix = writings.beginning(asked)
with asked.below, refuse():
    written = checkpoints.write(asked.chosen, asked.text, decoding, prefix)
    trace = checkpoints.trace(asked.chosen, asked.text, written.ids)
    now, seen = written, trace
    changes = edits.grant(edits.read_wishes(trace)) if asked.checkpoint.editable else ()
    if changes:
        now = checkpoints.write(asked.chosen, asked.text, decoding, prefix, changes)
        seen = checkpoints.trace(asked.chosen, asked.text, now.ids, edits.keep_reached(changes, len(now.ids)))

writings.show(now, now.ids != written.ids)
layer, head = writings.heads(seen)
shown = play(
    steps.film(seen, now, layer, head, writings.find_chosen(now)),
    key="steps",
    step=writings.step(now),
    strings=translate(steps.STRINGS),
    language=current(),
)
writings.apply_played(shown, now)

if now.branches:
    with st.expander(_("The beam as a tree"), expanded=True):
        read = writings.reading(asked)
        figures.wide(viz.beam(now.branches, dark=look.dark(), strings=translate(BEAM), read=read), "beam")
cut = st.expander(_("Cut and see"), key="cut", bind="query-params")
if cut.open:
    with cut:
        view = writings.view(asked, seen, layer, head, shown.step)
        by_words = view.kind != "decoder"  # the source is there as a whole, the text piece by piece
        cutting.panel(asked, trace, view, written, decoding, prefix, seen, by_words)
made_of = st.expander(_("Words and pieces"), key="pieces", bind="query-params")
if made_of.open:
    with made_of:
        pieces.table(asked.checkpoint, trace)
