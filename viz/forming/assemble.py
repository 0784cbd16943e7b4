"""The browser's side as one piece of text: rooms of the linked view and of the player, and those of web/."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from viz.linked import assemble as linked
from viz.steps import assemble as steps

WEB = Path(__file__).parent / "web"
PLAYER = ("svg", "say", "controls", "keys", "playback")
ROOMS = ("chart", "sheets", "run")


def paths() -> tuple[Path, ...]:
    """The rooms in an order in which every name is made before it is used."""
    player = linked.put_together(steps.WEB, PLAYER)
    return (*player, *(WEB / f"{room}.js" for room in ROOMS))


@cache
def script() -> str:
    """All rooms as one script."""
    return linked.join_rooms(paths())


@cache
def stylesheet() -> str:
    """What the player wears, and what is the film's own."""
    return steps.stylesheet() + "\n\n" + (WEB / "forming.css").read_text(encoding="utf-8")
