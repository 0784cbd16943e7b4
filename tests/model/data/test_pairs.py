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
from model.data.pairs import LONGEST, REASONS
from model.data.tables import Table, read
from model.errors import Refusal
from tests.model.table_files import put, text


def test_rows_that_cannot_be_used_are_counted_by_reason(tmp_path: Path) -> None:
    rows = [
        ("가", "go", "x"), (" 가  ", "go", "x"), ("가", "leave", "x"), ("", "go", "x"), ("나", " ", "x"),
        ("다", "l" * (LONGEST + 1), "x"), ("라" * (LONGEST // 3), "long", "x"), ("마", "other", "y"),
        ("가", "go", "y"), ("바", "two\nlines", " x "),
    ]  # fmt: skip
    table = read(put(tmp_path / "t.csv", text([("ko", "en", "kind"), *rows], ",")))
    found, out = pairs.read(table, "ko", "en", "kind", ["x"])
    told = [("가", "go"), ("가", "leave"), ("라" * (LONGEST // 3), "long"), ("바", "two lines")]
    assert list(found) == [found[i] for i in range(len(found))] == told
    assert out == {"filtered": 2, "empty": 2, "long": 1, "repeated": 1}
    assert tuple(out) == REASONS
    assert found.hashes[0] == found.hashes[1] != found.hashes[2]
    every, out = pairs.read(table, "en", "ko")
    assert (every[0], out["filtered"], out["repeated"]) == (("go", "가"), 0, 2)
    nothing, out = pairs.read(table, "ko", "en", "kind", ["z"])
    assert (list(nothing), out["filtered"]) == ([], 10)
    with pytest.raises(Refusal, match="has no column fr; it has ko, en, kind"):
        pairs.read(table, "ko", "fr")


@settings(max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["", "a", "b", "가 나"]), st.sampled_from(["", "x", "y"])), min_size=1
    )
)
def test_every_row_is_used_or_counted(rows: list[tuple[str, str]], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.tsv"
    table = Table(put(path, text([("s", "t"), *rows], "\t")), ("s", "t"), len(rows), "utf-8", "\t")
    found, out = pairs.read(table, "s", "t")
    usable = [row for row in rows if all(row)]
    assert list(found) == list(dict.fromkeys(usable))
    assert len(found) + sum(out.values()) == sum(any(row) for row in rows)


def test_the_same_text_has_the_same_hash_in_every_process() -> None:
    assert pairs.number("안녕") == 1666638135771752750


def test_a_large_table_is_not_held_in_memory(tmp_path: Path) -> None:
    chance = random.Random(0)
    path = tmp_path / "large.tsv"
    with path.open("w") as file:
        file.write("s\tt\n")
        for i in range(40_000):
            file.write(f"sentence {i} {chance.random()}\ttranslation {i} {chance.random()}\n")
    assert path.stat().st_size > 2_500_000
    tracemalloc.start()
    found, _ = pairs.read(read(path), "s", "t")
    assert sum(1 for _ in found) == len(found) == 40_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    held = [value for value in vars(found).values() if isinstance(value, np.ndarray)]
    assert sum(array.nbytes for array in held) == 16 * 40_000
    assert most < 4_000_000  # three numbers a pair, and what sorting takes; as Python's strings it is 8 MB
