"""What of a model reads text: a class for each config, without the parts that read images and sound.

There is no list of model names. A model of several parts says in its config which is the text's; the modules
of the other parts are left out as it is built, so that their weights are neither read nor kept. If it then
runs on text alone, it is taken as it is, with the head that writes. If it asks for an image (CLIP, BLIP-2),
its text model is taken out of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from inspect import signature
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.models.auto import modeling_auto as auto

from model.capture.load.parts import text_config, text_configs
from model.capture.load.quantised import package_in
from model.errors import Refusal

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
WITH_IMAGES = (  # and sound: of these the text alone is read
    auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING,
    auto.MODEL_FOR_MULTIMODAL_LM_MAPPING,
    auto.MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING,
)
ABSENT = "absent_towers"  # where a class says which of its modules it was built without


class Absent(nn.Module):
    """Stands where a part is left out; it says what the part would say of itself, and computes nothing."""

    def __init__(self, config: PreTrainedConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("nothing", torch.empty(0), persistent=False)

    @property
    def device(self) -> torch.device:
        return cast(Tensor, self.nothing).device

    @property
    def dtype(self) -> torch.dtype:
        return cast(Tensor, self.nothing).dtype

    def forward(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("This part is not loaded: only text is read.")


def text_class(config: PreTrainedConfig, name: str) -> tuple[type[PreTrainedModel], PreTrainedConfig]:
    """The class that is loaded to read text with a checkpoint of this config, and the config it is made with.

    An encoder-decoder has to write, an encoder or decoder only to be looked at, whatever its head. The
    config is another than the one given where only a part of the model has a forward pass (Qwen-Omni).
    Raises ValueError where no part of it reads text.
    """
    config = part_that_runs(config)
    kind = choose_class(config, name)
    try:
        with torch.device("meta"):
            plan = kind(config)
    except ImportError as error:  # a part that is left out may need a package all the same (Gemma 3n: timm)
        package = package_in(error)
        if package is None:
            raise
        raise Refusal(
            "{name} needs a package that is not here: pip install {package}.", name=name, package=package
        ) from error
    return without(kind, towers(plan)), config


def part_that_runs(config: PreTrainedConfig) -> PreTrainedConfig:
    """The config itself, or that of the part that reads where the whole only calls its parts in turn."""
    found = next(iter(classes_of(config)), None)
    if found is None or found.forward is not nn.Module.forward:
        return config
    for name in config.sub_configs or {}:
        part = getattr(config, name, None)
        if isinstance(part, PreTrainedConfig) and any(type(part) in table for table in WITH_IMAGES):
            return part
    return config


def classes_of(config: PreTrainedConfig) -> list[type[PreTrainedModel]]:
    """The classes that transformers lists for this config, those that write before the bare model.

    Not those that take another config than the one they are listed for (MusicGen's decoder).
    """
    kind = type(config)
    listed = [one for table in (*HEADS, *WITH_IMAGES) if kind in table for one in several(table[kind])]
    heads = [one for one in listed if one.config_class is None or issubclass(kind, one.config_class)]
    bare = list(several(auto.MODEL_MAPPING[kind])) if kind in auto.MODEL_MAPPING else []
    if kind in auto.MODEL_MAPPING and not any(kind in table for table in WITH_IMAGES):
        return [*bare, *heads]
    return [*heads, *bare]


def choose_class(config: PreTrainedConfig, name: str) -> type[PreTrainedModel]:
    """The class that a checkpoint was saved from where it can be used, and a fitting one otherwise."""
    kind, saved = type(config), saved_class(config)
    known = classes_of(config)
    if not known or not (
        any(kind in table for table in (*HEADS, *WITH_IMAGES)) or reads_ids(config, known[0])
    ):
        raise Refusal(
            "{name} is a {kind} model, which does not read text.", name=name, kind=config.model_type
        )
    chosen = next((one for one in known if one.__name__ == saved), None) or find_beside(known[0], saved)
    writers = auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING
    halves = auto.MODEL_FOR_TEXT_ENCODING_MAPPING  # the encoders of encoder-decoders
    if config.is_encoder_decoder and kind in writers and not (kind in halves and chosen is halves[kind]):
        return several(writers[kind])[0]
    return chosen or known[0]


def saved_class(config: PreTrainedConfig) -> str:
    """The name of the class that a checkpoint was saved from, as far as its config says."""
    named = config.architectures
    return str(named[0]) if isinstance(named, list | tuple) and named else ""


def find_beside(known: type[PreTrainedModel], name: str) -> type[PreTrainedModel] | None:
    """A class of transformers in the file of another, with the same config (DPR's encoders)."""
    found = getattr(sys.modules.get(known.__module__), name, None) if name else None
    if not (isinstance(found, type) and issubclass(found, PreTrainedModel)):
        return None
    same = found.__module__ == known.__module__ and found.config_class is known.config_class
    return found if same else None


def reads_ids(config: PreTrainedConfig, kind: type[PreTrainedModel]) -> bool:
    """Whether a model that is not listed among those of text has a part for it."""
    return text_config(config) is not config or "input_ids" in signature(kind.forward).parameters


def several(classes: Any) -> tuple[type[PreTrainedModel], ...]:
    """An entry of transformers' tables is a class or a tuple of them."""
    return classes if isinstance(classes, tuple) else (classes,)


def towers(plan: PreTrainedModel) -> tuple[str, ...]:
    """The paths of the modules that read no text: those made with another part's config than the text's."""
    texts = text_configs(plan.config)
    if texts == {type(plan.config)}:
        return ()
    words = getattr(text_config(plan.config), "vocab_size", None)
    found: list[str] = []
    for path, module in plan.named_modules():
        if (
            not path
            or not isinstance(module, PreTrainedModel)
            or path.startswith(tuple(f"{p}." for p in found))
        ):
            continue
        tables = {one.num_embeddings for one in module.modules() if isinstance(one, nn.Embedding)}
        if not text_configs(module.config) & texts and words not in tables:
            found.append(path)
    return tuple(found)


def without(kind: type[PreTrainedModel], paths: Iterable[str]) -> type[PreTrainedModel]:
    """The class, built without these modules. It keeps its name and file, by which transformers knows it."""
    paths = tuple(paths)
    if not paths:
        return kind

    def build(self: Any, config: PreTrainedConfig, *args: Any, **options: Any) -> None:
        kind.__init__(self, config, *args, **options)
        for path in paths:
            holder, _, last = path.rpartition(".")
            place = self.get_submodule(holder)
            place._modules[last] = Absent(place._modules[last].config)

    own = {"__init__": build, "__module__": kind.__module__, "__qualname__": kind.__qualname__, ABSENT: paths}
    return type(kind.__name__, (kind,), own)


def absent_paths(model: PreTrainedModel) -> tuple[str, ...]:
    """The paths of the modules that a model was built without."""
    return tuple(getattr(model, ABSENT, ()))


def text_half(
    model: PreTrainedModel, name: str, runs: Callable[[PreTrainedModel], object]
) -> tuple[PreTrainedModel, str]:
    """What is shown of a loaded model, and its path in it: the model itself ("") where it runs on text alone,
    and otherwise the first text model within it that does. runs: tries one on a text, and raises anything if
    it cannot.

    Raises ValueError where none runs.
    """
    reason: Exception = ValueError("It writes sound.")
    if not writes_sound(model):
        try:
            runs(model)
            return model, ""
        except Exception as error:
            reason = error
        if model.config.is_encoder_decoder:
            raise Refusal("{name} needs an image or a sound beside the text.", name=name) from reason
    for path in text_modules(model):
        half: Any = model.get_submodule(path)
        try:
            runs(half)
            return half, path
        except Exception as error:
            reason = error
    raise Refusal("{name} cannot be run on text alone.", name=name) from reason


def writes_sound(model: PreTrainedModel) -> bool:
    """Whether what a model writes for a text is sound: of such a model only what reads is shown."""
    table = auto.MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING
    kind = type(model.config)
    return kind in table and any(isinstance(model, one) for one in several(table[kind]))


def text_modules(model: PreTrainedModel) -> list[str]:
    """The paths of the models within a model that are made with its text's config, none within another."""
    text = type(text_config(model.config))
    found: list[str] = []
    for path, one in model.named_modules():
        within = path.startswith(tuple(f"{outer}." for outer in found))
        if path and not within and isinstance(one, PreTrainedModel) and type(one.config) is text:
            found.append(path)
    return found


def is_of_text(config: PreTrainedConfig) -> bool:
    """Whether transformers lists a model among those of text, and it has no other part."""
    return text_config(config) is config and any(type(config) in table for table in HEADS)
