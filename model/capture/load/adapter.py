"""LoRA and its kin: an adapter is put into its base model, and what is shown is the sum of both."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from safetensors import safe_open
from torch import nn
from transformers import PreTrainedModel

from model.capture.load.config import refusing
from model.capture.load.folders import HUB_NAME, Found, inside, is_checkpoint, object_in
from model.capture.load.weights import size, tail
from model.errors import Refusal

SETTINGS = "adapter_config.json"
FILE = "adapter_model.safetensors"
MERGES = ("LORA", "IA3", "LOHA", "LOKR", "ADALORA", "OFT", "BOFT", "VERA", "FOURIERFT", "HRA")
CODE = ("megatron_config", "megatron_core")  # with these peft imports a module that the file names
INSIDE = "base_model.model."  # what peft writes before a weight's name
LONGEST = 60  # characters of a name that a config gave


class Adapter(NamedTuple):
    """An adapter's folder, what its adapter_config.json says, and the model that it is for."""

    folder: Path
    settings: dict[str, Any]
    base: Found


def find_adapter(folder: Path, name: str, find: Callable[[str], Found]) -> Adapter | None:
    """The adapter of a folder with the base that it names; None where there is none.

    find: where a name of the Hub lies. Raises ValueError where the adapter cannot be used, where its base is
    not found, and where full weights lie beside it though it names another base.
    """
    if not (folder / SETTINGS).is_file():
        return None
    settings = object_in(folder / SETTINGS)
    kind = str(settings.get("peft_type") or "").upper()
    if not kind:
        raise Refusal("The adapter_config.json of {name} is not that of an adapter.", name=name)
    if kind not in MERGES or any(settings.get(key) for key in CODE if key == "megatron_config"):
        raise Refusal(
            "{name} is an adapter of type {kind}, which cannot be merged into its base model.",
            name=name,
            kind=kind[:LONGEST],
        )
    if not (folder / FILE).is_file():
        if (folder / "adapter_model.bin").is_file():
            raise Refusal(
                "{name} has a pickled adapter only (.bin), which is never opened because it can run code; "
                "save it as safetensors.",
                name=name,
            )
        raise Refusal("{name} is an adapter without its weights: there is no {file}.", name=name, file=FILE)
    if importlib.util.find_spec("peft") is None:
        raise Refusal(
            "{name} is a LoRA adapter, which needs a package that is not here: pip install peft.", name=name
        )
    named = str(settings.get("base_model_name_or_path") or "").strip()
    if has_full_weights(folder):
        return Adapter(folder, settings, beside_weights(folder, named, name))
    if not named:
        raise Refusal("The adapter {name} does not say its base_model_name_or_path.", name=name)
    base = find_base(folder, named, name, find)
    if (base.folder / SETTINGS).is_file():
        raise Refusal(
            "{name} is an adapter of {base}, which is an adapter itself; merge that one first.",
            name=name,
            base=named[-LONGEST:],
        )
    return Adapter(folder, settings, base)


def has_full_weights(folder: Path) -> bool:
    """Whether a folder holds a model beside its adapter."""
    if not (folder / "config.json").is_file():
        return False
    others = [path for kind in ("*.safetensors", "*.bin") for path in folder.glob(kind)]
    return any(not path.name.startswith(("adapter_model", "training_args", "optimizer")) for path in others)


def beside_weights(folder: Path, named: str, name: str) -> Found:
    """The folder itself as the base, where the adapter means it or says nothing else."""
    means = not named or named == "." or Path(named).name == folder.name
    for place in (Path(named).expanduser(), folder / named):
        means = means or (bool(named) and place.is_dir() and place.resolve() == folder.resolve())
    if means:
        return Found(folder, folder.name)
    raise Refusal(
        "{name} holds full weights and an adapter of {base}; keep each in a folder of its own.",
        name=name,
        base=named[-LONGEST:],
    )


def find_base(folder: Path, named: str, name: str, find: Callable[[str], Found]) -> Found:
    """Where an adapter's base lies: as it is named, in or beside the adapter's folder, or on the Hub."""
    last = Path(named.rstrip("/\\").replace("\\", "/")).name
    for place in (Path(named).expanduser(), folder / named, folder.parent / named, folder.parent / last):
        if named and last and place.is_dir() and place.resolve() != folder.resolve() and holds(place):
            return inside(place.resolve(), str(place))
    reason: Exception | None = None
    if HUB_NAME.fullmatch(named) and "/" in named:
        try:
            return find(named)
        except Refusal as error:
            if "download" in error.template:  # it is there, but large
                raise
            reason = error
    raise Refusal(
        "{name} is an adapter of {base}, which is not found; put the folder {last} beside it.",
        name=name,
        base=named[-LONGEST:],
        last=last[:LONGEST],
    ) from reason


def holds(folder: Path) -> bool:
    """Whether a folder may hold a model, itself or one below."""
    return is_checkpoint(folder) or any(one.is_dir() for one in folder.iterdir())


