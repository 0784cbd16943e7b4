"""What the browser reports of the scissors is read as what it can be, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.viz.traces import pronouns
from viz.linked.cutting import Snip

CUT = {"kind": "encoder", "queries": [[8.0, 8.0]], "key": [6, 6], "heads": [[1, 3]]}


def test_a_cut_is_read() -> None:
    assert Snip.from_report({"cut": CUT}, pronouns()) == Snip("encoder", ((8, 8),), (6, 6), ((1, 3),))


def test_cuts_are_taken_back_by_their_numbers() -> None:
    assert Snip.from_report({"undo": [0.0, 2]}, pronouns()) == Snip(undo=(0, 2))


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        "cut",
        {"cut": None},
        {"cut": {**CUT, "kind": "other"}},
        {"cut": {**CUT, "queries": []}},
        {"cut": {**CUT, "queries": [[8, 99]]}},
        {"cut": {**CUT, "key": [3, 2]}},
        {"cut": {**CUT, "key": ["a", "b"]}},
        {"cut": {**CUT, "key": [0.5, 1]}},
        {"undo": [-1, "x"]},
    ],
)
def test_nonsense_is_left_alone(wrong: Any) -> None:
    assert Snip.from_report(wrong, pronouns()) is None
