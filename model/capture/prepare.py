"""A model made ready to be watched, and checked: what is shown of it is what it does.

There is no list of model names. The model runs on a few short texts as it is, then under observation, and is
taken only where both agree and where the record has the properties of attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from model.attention import NAME, register
from model.capture import watch
from model.capture.assemble import assemble, first_head, max_tokens
from model.capture.checkpoint import Architecture, Checkpoint, half_of
from model.capture.find import (
    Found,
    find_sites,
    find_values,
    is_causal,
    prove,
)
from model.capture.forward import Row, attentions, forward, preserving, run, translates
from model.capture.implementation import implementation_of, set_implementation
from model.capture.interrupt import interruptible
from model.capture.likeness import agree, are_weights, look_back
from model.capture.observers import Place
from model.capture.paths import Paths, limits_of, mirror
from model.capture.probe import (
    PROBES,
    Lengths,
    Probe,
    count_latents,
    hooking,
    moves_earlier,
    probe_batch,
    read_off,
)
from model.capture.segments import reads_segments
from model.capture.sites import Anatomy
from model.capture.taps import Taps
from model.errors import Refusal
from model.listening import listening
from model.networks.recurrent.layers import Recurrence
from model.text.languages import languages
from model.text.pairs import find_template
from model.trace import Kind


class BecomesAnother(ValueError):  # noqa: N818 - what the model does
    """The model has put other modules in its place while it read a text."""


@torch.no_grad()
def prepare(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str = "") -> Checkpoint:
    """Makes a model ready to be watched: puts it in eval mode and takes its attention in hand.

    Raises ValueError where the model has no attention that could be shown as a matrix over tokens.
    """
    register()
    model.eval()
    own, fresh = implementation_of(model), None
    try:
        m = check_model(model, tokenizer, name, PROBES)
    except BecomesAnother:  # BigBird, which looks everywhere for good once it has read a text of a few blocks
        fresh = mirror(model)
        run(model, probe_batch(model, tokenizer, min(PROBES)))
        m = replace(check_model(model, tokenizer, name, PROBES), pads=False)
    paths = Paths(own, limits_of(model.config), partial(check_model, tokenizer=tokenizer, name=name), fresh)
    return replace(m, paths=paths)


def check_model(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str, probes: Sequence[Lengths]
) -> Checkpoint:
    """The checkpoint of a model that runs as it always does on texts of these lengths when it is watched.

    Raises ValueError where there is none.
    """
    with interruptible(model):
        return check_all_ways(model, tokenizer, name, probes)


def check_all_ways(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str, probes: Sequence[Lengths]
) -> Checkpoint:
    """The first of the ways of listening to a model by which it goes on doing what it does."""
    anatomy = Anatomy.of(model)
    own = implementation_of(model)
    with preserving(model) as changed:
        texts = [probe_batch(model, tokenizer, lengths) for lengths in probes]
        reference = [read_off(run(model, text)) for text in texts]
        looks_ahead = moves_earlier(model, texts[0], reference[0])
        architecture = architecture_of(model, looks_ahead)
    if changed:
        raise BecomesAnother(name)
    base = blank(name, model, tokenizer, architecture, anatomy, looks_ahead)
    if base.pairs is not None:
        with preserving(model):
            base = replace(base, segments=reads_segments(model, texts[0], base.pairs.types))
    for implementation in dict.fromkeys([NAME, own, "eager"]):
        if not set_implementation(model, implementation):
            continue
        with preserving(model):
            found = listen(base, probes, texts, reference)
        if found is not None:
            return replace(found, pads=pads_truly(found, texts, reference))
    set_implementation(model, "eager")
    with preserving(model):
        return ask(base, texts[0], probes[0], reference[0])


def architecture_of(model: PreTrainedModel, looks_ahead: bool) -> Architecture:
    """A compact model says what it is; of others a single stack that never looks ahead is a decoder."""
    said = getattr(model.config, "architecture", None)
    if said in ("encoder-decoder", "encoder", "decoder"):
        return cast(Architecture, said)
    if translates(model):
        return "encoder-decoder"
    return "encoder" if looks_ahead else "decoder"


def listen(
    base: Checkpoint,
    lengths: Sequence[Lengths],
    texts: Sequence[dict[str, Tensor]],
    reference: Sequence[Sequence[Tensor]],
) -> Checkpoint | None:
    """The model as it is heard by its present implementation; None where it then does something else."""
    model, probes = base.model, []
    for text, length, expected in zip(texts, lengths, reference, strict=True):
        probe = Probe(model, length)
        try:
            with hooking(model, probe), listening(probe), Taps(probe):
                output = read_off(run(model, text))
        except (ValueError, RuntimeError):  # what it passes is not known, or it runs otherwise only
            return None
        if not agree(output, expected, model.dtype):
            return None
        probes.append(probe)
    found = find_sites(base, probes)
    proven = prove(base, texts[0], found)
    found = [
        replace(one, partly=proven.get(one.module, False))
        for one in found
        if one.means != "softmax" or one.module in proven
    ]
    if not all(are_weights(one.weights) for one in found) or not all(is_causal(one, base) for one in found):
        return None
    found = [*found, *find_values(base, texts, probes, {one.module for one in found})]
    if not found and not base.recurrences:
        return None
    if found and base.architecture == "encoder" and all(look_back(one.weights) for one in found):
        # What is said early may change with the end all the same, by hashing for one (Reformer).
        found = [replace(one, kinds=("decoder",)) for one in found]
        base = replace(base, architecture="decoder", pairs=None, segments=False)
    m = assemble(base, found, probes[0])
    watch.hook(
        module
        for module in model.modules()
        if module in m.shared or needs_hook(m, module) or (m.shared and module is model.base_model)
    )
    return m


@torch.no_grad()
def pads_truly(
    m: Checkpoint, texts: Sequence[dict[str, Tensor]], reference: Sequence[Sequence[Tensor]]
) -> bool:
    """Whether the probes come out of one batch, padded on the right, as they came out alone."""
    targets = [text.get("decoder_input_ids") for text in texts]
    rows = [
        Row(text["input_ids"][0].tolist(), None if target is None else target[0].tolist())
        for text, target in zip(texts, targets, strict=True)
    ]
    try:
        together = read_off(forward(m, rows))[0]
    except (ValueError, RuntimeError, IndexError):
        return False
    return all(
        row.shape[-1] == alone[0].shape[-1]
        and agree([row[None, : alone[0].shape[1]]], alone[:1], m.model.dtype)
        for row, alone in zip(together, reference, strict=True)
    )


def needs_hook(m: Checkpoint, module: nn.Module) -> bool:
    """Whether a module has to say when it runs, for its attention to be heard or told apart."""
    site = m.sites.get(module)
    return site is not None and (site.means != "function" or site.calls > 1)


def blank(
    name: str,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    architecture: Architecture,
    anatomy: Anatomy,
    looks_ahead: bool,
) -> Checkpoint:
    """A checkpoint of which no attention is known yet."""
    configs = (getattr(model, "generation_config", None), model.config)
    recurrences = find_recurrences(model, anatomy)
    return Checkpoint(
        name=name,
        model=model,
        tokenizer=tokenizer,
        architecture=architecture,
        anatomy=anatomy,
        sites={},
        layers={},
        depth={},
        between={},
        unseen={},
        heads={},
        head_counts={},
        parameters=sum(p.numel() for p in model.parameters()),
        max_tokens=max_tokens(model),
        first_head=None,
        looks_ahead=looks_ahead,
        latents=count_latents(model),
        languages=languages(tokenizer, *configs) if architecture == "encoder-decoder" else None,
        pairs=find_template(tokenizer) if architecture == "encoder" and not recurrences else None,
        recurrences=recurrences,
    )


def find_recurrences(model: PreTrainedModel, anatomy: Anatomy) -> dict[Recurrence, Place]:
    """The layers of a recurrent network, and where each stands."""
    found: dict[Recurrence, Place] = {}
    for module in model.modules():
        if isinstance(module, Recurrence):
            path, block = anatomy.path(module), anatomy.blocks_of(module)[0]
            found[module] = Place(half_of(path), block.index, 0, module, path)
    return found


def ask(
    base: Checkpoint, text: dict[str, Tensor], lengths: Lengths, reference: Sequence[Tensor]
) -> Checkpoint:
    """The model as it answers with output_attentions: weights and nothing else.

    Raises ValueError where it has none that are a matrix over the tokens, or answers otherwise then.
    """
    try:
        output = run(base.model, {**text, "output_attentions": True})
        given = attentions(output) if agree(read_off(output), reference, base.model.dtype) else {}
    except (TypeError, ValueError):
        given = {}
    if base.architecture == "decoder" and "encoder" in given:
        given = {"decoder": given["encoder"]}
    kinds: dict[Kind, list[Tensor]] = {}
    for kind, stack in given.items():
        side = base.sizes(*lengths).get(kind)
        shown = [w for w in stack if w.dim() == 4 and tuple(w.shape[-2:]) == side]
        whole = [Found(base.model, (kind,), "values", w.shape[1], 0, 1, w) for w in shown]
        if (
            shown
            and len(shown) == len(stack)
            and all(are_weights(w.weights) and is_causal(w, base) for w in whole)
        ):
            kinds[kind] = shown
    if not kinds:
        raise Refusal("{name} has no attention that can be shown as a matrix.", name=base.name)
    m = replace(
        base,
        outputs_only=True,
        layers={kind: tuple(range(len(stack))) for kind, stack in kinds.items()},
        depth={kind: len(stack) for kind, stack in kinds.items()},
        heads={kind: max(w.shape[1] for w in stack) for kind, stack in kinds.items()},
    )
    return replace(m, first_head=first_head(m))
