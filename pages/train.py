"""Train: a network learns here, and its heads form before one's eyes."""

import streamlit as st

from model.training.folder import Run
from pages.common import entry, filmed, lessons, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.parts.train import begin, files, films, runs

PAGE = Page(
    title=N_("Train"),
    group=N_("Writing and learning"),
    order=2,
    question=N_("How do heads form?"),
    told=N_("Press Train. A network learns here, and its heads turn from haze into structure."),
)
entry.through_app()

stage.wait()
begin.begin_in_language()
runs.settle()
with stage.bar(), st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
    task = begin.choose_task(runs.follow_task)
    job = runs.select()
    if job is not None and runs.can_be_operated(job):
        with stage.turns():
            runs.operate(job)
    start = st.container(width="content")
runs.undo_removal()
begin.tell_refusal()


def ask() -> Run | None:
    """What the task asks, and the controls of a new run of it."""
    told = st.empty()
    asked = begin.put_together(task)
    if said := lessons.describe(task, asked is None or films.will_film(asked)):
        told.caption(said)
    return asked


if job is None:  # what is to be learned stands where its film will be
    with stage.picture():
        wanted = ask()
    first = stage.answers()
else:
    runs.follow(job)
    filmed.show(
        runs.filmed_of(job),
        runs.choose,
        live=job.is_live,
        beside=runs.beside(job),
        most=job.status.max_steps,
        main=True,
        films=films.has_film(job),
    )
    wanted = ask()
if wanted is not None and not begin.costs(wanted):
    wanted = None
if job is None:
    with first:
        begin.tell_first(task, wanted, wanted is not None and films.will_film(wanted))
with start:
    begin.button(wanted, runs.choose)

if job is not None:
    runs.measured(job)
    learning = stage.more(_("Other runs beside it, and how it learns"), "learning")
    with learning:
        runs.compare(job)
        if learning.open:
            runs.details(job)
    runs.actions(job)
with stage.more(_("What happens in a training step"), "lesson"):
    st.markdown(lessons.in_a_step())
with stage.more(_("A run from another machine, and removed runs"), "elsewhere"):
    files.upload()
    runs.list_removed()
