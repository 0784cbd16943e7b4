"""The record: what one forward pass left behind, as plain NumPy. Knows no torch.

One array convention everywhere: (layers, heads, queries, keys). A record does not change: its arrays are
read-only, two are equal where all that they hold is, and it can be a key of a dict.

`model.traces` has how it is described, kept in a file or a table and shown in a notebook: each is imported
when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Kind = Literal["encoder", "decoder", "cross"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CONTINUED = "·"  # the text of a token that is only the rest of a character begun in the token before
VIEWER: str | None = "viz.linked:html"  # module:function that shows a Trace in a notebook; None for a table
ARRAYS = ("weights", "scores", "mask", "scaling", "q", "k", "v", "output", "subtracted")  # of a Stack
MOST_SEGMENTS = 128  # no tokenizer tells more than three apart
SAMPLE = 64  # how many weights a hash looks at


@dataclass(frozen=True, repr=False)
class Tokens:
    """One side of an attention matrix: what stands along its queries or its keys.

    texts: each token as a person reads it, without '▁', 'Ġ' or '##', and with a sign for what cannot be seen.
    words: the number of the word each token belongs to; tokens of one word are neighbours.
    special: True where the token was added by the tokenizer ([CLS], </s>, …).
    unknown: True where the tokenizer did not know what stands there.
    segments: of two texts read as a pair, which one each token belongs to: 0 the first, 1 the second, each
        with the special tokens that open and close it; another number for special tokens of neither
        (XLNet's <cls> is 2). None where there is one text.
    spelling: what each token adds to the text, put together: with a space in front where one lies there, and
        empty where it is only the rest of a character. None where only the texts are known.
    segmented: whether some words are in a script without spaces, so that a dictionary told where they end.
    across: the places of tokens that reach from one such word into the next, which are one word here.
    """

    texts: tuple[str, ...]
    words: tuple[int, ...]
    special: tuple[bool, ...]
    unknown: tuple[bool, ...]
    segments: tuple[int, ...] | None = None
    spelling: tuple[str, ...] | None = None
    segmented: bool = False
    across: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.texts) == len(self.words) == len(self.special) == len(self.unknown):
            raise ValueError("texts, words, special and unknown must have one entry for each token.")
        if self.segments is not None and (
            len(self.segments) != len(self.texts) or any(not 0 <= s < MOST_SEGMENTS for s in self.segments)
        ):
            raise ValueError(f"segments must be numbers from 0 to {MOST_SEGMENTS - 1}, one for each token.")
        if self.spelling is not None and len(self.spelling) != len(self.texts):
            raise ValueError("spelling must have one entry for each token.")
        if not all(0 <= place < len(self.texts) for place in self.across):
            raise ValueError("across must hold places of tokens.")

    @staticmethod
    def of(
        texts: Sequence[str],
        words: Sequence[int] | None = None,
        special: Collection[str] = (),
        unknown: Collection[str] = (),
    ) -> Tokens:
        """Tokens from their texts, each a word of its own.

        words: the number of the word of each token, where some are only pieces of one. special, unknown: the
        texts of those that are. Raises ValueError, in one plain sentence, for what does not fit.
        """
        from model.traces.by_hand import make_tokens

        return make_tokens(texts, words, special, unknown)

    def __repr__(self) -> str:
        from model.traces.descriptions import describe_tokens

        return f"Tokens({describe_tokens(self)})"

    def __len__(self) -> int:
        return len(self.texts)

    def groups(self) -> list[list[int]]:
        """The positions of each word's tokens, in order: [[0], [1, 2], …]."""
        groups: list[list[int]] = []
        for position, word in enumerate(self.words):
            if position and word == self.words[position - 1]:
                groups[-1].append(position)
            else:
                groups.append([position])
        return groups

    def spell(self, places: Sequence[int]) -> str:
        """The pieces of one word put together; a lone space is seen only where there is nothing else."""
        from model.traces.signs import SPACES, show

        texts = [self.texts[i] for i in places]
        if self.spelling is None:
            return "".join(text for n, text in enumerate(texts) if n == 0 or text != CONTINUED)
        spelt = "".join(self.spelling[i] for i in places).strip(SPACES)
        return show(spelt) if spelt else "".join(texts)

    def join(self, places: Sequence[int]) -> str:
        """Some of them as a text, without special ones.

        With the spaces that it has, where they are known; else with one between words.
        """
        if self.spelling is not None:
            return "".join(self.spelling[i] for i in places if not self.special[i]).strip()
        words: list[list[int]] = []
        for i in places:
            if self.special[i]:
                continue
            if words and self.words[i] == self.words[words[-1][-1]]:
                words[-1].append(i)
            else:
                words.append([i])
        return " ".join(map(self.spell, words))

    def take(self, places: Sequence[int]) -> Tokens:
        """Some of them, in order."""
        return Tokens(
            texts=tuple(self.texts[i] for i in places),
            words=tuple(self.words[i] for i in places),
            special=tuple(self.special[i] for i in places),
            unknown=tuple(self.unknown[i] for i in places),
            segments=None if self.segments is None else tuple(self.segments[i] for i in places),
            spelling=None if self.spelling is None else tuple(self.spelling[i] for i in places),
            segmented=self.segmented,
            across=tuple(n for n, i in enumerate(places) if i in self.across),
        )

    def by_words(self) -> Tokens:
        """One token a word: the pieces joined, special only if all are, unknown if any is."""
        groups, spelt = self.groups(), self.spelling
        return Tokens(
            texts=tuple(map(self.spell, groups)),
            words=tuple(range(len(groups))),
            special=tuple(all(self.special[i] for i in group) for group in groups),
            unknown=tuple(any(self.unknown[i] for i in group) for group in groups),
            segments=None if self.segments is None else tuple(self.segments[group[0]] for group in groups),
            spelling=None if spelt is None else tuple("".join(spelt[i] for i in group) for group in groups),
            segmented=self.segmented,
            across=tuple(n for n, group in enumerate(groups) if not set(group).isdisjoint(self.across)),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Stack:
    """The attention of one kind: every recorded layer and head of it.

    stack[layer, head] is one matrix of weights. Arrays are not copied, but what is kept of them is read-only;
    numbers of another kind than float32 are turned into it.

    weights: float32 (layers, heads, queries, keys). A row sums to 1, to less where the model has
        a sink, and to 0 where nothing was left to look at.
    layers: which layers these are, counted from 0; weights[i] is layer layers[i].
    scores: float32, same shape: before the mask and the softmax. None unless recorded.
    mask: bool, same shape: True where the query may look at the key. None unless recorded.
    scaling: float32 (layers,), what q·k was multiplied by to give the scores. None unless recorded.
    q, k, v: float32 (layers, heads, tokens, width). None unless recorded.
    output: float32 (layers, heads, queries, d_v), what each head says before W_O. None unless recorded.
    subtracted: float32 (layers,), of differential attention the share λ of the later half of the heads that
        is taken away from the first half, head by head; see `differences`. None for any other.
    """

    kind: Kind
    weights: NDArray[np.float32]
    queries: Tokens
    keys: Tokens
    layers: tuple[int, ...]
    scores: NDArray[np.float32] | None = None
    mask: NDArray[np.bool_] | None = None
    scaling: NDArray[np.float32] | None = None
    q: NDArray[np.float32] | None = None
    k: NDArray[np.float32] | None = None
    v: NDArray[np.float32] | None = None
    output: NDArray[np.float32] | None = None
    subtracted: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if len(set(self.layers)) != len(self.layers) or any(layer < 0 for layer in self.layers):
            raise ValueError(f"layers must be numbers from 0, each once, not {self.layers}.")
        for name in ARRAYS:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, freeze(getattr(self, name), name == "mask"))
        heads = self.weights.shape[1] if self.weights.ndim == 4 else 1
        square = (len(self.layers), heads, len(self.queries), len(self.keys))
        for name in ("weights", "scores", "mask"):
            check_shape(name, getattr(self, name), square)
        check_shape("scaling", self.scaling, square[:1])
        check_shape("subtracted", self.subtracted, square[:1])
        if self.subtracted is not None and heads % 2:
            raise ValueError("Heads whose maps are taken away from one another come in pairs.")
        for pair in (("q", "k"), ("output", "v")):  # of the same width
            arrays = [getattr(self, name) for name in pair]
            width = next((array.shape[-1] for array in arrays if array is not None and array.ndim), 0)
            for name, array, tokens in zip(pair, arrays, square[2:], strict=True):
                check_shape(name, array, (*square[:2], tokens, width))

    def __eq__(self, other: object) -> bool:
        """Whether all is equal: names, tokens and every number. NaN equals NaN, and -0.0 equals 0.0."""
        if not isinstance(other, Stack):
            return NotImplemented
        names = ("kind", "layers", "queries", "keys")
        return all(getattr(self, name) == getattr(other, name) for name in names) and all(
            same(getattr(self, name), getattr(other, name)) for name in ARRAYS
        )

    def __hash__(self) -> int:
        """Of equal stacks the same. Looks at few of the weights."""
        shapes = tuple(None if (a := getattr(self, name)) is None else a.shape for name in ARRAYS)
        seen = self.weights.flat[:: max(1, self.weights.size // SAMPLE)] + np.float32(0)  # -0.0 becomes 0.0
        seen[np.isnan(seen)] = np.nan  # one NaN of many
        return hash((self.kind, self.layers, self.queries, self.keys, shapes, seen.tobytes()))

    def __reduce__(self) -> tuple[type[Stack], tuple[Any, ...]]:
        """Copied and pickled as it is made, so that the copy's arrays are read-only too."""
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    def __repr__(self) -> str:
        from model.traces.descriptions import describe_stack

        return f"Stack({describe_stack(self)})"

    def __getitem__(self, place: tuple[int, int]) -> NDArray[np.float32]:
        """stack[layer, head]: the weights (queries, keys) of one head; both as the model counts them, from 0.

        Raises KeyError, in one plain sentence, for a layer that is not recorded and a head that is not there.
        """
        if not isinstance(place, tuple) or len(place) != 2:
            raise KeyError("Say which layer and which head: stack[layer, head].")
        layer, head = place
        if layer not in self.layers:
            raise KeyError(f"Layer {layer} is not recorded; this is {self!r}.")
        if head not in range(self.heads):
            raise KeyError(f"There is no head {head}; there are {self.heads} heads, counted from 0.")
        weights: NDArray[np.float32] = self.weights[self.layers.index(layer), head]
        return weights

    __iter__ = None  # a stack is asked for heads by name; it is no sequence

    @property
    def query_tokens(self) -> tuple[str, ...]:
        return self.queries.texts

    @property
    def key_tokens(self) -> tuple[str, ...]:
        return self.keys.texts

    @property
    def heads(self) -> int:
        return self.weights.shape[1]

    @property
    def differences(self) -> NDArray[np.float32] | None:
        """What counts in differential attention: W_h − λ W_{h+H/2}, (layers, heads / 2, queries, keys).

        It may be below 0. None where no map is taken away from another.
        """
        if self.subtracted is None:
            return None
        first, second = np.split(self.weights, 2, axis=1)
        found: NDArray[np.float32] = first - self.subtracted[:, None, None, None] * second
        return found

    def by_words(self, queries: bool = True) -> Stack:
        """Pieces merged into words: the keys of a word summed, and with queries its queries averaged.

        A word is looked at as much as its pieces together, and looks as its pieces do on average,
        so a row still sums to 1. Scores, mask, q, k, v and output belong to pieces and are left out.
        """
        query_groups, key_groups = self.queries.groups(), self.keys.groups()
        weights = np.add.reduceat(self.weights, [g[0] for g in key_groups], axis=3)
        if queries:
            weights = np.add.reduceat(weights, [g[0] for g in query_groups], axis=2)
            weights /= np.array([len(g) for g in query_groups], dtype=np.float32)[:, None]
        return Stack(
            kind=self.kind,
            weights=weights,
            queries=self.queries.by_words() if queries else self.queries,
            keys=self.keys.by_words(),
            layers=self.layers,
            subtracted=self.subtracted,
        )

    def to_xarray(self) -> xr.Dataset:
        """The stack as a Dataset of xarray, dims layer, head, query, key; see `model.traces.tables`.

        Raises ImportError, in one plain sentence, where xarray is not installed.
        """
        from model.traces.tables import stack_dataset

        return stack_dataset(self)


@dataclass(frozen=True, repr=False)
class Trace:
    """What one forward pass left behind: up to three stacks, and what was written.

    trace["cross"] is the stack of a kind. A notebook shows a trace as the linked view.

    encoder, decoder, cross: None where the model has no attention of that kind.
    source: the text that went in. pair: the second text, where two went in as a pair; the tokens' segments
        say which belong to it.
    output_tokens, output_text: what an encoder-decoder wrote, or the target it was given; of a decoder the
        target, or the text itself where there is none; None for an encoder.
    """

    encoder: Stack | None = None
    decoder: Stack | None = None
    cross: Stack | None = None
    source: str = ""
    output_tokens: tuple[str, ...] | None = None
    output_text: str | None = None
    pair: str | None = None

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if self[kind].kind != kind:
                raise ValueError(f"What is given as {kind} is a stack of the kind {self[kind].kind}.")

    @staticmethod
    def of(
        tokens: Sequence[str] | Tokens,
        target: Sequence[str] | Tokens | None = None,
        *,
        encoder: Any = None,
        decoder: Any = None,
        cross: Any = None,
        source: str | None = None,
    ) -> Trace:
        """A trace from weights that somebody has, of any model.

        tokens: what is read; a list of texts, or `Tokens` where some are pieces or special. target: what the
        decoder of an encoder-decoder reads. encoder, decoder, cross: weights after the softmax, (layers,
        heads, queries, keys), an array, a tensor or a list of either. The encoder looks from tokens at
        tokens, the decoder from target at target, or without one likewise, and cross attention from target
        at tokens. source: the text, where it is not the tokens with spaces between them.
        Raises ValueError, in one plain sentence, for a shape that does not fit and numbers that are no
        weights.
        """
        from model.traces.by_hand import make_trace

        return make_trace(tokens, target, {"encoder": encoder, "decoder": decoder, "cross": cross}, source)

    def __repr__(self) -> str:
        from model.traces.descriptions import describe_trace

        return describe_trace(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: the linked view in a frame of its own, or a table of what is there."""
        from model.traces.notebook import cell

        return cell(self, VIEWER)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of attention that are here, in the order encoder, decoder, cross."""
        return tuple(kind for kind in KINDS if getattr(self, kind) is not None)

    def __getitem__(self, kind: Kind) -> Stack:
        stack: Stack | None = getattr(self, kind) if kind in KINDS else None
        if stack is None:
            raise KeyError(f"This trace has no {kind} attention; it has {', '.join(self.kinds) or 'none'}.")
        return stack

    def by_words(self) -> Trace:
        """The same trace with sub-word pieces merged into words; see Stack.by_words."""
        merged: dict[str, Any] = {kind: self[kind].by_words() for kind in self.kinds}
        return replace(self, **merged)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the trace as one safetensors file, whole or not at all; `Trace.load` reads it again.

        Raises ValueError, in one plain sentence, where it cannot be written. See `model.traces.files`.
        """
        from model.traces.files import save

        save(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Trace:
        """The trace that a file keeps, equal to the one that was saved.

        Raises ValueError, in one plain sentence, for a file that is missing, damaged or no trace.
        """
        from model.traces.files import load

        return load(path)

    def to_pandas(self, kind: Kind | None = None) -> pd.DataFrame:
        """One row for each (kind, layer, head, query, key), all counted from 0; see `model.traces.tables`.

        kind: of one kind only. Raises KeyError where the trace has none of it.
        """
        from model.traces.tables import frame

        return frame(self, kind)

    def to_xarray(self) -> xr.Dataset:
        """All kinds in one Dataset of xarray, weights_encoder and so on; see `model.traces.tables`.

        Raises ImportError, in one plain sentence, where xarray is not installed.
        """
        from model.traces.tables import dataset

        return dataset(self)


def freeze(array: NDArray[Any], mask: bool) -> NDArray[Any]:
    """The same numbers, not to be written to; copied only where they are no float32.

    Raises ValueError for a mask that is not of bools.
    """
    array = np.asarray(array) if mask else np.asarray(array, np.float32)
    if mask and array.dtype != np.bool_:
        raise ValueError(f"The mask must be of bools, not of {array.dtype}.")
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def check_shape(name: str, array: NDArray[Any] | None, expected: tuple[int, ...]) -> None:
    """Raises ValueError where an array that is there has another shape."""
    if array is not None and array.shape != expected:
        raise ValueError(f"{name} have shape {array.shape}, but layers, queries and keys say {expected}.")


def same(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    """Whether two arrays are equal, shape and all; NaN equals NaN."""
    if one is None or other is None or one is other:
        return one is other
    return np.array_equal(one, other, equal_nan=one.dtype != np.bool_)
