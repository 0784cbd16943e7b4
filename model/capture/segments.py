"""Whether a model is told which text of a pair each token belongs to, and reads it: BERT's segments.

There is no list of model names: the model runs on one row of ids, told once that it is one text and once that
it is two.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from model.capture.forward import TYPES, run
from model.capture.probe import read_off


@torch.no_grad()
def reads_segments(model: PreTrainedModel, batch: Mapping[str, Tensor], types: tuple[int, int]) -> bool:
    """Whether what a model says of a text depends on where its second segment begins.

    batch: one text. types: the token types of the first and of the second text.
    """
    if types[0] == types[1] or not takes_types(model) or not has_types(model, max(types)):
        return False
    ids = batch["input_ids"]
    one = torch.full_like(ids, types[0])
    two = one.clone()
    two[:, ids.shape[1] // 2 :] = types[1]
    words = Words(two)
    table: Any = input_embeddings(model)
    handle = None if table is None else table.register_forward_pre_hook(words)
    try:
        alone, paired = (read_off(run(model, {**batch, TYPES: given})) for given in (one, two))
    except (ValueError, RuntimeError, IndexError):
        return False
    finally:
        if handle is not None:
            handle.remove()
    return not words.are_looked_up and not all(map(torch.equal, alone, paired))


class Words:
    """Hears whether token types are looked up among the words, as XLM does: then they are no segments."""

    def __init__(self, types: Tensor) -> None:
        self.types, self.are_looked_up = types, False

    def __call__(self, _module: nn.Module, args: tuple[Any, ...]) -> None:
        self.are_looked_up |= any(isinstance(x, Tensor) and torch.equal(x, self.types) for x in args)


def takes_types(model: PreTrainedModel) -> bool:
    """Whether a model, with its output layer and without, can be told token types."""
    whole, base = (signature(part.forward).parameters for part in (model, model.base_model))
    passes_on = any(one.kind is Parameter.VAR_KEYWORD for one in whole.values())
    return TYPES in base and (TYPES in whole or passes_on)


def has_types(model: PreTrainedModel, largest: int) -> bool:
    """Whether a model has a vector for each token type, as far as its config says how many it has.

    An accelerator would not come back from looking up one that is not there.
    """
    count = getattr(model.config.get_text_config(), "type_vocab_size", None)
    return count is None or count > largest  # XLNet has no table of them


def input_embeddings(model: PreTrainedModel) -> nn.Module | None:
    """The table of words, where a model says which it is."""
    try:
        return model.get_input_embeddings()
    except (NotImplementedError, AttributeError):
        return None
