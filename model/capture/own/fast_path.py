"""PyTorch's fast path: in evaluation nn.TransformerEncoder and nn.MultiheadAttention may be computed in one
go, past their own submodules.

A module that is watched does not take it. So it runs once more by itself, as it would have run, and goes on
with that: to the bit what it gives when nobody looks. Where that is not what its submodules do, nothing is
shown.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from model.capture.likeness import agree
from model.capture.own.products import Products

FAST = (nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerEncoder)


def may_be_fast(module: nn.Module) -> bool:
    """Whether a module might take the fast path if nobody watched it."""
    if not isinstance(module, FAST) or module.training or not torch.backends.mha.get_fastpath_enabled():
        return False
    layers = module.layers if isinstance(module, nn.TransformerEncoder) else ()
    if not all(isinstance(layer, nn.TransformerEncoderLayer) for layer in layers):
        return False  # it has none of its own then, and its layers may be anything
    learns = torch.is_grad_enabled() and any(p.requires_grad for p in module.parameters())
    # Whatever else looks at what torch does, a default device for one, keeps PyTorch from it.
    modes = (torch._C._get_function_stack_at(i) for i in range(torch._C._len_torch_function_stack()))
    return not learns and all(isinstance(mode, Products) for mode in modes)


def run_alone(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a module gives when nobody watches it."""
    with torch._C.DisableTorchFunction():
        return module(*args, **kwargs)


@contextmanager
def without_hooks(module: nn.Module, hooks: tuple[Any, ...]) -> Iterator[bool]:
    """Within the block these hooks are off, in all of a module. Yields whether there are no others."""
    kept = [(one, one._forward_pre_hooks, one._forward_hooks) for one in module.modules()]
    alone = True
    try:
        for one, before, after in kept:
            one._forward_pre_hooks = OrderedDict(x for x in before.items() if x[1] not in hooks)
            one._forward_hooks = OrderedDict(x for x in after.items() if x[1] not in hooks)
            alone = alone and not one._forward_pre_hooks and not one._forward_hooks
        yield alone
    finally:
        for one, before, after in kept:
            one._forward_pre_hooks, one._forward_hooks = before, after


def is_same(own: Any, heard: Any) -> bool:
    """Whether two outputs are the same but for rounding, and for rows of padding, 0 in the module's own."""
    fast, slow = first(own), first(heard)
    if fast.shape != slow.shape:
        return False
    rows = (fast != 0).any(-1)
    return not bool(rows.any()) or agree([fast[rows].float()], [slow[rows].float()], fast.dtype)


def keep_padding(own: Any, heard: Any) -> Any:
    """What was heard, with 0 in the rows where the module itself has nothing else."""
    rows = (first(own) != 0).any(-1, keepdim=True)
    return torch.where(rows, heard, 0) if isinstance(heard, Tensor) and not bool(rows.all()) else heard


def first(output: Any) -> Tensor:
    """The vectors that a module gives, weights aside."""
    found: Tensor = output[0] if isinstance(output, tuple) else output
    return found
