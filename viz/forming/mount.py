"""The film of a run inside Streamlit. The one room of viz/forming that knows Streamlit.

Who decides where it stands is as in the player of a translation: the page, where it asks for another
snapshot, else the person; see viz/steps/mount.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.traces.film import Film
from viz.forming.assemble import script, stylesheet
from viz.forming.pack import Look, Losses, pack
from viz.steps.mount import Turn, next_turn

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


@dataclass(frozen=True)
class Shown:
    """The film that is on show, and whose it is: a name that stays while the run goes on."""

    film: Film
    of: str
    scene: int = 0


def play(
    shown: Shown,
    look: Look,
    runs: Sequence[Losses] = (),
    *,
    key: str,
    step: int,
    plays: bool = False,
    job: str = "",
    most: int = 0,
    strings: Mapping[str, str] | None = None,
    language: str = "en",
) -> int:
    """Show the film; the snapshot at which the person is, from 0. Told when it rests, not while it plays.

    step: the snapshot at which the page wants it to stand. key: the name of this film in the session, its own
    on every page. Everything else is as in `viz.forming.pack.pack`.
    """
    name = f"{key} (film)"
    last: Turn | None = st.session_state.get(name)
    report: Any = (st.session_state.get(key) or {}).get("rest")
    of = f"{shown.of} {shown.scene}"
    turn = next_turn(last, of, len(shown.film.steps) - 1, step, report)
    st.session_state[name] = turn
    blob = pack(
        shown.film,
        shown.scene,
        look,
        runs,
        strings,
        job=job,
        most=most,
        step=turn.told,
        plays=plays,
        language=language,
        name=key,
        of=of,
        revision=turn.revision,
    )
    _component()(key=key, data=blob, on_rest_change=_ignore)
    return turn.now


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "headlight_forming",
        html='<div class="headlight steps forming"></div>',
        css=stylesheet(),
        js=script() + "\nexport default component;\n",
    )


def _ignore() -> None:
    """A report needs no answer but the run of the page that it starts."""
