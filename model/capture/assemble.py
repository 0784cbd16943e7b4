"""From the modules that are attention to a checkpoint: which layer each is, and what stands between."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import nn
from transformers import PreTrainedModel

from model.capture.checkpoint import Checkpoint
from model.capture.differential import subtracted_share
from model.capture.find import Found
from model.capture.probe import Probe
from model.capture.sites import LOOP, Anatomy, Block, Site, describe_mixer, value_maps
from model.errors import Refusal
from model.trace import KINDS, Kind


def assemble(base: Checkpoint, found: Sequence[Found], probe: Probe) -> Checkpoint:
    """The checkpoint with what was heard: each module's layer, from where it stands.

    Raises ValueError where two modules would be the same layer of the same kind.
    """
    anatomy = base.anatomy
    # Stacks whose blocks run several times (ALBERT) are one, numbered in the order of running.
    looped = {b.stack for p, b in anatomy.blocks.items() if probe.runs[anatomy.modules[p]] > 1}
    ran = order_of(anatomy, probe, looped)
    begins: dict[Kind, dict[str, int]] = defaultdict(dict)  # the number of each stack's first layer
    depth: Counter[Kind] = Counter()
    sites: dict[nn.Module, Site] = {}
    heads: dict[Kind, dict[int, int]] = defaultdict(dict)
    shared: set[str] = set()
    crowded = number_crowds(found, anatomy)
    for one in found:
        blocks = anatomy.blocks_of(one.module)
        path = anatomy.path(one.module)
        stack = blocks[0].stack if blocks else path
        several = stack in looped or len(blocks) > 1
        if several:
            shared.add(stack)
        stack = LOOP if stack in looped else stack
        count = len(ran) if stack == LOOP else anatomy.depth.get(stack, 1)
        crowd = crowded.get((one.kinds[0], stack))
        if crowd is not None:
            count = max(crowd.values()) + 1
        for kind in one.kinds:
            if stack not in begins[kind]:
                begins[kind][stack] = depth[kind]
                depth[kind] += count
        begin = begins[one.kinds[0]][stack]
        places = [block.index for block in blocks] or [0]
        if stack == LOOP:
            places = [place for place, block in enumerate(ran) if block in blocks]
        elif crowd is not None:
            places = [crowd[one.module]]
        layers = [begin + place for place in places]
        for kind in one.kinds:
            if taken := set(layers) & set(heads[kind]):
                raise Refusal(
                    "Layer {layer} of {name} has more than one attention, which cannot be shown.",
                    layer=min(taken) + 1,
                    name=base.name,
                )
            heads[kind] |= dict.fromkeys(layers, one.heads)
        sites[one.module] = Site(
            path=path,
            kinds=one.kinds,
            layer=None if several else layers[0],
            heads=one.heads,
            means=one.means,
            stack=stack if several else None,
            calls=one.calls,
            begin=begin,
            extra=one.extra,
            streams=one.streams,
            partly=one.partly,
            is_additive=getattr(one.module, "is_additive", None) is True,
        )
    shares: dict[Kind, dict[int, float]] = defaultdict(dict)
    for module, site in sites.items():
        share = subtracted_share(module)
        if share is not None and site.layer is not None:
            shares[site.kinds[0]][site.layer] = share
    counts = {kind: dict(sorted(by_layer.items())) for kind, by_layer in heads.items()}
    order = [kind for kind in KINDS if kind in counts]
    m = replace(
        base,
        sites=sites,
        layers={kind: tuple(counts[kind]) for kind in order},
        depth={kind: depth[kind] for kind in order},
        between={kind: between(anatomy, begins[kind], counts[kind]) for kind in order if kind != "cross"},
        unseen=find_unseen(anatomy, sites, probe),
        heads={kind: max(counts[kind].values()) for kind in order},
        head_counts={kind: by for kind, by in counts.items() if len(set(by.values())) > 1},
        subtracted={kind: by for kind, by in shares.items() if by.keys() == counts[kind].keys()},
        shared={
            anatomy.modules[path]: Block(LOOP, 0) if block.stack in looped else block
            for path, block in anatomy.blocks.items()
            if block.stack in shared
        },
    )
    return replace(m, first_head=first_head(m))


def find_unseen(anatomy: Anatomy, sites: Collection[nn.Module], probe: Probe) -> dict[str, int]:
    """The stacks that ran and have attention, to judge by its maps of values, of which nothing is known."""
    seen = {block.stack for module in sites for block in anatomy.blocks_of(module)}
    return {
        stack: anatomy.depth[stack]
        for stack in dict.fromkeys(block.stack for block in anatomy.blocks.values())
        if stack not in seen
        and any(
            block.stack == stack
            and probe.runs[anatomy.modules[path]]
            and has_attention(anatomy.modules[path])
            for path, block in anatomy.blocks.items()
        )
    }


def has_attention(block: nn.Module) -> bool:
    """Whether a layer has a map of values somewhere in it."""
    return any(value_maps(module) for module in block.modules())


def number_crowds(found: Sequence[Found], anatomy: Anatomy) -> dict[tuple[Kind, str], dict[nn.Module, int]]:
    """The numbers of attentions of which a layer has more than one of a kind (LongCat), for each such stack.

    As the modules number themselves (`layer_idx`), else in the order in which they run.
    """
    stacks: dict[tuple[Kind, str], list[nn.Module]] = defaultdict(list)
    for one in found:
        blocks = anatomy.blocks_of(one.module)
        if len(blocks) == 1:
            stacks[one.kinds[0], blocks[0].stack].append(one.module)
    crowds = {}
    for place, modules in stacks.items():
        if len({anatomy.blocks_of(module) for module in modules}) < len(modules):
            said: list[Any] = [getattr(module, "layer_idx", None) for module in modules]
            fits = len(set(said)) == len(modules) and all(isinstance(i, int) for i in said)
            crowds[place] = dict(zip(modules, said if fits else range(len(modules)), strict=True))
    return crowds


def order_of(anatomy: Anatomy, probe: Probe, stacks: Collection[str]) -> list[Block]:
    """The blocks of some stacks in the order in which they ran, each as often as it did."""
    blocks = {anatomy.modules[path]: block for path, block in anatomy.blocks.items() if block.stack in stacks}
    return [blocks[module] for module in probe.ran if module in blocks]


def between(anatomy: Anatomy, begins: Mapping[str, int], counts: Mapping[int, int]) -> dict[int, str]:
    """What the layers of a kind's stacks have that have no attention."""
    return {
        begins[block.stack] + block.index: describe_mixer(anatomy.modules[path])
        for path, block in anatomy.blocks.items()
        if block.stack in begins and begins[block.stack] + block.index not in counts
    }


def max_tokens(model: PreTrainedModel) -> int | None:
    """The longest text that the model has positions for; None where it counts no positions."""
    longest: int | None = getattr(model.config, "max_position_embeddings", None)
    for path, module in model.named_modules():
        # RoBERTa and its kin count from behind the padding's place in the table.
        if path.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            longest = module.weight.shape[0] - module.padding_idx - 1
    return longest if longest and longest > 0 else None  # XLNet's is -1


def first_head(m: Checkpoint) -> dict[str, Any] | None:
    """The head that a checkpoint's config says to show first, where there is such a head."""
    said: Any = getattr(m.model.config, "first_head", None)
    try:
        there = said["layer"] in m.layers[said["kind"]] and 0 <= said["head"] < m.heads[said["kind"]]
    except (TypeError, KeyError):
        return None
    return dict(said) if there else None
