"""The browser's side as one piece of text: rooms of the linked view, and those of web/ after them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from viz import scales
from viz.linked import assemble as linked

WEB = Path(__file__).parent / "web"
SHARED = ("decode", "picture", "colour", "words", "dom")
ROOMS = ("say", "opened", "measure", "cells", "marks", "figure", "flow", "hand", "keys", "board", "component")

# An import may take several lines, but says where it comes from on its last one.
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def paths() -> tuple[Path, ...]:
    """The rooms in an order in which every name is made before it is used."""
    shared = [linked.WEB / f"{room}.js" for room in SHARED]
    return (*shared, *(WEB / f"{room}.js" for room in ROOMS))


@cache
def script() -> str:
    """All rooms as one script without imports and exports; the scales come first."""
    texts = [path.read_text(encoding="utf-8") for path in paths()]
    rooms = [_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts]
    return "\n".join([f"const SCALES = {scales.as_json()};\n", *rooms])


@cache
def stylesheet() -> str:
    """What the linked view wears, and what is the board's own."""
    return linked.stylesheet() + "\n\n" + (WEB / "board.css").read_text(encoding="utf-8")
