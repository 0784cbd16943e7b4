"""The blob: a Trace as the browser reads it, one JSON header and quantised weights.

    "HLV1"  length of the header (uint32, little endian)  header (JSON, padded with spaces)  sections

The first section, where it is there, is the rest of the header: the tokens, what is said, what can be cut.
Any other holds one layer: where the model has a sink each row's sum (float32), then the codes of its
weights, the scale of each row and what there is of parts; see `viz.linked.codes`. The weight of one head that
is shown as a whole percent is shown as the right one.

Where not every layer of a kind is sent, one more section holds the small pictures of all its heads, bytes
of 1 (`model.traces.levels`), each block of a long text by its largest weight. Else the browser makes them.
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
from model.traces.signs import show
from model.traces.written import is_named, name_written
from viz.linked.codes import encode
from viz.linked.cutting import Outcome, Scissors
from viz.linked.strings import merge_strings
from viz.linked.view import View

MAGIC = b"HLV1"
MUCH = 1 << 20  # bytes
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
    scissors: Scissors | None = None,
    outcome: Outcome | None = None,
) -> bytes:
    """The blob of a trace: its tokens, small pictures of all heads, and the weights of some layers.

    view: what is shown first.
    layers: the (kind, layer) whose weights are sent, None for all of them where they fit in WHOLE
        bytes and otherwise those of the view.
    name, revision: whose view this is, and its number; the browser takes up `view` when it changes.
    digest: digest_of(trace), where it is known already.
    thorough: spend more time on making it small.
    scissors, outcome: what can be cut in it, and what stands beside it.
    """
    trace = name_written(trace)
    view = (view or View()).fit_to(trace)
    if layers is None:
        layers = every_layer(trace) if size(trace) <= WHOLE else shown_layers(view)
    layers = tuple(layers)
    sections = [_small_section(trace[kind]) for kind in trace.kinds if not _is_whole(trace[kind], layers)]
    sections += [_layer_section(trace[kind], layer) for kind, layer in layers]
    kinds = {kind: _describe(trace[kind]) for kind in trace.kinds}
    if is_named(trace):
        kinds["cross"]["writes"] = True
    about = {
        "title": title,
        "language": language,
        "strings": merge_strings(strings),
        "kinds": kinds,
        "cutting": scissors and scissors.to_json(),
        "outcome": outcome and outcome.to_json(),
    }
    sections.insert(0, ({"about": True}, json.dumps(about, allow_nan=False).encode()))
    header = {"name": name, "revision": revision, "view": view.to_json()}
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


def _is_whole(stack: Stack, layers: Iterable[Layer]) -> bool:
    """Whether every layer of a stack is among these."""
    return {layer for kind, layer in layers if kind == stack.kind} >= set(stack.layers)


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
    found = encode(weights, stack)
    sums = weights.sum(axis=-1)
    sink = bool(((sums > 0) & (sums < 1 - SINK)).any())
    raw = (sums.astype("<f4").tobytes() if sink else b"") + b"".join(part.tobytes() for part in found)
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
    words = tokens.by_words()
    return {
        "texts": list(map(show, tokens.texts)),
        "words": tokens.words,
        "named": list(map(show, words.texts)),
        "segmented": words.segmented,
        "across": len(tokens.across),
        "special": [i for i, special in enumerate(tokens.special) if special],
        "unknown": [i for i, unknown in enumerate(tokens.unknown) if unknown],
        "segments": tokens.segments,
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
    """The bytes deflated, where that pays; told from a sample unless it should be thorough.

    Of much, the last percent would take several times as long.
    """
    if not thorough and len(zlib.compress(raw[:65536], 1)) > 0.8 * len(raw[:65536]):
        return raw, False
    deflated = zlib.compress(raw, (9 if len(raw) < MUCH else 6) if thorough else 1)
    return (deflated, True) if len(deflated) < len(raw) else (raw, False)
