"""The blob of a run's film holds what the film says, and no more."""

from __future__ import annotations

import json
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.traces import film
from model.traces.film import Film
from model.traces.levels import restore
from viz.forming import Losses
from viz.forming.pack import Look, pack

SHIPPED = Path(__file__).parents[2] / "checkpoints"
LOOK = Look("encoder", 1, 2, 8)


def found(name: str = "pronouns") -> Film:
    taken = film.read(SHIPPED / name)
    assert taken
    return taken


def opened(blob: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The blob as its first lines describe it."""
    assert blob[:4] == b"HLV1"
    (length,) = struct.unpack("<I", blob[4:8])
    header = json.loads(blob[8 : 8 + length])
    body = blob[8 + length :]
    return header, {
        s["kind"]: zlib.decompress(body[s["offset"] : s["offset"] + s["bytes"]]) for s in header["sections"]
    }


@pytest.mark.parametrize("name", ["pronouns", "repeat"])
@pytest.mark.parametrize("scene", [0, 1])
def test_every_weight_of_the_scene_is_in_it(name: str, scene: int) -> None:
    taken = found(name)
    header, parts = opened(pack(taken, scene, Look(next(iter(taken.scenes[scene].levels)))))
    assert tuple(header["steps"]) == taken.steps
    assert set(parts) == set(taken.scenes[scene].levels)
    for kind, levels in taken.scenes[scene].levels.items():
        told = header["kinds"][kind]
        keys = told["keys"] or told["queries"]
        shape = (len(taken.steps), len(told["layers"]), told["heads"])
        read = np.frombuffer(parts[kind], np.uint8).reshape(
            *shape, len(told["queries"]["texts"]), len(keys["texts"])
        )
        last = taken.scenes[scene].trace(-1)[kind]
        np.testing.assert_array_equal(restore(read[-1]), last.weights)
        np.testing.assert_array_equal(read, levels)


def test_losses_strengths_and_the_axis_are_told() -> None:
    taken = found()
    own = Losses("mine", [(10, 3.0), (20, math.nan), (30, 1.5)], [(20, 2.0)])
    other = Losses("longer", [(9000, 1.0)])
    header, _parts = opened(pack(taken, 0, LOOK, [own, other], job="weight"))
    assert header["runs"][0] == {"name": "mine", "losses": [[10, 3.0], [30, 1.5]], "checked": [[20, 2.0]]}
    assert header["most"] == 9000
    assert taken.strengths is not None
    np.testing.assert_allclose(
        np.array(header["strengths"]).reshape(taken.strengths.shape), taken.strengths, atol=6e-4
    )
    assert header["view"] == {"kind": "encoder", "layer": 1, "head": 2, "query": 8}


def test_a_film_without_a_job_has_no_strengths() -> None:
    taken = found()
    bare = Film(taken.steps, taken.scenes)
    header, _parts = opened(pack(bare, 0, LOOK))
    assert header["strengths"] is None
    assert header["runs"] == []


def test_it_is_a_fraction_of_what_it_holds() -> None:
    taken = found("en-fr")
    raw = sum(levels.size for levels in taken.scenes[0].levels.values())
    assert len(pack(taken, 0, LOOK)) < 0.7 * raw
