"""Translate: how a translation is written, piece by piece, and what it hangs on."""

import streamlit as st

import viz
from pages.common import (
    ask,
    checkpoints,
    cutting,
    decodings,
    edits,
    entry,
    figures,
    fits,
    look,
    pieces,
    stage,
    writings,
)
from pages.common.language import _, current, translate
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.translate import alignment, opening, told
from viz import steps
from viz.beam import STRINGS as BEAM
from viz.steps.mount import play

PAGE = Page(
    title=N_("Translate"),
    group=N_("Writing and learning"),
    order=1,
    question=N_("How is a translation written?"),
    told=N_("The encoder reads the whole sentence. The decoder writes one token at a time."),
    needs=("writes",),
)
entry.through_app()

asked = ask.sentence()
fits.check(asked, PAGE)
is_new = writings.begin(asked)
prefix = writings.beginning(asked)
picture, answer = stage.picture(), stage.answers()
with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
    decoding = decodings.choose()
    through = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
with asked.below, refuse():
    plain = asked.request.decoded(decoding, prefix)
    written, trace = checkpoints.write(plain), checkpoints.trace(plain)
    changed = plain.under(edits.read_wishes(trace, asked.checkpoint.editable))
    now, seen = checkpoints.write(changed), checkpoints.trace(changed)
    sides = checkpoints.find_sides(changed)
usual = opening.find_opening(trace, written, asked.checkpoint.first_head, checkpoints.find_sides(plain))
with through:
    heads = writings.heads(seen, usual.cross, usual.encoder)
film = steps.film(seen, now, *heads.cross, writings.find_chosen(now), heads.encoder, sides)
with picture:
    shown = play(
        film,
        key="steps",
        step=writings.step(usual.step),
        anew=is_new,
        strings=translate(steps.STRINGS),
        language=current(),
    )
with answer:
    st.markdown(told.say(film, shown.step))
    writings.tell_stopped(now)
    writings.tell_changes(now, now.ids != written.ids)
writings.apply_played(shown, now, usual.step)

if now.branches:
    tree = stage.more(_("Beam search as a tree"), "tree")
    if tree.open:
        with tree:
            read = writings.reading(asked)
            figures.wide(viz.beam(now.branches, dark=look.dark(), strings=translate(BEAM), read=read), "beam")
if trace.kinds:
    cut = stage.more(_("Cut and see"), "cut")
    if cut.open:
        with cut:
            view = writings.view(asked, seen, heads, shown.step)
            by_words = view.kind != "decoder"  # the source is there as a whole, the text piece by piece
            cutting.panel(asked, plain, trace, view, written, seen, by_words)
    aligned = stage.more(_("Word alignment"), "align")
    if aligned.open:
        with aligned:
            alignment.panel(asked, changed, now)
else:
    fits.caption(asked, N_("{name} is {network}: there is no look to cut, and none that aligns words."))
with stage.more(_("The whole text"), "written"):
    writings.show(now)
made_of = stage.more(_("Words and tokens"), "pieces")
if made_of.open:
    with made_of:
        pieces.table(asked.checkpoint, trace, sides[0])
