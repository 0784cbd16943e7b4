"""The browser's side as one piece of text: rooms of the linked view, and those of web/ after them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from viz.linked import assemble as linked

WEB = Path(__file__).parent / "web"
ROOMS = (
    *("record", "layout", "camera", "labels", "paths", "calculation", "journey", "touch", "sprites"),
    *("paint", "tell", "frame", "whole", "component"),
)


def paths() -> tuple[Path, ...]:
    """The rooms in an order in which every name is made before it is used."""
    return linked.put_together(WEB, ROOMS)


@cache
def script() -> str:
    """All rooms as one script."""
    return linked.join_rooms(paths())


@cache
def stylesheet() -> str:
    """What the linked view wears, and what is the picture's own."""
    return linked.dress(WEB / "whole.css")
