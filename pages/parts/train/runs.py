"""The runs: which one is looked at, how it stands, what it has learned, and what can be done with it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.errors import Refusal
from model.training import jobs
from model.training.folder import seconds_left
from model.training.queue import order
from pages.common import checkpoints, filmed, lessons, links, look, recurrents
from pages.common.filmed import Filmed
from pages.common.language import _, sentence
from pages.common.text import escape
from pages.parts.train import begin, files
from viz.curves import curves
from viz.labels import tell_apart

if TYPE_CHECKING:
    from model.training.jobs import JobOf

RUN, BESIDE = "run", "beside_runs"
LIVELY = 1.0  # seconds from one look at a run to the next
FEW = 4  # samples that are shown
SAMPLES = "samples"  # the place of their table
# The three texts have the same room each, whatever stands in them, and are read whole; the tick needs little.
WRAPPED = (
    f".st-key-{SAMPLES} table {{ table-layout: fixed; width: 100% }}"
    f".stApp .st-key-{SAMPLES} :is(th, td, td *) "
    "{ white-space: normal; word-break: keep-all; overflow-wrap: anywhere }"
    f".stApp .st-key-{SAMPLES} :is(th, td) {{ padding-inline: 0.3rem }}"
    f".st-key-{SAMPLES} th:last-child {{ width: 2.5rem }}"
)
REMOVED = "removed run"  # in the session: the one that was removed last


def settle() -> None:
    """Have the task that is chosen and the run that is shown agree, before their controls are drawn.

    A run that the link or the session names brings its task along; else the newest run of the task is shown.
    """
    runs, titles = find_runs(), lessons.titles()
    name = st.session_state.get(RUN) or st.query_params.get(RUN, "")
    if name in runs:
        st.session_state[RUN] = name
        if task_of(runs[name]) in titles:
            st.session_state[begin.TASK] = task_of(runs[name])
        return
    task = begin.chosen_task(titles)
    st.session_state[RUN] = usual(runs, task)


def follow_task() -> None:
    """Another task was chosen: its newest run is shown."""
    st.session_state[RUN] = usual(find_runs(), st.session_state[begin.TASK])
    links.put(RUN, "")


def usual(runs: Mapping[str, JobOf], task: str) -> str | None:
    """The run of a task that is shown first: the newest; one that is shipped where there is no other."""
    return next((name for name, job in runs.items() if task_of(job) == task), None)


def select() -> JobOf | None:
    """The control that chooses a run, of any task; None where the chosen one has none yet."""
    found = find_runs()
    labels = dict(zip(found, tell_apart(name_job(job) for job in found.values()), strict=True))
    name: str | None = st.selectbox(
        _("Run"),
        list(found),
        key=RUN,
        index=None if st.session_state[RUN] is None else 0,  # where there is one, one is chosen
        format_func=labels.__getitem__,
        placeholder=_("No run of this yet"),
    )
    task = begin.chosen_task(lessons.titles())
    links.put(RUN, name or "", usual(found, task) or "")
    return found[name] if name else None


def find_runs() -> dict[str, JobOf]:
    """The runs that can be looked at, by name: the app's own, the newest first, then those shipped.

    Of these the Transformers come first: a task is opened with one, where it has one.
    """
    found = {job.name: job for job in jobs.jobs()}
    for name in sorted(checkpoints.find_shipped(), key=is_recurrent):
        folder = checkpoints.FOLDER / name
        job = jobs.job_of(folder) if name not in found and filmed.read_mtime(folder) else None
        if job and task_of(job) in lessons.titles():
            found[name] = job
    return found


@st.cache_data(max_entries=64, show_spinner=False)
def _config_task(folder: str, _stamp: int) -> str:
    try:
        told = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        return str(told.get("task") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def task_of(job: JobOf) -> str:
    """The name of the task that a run learns: its own record's, or that of the checkpoint that came of it."""
    if job.run is not None:
        return job.run.task
    return _config_task(str(job.folder), checkpoints.stamp(str(job.folder)))


