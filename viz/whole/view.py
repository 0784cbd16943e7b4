"""Where a person is in the picture: the part that fills it, and the tokens that are followed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# "" is the whole model. The parts of a stack; a layer; a head of it; one multiplication in a head. From 0.
_PLACE = re.compile(
    r"(?P<side>encoder|decoder)(\.(?P<part>tokens|embedding|norm))?"
    r"|across|output"
    r"|(?P<stack>encoder|decoder)\.(?P<layer>\d{1,4})(\.(?P<sub>attention|cross|feeding))?"
    r"|(?P<kind>encoder|decoder|cross)\.(?P<at>\d{1,4})\.(?P<head>\d{1,4})(?P<pair>\.pair)?"
)


@dataclass(frozen=True)
class View:
    """at: the part, "" = the whole model; see `_PLACE`. read, step: the token that is followed in the first
    stack and in the second (of a model with one stack, both), from 0 in the text; None = as the page likes.
    query, key: of a head that is open; None = the followed one, and what it looks at most.
    """

    at: str = ""
    read: int | None = None
    step: int | None = None
    query: int | None = None
    key: int | None = None

    @staticmethod
    def from_json(told: Any) -> View | None:
        """What a browser says; None where it is no view."""
        if not isinstance(told, Mapping) or not is_place(told.get("at")):
            return None
        numbers = {name: whole_number(told.get(name)) for name in ("read", "step", "query", "key")}
        return View(at=told["at"], **numbers)

    @property
    def head(self) -> tuple[str, int, int] | None:
        """The head that is open, as (kind, layer, head)."""
        found = _PLACE.fullmatch(self.at)
        if found is None or found["kind"] is None:
            return None
        return found["kind"], int(found["at"]), int(found["head"])

    @property
    def layer(self) -> tuple[str, int] | None:
        """The layer that is open or stands around what is, as (stack, layer)."""
        found = _PLACE.fullmatch(self.at)
        if found is None:
            return None
        if found["kind"]:
            return "decoder" if found["kind"] == "cross" else found["kind"], int(found["at"])
        return (found["stack"], int(found["layer"])) if found["stack"] else None


def is_place(at: Any) -> bool:
    """Whether this is how a part is written; it need not be there in every model."""
    return isinstance(at, str) and (at == "" or _PLACE.fullmatch(at) is not None)


def whole_number(value: Any) -> int | None:
    """A place that a browser tells. (JavaScript has no other numbers than floating ones.)"""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
        return None
    return int(value) if value == value // 1 else None
