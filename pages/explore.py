"""Explore: any sentence, any head. What does a word look at, and does it matter?"""

from pathlib import Path

import streamlit as st

from model import Trace
from pages.common import (
    ask,
    checkpoints,
    cutting,
    edits,
    entry,
    examples,
    figures,
    filmed,
    fits,
    heads,
    pieces,
    stage,
    views,
)
from pages.common.language import _, current, translate
from pages.common.menu import N_, Page
from pages.common.text import escape, refuse
from pages.parts.explore import measured, outcome, reading
from pages.parts.explore.answer import answer, say_look
from viz import linked
from viz.linked.cutting import Outcome
from viz.linked.mount import linked_view

PAGE = Page(
    title=N_("Explore"),
    order=1,
    default=True,
    question=N_("What does a word look at?"),
    told=N_("Point at a word: the light falls on what this head looks at. Hold it, and cut its beams."),
    needs=("attention",),
)
COMPARED = "compared"
entry.through_app()


def draw(record: Trace) -> None:
    """The picture and its answer, of a record, while the model is not there yet."""
    name = st.session_state.get(checkpoints.KEY) or checkpoints.DEFAULT
    start = views.first_of(Path(checkpoints.where(name)), record)
    with stage.picture():
        became = outcome.of_text(record.output_text)
        strings = translate(linked.STRINGS)
        view = linked_view(record, start, key="linked", strings=strings, language=current(), outcome=became)
    stage.answer(say_look(record, view, writes=record.cross is not None))


asked = ask.sentence(pairs=True, draw=draw, wished=examples.WIDE)
fits.check(asked, PAGE)
with asked.below, refuse():
    plain = seen = reading.read(asked.request)
wishes = edits.read_wishes(plain.named, asked.checkpoint.editable)
became: Outcome | None = None
with asked.below, refuse(go_on=True):
    if wishes:
        seen = reading.read(asked.request.under(wishes))
    became = outcome.panel(plain, seen)
with asked.below:
    reading.tell_refused(plain, seen)
trace = plain.named

start = views.first(asked.checkpoint, seen.trace)
explored = st.container(key="explored")
with explored, stage.picture():
    view = linked_view(
        seen.trace,
        views.from_link(start, seen.trace),
        key="linked",
        strings=translate(linked.STRINGS),
        language=current(),
        scissors=cutting.scissors(asked, seen.named, wishes),
        outcome=became,
        on_snip=lambda snip: cutting.apply_snip(snip, wishes),
    )
views.to_link(view, start, seen.trace)
with explored, stage.answers(), refuse(go_on=True):
    said = answer(asked, plain, seen, view)
    st.markdown(said.text)
    if said.offered:
        st.button(
            _("Try it where it matters: {sentence}").format(sentence=escape(said.offered.text)),
            on_click=cutting.begin_anew,
            args=[said.offered],
        )
heads.tell_mixers(asked.checkpoint, view.kind)
figures.subtraction(seen.trace, view)

if "beside" in st.query_params and COMPARED not in {*st.query_params, *st.session_state}:
    st.session_state[COMPARED] = True  # a link with a sentence to compare with means the comparison
compared = stage.more(_("Beside another sentence"), COMPARED)
with compared:
    other = st.text_input(
        _("Another sentence"),
        asked.beside,
        key="beside",
        bind="query-params",
        label_visibility="collapsed",
        placeholder=_("Another sentence, to see what changes"),
    )
    if asked.pair:
        st.caption(_("It is read in the place of the first one, and the second one stays."))
    if other.strip() and compared.open:
        with refuse(go_on=True):
            beside = reading.read(asked.request.of_text(other))
            if plain.refused is None:
                reading.tell_refused(beside)
            if view.kind in beside.trace.kinds:
                figures.difference(trace, view, beside.trace)
cut = stage.more(_("Cut and see"), "cut")
if cut.open:
    with cut, refuse(go_on=True):
        wrote = None if trace.cross is None else checkpoints.write(plain.request)
        cutting.panel(asked, plain.request, trace, view, wrote, seen.named)
numbers = stage.more(_("Measured"), "measured")
if numbers.open:
    with numbers, refuse(go_on=True):
        measured.show(asked)
folder = Path(checkpoints.where(asked.name))
if filmed.read(folder):
    formed = stage.more(_("How its heads formed"), "film")
    if formed.open:
        with formed:
            filmed.show(filmed.Filmed(folder, asked.name), filmed.open_checkpoint)
figure = stage.more(_("This head as a figure, to zoom and to save"), "figure")
if figure.open:
    with figure:
        figures.heatmap(seen.trace, view, asked.name)
made_of = stage.more(_("Words and tokens"), "pieces")
if made_of.open:
    with made_of:
        pieces.table(asked.checkpoint, trace)