def is_recurrent(name: str) -> bool:
    """Whether a shipped checkpoint is a recurrent network."""
    return recurrents.find_network(str(checkpoints.FOLDER / name)) is not None


def is_shipped(job: JobOf) -> bool:
    """Whether it came with the app, so that it can be looked at only."""
    return job.folder.parent == checkpoints.FOLDER


def choose(name: str) -> None:
    """Look at this run from now on."""
    st.session_state[RUN] = name


def name_job(job: JobOf) -> str:
    """A run in a list: what it learns, when it was begun, how it stands."""
    task = task_of(job)
    title = lessons.titles().get(task, task or job.name)
    if is_shipped(job):
        return " · ".join((title, job.name, _("shipped")))
    stamp, _dash, rest = job.name.partition("-")
    clock = rest.partition("-")[0]
    when = f"{stamp[4:6]}-{stamp[6:8]} {clock[:2]}:{clock[2:4]}" if stamp.isdigit() else job.name
    return " · ".join(part for part in (title, when, states()[job.status.state]) if part)


def states() -> dict[str, str]:
    """How a run can stand."""
    return {
        "waiting": _("waiting for its turn"),
        "preparing": _("preparing its data"),
        "training": _("learning"),
        "measuring": _("being measured"),
        "stopped": _("stopped"),
        "failed": _("failed"),
        "vanished": _("ended without a word"),
        "done": _("done"),
    }


def follow(job: JobOf) -> None:
    """How a run stands that has not come to its end; the whole page runs again when that changes."""
    if job.status.state != "done":
        st.fragment(_follow, run_every=LIVELY if job.is_live else None)(job.name, job.status.state)


def _follow(name: str, was: str) -> None:
    now = next((found for found in jobs.jobs() if found.name == name), None)
    if now is None or now.status.state != was:
        st.rerun()
    show_status(now)


def measured(job: JobOf) -> None:
    """The task's own measures and what it writes, taken anew while it learns."""
    st.fragment(_measured, run_every=filmed.LIVELY if job.is_live else None)(job)


def _measured(job: JobOf) -> None:
    told, written = st.columns([2, 3], gap="large")
    with told:
        scores(job)
    with written:
        samples(job)


def show_status(job: JobOf) -> None:
    """How it stands: a bar with the time left, or why it ended."""
    now = job.status
    step = newest_step(job)
    share = min(1.0, step / now.max_steps) if now.max_steps else 0.0
    said = [states()[now.state]]
    if now.state == "waiting":
        ahead = before(job)
        if ahead:
            said.append(_("{count} before it").format(count=ahead))
    if now.max_steps and now.state != "done":
        said.append(_("step {step} of {steps}").format(step=f"{step:,}", steps=f"{now.max_steps:,}"))
    left = remaining(job) if now.state == "training" else None
    if left is not None:
        said.append(_("{time} left").format(time=begin.format_duration(left)))
    st.progress(1.0 if now.state == "done" else share, text=" · ".join(said))
    if now.state == "failed":
        st.error(escape(sentence(Refusal(now.reason, **now.values))))
    if now.state == "vanished":
        st.error(
            _(
                "Its process was ended from outside, or the machine had no memory left. "
                "What was saved is still there."
            )
        )


def newest_step(job: JobOf) -> int:
    """The step that a run has come to, by what it told last: its status, or its film.

    Many snapshots come before the first report, and the page tells of both. Of a run that does not learn now
    the film may hold steps that were not saved.
    """
    seen = filmed.read(job.folder) if job.status.state == "training" else None
    return max(job.status.step, *seen.steps[-1:]) if seen else job.status.step


def before(job: JobOf) -> int:
    """How many runs come first: those at work, and those that have waited longer."""
    own = order(job.status, job.folder)
    others = [other for other in jobs.jobs() if other.is_live and other.folder != job.folder]
    return sum(one.status.state != "waiting" or order(one.status, one.folder) < own for one in others)


