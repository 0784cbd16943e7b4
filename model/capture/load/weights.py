"""The weights of a folder: which files they are, what they hold, and whether a model is made of them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from safetensors import safe_open
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel

from model.capture.forward import translates
from model.capture.load.config import has_own_code, prediction_layers, refusing
from model.capture.load.halves import absent_paths
from model.capture.load.parts import text_config
from model.capture.load.quantised import is_quantised
from model.errors import Refusal
from model.locks import making
from model.traces import film

USUAL = "model.safetensors"
INDEX = "model.safetensors.index.json"
VARIANT = re.compile(r"model\.([\w-]+)\.safetensors|model\.safetensors\.index\.([\w-]+)\.json")
NUMBERED = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.safetensors")
NOT_THE_MODEL = (film.FILE, "adapter_model.safetensors", "optimizer.safetensors", "head.safetensors")
LAYER = re.compile(r"\.(\d+)(?=\.)")
ALWAYS_FITS = 100_000_000  # numbers that a model may need beyond what its file holds
PACKED = 16  # how many numbers a stored one may stand for: two bits of an int32
LARGEST_INDEX = 100_000_000  # bytes
# With peft installed transformers would load an adapter that lies beside the weights, pickled ones too; it is
# told to look for it where nothing can be, in a file.
NO_ADAPTER = {"subfolder": "adapter_config.json"}


class Weights(NamedTuple):
    """The files of a folder that hold its weights. options: how from_pretrained is told of them."""

    paths: tuple[Path, ...]
    shapes: Mapping[str, tuple[int, ...]]
    options: Mapping[str, str]
    explicit: str | None = None  # a file of another name than is usual

    @property
    def numbers(self) -> int:
        """How many numbers they hold."""
        return sum(map(math.prod, self.shapes.values()))


def find_weights(folder: Path, name: str) -> Weights:
    """The weights of a folder. Raises ValueError where there are none, or one of their files is absent."""
    paths, options, explicit = weight_files(folder, name)
    shapes: dict[str, tuple[int, ...]] = {}
    for path in paths:
        with (
            refusing(Refusal("The weights of {name} are damaged: {file}.", name=name, file=path.name)),
            safe_open(path, framework="pt") as file,
        ):
            for key in file.keys():  # noqa: SIM118
                shapes[key] = tuple(file.get_slice(key).get_shape())
    return Weights(tuple(paths), shapes, options, explicit)


def weight_files(folder: Path, name: str) -> tuple[list[Path], dict[str, str], str | None]:
    """The files, how transformers is told of them, and their name where it is another than is usual.

    Like transformers, takes model.safetensors, or else what the index lists; then a single file or index of
    another name ("model.fp16.safetensors").
    """
    if (folder / USUAL).is_file():
        return [folder / USUAL], {}, None
    if (folder / INDEX).is_file():
        return shards(folder, INDEX, name), {}, None
    paths = sorted(path for path in folder.glob("*.safetensors") if path.name not in NOT_THE_MODEL)
    variants = {
        (found[1] or found[2]): found[0]
        for path in folder.iterdir()
        if path.is_file() and (found := VARIANT.fullmatch(path.name))
    }
    if len(variants) == 1:
        variant, file = next(iter(variants.items()))
        listed = shards(folder, file, name) if file.endswith(".json") else [folder / file]
        return listed, {"variant": variant}, None
    if len(variants) > 1:
        raise Refusal(
            "{name} has its weights in several forms ({files}); keep one, or name it model.safetensors.",
            name=name,
            files=", ".join(sorted(variants)[:3]),
        )
    numbered = [found for path in paths if (found := NUMBERED.fullmatch(path.name))]
    if numbered:
        raise Refusal(
            "{name} lacks its file {file}.", name=name, file=f"{numbered[0][1]}.safetensors.index.json"
        )
    own = [path for path in paths if path.name.startswith("consolidated")]
    others = [path for path in paths if path not in own]
    if len(others) == 1:
        return others, {}, others[0].name
    if len(others) > 1:
        raise Refusal(
            "{name} has no model.safetensors but {count} files of other names; name the model's so.",
            name=name,
            count=len(others),
        )
    if own:
        raise Refusal(
            "{name} holds weights for their makers' own tools (consolidated); get its model.safetensors.",
            name=name,
        )
    raise no_weights(folder, name)


def no_weights(folder: Path, name: str) -> Refusal:
    """Why a folder has no weights that can be read."""
    if any(folder.glob("*.bin")) or any(folder.glob("*.pt")) or any(folder.glob("*.pth")):
        return Refusal(
            "{name} has pickled weights only ({kind}), which are never opened because they can run code; "
            "save them as safetensors.",
            name=name,
            kind=next(kind for kind in (".bin", ".pt", ".pth") if any(folder.glob(f"*{kind}"))),
        )
    if any(folder.glob("*.gguf")):
        return Refusal(
            "{name} holds GGUF, which llama.cpp reads and this app does not; get the same model as "
            "safetensors.",
            name=name,
        )
    return Refusal("{name} has no weights: there is no model.safetensors.", name=name)


def shards(folder: Path, index: str, name: str) -> list[Path]:
    """The files that an index lists. Raises ValueError where one is absent, by its name."""
    with refusing(Refusal("The file {file} of {name} cannot be read.", name=name, file=index)):
        if (folder / index).stat().st_size > LARGEST_INDEX:
            raise ValueError("too large")
        listed = sorted(
            {str(file) for file in json.loads((folder / index).read_bytes())["weight_map"].values()}
        )
        if not listed or any(Path(file).name != file or not file.endswith(".safetensors") for file in listed):
            raise ValueError("not names of files here")
    lacking = [file for file in listed if not (folder / file).is_file()]
    if len(lacking) == 1:
        raise Refusal("{name} lacks its file {file}.", name=name, file=lacking[0])
    if lacking:
        raise Refusal(
            "{name} lacks {count} of its files, {file} first.", name=name, count=len(lacking), file=lacking[0]
        )
    return [folder / file for file in listed]


def load_model(
    kind: type[PreTrainedModel],
    config: PreTrainedConfig,
    folder: Path,
    name: str,
    weights: Weights,
    dtype: torch.dtype | str = torch.float32,
    device_map: Any = None,
) -> PreTrainedModel:
    """The model with its weights. Raises ValueError unless the weights are those the config asks for."""
    loaded: PreTrainedModel
    failed = Refusal("The weights of {name} do not fit its config.json.", name=name)
    if has_own_code(config):
        failed = Refusal(
            "{name} was made with code of its own, which is not run, and its weights do not fit the {kind} "
            "that is built in.",
            name=name,
            kind=config.model_type,
        )
    with making, refusing(failed):
        with torch.device("meta"):  # takes no memory, whatever the config asks for
            plan = kind(config)
        needed = sum(tensor.numel() for tensor in (*plan.parameters(), *plan.buffers()))
        most = (PACKED if is_quantised(config) else 4) * weights.numbers + ALWAYS_FITS
        if needed > most:
            raise ValueError(f"{needed} numbers are needed, {weights.numbers} are there")
        if weights.explicit:
            config.transformers_weights = weights.explicit
        loaded, report = cast(Any, kind).from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            device_map=device_map,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            ignore_mismatched_sizes=True,  # they are told of below
            output_loading_info=True,
            adapter_kwargs=NO_ADAPTER,
            **weights.options,
        )
        if report["error_msgs"]:
            raise ValueError(report["error_msgs"][0])
        wrong = misfit(loaded, report, name)
        if wrong is not None:
            raise failed if has_own_code(config) else wrong
    return loaded


def misfit(loaded: PreTrainedModel, report: Mapping[str, Any], name: str) -> Refusal | None:
    """The first weight that does not fit, named; None where all do."""
    for key, stored, wanted in sorted(report["mismatched_keys"]):
        return Refusal(
            "The weights of {name} do not fit its config.json: {key} is {stored}, not {wanted}.",
            name=name,
            key=tail(key),
            stored=size(stored),
            wanted=size(wanted),
        )
    for key in sorted(key for key in report["missing_keys"] if is_needed(loaded, key)):
        return Refusal(
            "The weights of {name} do not fit its config.json: {key} is missing.", name=name, key=tail(key)
        )
    for key in sorted(layers_beyond(loaded, report["unexpected_keys"])):
        return Refusal(
            "The weights of {name} do not fit its config.json: {key} belongs to a layer beyond its last.",
            name=name,
            key=tail(key),
        )
    return None


def tail(key: str, most: int = 70) -> str:
    """A weight's name, or the end of a long one, which tells more."""
    return key if len(key) <= most else f"…{key[-most:]}"