def merge(base: PreTrainedModel, adapter: Adapter, name: str) -> PreTrainedModel:
    """The base with the adapter in its weights, as plain as a model that never had one.

    Merged, every weight is what it is in use: maps, edits and counts of numbers need no word of adapters.
    Raises ValueError where the adapter belongs to another model.
    """
    from peft import PeftConfig, PeftModel, set_peft_model_state_dict
    from safetensors.torch import load_file

    with refusing(Refusal("The adapter of {name} is damaged.", name=name)):
        shapes = shapes_in(adapter.folder / FILE)
        settings: Any = PeftConfig.from_pretrained(str(adapter.folder), local_files_only=True)
    target = fitting(base, shapes, name)
    label = adapter.base.label
    misfit = Refusal("The adapter {name} does not fit its base model {base}.", name=name, base=label)
    kept = heads_of(target, settings)
    grow(base, target, shapes)
    with refusing(misfit):
        settings.inference_mode = True
        settings.modules_to_save = kept or None
        wrapped: Any = PeftModel(target, settings)
    expected = {plain(key): tuple(value.shape) for key, value in adapter_weights(wrapped).items()}
    check_shapes(shapes, expected, kept, name, label)
    with refusing(misfit):
        set_peft_model_state_dict(wrapped, load_file(adapter.folder / FILE))
        whole = wrapped.merge_and_unload(safe_merge=True)
    if target is not base:
        setattr(base, base.base_model_prefix, whole)
        return base
    return cast(PreTrainedModel, whole)


def shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    with safe_open(path, framework="pt") as file:
        return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118


def fitting(base: PreTrainedModel, shapes: Mapping[str, Any], name: str) -> PreTrainedModel:
    """Which of a model an adapter was made for: all of it, or what stands below its head."""
    candidates = [base] if base.base_model is base else [base, base.base_model]
    counts = []
    for one in candidates:
        modules = {path for path, _ in one.named_modules()}
        counts.append(sum(module_of(key) in modules for key in shapes))
    best = max(range(len(candidates)), key=lambda i: counts[i])
    if not counts[best]:
        first = module_of(next(iter(shapes), ""))
        raise Refusal(
            "The adapter {name} does not fit its base model, which has no {module}.",
            name=name,
            module=tail(first) or "such weights",
        )
    return cast(PreTrainedModel, candidates[best])


def module_of(key: str) -> str:
    """The module of the base that a weight of an adapter changes."""
    inner = key.removeprefix(INSIDE)
    for mark in (".lora_", ".ia3_", ".hada_", ".lokr_", ".oft_", ".vera_", ".hra_", ".weight", ".bias"):
        head, found, _ = inner.partition(mark)
        if found:
            return head
    return inner


def heads_of(target: nn.Module, settings: Any) -> list[str]:
    """The modules that were trained as a whole and that the model has; a head that is not used is left."""
    named = [str(one) for one in settings.modules_to_save or ()]
    return [one for one in named if any(path.split(".")[-1] == one for path, _ in target.named_modules())]


def grow(base: PreTrainedModel, target: nn.Module, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Makes room for words that were added before the adapter was trained, whose vectors lie in its file."""
    table: Any = base.get_input_embeddings()
    path = next((path for path, module in target.named_modules() if module is table), None)
    for key, shape in shapes.items():
        if path and module_of(key).endswith(path) and ".lora_" not in key and len(shape) == 2:
            if shape[0] > table.weight.shape[0]:
                base.resize_token_embeddings(shape[0], mean_resizing=False)
            return


def adapter_weights(wrapped: Any) -> dict[str, Any]:
    """The weights that the adapter has, named as in a file."""
    from peft import get_peft_model_state_dict

    return dict(get_peft_model_state_dict(wrapped, save_embedding_layers=False))


def plain(key: str) -> str:
    return key.replace(".default.", ".")


def check_shapes(
    shapes: Mapping[str, tuple[int, ...]],
    expected: Mapping[str, tuple[int, ...]],
    kept: list[str],
    name: str,
    base: str,
) -> None:
    """Raises ValueError unless the file holds the weights that this adapter has in this base."""
    for key in sorted(expected):
        if key not in shapes:
            raise Refusal(
                "The adapter {name} does not fit its base model {base}: it has nothing for {key}.",
                name=name,
                base=base,
                key=tail(key.removeprefix(INSIDE)),
            )
        if shapes[key] != expected[key]:
            raise Refusal(
                "The adapter {name} does not fit its base model {base}: {key} is {stored}, not {wanted}.",
                name=name,
                base=base,
                key=tail(key.removeprefix(INSIDE), 50),
                stored=size(shapes[key]),
                wanted=size(expected[key]),
            )
    for key in sorted(shapes.keys() - expected.keys()):
        if is_change(key):
            raise Refusal(
                "The adapter {name} does not fit its base model {base}, which has no {module}.",
                name=name,
                base=base,
                module=tail(module_of(key)),
            )


def is_change(key: str) -> bool:
    """Whether a weight of an adapter's file changes a module, and is not a head or a table trained whole."""
    return any(mark in key for mark in (".lora_", ".ia3_", ".hada_", ".lokr_", ".oft_", ".vera_", ".hra_"))
