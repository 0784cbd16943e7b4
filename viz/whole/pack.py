"""The blob: a Whole as the browser reads it. The container is the linked view's (see viz/linked/pack.py).

Attention has one section a layer: the largest weight of each row, float32 (heads, queries), then a byte a
weight (see `model.traces.levels`). Vectors are float32. A head that is taken apart is a detail: its sections
come when it is asked for, alone where the browser has the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.trace import Stack, Tokens
from model.traces.levels import quantise
from model.traces.signs import show
from viz import scales
from viz.linked.pack import build_container
from viz.whole.strings import merge_strings
from viz.whole.view import View
from viz.whole.whole import Detail, Side, Sublayer, Whole

Sections = list[tuple[dict[str, Any], bytes]]
VECTORS = ("vectors", "positions", "states", "lengths", "leaving")
PARTS = ("q", "k", "v", "dots", "scores", "weights")  # of a detail


def pack(
    whole: Whole,
    view: View | None = None,
    strings: Mapping[str, str] | None = None,
    detail: Detail | None = None,
    *,
    language: str = "en",
    name: str = "",
    revision: int = 0,
    known: bool = False,
) -> bytes:
    """The blob of a picture.

    view: where it opens. detail: a head taken apart. name, revision: whose it is, and its number; the browser
    takes up `view` when it changes. known: whether the browser has the record, and needs the detail alone.
    """
    described, sections = describe(whole)
    header: dict[str, Any] = {
        "record": digest_of(whole),
        "name": name,
        "revision": revision,
        "view": asdict(view or View()),
        "language": language,
        "strings": merge_strings(strings),
    }
    kept: Sections = [] if known else sections
    if not known:
        header["whole"] = described
    if detail is not None:
        header["detail"] = {
            **{field: getattr(detail, field) for field in ("kind", "layer", "head")},
            "scaling": float(detail.scaling),
            "shape": [*detail.weights.shape, detail.q.shape[1], detail.v.shape[1]],
        }
        kept = [*kept, *((({"what": f"detail {part}"}), numbers(getattr(detail, part))) for part in PARTS)]
        kept.append(({"what": "detail allowed"}, detail.allowed.astype(np.uint8).tobytes()))
    return assemble(header, kept)


def assemble(header: dict[str, Any], sections: Sections) -> bytes:
    """Header and sections in one container, each section at a whole multiple of four bytes."""
    told, body, offset = [], [], 0
    for what, raw in sections:
        told.append({**what, "offset": offset, "bytes": len(raw), "deflated": False})
        body += [raw, bytes(-len(raw) % 4)]
        offset += len(raw) + len(body[-1])
    return build_container({**header, "sections": told}, body)


def digest_of(whole: Whole) -> str:
    """A name for the contents of a picture: equal ones have equal names. Kept with the record."""
    kept: str | None = whole.__dict__.get("digest")
    if kept is None:
        described, sections = describe(whole)
        digest = hashlib.blake2b(json.dumps(described).encode(), digest_size=12)
        for _what, raw in sections:
            digest.update(raw)
        kept = digest.hexdigest()
        whole.__dict__["digest"] = kept
    return kept


def describe(whole: Whole) -> tuple[dict[str, Any], Sections]:
    """What stands in the header, and the sections of numbers."""
    sections: Sections = []
    sides = {}
    for kind, side in (("encoder", whole.encoder), ("decoder", whole.decoder)):
        if side is not None:
            sides[kind] = describe_side(kind, side, sections)
    attention = {}
    for kind in whole.attention.kinds:
        stack = whole.attention[kind]
        attention[kind] = {"layers": stack.layers, "heads": stack.heads}
        for place, layer in enumerate(stack.layers):
            sections.append(({"what": "weights", "kind": kind, "layer": layer}, weights(stack, place)))
        scale = scales.end(float(np.nan_to_num(stack.weights).max(initial=0)))
        attention[kind]["end"] = scale
    if whole.two:
        across = np.ascontiguousarray(whole.across, dtype="<i4").tobytes()
        sections.append(({"what": "across"}, across))
    steps = range(len(whole.last.tokens)) if whole.two else ()
    sources = range(len(whole.encoder.tokens)) if whole.two and whole.encoder else ()
    described = {
        "sides": sides,
        "attention": attention,
        "output": None
        if whole.output is None
        else {
            "best": [
                [[show(guess.text), finite(guess.logit), finite(guess.probability)] for guess in row]
                for row in whole.output.best
            ],
            "chosen": whole.output.chosen,
            "vocabulary": whole.output.vocabulary,
            "tied": whole.output.tied,
        },
        "looks": {
            kind: [None if one is None else [one.layer, one.head, one.key] for one in row]
            for kind, row in whole.looks.items()
        },
        "reads": [whole.read_for(step) for step in steps],
        "writes": [whole.step_for(read) for read in sources],
        "changes": [asdict(change) for change in whole.changes],
        "apart": whole.apart,
    }
    return described, sections


def describe_side(kind: str, side: Side, sections: Sections) -> dict[str, Any]:
    """One stack for the header; its vectors become sections."""
    for name in VECTORS:
        found = getattr(side, name)
        if found is not None:
            sections.append(({"what": name, "side": kind}, numbers(found)))
    layers = []
    for i, layer in enumerate(side.layers):
        for one in layer.sublayers:
            where = {"side": kind, "layer": i, "part": one.part}
            sections.append(({"what": "added", **where}, numbers(one.added)))
            sections.append(({"what": "length", **where}, numbers(one.length)))
        layers.append(
            {"mixer": layer.mixer, "sublayers": [describe_sublayer(one) for one in layer.sublayers]}
        )
    return {
        "tokens": describe_tokens(side.tokens),
        "ids": side.ids,
        "first": side.first,
        "total": side.total or len(side.tokens),
        "width": side.width,
        "features": 0 if side.states is None else side.states.shape[-1],
        "scale": finite(side.scale),
        "plain": side.plain,
        "last_norm": side.last_norm,
        "layers": layers,
    }


def describe_sublayer(one: Sublayer) -> dict[str, Any]:
    return {
        "part": one.part,
        "order": one.order,
        "norm": one.norm,
        "units": one.units,
        "fired": None if one.fired is None else [int(count) for count in one.fired],
        "experts": one.experts,
    }


def describe_tokens(tokens: Tokens) -> dict[str, Any]:
    return {
        "texts": list(map(show, tokens.texts)),
        "special": [i for i, special in enumerate(tokens.special) if special],
    }


def weights(stack: Stack, place: int) -> bytes:
    """One layer: the largest weight of each row, then all weights as bytes of it."""
    found = np.nan_to_num(stack.weights[place])
    if stack.mask is not None:  # the softmax of a row that may look at nothing is even, and no attention
        found = np.where(stack.mask[place].any(-1, keepdims=True), found, np.float32(0))
    largest = found.max(axis=-1, keepdims=True, initial=0)
    return numbers(largest) + quantise(found, largest).tobytes()


def numbers(array: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(np.nan_to_num(array), dtype="<f4").tobytes()


def finite(value: float) -> float:
    return float(value) if np.isfinite(value) else 0.0