def remaining(job: JobOf) -> float | None:
    """Seconds until the last step, by the run's own pace; None before that can be told."""
    left = seconds_left(filmed.reports(job.folder), job.status.max_steps)
    return None if left is None else max(0.0, left - max(0.0, time.time() - job.status.since))


def can_be_operated(job: JobOf) -> bool:
    """Whether it can be stopped or gone on with: it has not come to its end."""
    return job.is_live or job.run is not None


def operate(job: JobOf) -> None:
    """To stop it, or to go on with it."""
    if job.is_live:
        st.button(
            _("Stopping") if job.is_stopping else _("Stop"),
            icon=":material/stop:",
            key="stop",
            on_click=jobs.stop,
            args=[job.folder],
            disabled=job.is_stopping,
            width="stretch",
        )
    else:
        st.button(
            _("Go on"),
            icon=":material/play_arrow:",
            key="go on",
            on_click=going_on,
            args=[job],
            width="stretch",
        )


def actions(job: JobOf) -> None:
    """What else can be done with it now."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if job.folder in checkpoints.find_offered().values():
            st.page_link(
                "pages/explore.py",
                label=_("Open in Explore"),
                icon=":material/arrow_forward:",
                query_params={"checkpoint": checkpoints.name_of(job.folder)},
            )
            files.download(checkpoints.name_of(job.folder))
        if not job.is_live and not is_shipped(job):
            st.button(
                _("Remove"),
                icon=":material/delete:",
                key="remove",
                type="tertiary",
                on_click=remove,
                args=[job],
                help=_("It can be restored for {days} days.").format(days=jobs.KEPT // (24 * 3600)),
            )


def going_on(job: JobOf) -> None:
    """Take it up again; a refusal is told by the run itself."""
    try:
        jobs.go_on(job.folder)
    except (ValueError, OSError) as error:
        st.toast(escape(sentence(error) if isinstance(error, ValueError) else str(error)))


def remove(job: JobOf) -> None:
    """Move it aside, and say how it comes back."""
    try:
        st.session_state[REMOVED] = jobs.remove(job.folder)
    except (ValueError, OSError) as error:
        st.toast(escape(sentence(error) if isinstance(error, ValueError) else str(error)))
    st.session_state.pop(RUN, None)
    links.put(RUN, "")


def restore(gone: jobs.Removed) -> None:
    """Put a removed run back, and look at it."""
    try:
        choose(jobs.restore(gone).name)
    except (ValueError, OSError) as error:
        st.toast(escape(sentence(error) if isinstance(error, ValueError) else str(error)))
    st.session_state.pop(REMOVED, None)


def undo_removal() -> None:
    """Where a run has just been removed: that it was, and the way back."""
    gone: jobs.Removed | None = st.session_state.get(REMOVED)
    if gone is None or gone not in jobs.removed():
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("{name} was removed.").format(name=escape(gone.name)), width="content")
        st.button(
            _("Undo"), icon=":material/undo:", key="restore", type="tertiary", on_click=restore, args=[gone]
        )


def list_removed() -> None:
    """Every removed run that can still be restored."""
    gone = jobs.removed()
    if not gone:
        return
    st.caption(_("Removed, and still here for {days} days:").format(days=jobs.KEPT // (24 * 3600)))
    for one in gone:
        st.button(
            escape(one.name),
            icon=":material/restore_from_trash:",
            key=f"restore {one.folder.name}",
            type="tertiary",
            on_click=restore,
            args=[one],
            help=_("Restore it"),
        )


def filmed_of(job: JobOf) -> Filmed:
    """A run as its film is asked for."""
    return Filmed(job.folder, name_job(job))


def beside(job: JobOf) -> list[Filmed]:
    """The other runs whose losses are drawn beside this one's, as the link has them."""
    others = {other.name: other for other in find_runs().values() if other.name != job.name}
    told = st.session_state.get(BESIDE)
    names = st.query_params.get_all(BESIDE) if told is None else told
    return [filmed_of(others[name]) for name in names if name in others]


