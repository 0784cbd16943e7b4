"""Which modules of a model are its attention: heard in a probe, and found to behave as attention does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from model.capture import watch
from model.capture.checkpoint import Checkpoint
from model.capture.forward import run
from model.capture.likeness import are_weights, look_back
from model.capture.observers import Observer, Place
from model.capture.probe import Probe, count_heads, with_other_end
from model.capture.proof import Prover
from model.capture.sites import BEHIND, Means, Site, value_maps
from model.capture.taps import Taps
from model.capture.value_probe import find_vectors, padding_before, prepare_probe
from model.listening import Seen
from model.trace import Kind


@dataclass(frozen=True)
class Found:
    """A module that was heard in a probe. kinds, extra, streams, partly: as in Site. calls: in one run.

    weights: with every stream.
    """

    module: nn.Module
    kinds: tuple[Kind, ...]
    means: Means
    heads: int
    extra: int
    calls: int
    weights: Tensor
    streams: int = 1
    partly: bool = False


def find_sites(base: Checkpoint, probes: Sequence[Probe]) -> list[Found]:
    """The modules that every probe heard alike, with sides that fit; in the order in which they ran."""
    found = []
    condensed = find_condensed(base, probes)
    for module in dict.fromkeys(one.module for one in probes[0].heard):
        seen = [[one for one in probe.heard if one.module is module] for probe in probes]
        if len({tuple((one.means, one.run) for one in heard) for heard in seen}) != 1:
            continue
        sides = {
            sides_of(base, probe, one.weights.shape[-2:])
            for probe, heard in zip(probes, seen, strict=True)
            for one in heard
        }
        if len(sides) != 1 or None in sides:
            continue
        kinds, extra, streams = next(iter(sides))  # type: ignore[misc]
        if extra == BEHIND and module not in condensed:
            continue
        first = seen[0][0]
        calls = sum(one.run == first.run for one in seen[0])
        heads = first.weights.shape[1]
        found.append(Found(module, kinds, first.means, heads, extra, calls, first.weights, streams))
    return found


def sides_of(
    base: Checkpoint, probe: Probe, shape: Sequence[int]
) -> tuple[tuple[Kind, ...], int, int] | None:
    """Which kinds of attention have weights of this shape (queries, keys), how many columns are more, and how
    many streams of the text its queries are.
    """
    known: dict[tuple[int, int], tuple[Kind, ...]]
    known = {size: (kind,) for kind, size in base.sizes(*probe.lengths).items()}
    if base.architecture == "encoder-decoder":
        read, written = probe.lengths
        known[written, read + written] = ("decoder", "cross")
    queries, keys = shape
    streams = probe.streams_of(queries)
    for extra in (0, 1):
        if (queries // streams, keys - extra) in known:
            return known[queries // streams, keys - extra], extra, streams
    if base.architecture == "decoder" and queries == probe.lengths[0] < keys:
        return ("decoder",), BEHIND, 1
    return None


def find_condensed(base: Checkpoint, probes: Sequence[Probe]) -> set[nn.Module]:
    """The modules whose keys are the tokens, and behind them some that stand for several (DeepSeek V4).

    The shorter text is the beginning of the longer one, so for a model that looks back its tokens have the
    same keys in both.
    """
    shorter, longer = sorted(probes, key=lambda probe: probe.lengths[0])
    count = shorter.lengths[0]
    keys = {one.module: one.k for one in longer.heard if one.k is not None}
    return {
        one.module
        for one in shorter.heard
        if one.k is not None
        and (other := keys.get(one.module)) is not None
        and min(one.k.shape[1], other.shape[1]) >= count
        and torch.allclose(one.k[:, :count], other[:, :count], atol=1e-4)
        and not base.looks_ahead
    }


def is_causal(one: Found, base: Checkpoint) -> bool:
    """Whether the map looks ahead only where the model does, which another last token has shown."""
    if base.architecture == "encoder" or one.kinds[0] != "decoder" or base.looks_ahead:
        return True
    return look_back(one.weights)


def prove(base: Checkpoint, text: dict[str, Tensor], found: Sequence[Found]) -> dict[nn.Module, bool]:
    """Of the modules that write softmax down, those in which it is what meets the values; True where other
    streams of the text look beside it.
    """
    written = {one.module: one for one in found if one.means == "softmax" and one.calls == 1}
    if not written:
        return {}
    sites = {module: Site("", one.kinds, None, one.heads, extra=one.extra) for module, one in written.items()}
    prover = Prover(sites, {module: one.weights for module, one in written.items()})
    handles = []
    for module in written:
        handles.append(module.register_forward_pre_hook(prover.begin))
        handles.append(module.register_forward_hook(prover.end, with_kwargs=True))
    try:
        with Taps(prover):
            run(base.model, text)
    finally:
        for handle in handles:
            handle.remove()
    return prover.proven


class Collector(Observer):
    """Keeps the weights that are read off known values."""

    def __init__(self) -> None:
        self.kept: dict[nn.Module, Tensor] = {}

    def attention(self, place: Place, seen: Seen) -> None:
        self.kept.setdefault(place.module, seen.weights)


def find_values(
    base: Checkpoint, texts: Sequence[dict[str, Tensor]], probes: Sequence[Probe], known: set[nn.Module]
) -> list[Found]:
    """The modules whose attention is not made as a matrix of tokens, but can be read off known values."""
    inside = {child for module in known for child in module.modules()}
    around = {module for module in base.model.modules() if any(child in known for child in module.modules())}
    found: dict[nn.Module, Found] = {}
    for module in base.model.modules():
        heads = count_heads(base.model, module)
        if module in inside or module in around or module in probes[0].calling:
            continue  # what calls our function is told by it, or not at all
        if not value_maps(module) or not heads:
            continue
        if probes[0].runs[module] == 1:
            found[module] = Found(module, (), "values", heads, 0, 1, torch.empty(0))
    if not found:
        return []
    for module in found:
        prepare_probe(module)
    watch.hook(found)
    taken: list[dict[nn.Module, Tensor]] = []
    kinds = {module: guess_kind(base, module) for module in found}
    for text, probe in zip(texts, probes, strict=True):
        sites = {
            module: Site(base.anatomy.path(module), (kinds[module],), 0, one.heads, "values")
            for module, one in found.items()
        }
        m, collector = replace(base, sites=sites), Collector()
        try:
            with watch.watching(watch.Pass(m, [collector])):
                run(base.model, text)
        except (ValueError, RuntimeError, StopIteration):
            return []
        count = {
            "encoder": probe.lengths[0],
            "decoder": probe.lengths[base.architecture == "encoder-decoder"],
        }
        taken.append(
            {
                module: weights[..., : count[kinds[module]], : count[kinds[module]]]
                for module, weights in collector.kept.items()
                if weights.shape[-2] == weights.shape[-1] >= count[kinds[module]]
            }
        )
    aligned = find_aligned(base, texts[0], kinds)
    made = [
        replace(found[module], kinds=(kinds[module],), weights=taken[0][module])
        for module in found
        if module in aligned
        and all(module in fit for fit in taken)
        and fits_softmax(taken[0][module], module, probes[0])
    ]
    return [one for one in made if are_weights(one.weights) and is_causal(one, base) and is_used(one)]


def find_aligned(
    base: Checkpoint, text: dict[str, Tensor], kinds: Mapping[nn.Module, Kind]
) -> set[nn.Module]:
    """Of modules those whose rows stand for the tokens of the text: another last token changes its own row.

    BLT's patches do not, of which a text may have as many as bytes, and one more.
    """
    names = {
        "encoder": "input_ids",
        "decoder": "decoder_input_ids" if "decoder_input_ids" in text else "input_ids",
    }
    rows: list[dict[nn.Module, Tensor]] = []

    def keep(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        place = text[names[kinds[module]]].shape[1] - 1
        vectors = find_vectors(args, kwargs)[0, padding_before(args, kwargs) :]
        rows[-1][module] = vectors[place] if place < len(vectors) else vectors[:0]

    handles = [module.register_forward_pre_hook(keep, with_kwargs=True) for module in kinds]
    try:
        for one in (text, with_other_end(text, *set(names.values()))):
            rows.append({})
            run(base.model, one)
    finally:
        for handle in handles:
            handle.remove()
    before, after = rows
    return {module for module in kinds if not torch.equal(before[module], after[module])}


def fits_softmax(weights: Tensor, module: nn.Module, probe: Probe) -> bool:
    """Whether weights are those of a softmax of the same shape that was heard in the module, if one was."""
    heard = [
        one.weights for one in probe.heard if one.module is module and one.weights.shape == weights.shape
    ]
    return not heard or any(torch.allclose(one, weights, atol=1e-3) for one in heard)


def guess_kind(base: Checkpoint, module: nn.Module) -> Kind:
    """Which stack a module that makes its own attention is in."""
    if base.architecture != "encoder-decoder":
        return base.architecture
    return "decoder" if "decoder" in base.anatomy.path(module) else "encoder"


def is_used(one: Found) -> bool:
    """Whether rows have weight at all: what is read off a map that feeds no attention is 0."""
    return bool((one.weights.sum(-1) > 1e-3).any())
