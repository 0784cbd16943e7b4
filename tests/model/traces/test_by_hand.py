"""A trace made of arrays by hand: what it holds, what it can do, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model import Trace
from model.errors import Refusal
from model.trace import Stack, Tokens
from viz import linked


def weights(*shape: int, seed: int = 0) -> np.ndarray:
    """(…, queries, keys), rows that sum to 1."""
    return np.random.default_rng(seed).dirichlet(np.ones(shape[-1]), shape[:-1])


WORDS = ["The", "animal", "slept"]


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
def test_all_kinds(layers: int, heads: int, read: int, written: int) -> None:
    source, target = [f"s{i}" for i in range(read)], [f"t{i}" for i in range(written)]
    given: dict[str, Any] = {
        "encoder": weights(layers, heads, read, read),
        "decoder": weights(layers, heads, written, written, seed=1),
        "cross": weights(layers, heads, written, read, seed=2),
    }
    t = Trace.of(source, target, **given)
    for kind in t.kinds:
        np.testing.assert_array_equal(t[kind].weights, given[kind].astype(np.float32))
        assert t[kind].layers == tuple(range(layers))
    lists: dict[str, Any] = {kind: list(map(list, x)) for kind, x in given.items()}
    tensors: dict[str, Any] = {kind: torch.tensor(x) for kind, x in given.items()}
    assert t == Trace.of(source, target, **lists) == Trace.of(source, target, **tensors)
    assert (t["cross"].query_tokens, t["cross"].key_tokens) == (tuple(target), tuple(source))
    assert t.kinds == ("encoder", "decoder", "cross")
    assert (t.source, t.output_tokens) == (" ".join(source), None)


def test_is_what_it_is_when_it_is_written_out() -> None:
    given = weights(2, 4, 3, 3)
    tokens = Tokens(tuple(WORDS), (0, 1, 2), (False,) * 3, (False,) * 3)
    stack = Stack("encoder", given.astype(np.float32), tokens, tokens, (0, 1))
    assert Trace.of(WORDS, encoder=given) == Trace(encoder=stack, source="The animal slept")
    alone = Trace.of(WORDS, decoder=given, source="The animal  slept")
    assert (alone.source, alone.output_text) == ("The animal  slept", "The animal  slept")
    assert alone.output_tokens == tuple(WORDS)


def test_tensors_of_any_kind() -> None:
    given = torch.randn(2, 4, 3, 3).softmax(-1)
    t = Trace.of(WORDS, encoder=given)
    assert t == Trace.of(WORDS, encoder=[layer.clone().requires_grad_() for layer in given])
    half = Trace.of(WORDS, encoder=given.bfloat16())
    assert np.allclose(half["encoder"].weights, t["encoder"].weights, atol=1e-2)


def test_it_can_do_what_every_trace_can(tmp_path: Path) -> None:
    t = Trace.of(WORDS, encoder=weights(2, 4, 3, 3))
    t.save(tmp_path / "own.safetensors")
    assert Trace.load(tmp_path / "own.safetensors") == t
    frame = t.to_pandas()
    assert len(frame) == 2 * 4 * 9
    np.testing.assert_allclose(frame.groupby(["layer", "head", "query"]).weight.sum(), 1, atol=1e-6)
    assert "<iframe" in t._repr_html_()
    assert "animal" in linked.html(t)
    assert (
        repr(t).splitlines()[1].strip().startswith("encoder: 2 layers (0, 1) × 4 heads × 3 queries × 3 keys")
    )


def test_pieces_special_and_unknown_tokens() -> None:
    tokens = Tokens.of(
        ["<s>", "un", "##seen", "</s>", "?"], words=[0, 1, 1, 2, 3], special=["<s>", "</s>"], unknown=["?"]
    )
    assert tokens == Tokens(
        ("<s>", "un", "##seen", "</s>", "?"),
        (0, 1, 1, 2, 3),
        (True, False, False, True, False),
        (False, False, False, False, True),
    )
    t = Trace.of(tokens, encoder=weights(1, 1, 5, 5))
    assert t["encoder"].queries is tokens
    assert t.source == "un##seen ?"
    assert t.by_words()["encoder"].weights.shape == (1, 1, 4, 4)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "Give the weights of the encoder, the decoder or the cross attention."),
        ({"cross": weights(1, 1, 3, 3)}, "Cross attention looks from one text at another"),
        ({"encoder": weights(4, 3, 3)}, r"have the shape \(4, 3, 3\); with these tokens it must be "),
        ({"encoder": weights(1, 1, 3, 4)}, r"\(layers, heads, 3, 3\), with at least one of each"),
        ({"encoder": np.zeros((0, 4, 3, 3))}, "the encoder have the shape"),
        ({"encoder": weights(1, 1, 3, 3) * 2}, "as they are after the softmax"),
        ({"encoder": -weights(1, 1, 3, 3)}, "must be 0 or more"),
        ({"decoder": weights(1, 1, 3, 3) * np.nan}, "must be 0 or more"),
        ({"encoder": "weights"}, "are no array of numbers"),
        ({"encoder": weights(1, 1, 3, 3) + 1j}, "are no array of numbers"),
        ({"encoder": [weights(1, 3, 3), weights(2, 3, 3)]}, "are no array of numbers"),
        ({"encoder": object()}, "are no array of numbers"),
    ],
)
def test_weights_that_are_none(given: dict[str, Any], told: str) -> None:
    with pytest.raises(Refusal, match=told):
        Trace.of(WORDS, **given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"texts": "The animal"}, "Tokens are a list of texts"),
        ({"texts": []}, "Tokens are a list of texts"),
        ({"texts": [1, 2]}, "Tokens are a list of texts"),
        ({"texts": 3}, "Tokens are a list of texts"),
        ({"texts": WORDS, "special": "The"}, "named in a list of their texts"),
        ({"texts": WORDS, "unknown": ["the"]}, "There is no token 'the' among them"),
        ({"texts": WORDS, "words": [0, 1]}, "the number of the word of each of the 3 tokens"),
        ({"texts": WORDS, "words": ["The", "animal", "slept"]}, "the number of the word of each"),
    ],
)
def test_tokens_that_are_none(given: dict[str, Any], told: str) -> None:
    with pytest.raises(Refusal, match=told):
        Tokens.of(**given)
