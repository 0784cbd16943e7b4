"""A Trace made by hand, of arrays that somebody has: from any model, in any framework. Knows no torch.

Trace.of(["The", "animal", "slept"], encoder=weights)  # (layers, heads, 3, 3)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import Refusal
from model.trace import KINDS, Kind, Stack, Tokens, Trace

ROUNDING = 1e-2  # rows in bfloat16 sum to 1 within it

Texts = Sequence[str] | Tokens


def make_tokens(
    texts: Texts,
    words: Sequence[int] | None = None,
    special: Collection[str] = (),
    unknown: Collection[str] = (),
) -> Tokens:
    """Tokens from their texts, each a word of its own; see `Tokens.of`."""
    if isinstance(texts, Tokens):
        return texts
    if not are_texts(texts) or not len(texts):
        raise Refusal("Tokens are a list of texts, one for each token.")
    if not are_texts(special) or not are_texts(unknown):
        raise Refusal("Special and unknown tokens are named in a list of their texts.")
    strange = [text for text in (*special, *unknown) if text not in texts]
    if strange:
        raise Refusal("There is no token {token} among them.", token=repr(strange[0]))
    if words is not None and (len(words) != len(texts) or not all(isinstance(n, Integral) for n in words)):
        raise Refusal("Give the number of the word of each of the {count} tokens.", count=len(texts))
    return Tokens(
        tuple(texts),
        tuple(range(len(texts)) if words is None else map(int, words)),
        tuple(text in special for text in texts),
        tuple(text in unknown for text in texts),
    )


def are_texts(given: Any) -> bool:
    """Whether it holds texts, and is none itself."""
    listed = isinstance(given, Collection) and not isinstance(given, str | bytes)
    return listed and all(isinstance(text, str) for text in given)


def make_trace(
    tokens: Texts, target: Texts | None, arrays: Mapping[Kind, Any], source: str | None = None
) -> Trace:
    """A Trace of weights that are known; see `Trace.of`."""
    sides = make_sides(tokens, target)
    given = {kind: arrays[kind] for kind in KINDS if arrays.get(kind) is not None}
    if not given:
        raise Refusal("Give the weights of the encoder, the decoder or the cross attention.")
    stacks: dict[str, Any] = {}
    for kind, weights in given.items():
        queries, keys = side_of(sides, kind)
        array = check_weights(kind, as_array(kind, weights), len(queries), len(keys))
        stacks[kind] = Stack(kind, array, queries, keys, tuple(range(len(array))))
    return Trace(**stacks, **texts_of(sides, given, source))


def make_sides(tokens: Texts, target: Texts | None) -> dict[Kind, tuple[Tokens, Tokens]]:
    """The queries and keys of each kind. Without a target nothing can look from one text at another."""
    read = make_tokens(tokens)
    if target is None:
        return {"encoder": (read, read), "decoder": (read, read)}
    written = make_tokens(target)
    return {"encoder": (read, read), "decoder": (written, written), "cross": (written, read)}


def side_of(sides: Mapping[Kind, tuple[Tokens, Tokens]], kind: Kind) -> tuple[Tokens, Tokens]:
    """The queries and keys of one kind. Raises Refusal for cross attention without a target."""
    if kind not in sides:
        raise Refusal("Cross attention looks from one text at another: give the tokens of the target, too.")
    return sides[kind]


def texts_of(
    sides: Mapping[Kind, tuple[Tokens, Tokens]], kinds: Collection[Kind], source: str | None
) -> dict[str, Any]:
    """What a Trace says of its texts. What a decoder alone reads is also what it is taken to have written."""
    read = sides["encoder"][0]
    source = read.join(range(len(read))) if source is None else source
    if "cross" not in sides and "decoder" in kinds:
        return {"source": source, "output_tokens": read.texts, "output_text": source}
    return {"source": source}


def as_array(kind: Kind, given: Any) -> NDArray[np.float32]:
    """Numbers as NumPy has them: of arrays, of lists of them, and of tensors, whatever made them."""
    try:
        array = to_numpy(given)
        if array.dtype.kind not in "fiub":
            raise TypeError(array.dtype)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Refusal("The weights of the {kind} are no array of numbers.", kind=kind) from error
    return array.astype(np.float32, copy=False)


def to_numpy(given: Any) -> NDArray[Any]:
    if isinstance(given, list | tuple):
        return np.array([to_numpy(one) for one in given])
    if hasattr(given, "detach"):  # NumPy has no bfloat16, and takes nothing that lies elsewhere
        given = given.detach().to("cpu").float()
    return np.asarray(given)


def check_weights(kind: Kind, weights: NDArray[np.float32], queries: int, keys: int) -> NDArray[np.float32]:
    """The weights. Raises Refusal for a shape that does not fit, and for numbers that are no weights."""
    if weights.ndim != 4 or weights.shape[2:] != (queries, keys) or not weights.size:
        raise Refusal(
            "The weights of the {kind} have the shape {shape}; with these tokens it must be "
            "(layers, heads, {queries}, {keys}), with at least one of each.",
            kind=kind,
            shape=weights.shape,
            queries=queries,
            keys=keys,
        )
    if not (weights >= -1e-6).all() or not (weights.sum(-1) <= 1 + ROUNDING).all():
        raise Refusal(
            "The weights of the {kind} must be 0 or more, and those of a query must not sum to more than 1: "
            "give them as they are after the softmax.",
            kind=kind,
        )
    return weights
