"""Train: a Transformer learns here, and its heads form before one's eyes."""

import streamlit as st

from model.training import jobs
from pages.common import entry, filmed, idea, lessons
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.train import begin, files, runs

PAGE = Page(title=N_("Train"), order=3)
entry.through_app()

idea.question(
    _("How do heads form?"),
    _("Press Train. A Transformer learns here, and its heads turn from haze into structure."),
)
wanted = begin.run()
if wanted is not None:
    pressed = st.button(_("Train"), type="primary", icon=":material/play_arrow:", key="train")
    if pressed:
        with refuse(go_on=True):
            runs.choose(jobs.start(wanted).name)
    else:
        begin.costs(wanted)

st.divider()
job = runs.select()
if job is None:
    st.caption(_("There is no run yet."))
    files.upload()
    st.stop()


@st.fragment(run_every=runs.LIVELY if job.is_live else None)
def progress(name: str, was: str) -> None:
    """How the run stands; the whole page runs again when that changes."""
    now = next((found for found in jobs.jobs() if found.name == name), None)
    if now is None or now.status.state != was:
        st.rerun()
    runs.show_status(now)
    curves, told = st.columns([3, 2], gap="large")
    with curves:
        runs.curves_of(now)
    with told:
        runs.scores(now)
    runs.samples(now)


runs.actions(job)
progress(job.name, job.status.state)
runs.compare(job)
st.subheader(_("The film"), anchor=False)
filmed.show(job.folder, job.is_live)
with st.expander(_("What happens in a step")):
    st.markdown(lessons.in_a_step())
with st.expander(_("A run from another machine")):
    files.upload()
