"""The picture of a layer inside Streamlit. The one room of viz/block that knows Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from viz import scales
from viz.block.opened import opened
from viz.block.parts import Block, Opened
from viz.block.picture import picture

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

WEB = Path(__file__).parent / "web"


def show(
    block: Block,
    chosen: str,
    told: Opened,
    *,
    key: str,
    open_part: Callable[[str], None],
    dark: bool = False,
    strings: Mapping[str, str] | None = None,
) -> None:
    """A layer, and beside it what the open part tells.

    chosen: the name of the open part. open_part: called with the name of a part that a person opens, before
    the page runs again. strings: translations of viz.block.STRINGS, by the same names.
    """
    names = {part.name for part in block.parts}

    def take() -> None:
        asked = (st.session_state.get(key) or {}).get("part")
        if isinstance(asked, str) and asked in names:
            open_part(asked)

    colours = " ".join(f"--{role}: {colour};" for role, colour in scales.theme(dark).items())
    colours += f" --light: {scales.sequential(dark)[scales.STEPS * (2 if dark else 1) // 3]};"
    data = {
        "style": colours,
        "picture": picture(block, chosen, strings),
        "opened": opened(told, dark, strings),
    }
    _component()(key=key, data=data, on_part_change=take)


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "headlight_block",
        html=(
            '<div class="headlight block"><div class="layer"></div>'
            '<section aria-live="polite"></section></div>'
        ),
        css=(WEB / "block.css").read_text(encoding="utf-8"),
        js=(WEB / "block.js").read_text(encoding="utf-8"),
    )
