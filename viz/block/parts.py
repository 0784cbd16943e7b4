"""What a layer is made of, and what is told where one of its parts is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["state", "attention", "feed-forward", "add", "norm"]


@dataclass(frozen=True)
class Part:
    """A part of a layer.

    name: tells it from the others. title, told: what it is, and its number for the token.
    sublayer: which of the layer's sublayers it belongs to, from 0; None = to none.
    memory: the keys and values come from elsewhere, and this is what the arrow says ("K, V").
    experts: which of the networks run for the token; () = there is only one.
    """

    name: str
    role: Role
    title: str
    told: str = ""
    sublayer: int | None = None
    memory: str = ""
    experts: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Block:
    """A layer: its parts from the bottom to the top, as a vector passes them.

    times: how many such layers there are. said: what it is, for those who do not see it.
    Raises ValueError where two parts have one name.
    """

    parts: tuple[Part, ...]
    times: int
    said: str

    def __post_init__(self) -> None:
        if len({part.name for part in self.parts}) != len(self.parts):
            raise ValueError(f"Two parts have the same name: {[part.name for part in self.parts]}.")


@dataclass(frozen=True)
class Line:
    """A vector, of which a few features are shown: sign ("", "+", "=", "→"), name, values, how long it is."""

    name: str
    values: tuple[float, ...]
    length: float | None = None
    sign: str = ""


@dataclass(frozen=True)
class Bar:
    """A number from 0 on, what it is of, how it is written, and whether it counts."""

    name: str
    value: float
    written: str
    on: bool = True


@dataclass(frozen=True)
class Opened:
    """What an open part tells.

    title: over all. told: sentences. features: the names of the columns of the lines.
    bars: with their title, and the value at which a bar is full; None = the largest.
    note: under all.
    """

    title: str
    told: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()
    bars_title: str = ""
    full: float | None = None
    note: str = ""
