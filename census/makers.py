"""A tiny random checkpoint of every text model type that the installed transformers has.

Sizes are shrunk by what the attributes of a config are called; `census.sizes` has what remains.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import nn
from transformers import (
    CONFIG_MAPPING,
    CanineTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.models.auto import modeling_auto as auto

from census.sizes import FILLED, NOT_SMALL, NOT_TEXT, OWN, SIZES
from model.capture.load import HEADS, several

SENTENCES = """
the animal did not cross street because it was too tired wide and then slept cold dog car old house
a man woman saw with in on under big small red green runs walks eats sings he she they we you . ,
"""
WORDS = SENTENCES.split()
SPECIAL = ("<pad>", "<unk>", "<s>", "</s>", "[MASK]")
TEXT = " ".join((WORDS * 2)[:29])


class CannotBeSmall(ValueError):  # noqa: N818 - it says what is the matter
    """A model type of which no small model can be made, and why."""


def text_types() -> tuple[str, ...]:
    """Every model type that transformers lists among models of text."""
    kinds = {kind for table in HEADS for kind in table}
    found = {name for name in CONFIG_MAPPING if CONFIG_MAPPING[name] in kinds}
    return tuple(sorted(found - NOT_TEXT))


def class_of(config: PreTrainedConfig) -> type[PreTrainedModel]:
    """The class that people's checkpoints of this config have: one that writes, else the first there is."""
    tables = list(HEADS)
    if config.is_encoder_decoder:
        tables.insert(0, auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING)
    return next(several(table[type(config)])[0] for table in tables if type(config) in table)


def make(model_type: str, folder: Path, seed: int = 0, **sizes: Any) -> None:
    """Writes config, weights and tokenizer of a tiny random model. sizes: attributes of its config.

    Raises CannotBeSmall where there can be none.
    """
    if model_type in NOT_SMALL:
        raise CannotBeSmall(NOT_SMALL[model_type])
    config = shrink(CONFIG_MAPPING[model_type], OWN.get(model_type, {}) | sizes)
    torch.manual_seed(seed)
    chosen = class_of(config)
    whole = chosen.config_class is None or isinstance(config, chosen.config_class)
    model = chosen(config if whole else config.get_text_config())
    spread(model, seed)
    model.save_pretrained(folder)
    tokenizer_of(model_type, bool(config.is_encoder_decoder)).save_pretrained(folder)


def shrink(kind: type[PreTrainedConfig], own: Mapping[str, Any]) -> PreTrainedConfig:
    """A config of small sizes. own: what is set beside; a mapping is for the config within of that name."""
    usual = kind()
    given: dict[str, Any] = {}
    inner = dict(getattr(kind, "sub_configs", {}))
    for name in attributes(usual):
        if is_fixed(kind, name):
            continue
        value = usual_value(usual, name)
        if name in inner or isinstance(value, PreTrainedConfig):
            if isinstance(value, PreTrainedConfig):
                given[name] = shrink(type(value), own.get(name, {})).to_dict()
        elif name in SIZES and (value is None or isinstance(value, type(SIZES[name]) | int | float)):
            given[name] = SIZES[name] if value is not None or name in FILLED else None
    given = {name: value for name, value in given.items() if value is not None}
    if "per_layer_config" in attributes(usual):
        given["per_layer_config"] = {}
    layers = next((given[name] for name in ("num_hidden_layers", "n_layers") if name in given), 2)
    kinds = getattr(usual, "layer_types", None)
    if isinstance(kinds, list) and kinds and not is_fixed(kind, "layer_types"):
        different = list(dict.fromkeys(kinds))
        layers = max(layers, 2 * len(different))
        given["layer_types"] = (different * layers)[:layers]
        given["num_hidden_layers"] = layers
    if "kv_lora_rank" in given and "num_key_value_heads" in given:  # latent attention shares no heads
        given["num_key_value_heads"] = given["num_attention_heads"]
    if usual_value(usual, "head_dim") == usual_value(usual, "qk_rope_head_dim") and "head_dim" in given:
        given["head_dim"] = given["qk_rope_head_dim"]  # what is turned is a part of the head
    given |= {
        name: value for name, value in own.items() if not isinstance(value, Mapping) or name not in inner
    }
    return kind(**given)


def is_fixed(kind: type[PreTrainedConfig], name: str) -> bool:
    """Whether an attribute follows from others."""
    name = getattr(kind, "attribute_map", {}).get(name, name)
    return isinstance(own := getattr(kind, name, None), property) and own.fset is None


def usual_value(config: PreTrainedConfig, name: str) -> Any:
    """What an attribute is by default; 0 where it may differ from layer to layer."""
    try:
        return getattr(config, name, None)
    except Exception:  # of its own kind
        return 0


def attributes(config: PreTrainedConfig) -> list[str]:
    """The names that a config can be made with."""
    names = dict.fromkeys(inspect.signature(type(config).__init__).parameters)
    names |= dict.fromkeys(config.to_dict())
    mapped = dict(getattr(config, "attribute_map", {}))
    return [name for name in names if name not in mapped and name not in ("self", "kwargs")]


def spread(model: nn.Module, seed: int) -> None:
    """Random weights that make attention uneven; what is no matrix keeps its kind of value."""
    chance = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            last = name.rpartition(".")[2]
            if last in ("A_log", "dt_bias", "D", "inv_freq") or not parameter.is_floating_point():
                continue
            noise = torch.randn(parameter.shape, generator=chance).to(parameter)
            if parameter.dim() >= 2:
                parameter.copy_(noise * 1.2 / parameter.shape[-1] ** 0.5)
            else:
                parameter.add_(0.1 * noise)


def tokenizer_of(model_type: str, ends: bool) -> PreTrainedTokenizerBase:
    """A tokenizer of whole words, or of characters where the model reads those. ends: texts end with </s>."""
    if model_type == "canine":
        return CanineTokenizer()
    words = {word: i for i, word in enumerate((*SPECIAL, *WORDS))}
    built = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    built.pre_tokenizer = pre_tokenizers.Whitespace()
    if ends:
        built.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 3)])
    names = dict(zip(("pad", "unk", "bos", "eos", "mask"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(
        tokenizer_object=built, **{f"{name}_token": token for name, token in names.items()}
    )
