"""From a folder or a Hub name to a Checkpoint. Nothing in it is trusted: no pickle, no code of its own."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import DryRunError, HFValidationError, RepositoryNotFoundError
from safetensors import safe_open
from torch import nn
from transformers import (
    CONFIG_MAPPING,
    AutoConfig,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.models.auto import modeling_auto as auto

import model.networks.pretrained
import model.text.tokenizer  # noqa: F401 - both make compact checkpoints known to the Auto classes
from model.capture.checkpoint import Checkpoint
from model.capture.forward import translates
from model.capture.prepare import prepare
from model.errors import Refusal
from model.locks import making
from model.text import word_counts
from model.training import film

# What is fetched from the Hub.
FILES = [
    "*.json",
    "*.safetensors",
    "*.model",
    "*.spm",
    "*.txt",
    word_counts.FILE,
]  # what is fetched from the Hub
HEADS = (
    auto.MODEL_FOR_CAUSAL_LM_MAPPING,
    auto.MODEL_FOR_MASKED_LM_MAPPING,
    auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
    auto.MODEL_FOR_PRETRAINING_MAPPING,
    auto.MODEL_FOR_TEXT_ENCODING_MAPPING,
    auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING,
    auto.MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    auto.MODEL_FOR_QUESTION_ANSWERING_MAPPING,
)
HUB_NAME = re.compile(r"(?=.{1,96}$)\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
LAYER = re.compile(r"\.(\d+)(?=\.)")
MOST_FETCHED = 5_000_000_000  # bytes of one model, which any link can name
LARGEST_CONFIG = 10_000_000  # bytes
MOST_LAYERS = 1000
ALWAYS_FITS = 100_000_000  # numbers that a model may need beyond what its file holds


def load(name: str | Path) -> Checkpoint:
    """A checkpoint, ready for `trace`, in float32 and eval mode.

    name: a folder written by save_pretrained (a compact Transformer's or any text model's of
    transformers, with its tokenizer), or the name of one on the Hugging Face Hub, which is downloaded
    once. Weights must be safetensors; code that comes with a checkpoint is never run.

    Raises ValueError, in one plain sentence, for whatever is missing, damaged or not allowed.
    """
    name = str(name).strip()
    folder = find(name)
    config = read_config(folder, name)
    stored = stored_numbers(folder, name)
    with plainly(Refusal("The config.json of {name} cannot be understood.", name=name)):
        kind = class_of(config, name)
    tokenizer = load_tokenizer(folder, name)
    weights = load_model(kind, config, folder, name, stored)
    with plainly(Refusal("{name} cannot be run on a text.", name=name)):
        m = prepare(weights, tokenizer, folder.name if os.path.isdir(name) else name)
    return replace(m, word_counts=word_counts.read(folder))


@contextmanager
def plainly(refusal: Refusal) -> Iterator[None]:
    """Says this one plain sentence for whatever a broken file makes the libraries raise."""
    try:
        yield
    except Refusal:
        raise
    except Exception as error:
        raise refusal from error


def find(name: str) -> Path:
    """The folder of this name, fetched from the Hub if there is none here."""
    if os.path.isdir(os.path.expanduser(name)):
        return Path(name).expanduser().resolve()
    if os.path.isfile(name):
        raise Refusal("{name} is a file; name the folder that holds it.", name=name)
    if not HUB_NAME.fullmatch(name) or os.path.isdir(name.partition("/")[0]):
        raise Refusal("There is no folder {name}.", name=name or '""')
    try:
        return fetched(name)
    except Refusal:
        raise
    except (HFValidationError, RepositoryNotFoundError) as error:
        raise Refusal(
            "There is no folder {name}, and no public model of this name on the Hugging Face Hub.", name=name
        ) from error
    except Exception as error:
        raise Refusal(
            "There is no folder {name}, and the Hugging Face Hub cannot be reached to look for it.", name=name
        ) from error


def fetched(name: str) -> Path:
    """The folder of a model of the Hub, which is asked how large it is before anything is downloaded."""
    try:
        files = snapshot_download(name, allow_patterns=FILES, ignore_patterns="*/*", dry_run=True)
    except DryRunError:  # the Hub cannot be asked: what was downloaded before still serves
        files = []
    size = sum(file.file_size or 0 for file in files if file.will_download)
    if size > MOST_FETCHED:
        raise Refusal(
            "{name} is a download of {size} GB, and at most {most} GB are fetched from here. Download it "
            "into a folder, and name the folder.",
            name=name,
            size=f"{size / 1e9:.1f}",
            most=f"{MOST_FETCHED / 1e9:.0f}",
        )
    return Path(snapshot_download(name, allow_patterns=FILES, ignore_patterns="*/*"))


def read_config(folder: Path, name: str) -> PreTrainedConfig:
    """The config of a checkpoint, whose code is never run. Raises ValueError where it is none."""
    check_config(folder, name)
    with plainly(Refusal("The config.json of {name} cannot be understood.", name=name)):
        return AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)


def check_config(folder: Path, name: str) -> None:
    """Raises ValueError unless config.json tells of a model that transformers knows."""
    path = folder / "config.json"
    if not path.is_file():
        raise Refusal("{name} has no config.json, so it is no checkpoint.", name=name)
    with plainly(Refusal("The config.json of {name} is not JSON.", name=name)):
        if path.stat().st_size > LARGEST_CONFIG:
            raise Refusal("The config.json of {name} is too large to be one.", name=name)
        config = json.loads(path.read_bytes())
        if not isinstance(config, dict):
            raise ValueError("not an object")
    kind = config.get("model_type")
    if not isinstance(kind, str):
        raise Refusal("The config.json of {name} does not say its model_type.", name=name)
    if kind not in CONFIG_MAPPING:
        raise Refusal(
            "{name} is a model of type {kind}, which is not built in, and code that comes with a checkpoint "
            "is not run.",
            name=name,
            kind=kind,
        )
    for key, value in numbers(config):
        if key.endswith(("layers", "n_layer")) and value > MOST_LAYERS:  # not vocab_size_per_layer_input
            raise Refusal(
                "The config.json of {name} asks for too much: {key} is {value}.",
                name=name,
                key=key,
                value=value,
            )


def numbers(config: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers of a config and of the configs within it, with their names."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from numbers(value)
        elif isinstance(value, int | float):
            yield key, value


def stored_numbers(folder: Path, name: str) -> int:
    """How many numbers the weights of a folder hold. Raises ValueError where none can be read."""
    paths = sorted(path for path in folder.glob("*.safetensors") if path.name != film.FILE)
    if not paths and any(folder.glob("*.bin")):
        raise Refusal(
            "{name} has pickled weights only (.bin), which are never opened because they can run code; "
            "save them as safetensors.",
            name=name,
        )
    if not paths:
        raise Refusal("{name} has no weights: there is no model.safetensors.", name=name)
    with plainly(Refusal("The weights of {name} are damaged.", name=name)):
        count = 0
        for path in paths:
            with safe_open(path, framework="pt") as file:
                count += sum(math.prod(file.get_slice(key).get_shape()) for key in file.keys())  # noqa: SIM118
        return count


def class_of(config: PreTrainedConfig, name: str) -> type[PreTrainedModel]:
    """The class that a checkpoint was saved from where it can be used, and a fitting one otherwise.

    An encoder-decoder has to write, an encoder or decoder only to be looked at, whatever its head.
    """
    kind, saved = type(config), (config.architectures or [""])[0]
    heads = [one for table in HEADS if kind in table for one in several(table[kind])]
    if not heads:
        raise Refusal(
            "{name} is a {kind} model, which does not read text.", name=name, kind=config.model_type
        )
    known = [*(several(auto.MODEL_MAPPING[kind]) if kind in auto.MODEL_MAPPING else ()), *heads]
    chosen = next((one for one in known if one.__name__ == saved), known[0])
    writers = auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING
    halves = auto.MODEL_FOR_TEXT_ENCODING_MAPPING  # the encoders of encoder-decoders
    if config.is_encoder_decoder and kind in writers and not (kind in halves and chosen is halves[kind]):
        return several(writers[kind])[0]
    return chosen


def several(classes: Any) -> tuple[type[PreTrainedModel], ...]:
    """An entry of transformers' tables is a class or a tuple of them."""
    return classes if isinstance(classes, tuple) else (classes,)


