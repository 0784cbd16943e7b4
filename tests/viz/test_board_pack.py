"""The blob holds a board as it is: every number, every word, and what is allowed."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from model.traces.signs import show
from tests.viz.board_app import BOARDS, attention, mask, strange
from viz.board import STRINGS, Axis, numbered_axis, panel
from viz.board.pack import pack, sides


def opened(blob: bytes) -> tuple[dict[str, Any], dict[tuple[int, str], np.ndarray]]:
    """The header, and the sections by panel and what they hold."""
    assert blob[:4] == b"HLV1"
    (length,) = struct.unpack("<I", blob[4:8])
    header = json.loads(blob[8 : 8 + length])
    body = blob[8 + length :]
    assert len(body) == sum(s["bytes"] for s in header["sections"])
    found = {}
    for s in header["sections"]:
        raw = body[s["offset"] : s["offset"] + s["bytes"]]
        found[s["panel"], s["what"]] = np.frombuffer(raw, "<f4" if s["what"] == "values" else np.uint8)
    return header, found


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_every_board_arrives(name: str) -> None:
    panels = BOARDS[name]()
    header, found = opened(pack(panels))
    assert len(header["panels"]) == len(panels)
    for i, (told, one) in enumerate(zip(header["panels"], panels, strict=True)):
        np.testing.assert_array_equal(found[i, "values"], one.values.ravel())
        for side in ("rows", "columns"):
            axis, expected = header["axes"][told[side]], getattr(one, side)
            texts = list(map(show, expected.texts))
            assert axis == {"name": expected.name, "texts": texts, "said": expected.said}
        for field in ("name", "title", "before", "note", "scale", "digits", "paint"):
            assert told[field] == getattr(one, field)
        assert told["end"] > 0


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(0, 4), st.integers(0, 5)),
        elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
    )
)
def test_numbers_of_every_kind_survive(values: np.ndarray) -> None:
    rows, columns = (numbered_axis(name, count) for name, count in zip("rc", values.shape, strict=True))
    _, found = opened(pack([panel("a", "", values, rows, columns)]))
    assert found[0, "values"].tobytes() == values.astype("<f4").tobytes()


def test_a_side_is_sent_once() -> None:
    header, _ = opened(pack(attention()))
    assert [axis["name"] for axis in header["axes"]] == ["query", "features", "keys", "queries", "keys"]


def test_what_is_allowed_is_sent_where_something_is_not_or_can_be_switched() -> None:
    side = numbered_axis("places", 2)
    all_of_it, some = np.ones((2, 2), dtype=bool), np.eye(2, dtype=bool)
    about = {
        "none": panel("none", "", np.eye(2), side, side),
        "all": panel("all", "", np.eye(2), side, side, allowed=all_of_it),
        "some": panel("some", "", np.eye(2), side, side, allowed=some),
        "paint": panel("paint", "", np.eye(2), side, side, allowed=all_of_it, paint=True),
    }
    header, found = opened(pack(list(about.values())))
    sent = {header["panels"][i]["name"]: array for (i, what), array in found.items() if what == "allowed"}
    assert {name: array.tolist() for name, array in sent.items()} == {
        "some": [1, 0, 0, 1],
        "paint": [1, 1, 1, 1],
    }


def test_what_the_page_says_arrives() -> None:
    strings = {"hint": "칸을 가리키세요.", "other": "x"}
    header, _ = opened(pack(mask(), {"queries": 3}, strings, language="ko", acts=True, heard=4))
    assert (header["chosen"], header["language"], header["acts"], header["heard"]) == (
        *({"queries": 3}, "ko", True, 4),
    )
    assert header["strings"] == {**STRINGS, "hint": "칸을 가리키세요."}


def test_two_panels_of_one_name_are_refused() -> None:
    one = attention()[0]
    with pytest.raises(ValueError, match="Two panels of a board are called q;"):
        pack([one, *attention()[1:], one])


def test_equal_boards_have_equal_names() -> None:
    def digest(*args: Any, **more: Any) -> str:
        name: str = opened(pack(*args, **more))[0]["digest"]
        return name

    panels = attention()
    assert digest(panels) == digest(attention())
    assert digest(panels) == digest(panels, heard=7)  # what was heard changes nothing that is seen
    changed = replace(panels[2], values=panels[2].values + np.float32(0.5))
    titled = replace(panels[2], title="Scores")
    others = [digest([*panels[:2], other, *panels[3:]]) for other in (changed, titled)]
    assert len({digest(panels), *others, digest(panels, {"keys": 0}), digest(panels[:-1])}) == 5


def test_the_name_of_the_sides_is_that_of_what_stands_along_them() -> None:
    panels = attention()
    same = [replace(one, title="x", values=np.zeros_like(one.values), digits=1) for one in panels]
    assert sides(panels) == sides(same)
    words = replace(panels[0], rows=Axis("query", ("other",)))
    assert len({sides(panels), sides([words, *panels[1:]]), sides(panels[:-1]), sides(strange())}) == 4
