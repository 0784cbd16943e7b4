"""The record: its shapes, its names, and words made of pieces."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.trace import KINDS, Stack, Tokens, Trace


def tokens(words: list[int], special: list[bool] | None = None) -> Tokens:
    """Tokens t0, t1, … that belong to these words."""
    n = len(words)
    marks = tuple(special or [False] * n)
    return Tokens(tuple(f"t{i}" for i in range(n)), tuple(words), marks, (False,) * n)


def weights(layers: int, heads: int, queries: int, keys: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(0).random((layers, heads, queries, keys), dtype=np.float32) + 1e-3
    return rows / rows.sum(-1, keepdims=True)


def stack(queries: Tokens, keys: Tokens, kind: Any = "encoder", **more: Any) -> Stack:
    return Stack(kind, weights(2, 3, len(queries), len(keys)), queries, keys, layers=(0, 1), **more)


# The numbers of words grow; tokens of one word are neighbours.
numbers = st.lists(st.booleans(), min_size=1, max_size=12).map(lambda steps: np.cumsum(steps).tolist())


@given(numbers, numbers)
def test_words_are_keys_summed_and_queries_averaged(query_words: list[int], key_words: list[int]) -> None:
    pieces = stack(tokens(query_words), tokens(key_words), "cross")
    words = pieces.by_words()
    rows, columns = sorted(set(query_words)), sorted(set(key_words))
    expected = np.zeros((2, 3, len(rows), len(columns)))
    for i, query_word in enumerate(rows):
        looking = [q for q, word in enumerate(query_words) if word == query_word]
        for j, key_word in enumerate(columns):
            for q in looking:
                for k, word in enumerate(key_words):
                    if word == key_word:
                        expected[:, :, i, j] += pieces.weights[:, :, q, k] / len(looking)
    np.testing.assert_allclose(words.weights, expected, atol=1e-6)
    np.testing.assert_allclose(words.weights.sum(-1), 1, atol=1e-5)
    keys_alone = pieces.by_words(queries=False)
    assert (keys_alone.queries, keys_alone.keys) == (pieces.queries, words.keys)
    for i, row in enumerate(rows):
        mean = np.mean([keys_alone.weights[:, :, q] for q, w in enumerate(query_words) if w == row], axis=0)
        np.testing.assert_allclose(mean, words.weights[:, :, i], atol=1e-6)
    assert words.weights.dtype == np.float32
    assert words.query_tokens == tuple(
        "".join(f"t{i}" for i, word in enumerate(query_words) if word == row) for row in rows
    )
    assert (words.kind, words.layers, words.heads) == ("cross", (0, 1), 3)


@given(numbers)
def test_words_of_words_are_the_same_words(numbers: list[int]) -> None:
    once = stack(tokens(numbers), tokens(numbers)).by_words()
    twice = once.by_words()
    assert twice.queries == once.queries
    np.testing.assert_array_equal(twice.weights, once.weights)


def test_neighbours_make_a_word_and_a_number_that_returns_makes_another() -> None:
    assert tokens([0, 0, 1, 0]).groups() == [[0, 1], [2], [3]]


def test_a_word_is_special_if_all_of_it_is_and_unknown_if_any_of_it_is() -> None:
    pieces = Tokens(
        ("[CLS]", "wu", "g", "[", "SEP]"),
        (0, 1, 1, 2, 2),
        special=(True, False, False, True, True),
        unknown=(False, True, False, False, False),
    )
    words = pieces.by_words()
    assert words.texts == ("[CLS]", "wug", "[SEP]")
    assert words.special == (True, False, True)
    assert words.unknown == (False, True, False)


def test_pieces_are_joined_into_a_text() -> None:
    texts = ("<s>", "parce", "qu", "'", "il", "</s>")
    pieces = Tokens(texts, (0, 1, 2, 2, 3, 4), (True, *[False] * 4, True), (False,) * 6)
    assert pieces.joined(range(6)) == "parce qu' il"
    assert pieces.joined(range(3, 5)) == "' il"
    assert pieces.joined(range(1)) == pieces.joined(range(5, 6)) == pieces.joined(range(0)) == ""


def test_what_belongs_to_pieces_is_left_out_of_words() -> None:
    pieces = tokens([0, 0, 1])
    square = (2, 3, 3, 3)
    full = stack(
        pieces,
        pieces,
        scores=np.zeros(square, np.float32),
        mask=np.ones(square, np.bool_),
        q=np.zeros((2, 3, 3, 4), np.float32),
        k=np.zeros((2, 3, 3, 4), np.float32),
        v=np.zeros((2, 3, 3, 4), np.float32),
    )
    words = full.by_words()
    assert words.scores is words.mask is words.q is words.k is words.v is None
    assert full.weights.shape == square  # the pieces are as they were


def test_no_layers_are_a_stack_too() -> None:
    pieces = tokens([0, 0, 1])
    empty = Stack("encoder", np.zeros((0, 3, 3, 3), np.float32), pieces, pieces, layers=())
    assert empty.by_words().weights.shape == (0, 3, 2, 2)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="one entry for each token"):
        Tokens(("a", "b"), (0,), (False, False), (False, False))
    with pytest.raises(ValueError, match=r"weights have shape \(2, 3, 2, 2\)"):
        Stack("encoder", weights(2, 3, 2, 2), tokens([0, 1]), tokens([0, 1, 2]), layers=(0, 1))
    with pytest.raises(ValueError, match="weights have shape"):
        Stack("encoder", weights(2, 3, 2, 2), tokens([0, 1]), tokens([0, 1]), layers=(0,))


def test_a_trace_has_the_kinds_it_has() -> None:
    pair = tokens([0, 0])
    t = Trace(encoder=stack(pair, pair), cross=stack(pair, pair, "cross"), source="ab", output_tokens=("x",))
    assert KINDS == ("encoder", "decoder", "cross")
    assert t.kinds == ("encoder", "cross")
    assert t["cross"] is t.cross
    with pytest.raises(KeyError, match="no decoder attention; it has encoder, cross"):
        t["decoder"]
    with pytest.raises(KeyError, match="no sideways attention"):
        t["sideways"]  # type: ignore[index]
    words = t.by_words()
    assert words.kinds == t.kinds
    assert words["cross"].query_tokens == ("t0t1",)
    assert (words.source, words.output_tokens) == ("ab", ("x",))
    with pytest.raises(dataclasses.FrozenInstanceError):
        t.source = "other"  # type: ignore[misc]


def test_the_record_knows_no_torch() -> None:
    code = "import sys, model.trace; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
