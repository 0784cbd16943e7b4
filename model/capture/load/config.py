"""config.json: read without running anything, and refused where it tells of no model that is built in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig

from model.capture.load.parts import text_config
from model.capture.load.quantised import check_quantised
from model.errors import Refusal

LARGEST_CONFIG = 10_000_000  # bytes
MOST_LAYERS = 1000


@contextmanager
def refusing(refusal: Refusal) -> Iterator[None]:
    """Says this one plain sentence for whatever a broken file makes the libraries raise."""
    try:
        yield
    except Refusal:
        raise
    except Exception as error:
        raise refusal from error


def read_config(folder: Path, name: str) -> PreTrainedConfig:
    """The config of a checkpoint, whose code is never run. Raises ValueError where it is none."""
    check_config(folder, name)
    with refusing(Refusal("The config.json of {name} cannot be understood.", name=name)):
        config: PreTrainedConfig = AutoConfig.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True
        )
        # A config may name a kernel of the Hub, which is code, or a pickled file for its weights.
        config._attn_implementation = None
        config.__dict__.pop("transformers_weights", None)
    check_quantised(config, name)
    return config


def check_config(folder: Path, name: str) -> None:
    """Raises ValueError unless config.json tells of a model that transformers knows."""
    path = folder / "config.json"
    if not path.is_file():
        raise Refusal("{name} has no config.json, so it is no checkpoint.", name=name)
    with refusing(Refusal("The config.json of {name} is not JSON.", name=name)):
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
        if "layer" in key and value > MOST_LAYERS:
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


def has_own_code(config: PreTrainedConfig) -> bool:
    """Whether a checkpoint brings code of its own for its model, which is not run."""
    named = getattr(config, "auto_map", None)
    return isinstance(named, dict) and any(str(key).startswith("AutoModel") for key in named)


def prediction_layers(config: PreTrainedConfig) -> int:
    """How many layers a file may hold behind the last, which only help to write faster and are not read."""
    text = text_config(config)
    given = {**text.to_dict(), **{name: getattr(text, name, None) for name in text.attribute_map}}
    counts = [
        value
        for key, value in given.items()
        if "layer" in key and ("mtp" in key or "nextn" in key) and isinstance(value, int)
    ]
    return max(counts, default=0)
