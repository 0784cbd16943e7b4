"""What a model has learned, counted against the model itself and against the paper's formula."""

from __future__ import annotations

import math
from typing import Any

import pytest

from model import load
from model.analysis.parameters import by_role, parts
from model.capture.prepare import prepare
from tests.model.families import FAMILIES, OTHERS, build, tokenizer
from tests.model.followed import compact


@pytest.mark.parametrize("name", FAMILIES | OTHERS)
def test_every_number_is_counted_once(name: str) -> None:
    m = prepare(build(name), tokenizer("$A"), name)
    found = parts(m)
    assert sum(part.count for part in found) == m.parameters == sum(by_role(found).values())
    shapes: dict[tuple[int, ...], int] = {}
    for part in found:
        assert part.each == math.prod(part.shape)
        shapes[part.shape] = shapes.get(part.shape, 0) + part.times
    expected: dict[tuple[int, ...], int] = {}
    for parameter in m.model.parameters():
        expected[tuple(parameter.shape)] = expected.get(tuple(parameter.shape), 0) + 1
    assert shapes == expected


@pytest.mark.parametrize("name", FAMILIES)
def test_each_role_is_found_in_each_family(name: str) -> None:
    m = prepare(build(name), tokenizer("$A"), name)
    roles = by_role(parts(m))
    assert {"embeddings", "output of attention", "feed-forward", "norms"} <= set(roles)
    assert {"queries", "keys", "values"} <= set(roles) or "queries-keys-values" in roles
    assert roles.get("other", 0) < 0.05 * m.parameters


def test_the_compact_counts_are_the_papers() -> None:
    """d_model² for each of the four matrices, 2 d_model d_ff + d_ff + d_model, 2 d_model for each norm."""
    d, ff, layers, crosses, norms = 24, 40, 4, 2, 2 * 2 + 2 * 3
    m = compact()
    roles = by_role(parts(m))
    vocabulary = m.model.config.vocab_size
    assert roles == {
        "embeddings": vocabulary * d,
        **dict.fromkeys(("queries", "keys", "values", "output of attention"), (layers + crosses) * d * d),
        "feed-forward": layers * (2 * d * ff + ff + d),
        "norms": norms * 2 * d,
    }


def test_a_tied_table_is_counted_once_and_its_other_names_are_told() -> None:
    tied = parts(load("checkpoints/pronouns"))
    table = next(part for part in tied if part.role == "embeddings")
    assert set(table.tied) == {"decoder.embedding.tokens.weight", "output.weight"}
    loose = by_role(parts(compact(tie_embeddings=False)))
    assert loose["output"] * 2 == loose["embeddings"]


@pytest.mark.parametrize("experts", [2, 3])
def test_experts_and_their_gate_are_counted(experts: int) -> None:
    one, several = by_role(parts(compact())), by_role(parts(compact(experts=experts, experts_per_token=2)))
    assert several["feed-forward"] == experts * one["feed-forward"]
    assert several["gate"] == 4 * 24 * experts


def test_learned_positions_are_told() -> None:
    roles: dict[Any, int] = by_role(parts(compact(positions="learned", max_positions=30)))
    assert roles["positions"] == 2 * 30 * 24
