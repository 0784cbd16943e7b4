"""The blob: a Trace as the browser reads it, one JSON header and quantised weights.

    "HLV1"  length of the header (uint32, little endian)  header (JSON, padded with spaces)  sections

A section holds one layer: for each head and query the row's largest weight (float32), where the model
has a sink also the row's sum (float32), then one byte a weight; see `model.traces.levels`. So the
largest weight of a row is exact.

One more section a kind holds the small pictures of all heads, bytes of 1, each block of a long text
by its largest weight.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.trace import Kind, Stack, Tokens, Trace
from model.traces.levels import quantise
from viz.linked.strings import merge_strings
from viz.linked.view import View

MAGIC = b"HLV1"
WHOLE = 6_000_000  # bytes of weights up to which every layer is sent at once; 144 heads of 200 tokens
SMALL = 32  # the side of a small picture, at most
SINK = 0.004  # what a row must lack to have a sink; rows in bfloat16 sum to 1 within 0.002

Layer = tuple[Kind, int]
Section = tuple[dict[str, Any], bytes]  # what it is, and its bytes


def pack(
    trace: Trace,
    view: View | None = None,
    strings: Mapping[str, str] | None = None,
    layers: Iterable[Layer] | None = None,
    *,
    title: str = "",
    language: str = "en",
    name: str = "",
    revision: int = 0,
    digest: str | None = None,
    thorough: bool = False,
) -> bytes:
    """The blob of a trace: its tokens, small pictures of all heads, and the weights of some layers.

    view: what is shown first.
    layers: the (kind, layer) whose weights are sent, None for all of them where they fit in WHOLE
        bytes and otherwise those of the view.
    name, revision: whose view this is, and its number; the browser takes up `view` when it changes.
    digest: digest_of(trace), where it is known already.
    thorough: spend more time on making it small.
    """
    view = (view or View()).fit_to(trace)
    if layers is None:
        layers = every_layer(trace) if size(trace) <= WHOLE else shown_layers(view)
    sections = [_small_section(trace[kind]) for kind in trace.kinds]
    sections += [_layer_section(trace[kind], layer) for kind, layer in layers]
    header = {
        "name": name,
        "revision": revision,
        "view": view.to_json(),
        "title": title,
        "language": language,
        "strings": merge_strings(strings),
        "kinds": {kind: _describe(trace[kind]) for kind in trace.kinds},
    }
    return _assemble({"trace": digest or digest_of(trace), **header}, sections, thorough)


def pack_layer(trace: Trace, kind: Kind, layer: int, digest: str) -> bytes:
    """A blob with nothing but one more layer of a trace that the browser knows already."""
    return _assemble({"trace": digest}, [_layer_section(trace[kind], layer)], thorough=True)


def size(trace: Trace) -> int:
    """How many weights a trace holds, which is bytes once they are quantised."""
    return sum(trace[kind].weights.size for kind in trace.kinds)


def every_layer(trace: Trace) -> tuple[Layer, ...]:
    return tuple((kind, layer) for kind in trace.kinds for layer in trace[kind].layers)


def shown_layers(view: View) -> tuple[Layer, ...]:
    return tuple((view.kind, layer) for layer in sorted({layer for layer, _ in view.heads}))


def digest_of(trace: Trace) -> str:
    """A name for the contents of a trace: equal traces have equal names."""
    digest = hashlib.blake2b(digest_size=12)
    for kind in trace.kinds:
        stack = trace[kind]
        sides = [vars(tokens) for tokens in (stack.queries, stack.keys)]
        digest.update(repr((kind, stack.layers, sides, stack.weights.shape)).encode())
        digest.update(np.ascontiguousarray(stack.weights).data)
        if stack.mask is not None:
            digest.update(np.ascontiguousarray(stack.mask).data)
    return digest.hexdigest()


def _layer_section(stack: Stack, layer: int) -> Section:
    weights = _weights(stack, stack.layers.index(layer))
    largest = weights.max(axis=-1, keepdims=True, initial=0)
    levels = quantise(weights, largest)
    sums = weights.sum(axis=-1)
    sink = bool(((sums > 0) & (sums < 1 - SINK)).any())
    raw = largest.astype("<f4").tobytes() + (sums.astype("<f4").tobytes() if sink else b"") + levels.tobytes()
    return {"kind": stack.kind, "layer": layer, "sums": sink}, raw


def _small_section(stack: Stack) -> Section:
    return {"kind": stack.kind, "layer": None}, small_pictures(stack).tobytes()


def small_pictures(stack: Stack) -> NDArray[np.uint8]:
    """All heads of a stack, at most SMALL × SMALL each: uint8 (layers, heads, queries, keys)."""
    queries, keys = min(len(stack.queries), SMALL), min(len(stack.keys), SMALL)
    pictures = np.zeros((len(stack.layers), stack.heads, queries, keys), dtype=np.uint8)
    if not pictures.size:
        return pictures
    rows = np.linspace(0, len(stack.queries), queries, endpoint=False).astype(int)
    columns = np.linspace(0, len(stack.keys), keys, endpoint=False).astype(int)
    for index in range(len(stack.layers)):
        weights = _weights(stack, index)
        blocks = np.maximum.reduceat(np.maximum.reduceat(weights, columns, axis=2), rows, axis=1)
        pictures[index] = quantise(blocks)
    return pictures


def _weights(stack: Stack, index: int) -> NDArray[np.float32]:
    """(heads, queries, keys) of the layer at `index`, rows that may look at nothing set to zero.

    The softmax of a fully masked row is uniform, which would look like attention.
    """
    weights = np.nan_to_num(stack.weights[index])
    if stack.mask is not None:
        weights = np.where(stack.mask[index].any(axis=-1, keepdims=True), weights, np.float32(0))
    return weights


def _describe(stack: Stack) -> dict[str, Any]:
    return {
        "layers": stack.layers,
        "heads": stack.heads,
        "queries": _tokens(stack.queries),
        "keys": None if stack.keys == stack.queries else _tokens(stack.keys),
        "small": [min(len(stack.queries), SMALL), min(len(stack.keys), SMALL)],
    }


def _tokens(tokens: Tokens) -> dict[str, Any]:
    return {
        "texts": tokens.texts,
        "words": tokens.words,
        "special": [i for i, special in enumerate(tokens.special) if special],
        "unknown": [i for i, unknown in enumerate(tokens.unknown) if unknown],
    }


def _assemble(header: dict[str, Any], sections: Iterable[Section], thorough: bool) -> bytes:
    described, body, offset = [], [], 0
    for what, raw in sections:
        kept, deflated = _deflate(raw, thorough)
        described.append({**what, "offset": offset, "bytes": len(kept), "deflated": deflated})
        body += [kept, bytes(-len(kept) % 4)]
        offset += len(kept) + len(body[-1])
    return build_container({**header, "sections": described}, body)


def build_container(header: dict[str, Any], body: Iterable[bytes]) -> bytes:
    """The container: magic, length, header, then the sections that it describes."""
    text = json.dumps(header, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    return MAGIC + struct.pack("<I", len(text)) + text + b"".join(body)


def _deflate(raw: bytes, thorough: bool) -> tuple[bytes, bool]:
    """The bytes deflated, where that pays; told from a sample unless it should be thorough."""
    if not thorough and len(zlib.compress(raw[:65536], 1)) > 0.8 * len(raw[:65536]):
        return raw, False
    deflated = zlib.compress(raw, 9 if thorough else 1)
    return (deflated, True) if len(deflated) < len(raw) else (raw, False)
