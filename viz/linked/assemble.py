"""The browser's side as one piece of text: the rooms of web/ put together, no build step.

Each room is an ES module that says what it imports. Here the imports are left out and the rooms follow
each other in an order in which every name is made before it is used, so they share one scope.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from viz import scales

WEB = Path(__file__).parent / "web"
ROOMS = (
    *("decode", "pair", "picture", "state", "colour", "words", "dom", "icons", "edges"),
    *("strip", "origin", "readout", "outcome", "toolbar", "grid", "lines", "matrix", "keyboard"),
    *("app", "mounted", "component", "file"),
)

# An import may take several lines, but says where it comes from on its last one.
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)
# What only readers of the rooms need: comments in lines of their own, and empty lines.
_COMMENT = re.compile(r"^[ \t]*//.*\n|^\n", re.MULTILINE)


# Rooms of the linked view that other views begin with.
SHARED = ("decode", "pair", "picture", "colour", "words", "dom", "mounted")


def put_together(web: Path, rooms: Iterable[str], shared: Iterable[str] = SHARED) -> tuple[Path, ...]:
    """The rooms of another view, its own in the folder web, in an order in which every name is made first."""
    return (*(WEB / f"{room}.js" for room in shared), *(web / f"{room}.js" for room in rooms))


def dress(own: Path) -> str:
    """What the linked view wears, and a view's own stylesheet."""
    return stylesheet() + "\n\n" + own.read_text(encoding="utf-8")


def join_rooms(rooms: Iterable[Path]) -> str:
    """Rooms as one script without imports, exports and comments; the scales come first."""
    texts = [path.read_text(encoding="utf-8") for path in rooms]
    bare = [_COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", text))) for text in texts]
    return "\n".join([f"const SCALES = {scales.as_json()};\n", *bare])


@cache
def script() -> str:
    """All rooms of the linked view as one script."""
    return join_rooms(WEB / f"{room}.js" for room in ROOMS)


@cache
def stylesheet() -> str:
    """The colours of the themes and the stylesheet."""
    return scales.as_css() + "\n\n" + (WEB / "linked.css").read_text(encoding="utf-8")


@cache
def page_stylesheet() -> str:
    """The stylesheet of the page around it, where it is a file of its own."""
    return scales.as_css(":root") + "\n\n" + (WEB / "page.css").read_text(encoding="utf-8")
