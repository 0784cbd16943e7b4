"""The blob: a scene of a film, the losses beside it and how strongly each head does its job.

The container is the linked view's (see viz/linked/pack.py). A section holds one kind of attention: the bytes
of `model.traces.levels`, (snapshots, layers, heads, queries, keys).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.trace import Kind, Tokens
from model.traces.film import Film
from model.traces.signs import show
from viz.forming.strings import merge_strings
from viz.linked.pack import build_container

Points = Sequence[tuple[int, float]]  # steps and values


@dataclass(frozen=True)
class Losses:
    """The reports of one run: on what it learns from, and on the validation data. name: of the run."""

    name: str
    trained: Points
    checked: Points = ()


@dataclass(frozen=True)
class Look:
    """One head and the piece that looks: layer, head and query by their places, from 0."""

    kind: Kind
    layer: int = 0
    head: int = 0
    query: int = 0


def pack(
    film: Film,
    scene: int,
    look: Look,
    runs: Sequence[Losses] = (),
    strings: Mapping[str, str] | None = None,
    *,
    job: str = "",
    most: int = 0,
    step: int = 0,
    plays: bool = False,
    language: str = "en",
    name: str = "",
    of: str = "",
    revision: int = 0,
) -> bytes:
    """The blob of a scene.

    look: what is shown first. runs: whose losses are drawn, the film's own first. job: what the strengths of
    the heads are called. most: how far the axis of steps reaches at least. step: the snapshot that is shown
    first, from 0. plays: whether it begins to play by itself, where motion is wanted. of: a name for what is
    filmed.
    """
    shown = film.scenes[scene]
    sections, body, offset = [], [], 0
    for kind, levels in shown.levels.items():
        packed = zlib.compress(levels.tobytes(), 6)
        padding = bytes(-len(packed) % 4)
        sections.append({"kind": kind, "offset": offset, "bytes": len(packed), "deflated": True})
        body += [packed, padding]
        offset += len(packed) + len(padding)
    reached = [step for run in runs for step, _loss in (*run.trained, *run.checked)]
    strengths = film.strengths
    header = {
        "name": name,
        "film": of,
        "revision": revision,
        "step": step,
        "plays": plays,
        "language": language,
        "strings": merge_strings(strings),
        "steps": film.steps,
        "most": max([most, film.steps[-1], *reached]),
        "view": vars(look),
        "kinds": {
            kind: {
                "layers": list(range(levels.shape[1])),
                "heads": levels.shape[2],
                "queries": _tokens(shown.sides[kind][0]),
                "keys": None
                if shown.sides[kind][0] == shown.sides[kind][1]
                else _tokens(shown.sides[kind][1]),
            }
            for kind, levels in shown.levels.items()
        },
        "job": job,
        "job_kind": film.job_kind,
        "strengths": None
        if strengths is None
        else [[round(float(one), 3) for one in taken.ravel()] for taken in strengths],
        "runs": [{"name": r.name, "losses": finite(r.trained), "checked": finite(r.checked)} for r in runs],
        "sections": sections,
    }
    return build_container(header, body)


def finite(points: Points) -> list[tuple[int, float]]:
    """Those that are numbers: JSON has no word for others."""
    return [(step, value) for step, value in points if math.isfinite(value)]


def _tokens(tokens: Tokens) -> dict[str, Any]:
    return {
        "texts": list(map(show, tokens.texts)),
        "special": [i for i, special in enumerate(tokens.special) if special],
    }
