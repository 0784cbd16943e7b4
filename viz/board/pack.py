"""The blob: a board as the browser reads it. The container is the linked view's (see viz/linked/pack.py).

One section a panel holds its values, float32, as they are: NaN and ±∞ arrive. One more, of one byte a cell,
holds what is allowed, where something is not or where it can be painted.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.traces.signs import show
from viz.board.panel import Axis, Panel, ends
from viz.board.strings import merge_strings
from viz.linked.pack import build_container


def pack(
    panels: Sequence[Panel],
    chosen: Mapping[str, int] | None = None,
    strings: Mapping[str, str] | None = None,
    *,
    language: str = "en",
    acts: bool = False,
    heard: int = 0,
    together: bool = False,
) -> bytes:
    """The blob of a board.

    chosen: the place that is held, by the name of its side. acts: whether a person can choose and paint.
    heard: the number of the last act that was heard; the browser sends the later ones again.
    together: whether the panels stand beside each other rather than large.
    Raises ValueError where two panels have the same name.
    """
    twice = [name for name, count in Counter(one.name for one in panels).items() if count > 1]
    if twice:
        raise ValueError(f"Two panels of a board are called {twice[0]}; each needs a name of its own.")
    axes = list(dict.fromkeys(axis for one in panels for axis in (one.rows, one.columns)))
    place = {axis: i for i, axis in enumerate(axes)}
    sections: list[dict[str, Any]] = []
    body: list[bytes] = []
    for i, one in enumerate(panels):
        parts = [("values", np.ascontiguousarray(one.values, dtype="<f4").tobytes())]
        if one.allowed is not None and (one.paint or not one.allowed.all()):
            parts.append(("allowed", np.ascontiguousarray(one.allowed, dtype=np.uint8).tobytes()))
        for what, raw in parts:
            offset = sum(map(len, body))
            sections.append(
                {"panel": i, "what": what, "offset": offset, "bytes": len(raw), "deflated": False}
            )
            body.append(raw)
    header = {
        "sides": sides(panels),
        "language": language,
        "strings": merge_strings(strings),
        "acts": acts,
        "heard": heard,
        "together": together,
        "chosen": {name: int(place) for name, place in (chosen or {}).items()},
        "axes": [
            {"name": axis.name, "texts": list(map(show, axis.texts)), "said": axis.said} for axis in axes
        ],
        "panels": [
            {
                "name": one.name,
                "title": one.title,
                "before": one.before,
                "note": one.note,
                "scale": one.scale,
                "end": end,
                "digits": one.digits,
                "paint": one.paint,
                "rows": place[one.rows],
                "columns": place[one.columns],
            }
            for one, end in zip(panels, ends(panels), strict=True)
        ],
        "sections": sections,
    }
    header["digest"] = hashlib.blake2b(
        json.dumps({**header, "heard": 0}).encode() + b"".join(body), digest_size=12
    ).hexdigest()
    return build_container(header, body)


def sides(panels: Sequence[Panel]) -> str:
    """A name for what stands along the panels: an act is meant for the sides that a person saw."""

    def describe(axis: Axis) -> tuple[str, tuple[str, ...]]:
        return axis.name, axis.texts

    what = [(one.name, describe(one.rows), describe(one.columns)) for one in panels]
    return hashlib.blake2b(json.dumps(what).encode(), digest_size=12).hexdigest()
