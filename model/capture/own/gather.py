"""A Trace of the calls of attention that were heard in a module of one's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.capture.own.calls import Attended, count_again
from model.capture.own.wishes import cannot_split
from model.errors import Refusal
from model.listening import FIELDS, Part
from model.trace import KINDS, Kind, Stack, Tokens, Trace
from model.traces.by_hand import Texts, make_sides, side_of, texts_of

SQUARE = ("weights", "scores", "mask")  # have a row for each query, and a column for each key
BY_QUERY = (*SQUARE, "q", "output")


def gather(
    calls: Sequence[Attended],
    tokens: Texts,
    target: Texts | None = None,
    row: int = 0,
    run: int | None = None,
    parts: Sequence[Part] = (),
    source: str | None = None,
) -> Trace:
    """A Trace of what was heard; see `Watched.trace`. parts: what there is beside the weights."""
    sides = make_sides(tokens, target)
    stacks: dict[Kind, Any] = {}
    found = by_layer(of_run(calls, run))
    for kind, layers in found.items():
        queries, keys = side_of(sides, kind)
        for layer in layers:
            check(layer, kind, len(queries), len(keys), row, calls, run)
            check_kind(layer[0], kind, sides, set(found))
        made = [join(layer, len(queries), len(keys), row, parts) for layer in layers]
        arrays = {name: stack_heads(name, [one[name] for one in made]) for name in made[0]}
        stacks[kind] = Stack(kind, queries=queries, keys=keys, layers=tuple(range(len(made))), **arrays)
    return Trace(**stacks, **texts_of(sides, stacks, source))


def of_run(calls: Sequence[Attended], run: int | None) -> list[Attended]:
    """The calls that are attention, of one run of the module or of all. Raises Refusal where none is."""
    softmaxes = [call for call in calls if not call.is_shown]
    shown = [call for call in calls if call.is_shown]
    if not shown and softmaxes:
        raise Refusal(
            (
                "A softmax was found in {path}, but its weights are not what meets the values; where "
                "dropout is at work, call eval() first."
            ),
            path=softmaxes[0].name,
        )
    if not shown:
        raise Refusal(
            "No attention was found. It is found where the module is called, in this thread, and "
            "computes it by model.attention, scaled_dot_product_attention, nn.MultiheadAttention or "
            "a softmax."
        )
    runs = sorted({call.run for call in shown})
    if run is None:
        return shown
    if run not in range(-len(runs), len(runs)):
        raise Refusal(
            "Attention was found in {count} runs of the module, counted from 0; there is no run {run}.",
            count=len(runs),
            run=run,
        )
    return [call for call in shown if call.run == runs[run]]


def by_layer(calls: Sequence[Attended]) -> dict[Kind, list[list[Attended]]]:
    """The calls of each layer of each kind, in order."""
    found: dict[Kind, dict[int, list[Attended]]] = {kind: defaultdict(list) for kind in KINDS}
    for call, layer in count_again(calls).items():
        found[call.kind][layer].append(call)
    return {kind: [layers[i] for i in sorted(layers)] for kind, layers in found.items() if layers}


def check(
    layer: Sequence[Attended],
    kind: Kind,
    queries: int,
    keys: int,
    row: int,
    calls: Sequence[Attended],
    run: int | None,
) -> None:
    """Raises Refusal where the calls of a layer do not make one matrix over the tokens that are given."""
    first = layer[0]
    if any(call.splits for call in layer):
        raise cannot_split(first)
    batch = min(len(call.seen.weights) for call in layer if call.seen is not None)
    if row not in range(batch):
        raise Refusal(
            "There are {count} texts in the attention of {path}, counted from 0; there is no text {row}.",
            count=batch,
            path=first.name,
            row=row,
        )
    done = list(accumulate(call.queries for call in layer))
    rows, columns = done[-1], max(call.keys for call in layer)
    seen = [keys] * len(layer) if kind == "cross" else done  # how many keys each call is to look at
    if (rows, columns) == (queries, keys) and [call.keys for call in layer] == seen:
        return
    runs = len({call.run for call in calls if call.is_shown})
    if run is None and runs > 1:
        raise Refusal(
            "In {count} runs of the module its attention in {path} has {queries} queries and {keys} keys "
            "together, where the tokens are {rows} and {columns}; say with run= which one, from 0, is meant.",
            count=runs,
            path=first.name,
            queries=rows,
            keys=columns,
            rows=queries,
            columns=keys,
        )
    raise Refusal(
        "The {kind} attention of {path} has {queries} queries and {keys} keys, where the tokens are {rows} "
        "and {columns}; name every token, padding too, say with kinds= what it is, or leave it out with "
        "only=.",
        kind=kind,
        path=first.name,
        queries=rows,
        keys=columns,
        rows=queries,
        columns=keys,
    )


def check_kind(
    call: Attended, kind: Kind, sides: Mapping[Kind, tuple[Tokens, Tokens]], kinds: Collection[Kind]
) -> None:
    """Raises Refusal where attention that looks everywhere may be of either text: both are of one length.

    In a module whose decoder does not look ahead what does is the encoder's, if it looks at its own text.
    """
    if kind != "encoder" or call.is_said or "cross" not in sides or (call.is_known and "decoder" in kinds):
        return
    if len(sides["encoder"][0]) == len(sides["decoder"][0]):
        raise Refusal(
            "The attention of {path} may be the encoder's, the decoder's or go from one text to the other, "
            "since both have {count} tokens; say what it is with kinds=.",
            path=call.name,
            count=call.keys,
        )


def join(
    layer: Sequence[Attended], queries: int, keys: int, row: int, parts: Sequence[Part]
) -> dict[str, NDArray[Any]]:
    """The arrays of one layer in one text: rows of several calls below one another, and no weight for keys
    that a call did not have yet.
    """
    names = ["weights"]
    if all(call.seen is not None and call.means != "softmax" for call in layer):
        names += [name for part in parts for name in FIELDS[part]]
    elif set(parts) - {"weights"}:
        raise Refusal(
            "The attention of {path} computes its softmax itself, so that only its weights are known.",
            path=layer[0].name,
        )
    last = layer[-1].seen
    found: dict[str, NDArray[Any]] = {}
    for name in names:
        values = [getattr(call.seen, name) for call in layer]
        if name == "scaling":
            found[name] = np.float32(values[0])  # type: ignore[assignment]
        elif name in BY_QUERY:
            found[name] = torch.cat(
                [widen(name, x, call, keys, row) for x, call in zip(values, layer, strict=True)], 1
            ).numpy()
        else:
            found[name] = getattr(last, name)[row, :, :keys].numpy()
    return found


def widen(name: str, x: Tensor, call: Attended, keys: int, row: int) -> Tensor:
    """One array of a call (heads, queries, …) with as many keys as there are in all."""
    if name == "mask":
        assert call.seen is not None
        x = x.expand(call.seen.weights.shape)
    x = x[row]
    if name not in SQUARE:
        return x
    x = x[..., : call.keys]
    return torch.nn.functional.pad(x, (0, keys - x.shape[-1]))


def stack_heads(name: str, layers: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """The arrays of all layers in one; heads that a layer does not have are 0."""
    if name == "scaling":
        return np.array(layers, np.float32)
    if len({array.shape[1:] for array in layers}) > 1:
        raise Refusal("The heads of these layers are not of one width, so {name} cannot be kept.", name=name)
    most = max(len(array) for array in layers)
    return np.stack(
        [np.pad(array, [(0, most - len(array))] + [(0, 0)] * (array.ndim - 1)) for array in layers]
    )
