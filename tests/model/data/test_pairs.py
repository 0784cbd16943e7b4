"""Pairs out of tables: which can be learned from, and what is told of the others."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data import pairs
from model.data.pairs import LONGEST, NOTES, REASONS, Choice
from model.data.tables import Reading, Table, read
from model.errors import Refusal
from tests.model.table_files import put, text

NAMED = Reading(header=True)


def told(counts: pairs.Counts) -> dict[str, int]:
    return {reason: tally.count for reason, tally in counts.aside.items() if tally.count}


def test_rows_that_cannot_be_used_are_counted_by_reason(tmp_path: Path) -> None:
    rows = [
        ("가", "go", "x"), (" 가  ", "go", "x"), ("가", "leave", "x"), ("", "go", "x"), ("나", " ", "x"),
        ("다", "l" * (LONGEST + 1), "x"), ("라" * (LONGEST // 3), "long", "x"), ("마", "other", "y"),
        ("가", "go", "y"), ("바", "two\nlines", " x "),
    ]  # fmt: skip
    table = read(put(tmp_path / "t.csv", text([("ko", "en", "kind"), *rows], ",")))
    found, counts = pairs.read(table, Choice("ko", "en", "kind", ("x",)))
    kept = [("가", "go"), ("가", "leave"), ("라" * (LONGEST // 3), "long"), ("바", "two lines")]
    assert list(found) == [found[i] for i in range(len(found))] == kept
    assert told(counts) == {"filtered": 2, "empty": 2, "long": 1, "repeated": 1}
    assert (tuple(counts.aside), tuple(counts.notes)) == (REASONS, NOTES)
    assert counts.aside["filtered"].first == (9, 10)
    assert counts.aside["repeated"].first == (3,)
    assert counts.notes["spaces"].first == (11,)
    assert found.hashes[0] == found.hashes[1] != found.hashes[2]
    every, counts = pairs.read(table, Choice("en", "ko"))
    assert (every[0], told(counts)["repeated"]) == (("go", "가"), 2)
    nothing, counts = pairs.read(table, Choice("ko", "en", "kind", ("z",)))
    assert (list(nothing), told(counts)) == ([], {"filtered": 10})
    with pytest.raises(Refusal, match="has no column fr; it has ko, en, kind"):
        pairs.read(table, Choice("ko", "fr"))


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["", "a", "b", "가 나"]), st.sampled_from(["", "x", "y"])), min_size=1
    ).filter(lambda rows: any(map(any, rows)))
)
def test_every_row_is_used_or_counted(rows: list[tuple[str, str]], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.tsv"
    table = read(put(path, text([("en", "ko"), *rows], "\t")), NAMED)
    found, counts = pairs.read(table, Choice("en", "ko"))
    assert list(found) == list(dict.fromkeys(row for row in rows if all(row)))
    assert len(found) + sum(told(counts).values()) == counts.rows == sum(any(row) for row in rows)


def test_a_row_of_another_width_is_not_taught_whatever_its_cells(tmp_path: Path) -> None:
    """Of one that is too short nobody knows which cell it lacks; empty ones at its end are none too many."""
    path = put(
        tmp_path / "t.tsv", "id\ten\tko\tfrom\n1\ta\t가\tx\n나\tb\tx\n2\tc\t다\tx\t\t\n3\td\t라\tx\ty\n"
    )
    found, counts = pairs.read(read(path), Choice("en", "ko"))
    assert list(found) == [("a", "가"), ("c", "다")]
    assert told(counts) == {"wide": 1, "narrow": 1}


def test_the_same_text_has_the_same_hash_in_every_process() -> None:
    assert pairs.hash_of("안녕".encode()) == 1666638135771752750


def test_a_large_table_is_not_held_in_memory(tmp_path: Path) -> None:
    chance = random.Random(0)
    path = tmp_path / "large.tsv"
    with path.open("w") as file:
        file.write("en\tko\n")
        for i in range(40_000):
            file.write(f"sentence {i} {chance.random()}\ttranslation {i} {chance.random()}\n")
    assert path.stat().st_size > 2_500_000
    table: Table = read(path)
    tracemalloc.start()
    found, _ = pairs.read(table, Choice("en", "ko"))
    assert sum(1 for _ in found) == len(found) == 40_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    held = [value for value in vars(found).values() if isinstance(value, np.ndarray)]
    assert sum(array.nbytes for array in held) == 16 * 40_000
    assert most < 5_000_000  # four numbers a pair, and what sorting takes; as Python's strings it is 8 MB
