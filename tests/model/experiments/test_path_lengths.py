"""Steps between two words: counted on the networks, against what is known of their shortest ways."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.experiments.path_lengths import Graph, Node, read_attention, read_recurrent
from model.networks.recurrent.config import CELLS


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 9), st.integers(1, 3), st.sampled_from(CELLS), st.data())
def test_a_recurrent_network_needs_a_step_for_each_word_and_each_layer(
    words: int, layers: int, cell: str, data: st.DataObject
) -> None:
    graph = read_recurrent(words, layers, cell)
    source, target = (data.draw(st.integers(0, words - 1)) for _ in range(2))
    steps = graph.count_steps(source, target)
    assert steps == (target - source + layers if source <= target else None)
    for level in range(1, layers + 1):
        for place in range(words):
            before = {Node(level - 1, place)} | ({Node(level, place - 1)} if place else set())
            assert set(graph.edges[Node(level, place)]) == before


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 9), st.integers(1, 3), st.booleans(), st.data())
def test_attention_needs_a_step_for_each_layer(
    words: int, layers: int, causal: bool, data: st.DataObject
) -> None:
    graph = read_attention(words, layers, causal)
    source, target = (data.draw(st.integers(0, words - 1)) for _ in range(2))
    assert graph.count_steps(source, target) == (layers if source <= target or not causal else None)


@pytest.mark.parametrize("read", [read_recurrent, read_attention])
def test_a_path_goes_along_edges(read: object) -> None:
    graph: Graph = read(7, 2)  # type: ignore[operator]
    path = graph.find_path(1, 6)
    assert (path[0], path[-1]) == (Node(0, 1), Node(2, 6))
    assert all(before in graph.edges[node] for before, node in pairwise(path))
    assert graph.find_path(6, 1) == ()


def test_far_apart() -> None:
    assert read_recurrent(101, 1).count_steps(0, 100) == 101
    assert read_attention(101, 1).count_steps(0, 100) == 1
