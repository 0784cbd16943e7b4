"""The unrolled network inside Streamlit. The one room of viz/unrolled that knows Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from viz import scales
from viz.unrolled.picture import Drawn, picture

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

WEB = Path(__file__).parent / "web"


def show(
    drawn: Drawn,
    *,
    key: str,
    choose: Callable[[int], None],
    dark: bool = False,
    strings: Mapping[str, str] | None = None,
) -> None:
    """The steps beside each other; the one at work is scrolled to where there is no room for all.

    choose: called with the number of a step, from 0, that a person chooses, before the page runs again.
    strings: translations of viz.unrolled.STRINGS, by the same names.
    """
    count = sum(drawn.runs(kind)[0].steps for kind in drawn.stacks)

    def take() -> None:
        asked = (st.session_state.get(key) or {}).get("step")
        if isinstance(asked, (int, float)) and asked == asked // 1 and 0 <= asked < count:
            choose(int(asked))

    colours = " ".join(f"--{role}: {colour};" for role, colour in scales.theme(dark).items())
    data = {"style": colours, "picture": picture(drawn, strings, dark)}
    _component()(key=key, data=data, on_step_change=take)


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "headlight_unrolled",
        html='<div class="headlight unrolled"><div class="steps"></div></div>',
        css=(WEB / "unrolled.css").read_text(encoding="utf-8"),
        js=(WEB / "unrolled.js").read_text(encoding="utf-8"),
    )