def compare(job: JobOf) -> None:
    """The control for them."""
    others = [other for other in find_runs().values() if other.name != job.name]
    labels = dict(zip((other.name for other in others), tell_apart(map(name_job, others)), strict=True))
    links.several(
        _("Draw the loss of other runs beside it"),
        list(labels),
        BESIDE,
        [],
        format_func=labels.__getitem__,
        placeholder=_("Choose runs"),
    )


def details(job: JobOf) -> None:
    """What its loss means, and the smaller curves of how it learns."""
    lines = filmed.reports(job.folder)
    checked = filmed.series(lines, "validation_loss")
    if checked and is_plain(job):
        share, loss = float(np.exp(-checked[-1][1])), checked[-1][1]
        st.caption(
            _(
                "A loss of {loss} means the same as giving each correct token a probability of {share} %."
            ).format(loss=f"{loss:.2f}", share=f"{100 * share:.0f}")
        )
    columns = st.columns(3)
    for column, (name, said) in zip(
        columns,
        (
            ("learning_rate", _("learning rate")),
            ("gradient_norm", _("length of the gradient")),
            ("tokens_per_second", _("tokens per second")),
        ),
        strict=True,
    ):
        points = filmed.series(lines, name)
        if points:
            steps, values = zip(*points, strict=True)
            small = curves(steps, {said: values}, dark=look.dark(), height=150, ticks=3)
            with column:
                st.caption(said)
                st.plotly_chart(small, theme=None, key=name, config={"displayModeBar": False})


def is_plain(job: JobOf) -> bool:
    """Whether the loss is cross-entropy and nothing else: no label smoothing, no second output."""
    try:
        config = json.loads((job.folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        usual = begin.defaults(job.run.task) if job.run else {}
        config = {**usual, **(job.run.settings if job.run else {})}
    return not config.get("label_smoothing") and not config.get("source_labels")


def scores(job: JobOf) -> None:
    """The task's own measures."""
    looks = [line for line in filmed.reports(job.folder) if line.get("scores")]
    if not looks:
        return
    measures: dict[str, float | None] = looks[-1]["scores"]
    earlier: dict[str, float | None] = looks[-2]["scores"] if len(looks) > 1 else {}
    notes: dict[str, str] = looks[-1].get("notes", {})
    for number, (name, value) in enumerate(measures.items()):
        if number % 2 == 0:  # of three beside each other, none has room for "100 %"
            columns = st.columns(2)
        column = columns[number % 2]
        note, before = notes.get(name, ""), earlier.get(name)
        label = f"{lessons.measure(name)} ({note})" if note and value is not None else lessons.measure(name)
        delta = 0.0 if value is None or before is None else value - before
        column.metric(
            escape(label),
            "–" if value is None else f"{100 * value:.0f} %",
            None if abs(delta) < 0.005 else f"{100 * delta:+.0f}",
            border=True,
        )
        if note and value is None:
            column.caption(escape(_(note)))


def samples(job: JobOf) -> None:
    """What it writes for a few texts that it has not learned from."""
    looks = [line for line in filmed.reports(job.folder) if line.get("samples")]
    samples = looks[-1]["samples"] if looks else []
    rows = [list(map(str, sample)) for sample in samples][:FEW]
    if rows:
        st.html(f"<style>{WRAPPED}</style>")
        with st.container(key=SAMPLES):
            st.table(
                {
                    _("It reads"): [escape(row[0]) for row in rows],
                    _("It writes"): [escape(row[1]) for row in rows],
                    _("Right would be"): [escape(row[2]) for row in rows],
                    "": ["✓" if row[1].strip() == row[2].strip() else "" for row in rows],
                },
                hide_index=True,
            )