def size(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape)) or "one number"


def is_needed(loaded: PreTrainedModel, key: str) -> bool:
    """False for the heads and poolers on top of a stack that only shows its attention."""
    if translates(loaded):
        return True
    base = loaded.base_model_prefix
    on_top = loaded.base_model is not loaded and not key.startswith(base + ".")
    return not on_top and "pooler" not in key.split(".")


def layers_beyond(loaded: PreTrainedModel, keys: Iterable[str]) -> list[str]:
    """Weights of layers that the config leaves out; heads that are not used do not count, nor towers."""
    spare = prediction_layers(loaded.config)
    depth = getattr(text_config(loaded.config), "num_hidden_layers", 0)
    stacks = {path: len(stack) for path, stack in loaded.named_modules() if isinstance(stack, nn.ModuleList)}
    left_out = tuple(f"{path}." for path in absent_paths(loaded))
    read = [key for key in keys if not (left_out and key.startswith(left_out))]
    places = [(key, key[: found.start()], int(found[1])) for key in read for found in LAYER.finditer(key)]
    return [
        key
        for key, stem, index in places
        for path, count in stacks.items()
        if index >= (count + spare if count == depth else count)
        and f".{path}".endswith(f".{stem}") | f".{stem}".endswith(f".{path}")
    ]
