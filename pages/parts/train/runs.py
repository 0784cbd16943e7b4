"""The runs: which one is looked at, how it stands, what it has learned, and what can be done with it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.errors import Refusal
from model.training import jobs
from model.training.folder import METRICS, metrics
from model.training.queue import order
from pages.common import checkpoints, lessons, links, look
from pages.common.language import _, sentence
from pages.common.text import escape
from pages.parts.train import begin, files
from viz.curves import curves
from viz.labels import tell_apart
from viz.learning import Learning, learning

if TYPE_CHECKING:
    from model.training.jobs import JobOf

RUN, BESIDE = "run", "beside_runs"
LIVELY = 1.0  # seconds from one look at a run to the next
FEW = 4  # samples that are shown


def select() -> JobOf | None:
    """The control that chooses a run, the newest first; None where there is none."""
    found = {job.name: job for job in jobs.jobs()}
    if not found:
        return None
    asked = st.session_state.get(RUN)
    if asked not in found:
        told = st.query_params.get(RUN)
        asked = told if told in found else next(iter(found))
    st.session_state[RUN] = asked  # said anew each time: how it stands is a part of its name in the list
    labels = dict(zip(found, tell_apart(name_job(job) for job in found.values()), strict=True))
    name: str = st.selectbox(_("Run"), list(found), key=RUN, format_func=labels.__getitem__)
    links.put(RUN, name, next(iter(found)))
    return found[name]


def choose(name: str) -> None:
    """Look at this run from now on."""
    st.session_state[RUN] = name


def name_job(job: JobOf) -> str:
    """A run in a list: what it learns, when it was begun, how it stands."""
    stamp, _dash, task = job.name.partition("-")
    clock, _dash, task = task.partition("-")
    when = f"{stamp[4:6]}-{stamp[6:8]} {clock[:2]}:{clock[2:4]}" if stamp.isdigit() else ""
    title = lessons.titles().get(task.rstrip("-0123456789"), task or job.name)
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


def show_status(job: JobOf) -> None:
    """How it stands: a bar with the time left, or why it ended."""
    now = job.status
    share = min(1.0, now.step / now.max_steps) if now.max_steps else 0.0
    said = [states()[now.state]]
    if now.state == "waiting":
        ahead = before(job)
        if ahead:
            said.append(_("{count} before it").format(count=ahead))
    if now.max_steps and now.state != "done":
        said.append(_("step {step} of {steps}").format(step=f"{now.step:,}", steps=f"{now.max_steps:,}"))
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


def before(job: JobOf) -> int:
    """How many runs come first: those at work, and those that have waited longer."""
    own = order(job.status, job.folder)
    others = [other for other in jobs.jobs() if other.is_live and other.folder != job.folder]
    return sum(one.status.state != "waiting" or order(one.status, one.folder) < own for one in others)


def remaining(job: JobOf) -> float | None:
    """Seconds until the last step, by the pace of the last reports; None before there are two."""
    reports = [line for line in metrics(job.folder) if "examples_per_second" in line][-5:]
    if len(reports) < 2 or job.run is None:
        return None
    pace = float(np.mean([line["examples_per_second"] for line in reports]))
    batch = job.run.settings.get("batch_size") or begin.defaults(job.run.task)["batch_size"]
    since = max(0.0, time.time() - job.status.since)
    return max(0.0, (job.status.max_steps - job.status.step) * batch / max(pace, 1e-9) - since)


def actions(job: JobOf) -> None:
    """What can be done with it now."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if job.is_live:
            st.button(
                _("Stopping") if job.is_stopping else _("Stop"),
                icon=":material/stop:",
                key="stop",
                on_click=jobs.stop,
                args=[job.folder],
                disabled=job.is_stopping,
            )
        elif job.run is not None:
            st.button(_("Go on"), icon=":material/play_arrow:", key="go on", on_click=going_on, args=[job])
        if not job.is_live:
            st.button(
                _("Remove"),
                icon=":material/delete:",
                key="remove",
                type="tertiary",
                on_click=remove,
                args=[job],
            )
        if job.folder in checkpoints.find_offered().values():
            st.page_link(
                "pages/explore.py",
                label=_("Open in Explore"),
                icon=":material/arrow_forward:",
                query_params={"checkpoint": checkpoints.name_of(job.folder)},
            )
            files.download(checkpoints.name_of(job.folder))


def going_on(job: JobOf) -> None:
    """Take it up again; a refusal is told by the run itself."""
    try:
        jobs.go_on(job.folder)
    except (ValueError, OSError) as error:
        st.toast(escape(sentence(error) if isinstance(error, ValueError) else str(error)))


