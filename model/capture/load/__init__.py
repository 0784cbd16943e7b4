"""From a folder or a Hub name to a Checkpoint. Nothing in it is trusted: no pickle, no code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

import model.networks.pretrained
import model.networks.recurrent.pretrained
import model.text.tokenizer  # noqa: F401 - both make compact checkpoints known to the Auto classes
from model.capture.checkpoint import Checkpoint
from model.capture.forward import run
from model.capture.interrupt import OnStep, heed, heeding
from model.capture.likeness import agree
from model.capture.load.adapter import Adapter, find_adapter, merge
from model.capture.load.config import read_config, refusing
from model.capture.load.devices import choose_device, choose_dtype, device_map
from model.capture.load.folders import find
from model.capture.load.halves import is_of_text, text_class, text_half
from model.capture.load.tokenizer import has_vocabulary, load_tokenizer
from model.capture.load.weights import Weights, find_weights, load_model
from model.capture.prepare import prepare
from model.capture.probe import PROBES, probe_batch, read_off
from model.errors import Refusal
from model.text import word_counts


def load(
    name: str | Path,
    device: str | torch.device | int = "auto",
    dtype: str | torch.dtype = "auto",
    on_step: OnStep | None = None,
) -> Checkpoint:
    """A checkpoint, ready for `trace`, in eval mode.

    name: a folder written by save_pretrained (of this project's own networks or of transformers' text models,
    with its tokenizer) or by peft, one that holds such a folder, or a name on the Hugging Face Hub, which is
    downloaded once. Weights must be safetensors; code that comes with a checkpoint is never run.
    device: "auto" is an accelerator where there is one, and then what does not fit there is spread by
    accelerate. dtype: "auto" is float32 on the processor, and elsewhere what the file holds.
    on_step: called again and again until it is there; whatever it raises ends the loading.

    Raises ValueError, in one plain sentence, for whatever is missing, damaged or not allowed.
    """
    with heeding(on_step):
        return load_checked(str(name).strip(), device, dtype)


def load_checked(name: str, device: str | torch.device | int, dtype: str | torch.dtype) -> Checkpoint:
    """The steps of `load`."""
    place, numbers = choose_device(device), choose_dtype(dtype, choose_device(device))
    found = find(name)
    adapter = find_adapter(found.folder, name, find)
    folder = adapter.base.folder if adapter else found.folder
    config = read_config(folder, base_name(name, adapter))
    weights = find_weights(folder, base_name(name, adapter))
    heed()
    with refusing(Refusal("The config.json of {name} cannot be understood.", name=name)):
        kind, config = text_class(config, name)
    tokenizer = load_tokenizer(found.folder if has_vocabulary(found.folder) else folder, name)
    spread = device_map(place, bytes_of(weights, numbers), device)
    loaded = load_model(kind, config, folder, base_name(name, adapter), weights, numbers, spread)
    if spread is None and place.type != "cpu":
        loaded.to(place)  # type: ignore[arg-type]
    if adapter:
        loaded = merge(loaded, adapter, name)
    heed()
    shown = half(loaded, tokenizer, name)
    with refusing(Refusal("{name} cannot be run on a text.", name=name)):
        m = prepare(shown, tokenizer, found.label)
    return replace(m, word_counts=word_counts.read(found.folder))


def base_name(name: str, adapter: Adapter | None) -> str:
    """Whose files are read: the base's have its name in sentences."""
    return adapter.base.label if adapter else name


def bytes_of(weights: Weights, numbers: Any) -> int:
    """How much the weights take in memory; two bytes a number where their own type is kept."""
    return weights.numbers * (torch.empty(0, dtype=numbers).element_size() if numbers != "auto" else 2)


def half(loaded: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str) -> PreTrainedModel:
    """What of a model is shown: all of it, or the text model within where it asks for images."""
    if is_of_text(loaded.config):
        return loaded  # `prepare` says what is wrong with a model of text
    return text_half(loaded, name, lambda model: try_on_text(model, tokenizer))[0]


@torch.no_grad()
def try_on_text(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Raises anything where a model does not run on a text, or does something else under its head.

    It is watched without its head. BLIP's text model looks both ways so, and back alone when it writes.
    """
    text = probe_batch(model.eval(), tokenizer, PROBES[0])
    alone: dict[nn.Module, Tensor] = {}
    headed: dict[nn.Module, Tensor] = {}
    with recording_outputs(model.base_model, alone):
        read_off(run(model, text))
    if model.base_model is model:
        return
    with recording_outputs(model.base_model, headed):
        run(model, text, logits=True)
    both = alone.keys() & headed.keys()
    if not both or not all(agree([alone[one]], [headed[one]], model.dtype) for one in both):
        raise ValueError("The model does something else where its head is used.")


@contextmanager
def recording_outputs(model: nn.Module, outputs: dict[nn.Module, Tensor]) -> Iterator[None]:
    """Within the block the linear maps of a model write down what they give."""

    def tell(module: nn.Module, _args: Any, output: Any) -> None:
        output = output[0] if isinstance(output, tuple) else output  # Llama 4's routers give two things
        outputs[module] = output.float()

    handles = [one.register_forward_hook(tell) for one in model.modules() if isinstance(one, nn.Linear)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
