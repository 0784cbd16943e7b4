"""Traces of every form, for the tests of the record: random sizes, texts and parts."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.trace import KINDS, Kind, Stack, Tokens, Trace

# Lone surrogates and NUL as well: a tokenizer may cut a character in two.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=6)
NUMBERS = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 0.1, 1e-45], np.float32)


@st.composite
def sides(draw: st.DrawFn) -> Tokens:
    texts = draw(st.lists(TEXTS, max_size=4))
    special, unknown = (draw(st.integers(0, 15)) for _ in range(2))
    first, second = (tuple(bool(bits >> i & 1) for i in range(len(texts))) for bits in (special, unknown))
    segments = draw(st.none() | st.lists(st.integers(0, 2), min_size=len(texts), max_size=len(texts)))
    parts = None if segments is None else tuple(segments)
    across = tuple(draw(st.sets(st.integers(0, len(texts) - 1)))) if texts else ()
    spelling = tuple(f" {text}" for text in texts) if draw(st.booleans()) else None
    words = tuple(range(len(texts)))
    return Tokens(tuple(texts), words, first, second, parts, spelling, draw(st.booleans()), across)


def numbers(draw: st.DrawFn, shape: tuple[int, ...], dtype: Any = np.float32) -> NDArray[Any]:
    """An array of few different numbers, which may lie in any order in memory."""
    drawn = np.random.default_rng(draw(st.integers(0, 2))).integers(0, len(NUMBERS), shape)
    array = NUMBERS[drawn] if dtype is np.float32 else drawn % 2 > 0
    order = draw(st.integers(0, 2))
    if order == 2 and array.ndim:
        return np.ascontiguousarray(array[..., ::-1])[..., ::-1]
    return np.asfortranarray(array) if order == 1 else array


@st.composite
def stacks(draw: st.DrawFn, kind: Kind) -> Stack:
    queries, keys = draw(sides()), draw(sides())
    layers = tuple(draw(st.lists(st.integers(0, 9), max_size=2, unique=True)))
    heads, d_k, d_v = (draw(st.integers(1, 3)) for _ in range(3))
    front = (len(layers), heads)
    square = (*front, len(queries), len(keys))
    shapes = {
        "scores": square,
        "scaling": (len(layers),),
        "q": (*front, len(queries), d_k),
        "k": (*front, len(keys), d_k),
        "v": (*front, len(keys), d_v),
        "output": (*front, len(queries), d_v),
    }
    parts: dict[str, Any] = {
        name: numbers(draw, shape) for name, shape in shapes.items() if draw(st.booleans())
    }
    if draw(st.booleans()):
        parts["mask"] = numbers(draw, square, np.bool_)
    if heads % 2 == 0 and draw(st.booleans()):
        parts["subtracted"] = numbers(draw, (len(layers),))
    weights = numbers(draw, square)
    return Stack(kind, weights, queries, keys, layers, **parts)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    made: dict[str, Any] = {kind: draw(st.none() | stacks(kind)) for kind in KINDS}
    return Trace(
        **made,
        source=draw(TEXTS),
        output_tokens=draw(st.none() | st.lists(TEXTS, max_size=3).map(tuple)),
        output_text=draw(st.none() | TEXTS),
        pair=draw(st.none() | TEXTS),
    )
