"""Attention that does not call `model.attention`, and linear maps: heard as torch computes them.

Within a block and in one thread only; nothing is put on the model.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from types import FunctionType
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch
from torch.overrides import TorchFunctionMode

from model.attention import NO_WEIGHT, allowed_by, attend, causal_mask, soften
from model.capture.observers import Linear, Shape
from model.capture.sites import Means
from model.listening import Call


class Hearer(Protocol):
    """Who is asked what is wanted of what torch computes. inner: the module that is at work.

    axes_of: (batch, heads, rows, columns) of scores or queries in a module; None where they are not heard.
    """

    @property
    def inner(self) -> nn.Module | None: ...

    def axes_of(self, module: nn.Module, means: Means, x: Tensor) -> Shape | None: ...

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


class Weighed(NamedTuple):
    """What a call of attention made, and what was wanted of it.

    weights: (batch, heads, queries, keys). It and call are None where nothing was wanted.
    """

    output: Tensor
    weights: Tensor | None = None
    call: Call | None = None


def hear_kernel(listener: Hearer, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of PyTorch's own attention, in a module that is listened to."""
    return weigh(listener, func, *args, **kwargs).output


def weigh(
    listener: Hearer,
    func: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    **others: Any,
) -> Weighed:
    """PyTorch's scaled_dot_product_attention, with its names, written out where somebody listens.

    Queries of three axes have batch and heads in the first, as the listener says; those of two have neither.
    """

    def compute() -> Tensor:
        made: Tensor = func(query, key, value, attn_mask, dropout_p, is_causal, scale=scale, **others)
        return made

    module = listener.inner
    shape = None if module is None else listener.axes_of(module, "kernel", query)
    if module is None or shape is None:
        return Weighed(compute())
    call = listener.hear_tap(module, "kernel", (*shape[:3], key.shape[-2]))
    if call is None:
        return Weighed(compute())
    q, k, v = (with_axes(x, query.shape[:-2], shape) for x in (query, key, value))
    mask = causal_mask(q, k) if is_causal and attn_mask is None else attn_mask
    if mask is not None and mask is attn_mask and query.dim() < 4:
        mask = with_axes(mask.expand(*mask.shape[:-2], q.shape[2], k.shape[2]), query.shape[:-2], shape)
    scaling = query.shape[-1] ** -0.5 if scale is None else scale
    call = call.settle(lambda: allowed_by(q, k, mask), dropout_p)
    if call.verify is None:
        output, weights = attend(call, q, k, v, mask, scaling, dropout_p)
        return Weighed(output.reshape(*query.shape[:-1], -1), weights, call)
    own = compute()
    with torch.no_grad():
        plain = Call() if call.edits else call
        output, weights = attend(plain, q, k, v, mask, scaling)
    call.verify(own, output.reshape(own.shape))
    if not call.edits:
        return Weighed(own, weights, call)
    output, weights = attend(call, q, k, v, mask, scaling, dropout_p)
    return Weighed(output.reshape(own.shape), weights, call)


def with_axes(x: Tensor, front: torch.Size, shape: Shape) -> Tensor:
    """Queries, keys, values or a mask with four axes. front: those of the queries before the last two."""
    if len(front) == 2:
        return x
    return x.expand(*front, *x.shape[-2:]).reshape(*shape[:2], *x.shape[-2:])


def hear_multi_head(listener: Hearer, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What nn.MultiheadAttention calls, inside which nothing is tapped: PyTorch's own code once more, with
    its attention heard.

    Where its weights are asked for it writes softmax down; the same is then told of its kernel, and the
    weights are taken from there if they were changed.
    """
    if listener.inner is None:
        return func(*args, **kwargs)
    given = signature(func).bind(*args, **kwargs).arguments
    heard: list[Weighed] = []

    def kernel(*args: Any, **kwargs: Any) -> Tensor:
        heard.append(weigh(listener, F.scaled_dot_product_attention, *args, **kwargs))
        return heard[-1].output

    heads_apart = rebind(func, scaled_dot_product_attention=kernel, has_torch_function=lambda _: False)
    if not given.get("need_weights", True):
        return heads_apart(**given)
    # is_causal is a hint there, and the mask is what counts.
    output, _ = heads_apart(**{**given, "need_weights": False, "is_causal": False})
    [weighed] = heard
    call = weighed.call
    if call is None or weighed.weights is None:
        return func(*args, **kwargs)
    if call.verify is not None and not call.edits:
        own = func(*args, **kwargs)
        call.verify(own[0], output)
        return own
    weights = weighed.weights.to(output.dtype)
    weights = weights.mean(1) if given.get("average_attn_weights", True) else weights
    return output, weights if given["query"].dim() == 3 else weights.squeeze(0)


def rebind(func: Any, **names: Any) -> Callable[..., Any]:
    """A function of Python that finds other things under some of the names that its module has."""
    copied = FunctionType(func.__code__, {**func.__globals__, **names}, func.__name__, func.__defaults__)
    copied.__kwdefaults__ = func.__kwdefaults__
    return copied


def hear_softmax(listener: Hearer, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A softmax over the last axis, in a module that is listened to."""
    module, scores = listener.inner, args[0] if args else kwargs["input"]
    dim = args[1] if len(args) > 1 else kwargs.get("dim")
    shape = None
    if module is not None and dim in (-1, scores.dim() - 1):
        shape = listener.axes_of(module, "softmax", scores)
    if module is None or shape is None:
        return func(*args, **kwargs)
    call = listener.hear_tap(module, "softmax", shape)
    if call is None:
        return func(*args, **kwargs)
    dtype = kwargs.get("dtype") or scores.dtype
    logits = scores.to(dtype).reshape(shape)
    call = call.settle(lambda: logits > NO_WEIGHT)
    if call.verify is not None and not call.edits:
        own: Tensor = func(*args, **kwargs)
        with torch.no_grad():
            call.verify(own, soften(call, logits).reshape(own.shape))
        return own
    return soften(call, logits).reshape(scores.shape)


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
    F.multi_head_attention_forward: hear_multi_head,
    F.softmax: hear_softmax,
    torch.softmax: hear_softmax,
    Tensor.softmax: hear_softmax,
    F.linear: hear_linear,
    torch.addmm: hear_addmm,
}


def four_axes(scores: Tensor, heads: int | None) -> Shape | None:
    """(batch, heads, rows, columns) of what may have batch and heads in one axis; None of others."""
    if scores.dim() == 4:
        return tuple(scores.shape)  # type: ignore[return-value]
    if scores.dim() == 3 and heads and scores.shape[0] % heads == 0:
        return (scores.shape[0] // heads, heads, scores.shape[1], scores.shape[2])
    return None
