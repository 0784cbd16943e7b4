"""A Trace as a table of pandas or a Dataset of xarray. Neither is imported before it is asked for.

pandas comes with the app; xarray does not, and is not needed for anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.trace import Kind, Stack, Tokens, Trace

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

AXES = ("layer", "head", "query", "key")
NONE = -1  # the segment of what is part of no text
DIMS = {  # of each array of a Stack
    **dict.fromkeys(("weights", "scores", "mask"), AXES),
    "scaling": ("layer",),
    "subtracted": ("layer",),
    "q": ("layer", "head", "query", "width"),
    "k": ("layer", "head", "key", "width"),
    "v": ("layer", "head", "key", "value_width"),
    "output": ("layer", "head", "query", "value_width"),
}


def frame(trace: Trace, kind: Kind | None = None) -> pd.DataFrame:
    """One row for each (kind, layer, head, query, key), in this order; the weights of a row of attention are
    those of one (kind, layer, head, query).

    kind: categorical. layer, head, query, key: int32, as the model numbers them, from 0. query_token,
    key_token: the tokens' texts, categorical. weight: float32. Of a pair of texts also query_segment and
    key_segment, to which of the two each token belongs: Int8, missing on a side that is no text, such as that
    of a model's latents.
    Raises KeyError, in one plain sentence, for a kind that the trace does not have.
    """
    pd = import_needed("pandas")
    stacks = [trace[k] for k in ((kind,) if kind else trace.kinds)]
    columns: dict[str, Any] = {
        "kind": pd.Categorical.from_codes(
            np.repeat(np.arange(len(stacks)), [stack.weights.size for stack in stacks]),
            categories=pd.Index([stack.kind for stack in stacks], dtype=object),
        )
    }
    numbers = [places(stack) for stack in stacks]
    for axis, name in enumerate(AXES):
        columns[name] = concatenate((each[axis] for each in numbers), np.int32)
    for side in ("query", "key"):
        sides = [stack.queries if side == "query" else stack.keys for stack in stacks]
        columns[f"{side}_token"] = categorical(pd, sides, [each[AXES.index(side)] for each in numbers])
    columns["weight"] = concatenate((stack.weights.ravel() for stack in stacks), np.float32)
    for side in ("query", "key") if any(has_segments(stack) for stack in stacks) else ():
        sides = [stack.queries if side == "query" else stack.keys for stack in stacks]
        found = (segments_of(one)[each[AXES.index(side)]] for one, each in zip(sides, numbers, strict=True))
        codes = concatenate(found, np.int8)
        columns[f"{side}_segment"] = pd.arrays.IntegerArray(codes, codes == NONE)
    return pd.DataFrame(columns)


def places(stack: Stack) -> list[NDArray[np.int32]]:
    """Where each weight stands: its layer, head, query and key."""
    numbers = (stack.layers, *map(range, stack.weights.shape[1:]))
    grid = np.meshgrid(*(np.array(axis, np.int32) for axis in numbers), indexing="ij", copy=False)
    return [axis.ravel() for axis in grid]


def categorical(pd: Any, sides: list[Tokens], positions: list[NDArray[np.int32]]) -> Any:
    """The text of the token at each position. A text that stands several times is one category."""
    codes = {text: code for code, text in enumerate(dict.fromkeys(chain(*(side.texts for side in sides))))}
    looked_up = (
        np.array([codes[text] for text in side.texts], np.int32)[place]
        for side, place in zip(sides, positions, strict=True)
    )
    return pd.Categorical.from_codes(
        concatenate(looked_up, np.int32), categories=pd.Index(list(codes), dtype=object)
    )


def has_segments(stack: Stack) -> bool:
    """Whether a side is told to be a pair of texts."""
    return stack.queries.segments is not None or stack.keys.segments is not None


def segments_of(tokens: Tokens) -> NDArray[np.int8]:
    """Which text of a pair each token belongs to; NONE where a side has no texts."""
    return np.array(tokens.segments or (NONE,) * len(tokens), np.int8)


def concatenate(parts: Iterable[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    """Arrays one after the other, an empty one where there are none."""
    return np.concatenate([np.empty(0, dtype), *parts])


def stack_dataset(stack: Stack) -> xr.Dataset:
    """What was recorded of one kind, each array a variable of its name.

    weights, scores, mask: (layer, head, query, key). scaling, subtracted: (layer,).
    q: (layer, head, query, width).
    k: (layer, head, key, width). v: (layer, head, key, value_width).
    output: (layer, head, query, value_width).
    Coordinates: layer, as the model numbers them; head, query and key, from 0; query_token along query and
    key_token along key; of a pair of texts query_segment and key_segment, too.
    So ds.weights.sel(layer=3, head=0) is one matrix.
    Raises ImportError, in one plain sentence, where xarray is not installed.
    """
    xr = import_needed("xarray")
    arrays = ((name, dims, getattr(stack, name)) for name, dims in DIMS.items())
    segments = {
        f"{side}_segment": (side, np.array(tokens.segments, np.int8))
        for side, tokens in (("query", stack.queries), ("key", stack.keys))
        if tokens.segments is not None
    }
    return xr.Dataset(
        {name: (dims, array) for name, dims, array in arrays if array is not None},
        coords={
            "layer": list(map(int, stack.layers)),
            "head": np.arange(stack.heads),
            "query": np.arange(len(stack.queries)),
            "key": np.arange(len(stack.keys)),
            "query_token": ("query", readable(stack.query_tokens)),
            "key_token": ("key", readable(stack.key_tokens)),
            **segments,
        },
        attrs={"kind": stack.kind},
    )


def dataset(trace: Trace) -> xr.Dataset:
    """All kinds in one: the variables, dims and coordinates of each as `stack_dataset` has them, and behind
    each name the kind, since a decoder need not have the layers, heads and tokens of its encoder.

    So ds.weights_cross.sel(layer_cross=1, head_cross=0) is (query_cross, key_cross). Attributes: source,
    pair, output_text, output_tokens, where they are there.
    Raises ImportError, in one plain sentence, where xarray is not installed.
    """
    xr = import_needed("xarray")
    made = xr.Dataset()
    for kind in trace.kinds:
        own = stack_dataset(trace[kind])
        own = own.rename(
            {name: f"{name}_{kind}" for name in [*own.variables, *(set(own.dims) - set(own.variables))]}
        )
        made = made.merge(own)
    made.attrs = {"source": trace.source}
    if trace.pair is not None:
        made.attrs["pair"] = trace.pair
    if trace.output_text is not None:
        made.attrs["output_text"] = trace.output_text
    if trace.output_tokens is not None:
        made.attrs["output_tokens"] = list(trace.output_tokens)
    return made


def import_needed(name: str) -> Any:
    """A package that need not be installed. Raises ImportError, in one plain sentence, where it is not."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"This needs {name}, which is not installed: pip install {name}", name=name
        ) from error


def readable(texts: Sequence[str]) -> NDArray[Any]:
    """Token texts as an array; half a surrogate pair, which xarray cannot have, is U+FFFD."""
    whole = [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts]
    return np.array(whole, dtype=object)
