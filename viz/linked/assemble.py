"""The browser's side as one piece of text: the rooms of web/ put together, no build step.

Each room is an ES module that says what it imports. Here the imports are left out and the rooms follow
each other in an order in which every name is made before it is used, so they share one scope.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from viz import scales

WEB = Path(__file__).parent / "web"
ROOMS = (
    *("decode", "picture", "state", "colour", "words", "dom"),
    *("strip", "readout", "toolbar", "grid", "lines", "matrix", "keyboard"),
    *("app", "component", "file"),
)

_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


@cache
def script() -> str:
    """All rooms as one script without imports and exports; the scales come first."""
    rooms = [f"const SCALES = {scales.as_json()};\n"]
    for room in ROOMS:
        text = (WEB / f"{room}.js").read_text(encoding="utf-8")
        rooms.append(_EXPORT.sub("", _IMPORT.sub("", text)))
    return "\n".join(rooms)


@cache
def stylesheet() -> str:
    """The colours of the themes and the stylesheet."""
    return scales.as_css() + "\n\n" + (WEB / "linked.css").read_text(encoding="utf-8")


@cache
def page_stylesheet() -> str:
    """The stylesheet of the page around it, where it is a file of its own."""
    return scales.as_css(":root") + "\n\n" + (WEB / "page.css").read_text(encoding="utf-8")