def remove(job: JobOf) -> None:
    """Take it away."""
    try:
        jobs.remove(job.folder)
    except (ValueError, OSError) as error:
        st.toast(escape(sentence(error) if isinstance(error, ValueError) else str(error)))
    st.session_state.pop(RUN, None)


@st.cache_data(max_entries=32, show_spinner=False)
def _reports(folder: str, stamp: tuple[int, int]) -> list[dict[str, object]]:
    from pathlib import Path

    return metrics(Path(folder))


def reports(job: JobOf) -> list[dict[str, object]]:
    """The lines of metrics of a run, read anew when there are more."""
    try:
        told = (job.folder / METRICS).stat()
    except OSError:
        return []
    return _reports(str(job.folder), (told.st_mtime_ns, told.st_size))


def series(lines: Sequence[dict[str, object]], name: str) -> tuple[list[int], list[float | None]]:
    """Steps and values of one measure, where it was taken."""
    taken = [line for line in lines if name in line]
    return [int(line["step"]) for line in taken], [line[name] for line in taken]  # type: ignore[call-overload, misc]


def curve_of(job: JobOf) -> Learning:
    """The losses of a run, to be drawn."""
    lines = reports(job)
    steps, losses = series(lines, "loss")
    checked_steps, checked = series(lines, "validation_loss")
    return Learning(name_job(job), steps, losses, checked_steps, checked)


def curves_of(job: JobOf) -> None:
    """Its loss, beside other runs' where the person wants, and the smaller curves of how it learns."""
    others = {other.name: other for other in jobs.jobs() if other.name != job.name}
    beside = [others[name] for name in st.session_state.get(BESIDE, []) if name in others]
    figure = learning(
        [curve_of(each) for each in (job, *beside)],
        max_steps=job.status.max_steps,
        title=_("Loss"),
        across=_("step"),
        trained=_("training"),
        checked=_("validation"),
        dark=look.dark(),
    )
    st.plotly_chart(figure, theme=None, key="losses", config={"displayModeBar": False})
    lines = reports(job)
    _steps, checked = series(lines, "validation_loss")
    if checked and checked[-1] is not None and is_plain(job):
        share = float(np.exp(-checked[-1]))
        st.caption(
            _("A loss of {loss} is as good as giving each right piece {share} %.").format(
                loss=f"{checked[-1]:.2f}", share=f"{100 * share:.0f}"
            )
        )
    columns = st.columns(3)
    for column, (name, said) in zip(
        columns,
        (
            ("learning_rate", _("learning rate")),
            ("gradient_norm", _("length of the gradient")),
            ("tokens_per_second", _("tokens a second")),
        ),
        strict=True,
    ):
        steps, values = series(lines, name)
        if steps:
            known = [np.nan if value is None else value for value in values]
            small = curves(steps, {said: known}, dark=look.dark(), height=130, ticks=3)
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
    looks = [line for line in reports(job) if line.get("scores")]
    if not looks:
        return
    measures: dict[str, float] = looks[-1]["scores"]  # type: ignore[assignment]
    earlier: dict[str, float] = looks[-2]["scores"] if len(looks) > 1 else {}  # type: ignore[assignment]
    for column, (name, value) in zip(st.columns(max(2, len(measures))), measures.items(), strict=False):
        delta = value - earlier[name] if name in earlier else None
        column.metric(
            lessons.measure(name),
            f"{100 * value:.0f} %",
            None if delta is None or abs(delta) < 0.005 else f"{100 * delta:+.0f}",
            border=True,
        )


def samples(job: JobOf) -> None:
    """What it writes for a few texts that it has not learned from."""
    looks = [line for line in reports(job) if line.get("samples")]
    samples = looks[-1]["samples"] if looks else []
    rows = [list(map(str, sample)) for sample in samples][:FEW]  # type: ignore[attr-defined]
    if rows:
        st.dataframe(
            {
                _("It reads"): [row[0] for row in rows],
                _("It writes"): [row[1] for row in rows],
                _("Right would be"): [row[2] for row in rows],
                "": ["✓" if row[1].strip() == row[2].strip() else "" for row in rows],
            },
            hide_index=True,
            width="stretch",
            row_height=38,
        )


def compare(job: JobOf) -> None:
    """The other runs whose losses are drawn beside this one's."""
    beside = [other for other in jobs.jobs() if other.name != job.name]
    labels = tell_apart(map(name_job, beside))
    others = {other.name: label for other, label in zip(beside, labels, strict=True)}
    if others:
        kept = [name for name in st.session_state.get(BESIDE, []) if name in others]
        st.session_state[BESIDE] = kept
        st.multiselect(
            _("Beside it"),
            list(others),
            key=BESIDE,
            format_func=others.__getitem__,
            placeholder=_("Choose runs"),
        )
