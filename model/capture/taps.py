"""Attention that does not call `model.attention`, and linear maps: heard as torch computes them.

Within a block and in one thread only; nothing is put on the model.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch
from torch.overrides import TorchFunctionMode

from model.attention import Call, attend, causal_mask, soften
from model.capture.observers import Linear, Shape
from model.capture.sites import Means


class Hearer(Protocol):
    """Who is asked what is wanted of what torch computes. inner: the module that is at work."""

    @property
    def inner(self) -> nn.Module | None: ...

    def heads_of(self, module: nn.Module) -> int | None: ...

    def hear_tap(self, module: nn.Module, means: Means, shape: Shape) -> Call | None: ...

    def hear_linear(self, x: Tensor, linear: Linear) -> None: ...


class Taps(TorchFunctionMode):
    """`with Taps(hearer): …` asks the hearer at each scaled_dot_product_attention, softmax and linear map."""

    def __init__(self, listener: Hearer) -> None:
        super().__init__()
        self.listener = listener

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in TAPPED:
            return TAPPED[func](self.listener, func, args, kwargs)
        return func(*args, **kwargs)


def hear_kernel(listener: Hearer, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of PyTorch's own attention, in a module that is listened to."""
    module = listener.inner
    given = dict(zip(("query", "key", "value", "attn_mask", "dropout_p", "is_causal"), args, strict=False))
    given |= kwargs
    query, key = given["query"], given["key"]
    if module is None or query.dim() != 4:
        return func(*args, **kwargs)
    call = listener.hear_tap(module, "kernel", (*query.shape[:3], key.shape[2]))
    if call is None:
        return func(*args, **kwargs)
    mask = given.get("attn_mask")
    if given.get("is_causal") and mask is None:
        mask = causal_mask(query, key)
    scaling = given.get("scale")
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    return attend(call, query, key, given["value"], mask, scaling, given.get("dropout_p", 0.0))[0]


def hear_softmax(listener: Hearer, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A softmax, in a module that is listened to."""
    module, scores = listener.inner, args[0] if args else kwargs["input"]
    shape = None if module is None else four_axes(scores, listener.heads_of(module))
    if module is None or shape is None:
        return func(*args, **kwargs)
    call = listener.hear_tap(module, "softmax", shape)
    if call is None:
        return func(*args, **kwargs)
    dtype = kwargs.get("dtype") or scores.dtype
    return soften(call, scores.to(dtype).reshape(shape)).reshape(scores.shape)


def hear_linear(listener: Hearer, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An nn.Linear."""
    names = dict(zip(("input", "weight", "bias"), args, strict=False)) | kwargs
    listener.hear_linear(names["input"], Linear(names["weight"], names.get("bias")))
    return func(*args, **kwargs)


def hear_addmm(listener: Hearer, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What GPT-2 calls Conv1D."""
    if not kwargs:
        bias, x, weight = args
        listener.hear_linear(x, Linear(weight.mT, bias))
    return func(*args, **kwargs)


TAPPED = {
    F.scaled_dot_product_attention: hear_kernel,
    F.softmax: hear_softmax,
    torch.softmax: hear_softmax,
    Tensor.softmax: hear_softmax,
    F.linear: hear_linear,
    torch.addmm: hear_addmm,
}


def four_axes(scores: Tensor, heads: int | None) -> Shape | None:
    """(batch, heads, queries, keys) of scores that may have batch and heads in one axis; None of others."""
    if scores.dim() == 4:
        return tuple(scores.shape)  # type: ignore[return-value]
    if scores.dim() == 3 and heads and scores.shape[0] % heads == 0:
        return (scores.shape[0] // heads, heads, scores.shape[1], scores.shape[2])
    return None
