"""The film of a run: its heads in every snapshot, played beside its loss, and what it shows in one "
"sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st

from model.traces import film
from model.traces.film import Film
from model.training.folder import METRICS, begun_with, metrics
from pages.common import checkpoints, lessons, links, stage
from pages.common import look as theme
from pages.common.language import _, current, translate
from pages.common.text import escape
from viz import forming, linked
from viz.forming import Losses
from viz.forming.mount import Shown, play
from viz.forming.pack import Look
from viz.linked import View
from viz.linked.mount import linked_view
from viz.losses import losses as draw_losses

if TYPE_CHECKING:
    from model.trace import Trace

FRAME, SCENE, DETAIL, FOLDER = "frame", "scene", "snapshot", "film of"
LIVELY = 2.0  # seconds from one look at a film that grows to the next
FORMED = 0.5  # from this strength on a head is said to do its job


class Filmed(NamedTuple):
    """Whose film it is: the folder of the run, and what it is called beside others."""

    folder: Path
    name: str


def read(folder: Path) -> Film | None:
    """The film of a folder, read anew when it has grown."""
    return _read(str(folder), read_mtime(folder))


def read_mtime(folder: Path) -> int:
    """When the film of a folder was written last, in ns; 0 where there is none."""
    try:
        return (folder / film.FILE).stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(max_entries=16, show_spinner=False)
def _read(folder: str, stamp: int) -> Film | None:
    return film.read(Path(folder))


@st.cache_resource(max_entries=96, show_spinner=False)
def _trace(folder: str, stamp: int, scene: int, frame: int) -> Trace:
    found = _read(folder, stamp)
    assert found
    return found.scenes[scene].trace(frame)


@st.cache_data(max_entries=32, show_spinner=False)
def _reports(folder: str, stamp: tuple[int, int]) -> list[dict[str, Any]]:
    return metrics(Path(folder))


def reports(folder: Path) -> list[dict[str, Any]]:
    """The lines of metrics of a run, read anew when there are more."""
    try:
        told = (folder / METRICS).stat()
    except OSError:
        return []
    return _reports(str(folder), (told.st_mtime_ns, told.st_size))


def series(lines: Sequence[dict[str, Any]], name: str) -> list[tuple[int, float]]:
    """Steps and values of one measure, where it was taken and is a number."""
    return [(int(line["step"]), float(line[name])) for line in lines if line.get(name) is not None]


def losses(run: Filmed) -> Losses:
    """The losses of a run, to be drawn."""
    lines = reports(run.folder)
    return Losses(run.name, series(lines, "loss"), series(lines, "validation_loss"))


def show(
    run: Filmed,
    offer: Callable[[str], None],
    *,
    live: bool = False,
    beside: Sequence[Filmed] = (),
    most: int = 0,
    main: bool = False,
    films: bool = True,
) -> None:
    """The film, as a part of the page that runs by itself while the run goes on.

    offer: opens the film of another checkpoint, by its name. beside: other runs whose losses are drawn, too.
    most: how far the axis of steps reaches at least. main: it is the page's main picture, its sentence the
    answer. films: whether there is attention to film; where there is none, its loss is shown.
    """
    if not films:
        st.fragment(_show_loss, run_every=LIVELY if live else None)(run, tuple(beside))
        return
    st.fragment(_show, run_every=LIVELY if live else None)(run, offer, live, tuple(beside), most, main)


def _show_loss(run: Filmed, beside: Sequence[Filmed]) -> None:
    """What there is to see of a run without attention."""
    found = [one for one in map(losses, (run, *beside)) if one.trained or one.checked]
    with stage.picture():
        if found:
            figure = draw_losses(
                found,
                across=_("step"),
                up=_("loss"),
                seen=_("training"),
                unseen=_("validation"),
                dark=theme.dark(),
            )
            st.plotly_chart(figure, theme=None, key="loss", config={"displayModeBar": False})
    stage.answer(
        _(
            "This network has no attention, so there is nothing to film: its loss is shown here, its scores "
            "and what it writes below."
        )
    )


def _show(
    run: Filmed,
    offer: Callable[[str], None],
    live: bool,
    beside: Sequence[Filmed],
    most: int,
    main: bool,
) -> None:
    stamp = read_mtime(run.folder)
    found = _read(str(run.folder), stamp)
    place, told = (stage.picture(), stage.answers()) if main else (st.container(), st.container())
    if found is None or not found.steps:
        with place:
            st.caption(_("Its heads are filmed from the first step on; there is nothing to see yet."))
        return
    begun = begun_with(run.folder)
    with told:
        st.markdown(say(found, live, begun))
        if is_learned(found, begun):
            offer_another(run, found, offer)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        scene = which(found)
        detailed = st.toggle(
            _("This snapshot with every head, word and number"), key=DETAIL, bind="query-params"
        )
    frame, plays = asked_frame(run.folder, found, live)
    start = first(found, scene)
    with place:
        frame = play(
            Shown(found, str(run.folder), scene),
            look(found, scene, start),
            [losses(one) for one in (run, *beside)],
            key="film of heads",
            step=frame,
            plays=plays,
            job=lessons.measure(found.job) if found.job else "",
            most=most,
            strings=translate(forming.STRINGS),
            language=current(),
        )
    last = len(found.steps) - 1
    links.put(FRAME, "" if frame == last else str(frame + 1))
    if detailed:
        linked_view(
            _trace(str(run.folder), stamp, scene, frame),
            start,
            key=f"film {scene}",
            strings=translate(linked.STRINGS),
            language=current(),
        )


def open_checkpoint(name: str) -> None:
    """Choose another checkpoint, on a page on which one is asked for."""
    st.session_state[checkpoints.KEY] = name


def which(found: Film) -> int:
    """The text that is looked at, where there are several."""
    texts = {str(place + 1): scene.source for place, scene in enumerate(found.scenes)}
    if len(texts) == 1:
        return 0
    return int(links.one(_("The text that is filmed"), texts, SCENE, "1", width=520)) - 1


def asked_frame(folder: Path, found: Film, live: bool) -> tuple[int, bool]:
    """The snapshot that the link asks for, from 0, else the newest; and whether the film plays by itself.

    It does where nothing is asked for and the run has ended. A snapshot goes with its run.
    """
    last = len(found.steps) - 1
    if st.session_state.setdefault(FOLDER, str(folder)) != str(folder):
        st.session_state[FOLDER] = str(folder)
        links.put(FRAME, "")
    told = st.query_params.get(FRAME, "")
    if told.isascii() and told.isdigit() and len(told) < 6:
        return min(max(int(told) - 1, 0), last), False
    return last, not live


def best(found: Film) -> tuple[int, int] | None:
    """The head that does its job best in the last snapshot."""
    if found.strengths is None:
        return None
    last = found.strengths[-1]
    layer, head = (int(i) for i in np.unravel_index(last.argmax(), last.shape))
    return layer, head


def first(found: Film, scene: int) -> View:
    """The view to start with: the best head, and the word whose looking is told of."""
    trace = found.scenes[scene].trace(-1)
    head = best(found)
    if head is None or found.job_kind is None:
        return View().fit_to(trace)
    texts = [text.lower() for text in trace[found.job_kind].by_words().query_tokens]
    held = next(((texts.index(word),) for word in ("it", "그녀", "그") if word in texts), ())
    return View(kind=found.job_kind, heads=(head,), held=held).fit_to(trace)


def look(found: Film, scene: int, view: View) -> Look:
    """The same head, and the piece that looks: the first of the held word, else where it looks hardest."""
    stack = found.scenes[scene].trace(-1)[view.kind]
    layer, head = view.heads[0]
    if view.held:
        query = stack.queries.groups()[view.held[0]][0]
    else:
        query = int(stack.weights[layer, head].max(axis=-1)[1:].argmax()) + 1 if len(stack.queries) > 1 else 0
    return Look(view.kind, layer, head, query)


# What it shows, in words


def say(found: Film, live: bool, begun: str | None) -> str:
    """What the film shows, in one sentence of its own numbers, in Markdown."""
    head, last = best(found), found.steps[-1]
    if head is None or found.strengths is None:
        kind = found.job_kind or next(iter(found.scenes[0].levels))
        return _(
            "On average a word gives {first} of its attention to the one that it looks at most at step 0, "
            "and {last} at step {step}."
        ).format(
            first=percent(sharpness(found, kind, 0)),
            last=percent(sharpness(found, kind, -1)),
            step=f"{last:,}",
        )
    line = found.strengths[:, head[0], head[1]]
    words = {
        "head": "**" + _("layer {layer} · head {head}").format(layer=head[0] + 1, head=head[1] + 1) + "**",
        "measure": escape(lessons.measure(found.job or "")),
        "first": percent(line[0]),
        "last": percent(line[-1]),
        "begin": f"{found.steps[0]:,}",
        "step": f"{last:,}",
    }
    if is_learned(found, begun):
        if begun:
            return _(
                "This run began with the weights of {name}: {head} stands at {first} already at step "
                "{begin}, so how it formed is not in this film."
            ).format(name=f"**{escape(begun)}**", **words)
        return _(
            "This film begins with learned weights: {head} stands at {first} already at step {begin}, so how "
            "it formed is not in it."
        ).format(**words)
    reached = np.flatnonzero(line >= FORMED)
    if len(reached):
        return _(
            "Here {head} forms: {measure} is {first} at step {begin}, over 50\u00a0% by step {half}, and "
            "{last} at step {step}."
        ).format(half=f"{found.steps[int(reached[0])]:,}", **words)
    if live:
        return _(
            "No head does this yet: {measure} is {first} at step {begin}, and {last} in {head} at step "
            "{step}."
        ).format(**words)
    return _(
        "No head comes to do this: {measure} is {first} at step {begin}, and at most {last} ({head}) at step "
        "{step}."
    ).format(**words)


def is_learned(found: Film, begun: str | None) -> bool:
    """Whether the film begins with heads that do their job already.

    begun: the checkpoint whose weights the run began with, by its own record; where it has none, the first
    snapshot tells: random weights do no job.
    """
    head = best(found)
    if head is None or found.strengths is None:
        return begun is not None
    return float(found.strengths[0, head[0], head[1]]) >= FORMED


def offer_another(run: Filmed, found: Film, offer: Callable[[str], None]) -> None:
    """A button that opens the film in which such heads form the most, where there is one."""
    name = find_forming(found.job, run.folder)
    if name:
        st.button(
            _("See heads form in {name}").format(name=escape(name)),
            key="see heads form",
            icon=":material/movie:",
            type="tertiary",
            on_click=offer,
            args=[name],
        )


def find_forming(job: str | None, own: Path) -> str | None:
    """The checkpoint on offer in whose film a head comes the furthest; of those, one with the same job "
    "first."""
    grown: list[tuple[bool, float, str]] = []
    for name, folder in checkpoints.find_offered().items():
        found = read(folder) if folder != own else None
        head = best(found) if found else None
        if found is None or head is None or found.strengths is None:
            continue
        line = found.strengths[:, head[0], head[1]]
        if line[0] < FORMED <= line[-1]:
            grown.append((found.job == job, round(float(line[-1] - line[0]), 2), name))
    return max(grown, key=lambda one: one[:2])[2] if grown else None


def sharpness(found: Film, kind: Any, frame: int) -> float:
    """What a word gives to the one that it looks at the most: the mean over heads and words of a snapshot."""
    weights = np.concatenate(
        [
            scene.trace(frame)[kind].weights.max(axis=-1).ravel()
            for scene in found.scenes
            if kind in scene.levels
        ]
    )
    return float(weights.mean()) if weights.size else 0.0


def percent(share: float) -> str:
    """A share in whole percent."""
    number = round(100 * float(share)) if share >= 0.005 or share == 0 else "<1"
    return _("{number} %").format(number=number).replace(" ", "\u00a0")
