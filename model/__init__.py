"""Attention that can be seen and tested, in this project's own networks and in Hugging Face's.

    from model import Cut, load, trace
    m = load("checkpoints/pronouns")
    t = trace(m, "The animal didn't cross the street because it was too tired.")
    t.encoder.weights  # (layers, heads, queries, keys)
    trace(m, t.source, edits=[Cut("encoder", query=8, key=1)]).output_text

And in a module of one's own:

    from model import watch
    with watch(module) as seen:
        module(x)
    seen.trace(["The", "animal", "slept"])

Importing this package does not import PyTorch; the first call of load, trace or watch does. NumPy comes with
`Trace`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, overload

from model.edits import AttentionEdit, Cut, Edit, Hold, Open, Silence, Temperature, Uniform

if TYPE_CHECKING:
    import torch

    from model.capture.checkpoint import Checkpoint
    from model.capture.own import Watched
    from model.listening import Part
    from model.trace import Kind, Trace

__all__ = ["Cut", "Hold", "Open", "Silence", "Temperature", "Trace", "Uniform", "load", "trace", "watch"]


def load(
    name: str | Path,
    device: str | torch.device | int = "auto",
    dtype: str | torch.dtype = "auto",
    on_step: Callable[[], None] | None = None,
) -> Checkpoint:
    """A checkpoint, ready for `trace`: a folder with weights and tokenizer, or a name on the Hub.

    This project's own networks and transformers' text models alike. Weights must be safetensors, and code
    that comes with a checkpoint is never run. device: "auto" is an accelerator where there is one; dtype:
    "auto" is float32 on the processor, and elsewhere what the file holds. on_step: called again and again
    until it is there; whatever it raises ends the loading. Raises ValueError, in one plain sentence, for
    whatever is missing, damaged or not allowed. See `model.capture.load`.
    """
    from model.capture.load import load

    return load(name, device, dtype, on_step)


@overload
def trace(
    m: Checkpoint,
    source: str,
    target: str | Sequence[int] | None = None,
    layers: Iterable[int] | None = None,
    record: Iterable[Part] = ("weights",),
    edits: Iterable[Edit] = (),
    generate: int | None = None,
    source_language: str | None = None,
    target_language: str | None = None,
    pair: str | None = None,
) -> Trace: ...


@overload
def trace(
    m: Checkpoint,
    source: list[str],
    target: Sequence[str | Sequence[int]] | None = None,
    layers: Iterable[int] | None = None,
    record: Iterable[Part] = ("weights",),
    edits: Iterable[Edit] = (),
    generate: int | None = None,
    source_language: str | None = None,
    target_language: str | None = None,
    pair: Sequence[str | None] | None = None,
) -> list[Trace]: ...


def trace(
    m: Checkpoint,
    source: str | list[str],
    target: Any = None,
    layers: Iterable[int] | None = None,
    record: Iterable[Part] = ("weights",),
    edits: Iterable[Edit] = (),
    generate: int | None = None,
    source_language: str | None = None,
    target_language: str | None = None,
    pair: Any = None,
) -> Trace | list[Trace]:
    """What a model's attention does with a text, or with each of a list of texts: arrays of NumPy.

    source: the text that is read. target: what an encoder-decoder is to write (teacher forcing), a text or
    the ids of one that it wrote, or how a decoder's text goes on, spaces included; of a list of texts a list
    of them. Without it an encoder-decoder writes greedily, under the edits, and a decoder's text is taken as
    it is, or goes on by up to `generate` tokens of its own, greedily and under the edits.
    layers: which to record, as the model numbers them from 0; None = all, [] = none. record: "weights",
    "scores" (with mask and scaling), "qkv", "output" (of each head); weights always come along, and with
    record=() nothing is recorded. edits: interventions: Cut, Open, Silence, Uniform, Temperature, and of a
    recurrent network Hold.
    source_language, target_language: of a translator with several, by their codes ("en", "eng_Latn"); None =
    what the checkpoint says, and where it says nothing English is written, or French from English.
    pair: a second text, which is read together with the source, as BERT was trained to ([CLS] source [SEP]
    pair [SEP]); of a list of texts a list of them. None, or an empty one: the source alone. The segments of
    the tokens say which text each belongs to.

    The queries of an encoder-decoder's decoder and cross attention are what the decoder reads, from the
    start token on: row t is what it looks at to write output_tokens[t], and the last row writes the end.
    With ids as the target there is one row for each of them, whether they come to an end or not.

    Raises ValueError, in one plain sentence, for an empty text, one that is too long, layers that do not
    exist, languages or ids that the model does not have, a pair for a model that takes one text at a time
    and edits that make no sense.
    """
    from model.capture.record import trace_all

    m = m.translating(source_language, target_language)
    if isinstance(source, str):
        return trace_all(m, [source], [target], layers, record, edits, generate, [pair])[0]
    return trace_all(m, source, target, layers, record, edits, generate, pair)


def watch(
    module: torch.nn.Module,
    edits: Iterable[AttentionEdit] = (),
    *,
    kinds: Kind | Mapping[str, Kind] | None = None,
    only: str | Sequence[str] = "*",
    heads: int | None = None,
    record: Iterable[Part] = ("weights",),
) -> AbstractContextManager[Watched]:
    """`with watch(module) as seen: …`: within the block the attention of any module of PyTorch is heard.

    `seen.trace(tokens)` is then a Trace of it. edits: interventions, as in `trace`. kinds: what its
    attentions are, where that cannot be seen: one for all, or by the modules' paths. only: paths of the
    modules to hear. heads: how many, where queries have three axes. record: what to keep beside the weights,
    as in `trace`.
    Raises ValueError, in one plain sentence, for what cannot be shown. See `model.capture.own.watched`.
    """
    from model.capture.own import watch

    return watch(module, edits, kinds=kinds, only=only, heads=heads, record=record)


class _Package(ModuleType):
    """Keeps the functions: whoever imports a submodule of the same name has it bound in the package."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and callable(self.__dict__.get(name))):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name != "Trace":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        from model.trace import Trace

        self.Trace = Trace
        return Trace


sys.modules[__name__].__class__ = _Package
