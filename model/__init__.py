"""Attention that can be seen and tested, in compact Transformers and in Hugging Face's.

    from model import load, trace
    m = load("checkpoints/pronouns")
    t = trace(m, "The animal didn't cross the street because it was too tired.")
    t.encoder.weights  # (layers, heads, queries, keys)

Importing this package does not import PyTorch; the first call of load or trace does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

# Before the function of the same name: `from model.trace import …` goes on finding the submodule.
from model.trace import Trace

if TYPE_CHECKING:
    from model.attention import Part
    from model.capture.checkpoint import Checkpoint
    from model.edits import Edit

__all__ = ["Trace", "load", "trace"]


def load(name: str | Path) -> Checkpoint:
    """A checkpoint, ready for `trace`: a folder with weights and tokenizer, or a name on the Hub.

    Compact Transformers and transformers' text models alike. Weights must be safetensors, and code that
    comes with a checkpoint is never run. Raises ValueError, in one plain sentence, for whatever is
    missing, damaged or not allowed. See `model.capture.load`.
    """
    from model.capture.load import load

    return load(name)


def trace(
    m: Checkpoint,
    source: str,
    target: str | Sequence[int] | None = None,
    layers: Iterable[int] | None = None,
    record: Iterable[Part] = ("weights",),
    edits: Iterable[Edit] = (),
) -> Trace:
    """What a model's attention does with a text: a Trace of NumPy arrays (layers, heads, queries, keys).

    target: the decoder's text (teacher forcing), or the ids of one; None lets an encoder-decoder write it.
    layers: which to record, from 0; None = all, [] = none. record: any of "weights", "scores",
    "qkv", "output".
    edits: interventions of `model.attention`: Cut, Open, Silence, Uniform, Temperature.
    Raises ValueError, in one plain sentence, for what cannot be traced. See `model.capture.record`.
    """
    from model.capture.record import trace

    return trace(m, source, target, layers, record, edits)
