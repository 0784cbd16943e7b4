"""The film of a training run: what every head looked at, from the first step to the last. Knows no torch.

One small file beside the weights. Weights are kept as bytes; see `model.traces.levels`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from model.trace import KINDS, Kind, Stack, Tokens, Trace
from model.traces.files import describe_tokens
from model.traces.levels import quantise, restore

FILE = "film.safetensors"
LARGEST = 64_000_000  # bytes
TOLD = "film"  # what the description is called among the file's metadata
STRENGTHS = "strengths"


@dataclass(frozen=True, eq=False)
class Scene:
    """One text through the training.

    source, target: what was read, and what an encoder-decoder was to write. sides: what stands along the
    queries and the keys of each kind. levels: uint8 (steps, layers, heads, queries, keys) of each kind.
    """

    source: str
    target: str | None
    sides: dict[Kind, tuple[Tokens, Tokens]]
    levels: dict[Kind, NDArray[np.uint8]]

    def trace(self, place: int) -> Trace:
        """What the heads looked at in one snapshot, from 0."""
        stacks: dict[str, Any] = {}
        for kind, (queries, keys) in self.sides.items():
            weights = restore(self.levels[kind][place])
            stacks[kind] = Stack(kind, weights, queries, keys, tuple(range(len(weights))))
        written = None if self.target is None else find_written(self.sides).texts[1:]
        return Trace(**stacks, source=self.source, output_tokens=written, output_text=self.target)


def find_written(sides: Mapping[Kind, tuple[Tokens, Tokens]]) -> Tokens:
    """What a decoder read, by the kinds of attention that it has. Raises ValueError where it has none."""
    kind: Kind | None = next((kind for kind in ("decoder", "cross") if kind in sides), None)
    if kind is None:
        raise ValueError("There is a target, and nothing that writes it.")
    return sides[kind][0]


@dataclass(frozen=True, eq=False)
class Film:
    """Snapshots of a run, and how strongly each head did its job in them.

    steps: at which they were taken, rising. scenes: the texts. job: the name of what heads of job_kind are
    measured at; strengths: float32 (steps, layers, heads), 0 to 1. Both are None where a task knows none.
    """

    steps: tuple[int, ...]
    scenes: tuple[Scene, ...]
    job: str | None = None
    job_kind: Kind | None = None
    strengths: NDArray[np.float32] | None = None

    def until(self, step: int) -> Film:
        """The film without what came after a step."""
        count = sum(1 for taken in self.steps if taken <= step)
        scenes = tuple(
            Scene(s.source, s.target, s.sides, {kind: levels[:count] for kind, levels in s.levels.items()})
            for s in self.scenes
        )
        strengths = None if self.strengths is None else self.strengths[:count]
        return Film(self.steps[:count], scenes, self.job, self.job_kind, strengths)


def add_snapshot(
    film: Film | None,
    step: int,
    traces: Sequence[Trace],
    targets: Sequence[str | None],
    job: str | None = None,
    job_kind: Kind | None = None,
    strengths: NDArray[np.float32] | None = None,
) -> Film:
    """The film with one more snapshot. strengths: (layers, heads) of it."""
    snapshots = [
        Scene(
            trace.source,
            target,
            {kind: (trace[kind].queries, trace[kind].keys) for kind in trace.kinds},
            {kind: quantise(trace[kind].weights)[None] for kind in trace.kinds},
        )
        for trace, target in zip(traces, targets, strict=True)
    ]
    now = None if strengths is None else strengths[None].astype(np.float32)
    if film is None or not film.steps:
        return Film((step,), tuple(snapshots), job, job_kind, now)
    scenes = tuple(
        Scene(
            old.source,
            old.target,
            old.sides,
            {kind: np.concatenate([old.levels[kind], new.levels[kind]]) for kind in old.levels},
        )
        for old, new in zip(film.scenes, snapshots, strict=True)
    )
    if now is not None and film.strengths is not None:
        now = np.concatenate([film.strengths, now])
    return Film((*film.steps, step), scenes, film.job, film.job_kind, now)


def save(folder: Path, film: Film) -> None:
    """Writes the film beside the weights, whole or not at all."""
    arrays: dict[str, NDArray[Any]] = {
        f"{number}.{kind}": levels
        for number, scene in enumerate(film.scenes)
        for kind, levels in scene.levels.items()
    }
    if film.strengths is not None:
        arrays[STRENGTHS] = film.strengths
    told = {
        "steps": film.steps,
        "job": film.job,
        "job_kind": film.job_kind,
        "scenes": [
            {
                "source": scene.source,
                "target": scene.target,
                "sides": {
                    kind: [describe_tokens(side) for side in sides] for kind, sides in scene.sides.items()
                },
            }
            for scene in film.scenes
        ],
    }
    beside = folder / f".{FILE}.{os.getpid()}"
    save_file(arrays, beside, metadata={TOLD: json.dumps(told, ensure_ascii=False)})
    os.replace(beside, folder / FILE)


def read(folder: Path) -> Film | None:
    """The film of a checkpoint's folder; None where it has none, or one that cannot be read."""
    path = folder / FILE
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        with safe_open(path, "numpy") as file:
            told = json.loads((file.metadata() or {})[TOLD])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        return rebuild(told, arrays)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError):
        return None


def rebuild(told: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Film:
    """The film that a file describes. Raises an error of Python's where its parts do not fit."""
    steps = tuple(int(step) for step in told["steps"])
    scenes = []
    for number, scene in enumerate(told["scenes"]):
        sides: dict[Kind, tuple[Tokens, Tokens]] = {}
        for kind in KINDS:
            if kind in scene["sides"]:
                queries, keys = (tokens(side) for side in scene["sides"][kind])
                sides[kind] = queries, keys
        found = {kind: arrays[f"{number}.{kind}"] for kind in sides}
        for kind, (queries, keys) in sides.items():
            taken = found[kind]
            if taken.dtype != np.uint8 or taken.ndim != 5 or taken.shape[0] != len(steps):
                raise ValueError(f"The weights of scene {number} are not those of {len(steps)} snapshots.")
            if taken.shape[3:] != (len(queries), len(keys)):
                raise ValueError(f"The weights of scene {number} do not fit its tokens.")
        if scene["target"] is not None:
            find_written(sides)
        scenes.append(Scene(str(scene["source"]), scene["target"], sides, found))
    strengths = arrays.get(STRENGTHS)
    if list(steps) != sorted(set(steps)) or not scenes:
        raise ValueError("A film has snapshots in their order, of one scene or more.")
    if strengths is not None and (strengths.ndim != 3 or len(strengths) != len(steps) or not strengths.size):
        raise ValueError("There must be one row of strengths for each snapshot.")
    kind = told["job_kind"]
    if (strengths is not None or kind is not None) and any(kind not in scene.sides for scene in scenes):
        raise ValueError("The strengths must be those of heads that every scene has.")
    return Film(steps, tuple(scenes), told["job"], kind, strengths)


def tokens(told: dict[str, Any]) -> Tokens:
    """One side as it was written down; older films do not say how words were found."""
    spelling = told.get("spelling")
    return Tokens(
        tuple(str(text) for text in told["texts"]),
        tuple(int(word) for word in told["words"]),
        tuple(bool(special) for special in told["special"]),
        tuple(bool(unknown) for unknown in told["unknown"]),
        spelling=None if spelling is None else tuple(str(text) for text in spelling),
        segmented=bool(told.get("segmented")),
        across=tuple(int(place) for place in told.get("across", ())),
    )
