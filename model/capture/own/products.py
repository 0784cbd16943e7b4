"""Attention as torch computes it, and where the weights of a softmax that is written down go.

A softmax may be anything: of a router, of a vocabulary. It is attention where its weights, as they are, come
to be summed over their keys with something that has as many: values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch

from model.capture.taps import Taps

if TYPE_CHECKING:
    from model.capture.own.ear import Ear

SOFTMAX = {F.softmax, torch.softmax, Tensor.softmax}
PRODUCTS = {
    torch.matmul, Tensor.matmul, Tensor.__matmul__, torch.bmm, Tensor.bmm, torch.mm, Tensor.mm,
}  # fmt: skip


class Products(Taps):
    """`with Products(ear): …` is what Taps are, and tells the ear, and those around it, of products."""

    def __init__(self, ear: Ear) -> None:
        super().__init__(ear)
        self.ear = ear

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if not self.ear.is_inside and func in PRODUCTS | {torch.einsum}:
            for x in summed(func, args, kwargs or {}):
                for ear in self.ear.ears:
                    ear.meet(x)
        made = super().__torch_function__(func, types, args, kwargs)
        if not self.ear.is_inside and func in SOFTMAX:
            for ear in self.ear.ears:
                ear.opened(made)
        return made


def summed(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Tensor]:
    """The factors of a product whose last axis it sums over."""
    if func is not torch.einsum:
        yield args[0] if args else kwargs["input"]
        return
    equation, *factors = args
    if not isinstance(equation, str):
        return
    given = factors[0] if len(factors) == 1 and isinstance(factors[0], list | tuple) else factors
    sides, _, left = equation.replace(" ", "").partition("->")
    axes = sides.split(",")
    for number, (names, x) in enumerate(zip(axes, given, strict=False)):
        others = "".join(axes[:number] + axes[number + 1 :])
        if names[-1] in others and names[-1] not in left:
            yield x
