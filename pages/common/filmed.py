"""The film of a run: the linked view at any snapshot, played, and a curve for each head of how it forms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.traces import film
from model.traces.film import Film
from pages.common import lessons, links, look
from pages.common.language import _, current, translate
from viz import linked
from viz.learning import forming
from viz.linked import View
from viz.linked.mount import linked_view

if TYPE_CHECKING:
    from model.trace import Trace

FRAME, SHOWN, SCENE, FOLDER = "frame", "film slider", "scene", "film of"
PLAYING, NEWEST = "film plays", "film follows"
PACE = 0.35  # seconds a snapshot


def read(folder: Path) -> Film | None:
    """The film of a folder, read anew when it has grown."""
    return _read(str(folder), read_mtime(folder))


def read_mtime(folder: Path) -> int:
    """When the film of a folder was written last, in ns; 0 where there is none."""
    try:
        return (folder / film.FILE).stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(max_entries=6, show_spinner=False)
def _read(folder: str, stamp: int) -> Film | None:
    return film.read(Path(folder))


@st.cache_resource(max_entries=96, show_spinner=False)
def _trace(folder: str, stamp: int, scene: int, frame: int) -> Trace:
    found = _read(folder, stamp)
    assert found
    return found.scenes[scene].trace(frame)


def show(folder: Path, live: bool = False) -> None:
    """The film, as a part of the page that runs by itself while it plays or while the run goes on."""
    playing = bool(st.session_state.get(PLAYING))
    every = PACE if playing else 2.0 if live else None
    st.fragment(_show, run_every=every)(folder, live, playing)


def _show(folder: Path, live: bool, playing: bool) -> None:
    if playing != bool(st.session_state.get(PLAYING)):
        st.rerun()  # only a run of the whole page changes how often this part runs
    stamp = read_mtime(folder)
    found = _read(str(folder), stamp)
    if found is None or not found.steps:
        st.caption(_("Its heads are filmed from the first step on; there is nothing to see yet."))
        return
    scene = which(found)
    frame = control(found, folder, live)
    view = linked_view(
        _trace(str(folder), stamp, scene, frame),
        first(found, scene),
        key=f"film {scene}",
        strings=translate(linked.STRINGS),
        language=current(),
    )
    curves(found, view, frame)


def which(found: Film) -> int:
    """The text that is looked at, where there are several."""
    texts = {str(place + 1): scene.source for place, scene in enumerate(found.scenes)}
    return int(links.choice(_("Text"), texts, SCENE, "1", label_visibility="collapsed")) - 1


def control(found: Film, folder: Path, live: bool) -> int:
    """The slider and the button that plays; the snapshot on show, from 0.

    Until somebody moves it, it stands at the newest snapshot.
    """
    last = len(found.steps) - 1
    if st.session_state.get(FOLDER) != str(folder):
        st.session_state[FOLDER] = str(folder)
        told = st.query_params.get(FRAME, "")
        asked = int(told) - 1 if told.isascii() and told.isdigit() and len(told) < 6 else last
        st.session_state[FRAME] = min(max(asked, 0), last)
        st.session_state[NEWEST] = st.session_state[FRAME] == last
    if st.session_state.get(PLAYING):
        st.session_state[FRAME] = min(st.session_state[FRAME] + 1, last)
    elif st.session_state.get(NEWEST, True) or st.session_state[FRAME] > last:
        st.session_state[FRAME] = last
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        playing = bool(st.session_state.get(PLAYING))
        st.button(
            _("Pause") if playing else _("Play"),
            icon=":material/pause:" if playing else ":material/play_arrow:",
            key="play film",
            on_click=_play,
            args=[last],
        )
        if last:
            slider = f"{FRAME} of {last}"  # one for each length: what an older one says is not taken for it
            st.session_state[SHOWN] = slider
            st.session_state[slider] = st.session_state[FRAME]
            with st.container(key=FRAME):
                st.select_slider(
                    _("Step of the training"),
                    range(last + 1),
                    format_func=lambda place: f"{found.steps[place]:,}",
                    key=slider,
                    on_change=_take_slider,
                    args=[slider],
                )
    frame = int(st.session_state[FRAME])
    links.put(FRAME, "" if st.session_state.get(NEWEST, True) else str(frame + 1))
    if playing and frame == last:
        st.session_state[PLAYING] = False
        st.session_state[NEWEST] = live
        st.rerun()
    return frame


def _play(last: int) -> None:
    """Start the film, from its beginning where it stands at the end; or stop it."""
    playing = not st.session_state.get(PLAYING, False)
    st.session_state[PLAYING] = playing
    st.session_state[NEWEST] = False
    if playing and st.session_state[FRAME] >= last:
        st.session_state[FRAME] = 0


def _take_slider(slider: str) -> None:
    """Somebody took the slider: the film stands where it was put.

    A film that grows is told of by the browser, too: a slider that is gone, or stands where it was put here.
    """
    if slider != st.session_state[SHOWN] or st.session_state[slider] == st.session_state[FRAME]:
        return
    st.session_state[FRAME] = st.session_state[slider]
    st.session_state[PLAYING] = False
    st.session_state[NEWEST] = False


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


def curves(found: Film, view: View, frame: int) -> None:
    """How strongly each head does its job; those on show in colour."""
    if found.strengths is None or found.job is None:
        return
    shown = view.heads if view.kind == found.job_kind else ()
    head = best(found)
    st.plotly_chart(
        forming(
            found.steps,
            found.strengths,
            chosen=shown or ((head,) if head else ()),
            at=frame,
            title=_("When its heads form"),
            under=lessons.measure(found.job),
            across=_("step"),
            head=_("layer {layer} · head {head}"),
            dark=look.dark(),
        ),
        theme=None,
        key="forming",
        config={"displayModeBar": False},
    )
