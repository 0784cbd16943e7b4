"""Traces made by hand, for the tests of what is drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.trace import Kind, Stack, Tokens, Trace

MARKUP = "</script><img src=x onerror=alert(1)>"
HEBREW = "שלום"


def tokens(
    texts: Sequence[str],
    words: Sequence[int] | None = None,
    special: Collection[int] = (),
    unknown: Collection[int] = (),
    segments: Sequence[int] | None = None,
) -> Tokens:
    """Tokens from texts; every token a word of its own unless `words` says otherwise."""
    count = range(len(texts))
    return Tokens(
        tuple(texts),
        tuple(words if words is not None else count),
        tuple(i in special for i in count),
        tuple(i in unknown for i in count),
        None if segments is None else tuple(segments),
    )


def softmax(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


def stack(kind: Kind, queries: Tokens, keys: Tokens, layers: int = 2, heads: int = 4, seed: int = 0) -> Stack:
    """A stack of random attention; the decoder's is causal."""
    scores = np.random.default_rng(seed).normal(size=(layers, heads, len(queries), len(keys))) * 1.5
    if kind == "decoder":
        scores[..., np.triu_indices(len(queries), 1)[0], np.triu_indices(len(queries), 1)[1]] = -np.inf
    return Stack(kind, softmax(scores), queries, keys, tuple(range(layers)))


def rewritten(stack: Stack, place: Any, numbers: ArrayLike) -> Stack:
    """The same stack with other weights in one place."""
    weights = stack.weights.copy()
    weights[place] = numbers
    return replace(stack, weights=weights)


def changed(trace: Trace, place: Any, numbers: ArrayLike) -> Trace:
    """The same trace with other weights in one place of its encoder."""
    return replace(trace, encoder=rewritten(trace["encoder"], place, numbers))


def paired() -> Trace:
    """An encoder's trace of two texts that share words.

    In head 4 of layer 2 "dog" of the first (2) looks at "it" of the second (10) with 0.6, and at "sleeps" of
    its own text, two pieces (3, 4), with 0.2.
    """
    first, second = "[CLS] the dog sle eps . [SEP]", "is the dog it ? [SEP]"
    side = tokens(
        f"{first} {second}".split(),
        words=[0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        special={0, 6, 12},
        segments=[0] * 7 + [1] * 6,
    )
    encoder = stack("encoder", side, side)
    row = np.full(len(side), 0.01, dtype=np.float32)
    row[[3, 4, 10, 6]] = 0.15, 0.05, 0.6, 0.11
    encoder = rewritten(encoder, (1, 3, 2), row / row.sum())
    return Trace(encoder=encoder, source="The dog sleeps.", pair="Is the dog it?")


def pronouns(cue: str = "tired") -> Trace:
    """An encoder-decoder's trace: head 4 of layer 2 of the encoder looks from "it" (8) to one noun.

    At "animal" (1) where the cue is "tired", at "street" (6) otherwise.
    """
    source = tokens(
        f"The animal did n't cross the street because it was too {cue} . </s>".split(), special={13}
    )
    written = "<s> L' animal n' a pas traversé la rue parce qu' il était trop fatigué ."
    target = tokens(written.split(), special={0})
    encoder = stack("encoder", source, source)
    row = np.full(len(source), 0.04 / 12, dtype=np.float32)
    row[[1 if cue == "tired" else 6, 8]] = 0.91, 0.05
    encoder = rewritten(encoder, (1, 3, 8), row / row.sum())
    return Trace(
        encoder=encoder,
        decoder=stack("decoder", target, target, layers=1, seed=1),
        cross=stack("cross", target, source, layers=1, seed=2),
        source=f"The animal didn't cross the street because it was too {cue}.",
        output_tokens=target.texts[1:],
        output_text="L'animal n'a pas traversé la rue parce qu'il était trop fatigué.",
    )


def pieces() -> Trace:
    """An encoder's trace with words in pieces, special and unknown tokens, markup and Hebrew."""
    texts = ["[CLS]", "the", "anim", "al", "did", "n", "'", "t", "zz", "yzx", MARKUP, HEBREW, "it", "[SEP]"]
    words = [0, 1, 2, 2, 3, 4, 4, 4, 5, 5, 6, 7, 8, 9]
    marked = tokens(texts, words, special={0, 13}, unknown={8, 9})
    made = stack("encoder", marked, marked, layers=3, heads=4, seed=3)
    row = np.zeros(len(texts), dtype=np.float32)
    row[[2, 3, 13]] = 0.2, 0.18, 0.62
    made = rewritten(made, (0, 0, 12), row)
    return Trace(encoder=made, source="the animal didn't zzyzx it")


def random(length: int, layers: int = 12, heads: int = 12, seed: int = 0) -> Trace:
    """Random attention over `length` tokens of an encoder."""
    texts = tokens([f"token{i}" for i in range(length)])
    return Trace(encoder=stack("encoder", texts, texts, layers, heads, seed), source=f"{length} tokens")
