"""A model that can be traced: its tokenizer, and which of its modules is which attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from threading import Lock
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from model.attention import NAME, Call, Seen, listening, register
from model.errors import Refusal
from model.trace import Kind

Architecture = Literal["encoder-decoder", "encoder", "decoder"]

# What modelling files call attention to the encoder's output, without "_" and capitals.
CROSS = {"crossattention", "crossattn", "encoderattn", "encdecattention", "encoderdecoderattention"}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model in eval mode with its tokenizer. Made by `model.load`, or from its parts by `prepare`.

    paths, kinds: of each module that calls the attention function; empty where weights_only.
    weights_only: the model computes attention its own way; it gives its weights and nothing else.
    layers, heads: how many there are of each kind. parameters: how many numbers the model has learned.
    max_tokens: the longest text, special tokens included; None = any length.
    first_head: what to show first ({"kind", "layer", "head", "query"}), where the checkpoint says so.
    word_counts: how often each word occurred in training, where the checkpoint says so;
        see `model.text.word_counts`.
    lock: to be held while the tokenizer works; some cannot serve two threads at once.
    """

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    architecture: Architecture
    weights_only: bool
    paths: Mapping[nn.Module, str]
    kinds: Mapping[nn.Module, Kind]
    layers: Mapping[Kind, int]
    heads: Mapping[Kind, int]
    parameters: int
    max_tokens: int | None
    first_head: dict[str, Any] | None
    seen: Mapping[str, int] | None = None
    lock: Lock = field(default_factory=Lock)


class Probe:
    """Hears which modules call the attention function, in which order and with how many heads."""

    def __init__(self) -> None:
        self.modules: list[nn.Module] = []
        self.heads: list[int] = []
        self.causal = True

    def hear(self, module: nn.Module, query: Tensor, key: Tensor) -> Call:
        self.modules.append(module)
        self.heads.append(query.shape[1])
        return Call(record=self.look)

    def look(self, seen: Seen) -> None:
        self.causal = self.causal and not seen.mask.triu(1).any()


@torch.no_grad()
def prepare(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str = "") -> Checkpoint:
    """Makes a model ready to be traced: puts it in eval mode and takes its attention in hand.

    What is attention, how many layers and heads there are and whether the model looks ahead is seen by
    running it once on a very short text, so there is no list of model names to keep.
    Raises ValueError where the model has no attention that could be shown.
    """
    register()
    model.eval()
    if model._can_set_attn_implementation():
        model.set_attn_implementation(NAME)
    ids = torch.zeros(1, 3, dtype=torch.long, device=model.device)
    probe = Probe()
    with listening(probe):
        forward(model, ids, ids)
    heard = set(probe.modules)
    paths = {module: path for path, module in model.named_modules() if module in heard}
    kinds: dict[nn.Module, Kind] = {}
    if paths:
        architecture = architecture_of(model, probe.causal, paths.values())
        kinds = {module: kind_of(path, architecture) for module, path in paths.items()}
        layers = dict(Counter(kinds[module] for module in probe.modules))
        numbers = {(kinds[module], n) for module, n in zip(probe.modules, probe.heads, strict=True)}
    else:
        if model._can_set_attn_implementation():
            model.set_attn_implementation("eager")
        given = attentions(forward(model, ids, ids, output_attentions=True))
        every = [weights for stack in given.values() for weights in stack]
        if not every or any(weights.shape[-2:] != (3, 3) for weights in every):
            raise Refusal("{name} has no attention that can be shown as a matrix.", name=name)
        architecture = architecture_of(model, not any(weights.triu(1).any() for weights in every))
        if architecture == "decoder":
            given = {"decoder": every}
        layers = {kind: len(stack) for kind, stack in given.items()}
        numbers = {(kind, weights.shape[1]) for kind, stack in given.items() for weights in stack}
    heads = dict(numbers)
    if len(heads) < len(numbers):
        raise Refusal("{name} has layers with different numbers of heads, which cannot be shown.", name=name)
    return Checkpoint(
        name=name,
        model=model,
        tokenizer=tokenizer,
        architecture=architecture,
        weights_only=not paths,
        paths=paths,
        kinds=kinds,
        layers=dict(layers),
        heads=heads,
        parameters=sum(p.numel() for p in model.parameters()),
        max_tokens=max_tokens(model),
        first_head=first_head(model, layers, heads),
    )


def translates(model: PreTrainedModel) -> bool:
    """True for encoder-decoders. (T5's encoder alone has a config that still says it is one.)"""
    takes = signature(model.base_model.forward).parameters
    return bool(model.config.is_encoder_decoder) and "decoder_input_ids" in takes


def forward(model: PreTrainedModel, ids: Tensor, target_ids: Tensor | None = None, **options: Any) -> Any:
    """One pass without the output layer, which attention does not need. ids: (batch, length).

    options: more of what the model takes; without an attention_mask among them there is no padding.
    """
    options = {"input_ids": ids, "attention_mask": torch.ones_like(ids)} | options
    if translates(model):
        options["decoder_input_ids"] = target_ids
    if "use_cache" in signature(model.base_model.forward).parameters:
        options["use_cache"] = False
    return model.base_model(**options)


def attentions(output: Any) -> dict[Kind, list[Tensor]]:
    """The weights (batch, heads, queries, keys) of each layer that a model gave with output_attentions.

    A model of one stack calls them nothing; they are filed under "encoder".
    """
    given: dict[Kind, Any] = {
        "encoder": output.get("encoder_attentions") or output.get("attentions"),
        "decoder": output.get("decoder_attentions"),
        "cross": output.get("cross_attentions"),
    }
    stacks = {kind: [w for w in stack or () if w is not None] for kind, stack in given.items()}
    return {kind: stack for kind, stack in stacks.items() if stack}


def architecture_of(model: PreTrainedModel, causal: bool, paths: Iterable[str] = ()) -> Architecture:
    """A stack that never looks ahead, or calls itself so, is a decoder."""
    if translates(model):
        return "encoder-decoder"
    return "decoder" if causal or any("decoder" in path.split(".") for path in paths) else "encoder"


def kind_of(path: str, architecture: Architecture) -> Kind:
    """Which attention stands at a module's path: "decoder.layers.0.encoder_attn" -> "cross"."""
    if architecture != "encoder-decoder":
        return architecture
    names = path.split(".")
    if any(name.replace("_", "").lower() in CROSS for name in names):
        return "cross"
    halves: list[Kind] = ["encoder", "decoder"]
    return next((half for name in names for half in halves if name == half), "encoder")


def max_tokens(model: PreTrainedModel) -> int | None:
    """The longest text that the model has positions for; None where it counts no positions."""
    longest: int | None = getattr(model.config, "max_position_embeddings", None)
    for path, module in model.named_modules():
        # RoBERTa and its kin count from behind the padding's place in the table.
        if path.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            longest = module.num_embeddings - module.padding_idx - 1
    return longest if longest and longest > 0 else None  # XLNet's is -1


def first_head(
    model: PreTrainedModel, layers: Mapping[Kind, int], heads: Mapping[Kind, int]
) -> dict[str, Any] | None:
    """The head that a checkpoint's config says to show first, where there is such a head."""
    said: Any = getattr(model.config, "first_head", None)
    try:
        kind = said["kind"]
        there = 0 <= said["layer"] < layers[kind] and 0 <= said["head"] < heads[kind]
    except (TypeError, KeyError):
        return None
    return dict(said) if there else None