def load_tokenizer(folder: Path, name: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder. Without its files transformers would make one that knows no word."""
    with plainly(Refusal("The tokenizer of {name} is missing or damaged.", name=name)):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True
        )
        files = list(tokenizer.vocab_files_names.values())
        if files and not any((folder / file).is_file() for file in files):
            raise FileNotFoundError(files[0])
        tokenizer("A first text settles what some tokenizers only decide then.")
    return tokenizer


def load_model(
    kind: type[PreTrainedModel], config: PreTrainedConfig, folder: Path, name: str, stored: int
) -> PreTrainedModel:
    """The model with its weights. Raises ValueError unless the weights are those the config asks for."""
    loaded: PreTrainedModel
    with making, plainly(Refusal("The weights of {name} do not fit its config.json.", name=name)):
        with torch.device("meta"):  # takes no memory, whatever the config asks for
            plan = kind(config)
        needed = sum(tensor.numel() for tensor in (*plan.parameters(), *plan.buffers()))
        if needed > 4 * stored + ALWAYS_FITS:
            raise ValueError(f"{needed} numbers are needed, {stored} are there")
        loaded, report = cast(Any, kind).from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
        wrong = [*report["mismatched_keys"], *report["error_msgs"]]
        wrong += [key for key in report["missing_keys"] if is_needed(loaded, key)]
        wrong += layers_beyond(loaded, report["unexpected_keys"])
        if wrong:
            raise ValueError(f"{wrong[0]} and {len(wrong) - 1} more")
    return loaded


def is_needed(loaded: PreTrainedModel, key: str) -> bool:
    """False for the heads and poolers on top of a stack that only shows its attention."""
    if translates(loaded):
        return True
    base = loaded.base_model_prefix
    on_top = loaded.base_model is not loaded and not key.startswith(base + ".")
    return not on_top and "pooler" not in key.split(".")


def layers_beyond(loaded: PreTrainedModel, keys: Iterable[str]) -> list[str]:
    """Weights of layers that the config leaves out; heads that are not used do not count."""
    stacks = {path: len(stack) for path, stack in loaded.named_modules() if isinstance(stack, nn.ModuleList)}
    places = [(key, key[: found.start()], int(found[1])) for key in keys for found in LAYER.finditer(key)]
    return [
        key
        for key, stem, index in places
        for path, count in stacks.items()
        if index >= count and f".{path}".endswith(f".{stem}") | f".{stem}".endswith(f".{path}")
    ]
