"""Whether a softmax that a model writes down is its attention: whether the values are weighed with it.

Other weights are put in its place, and the module has to answer as attention does: its output is linear in
them, and the column of a key carries that key's value and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from model.capture.observers import Linear, Shape
from model.capture.sites import Means, Site
from model.capture.taps import four_axes
from model.capture.value_probe import again, first_tensor
from model.listening import Call

ROUNDING = 1e-3
STREAMS = 4  # of a text, one after another, that a module may be given at once


class Prover:
    """Hears a pass, and tries each of these modules once it has run.

    sites: the modules in question. weights: what each of them was heard to use (1, heads, queries, columns).
    proven: those that answered as attention does; True where more streams of the text than the one that looks
        with these weights come in side by side.
    """

    def __init__(self, sites: Mapping[nn.Module, Site], weights: Mapping[nn.Module, Tensor]) -> None:
        self.sites, self.weights = sites, weights
        self.running: list[nn.Module] = []
        self.put: Tensor | None = None
        self.proven: dict[nn.Module, bool] = {}
        self.tried: set[nn.Module] = set()

    @property
    def inner(self) -> nn.Module | None:
        return next((module for module in reversed(self.running) if module in self.sites), None)

    def axes_of(self, module: nn.Module, means: Means, x: Tensor) -> Shape | None:
        return four_axes(x, self.sites[module].heads)

    def hear_tap(self, module: nn.Module, means: Means, shape: Shape) -> Call | None:
        fits = means == "softmax" and shape == tuple(self.weights[module].shape)
        return Call(put=self.put) if fits and self.put is not None else None

    def hear_linear(self, x: Tensor, linear: Linear) -> None:
        pass

    def hear(self, module: nn.Module, shape: Shape) -> None:
        return None

    def begin(self, module: nn.Module, _args: tuple[Any, ...]) -> None:
        if self.put is None:
            self.running.append(module)

    def end(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        if self.put is not None:  # it is being tried
            return
        self.running.pop()
        if module not in self.sites or module in self.tried:
            return
        self.tried.add(module)
        try:
            streams = self.answers(module, args, kwargs)
            if streams:
                self.proven[module] = streams > 1
        except (RuntimeError, ValueError, TypeError, AttributeError):
            return  # it cannot be run by itself, so nothing is proven

    def answers(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
        """In how many streams of the text that it is given a module does with other weights what attention
        does, in the first of them at least; 0 = it does something else.
        """
        shape = self.weights[module].shape
        site, keys = self.sites[module], shape[-1] - self.sites[module].extra
        chance = torch.Generator().manual_seed(0)
        one, other = (
            torch.rand(shape, generator=chance).to(self.weights[module]).div(keys) for _ in range(2)
        )
        column = keys // 2
        without = one.clone()
        without[..., column] = 0
        moved_args, moved_kwargs, axis, streams = nudge(args, kwargs, keys, column)
        if axis is None:
            return 0

        def fetch(weights: Tensor, moved: bool = False) -> Tensor:
            self.put = weights
            self.running.append(module)
            try:
                found = again(module, *((moved_args, moved_kwargs) if moved else (args, kwargs)))
            finally:
                self.put = None
                self.running.pop()
            rows = first_tensor(found).float().transpose(0, axis)  # type: ignore[union-attr]
            return rows if streams == 1 else rows[:keys]

        first, second, mean = fetch(one), fetch(other), fetch((one + other) / 2)
        scale = max(1e-6, float(first.abs().max()))
        linear = float((mean - (first + second) / 2).abs().max()) <= ROUNDING * scale
        apart = float((first - second).abs().max()) > ROUNDING * scale
        rows = (fetch(without, moved=True) - fetch(without)).abs()
        if "cross" not in site.kinds and len(rows) == keys:
            rows[column] = 0  # a residual path carries a token to its own row
        carried = float((fetch(one, moved=True) - first).abs().max()) > ROUNDING * scale
        return streams if linear and apart and carried and float(rows.max()) <= ROUNDING * scale else 0


def nudge(
    args: tuple[Any, ...], kwargs: dict[str, Any], keys: int, column: int
) -> tuple[tuple[Any, ...], dict[str, Any], int | None, int]:
    """The arguments with the vector of one key changed, on which axis the keys are (None = on none), and how
    many streams of them stand there one after another, of which the first has the key that is changed.
    """
    given = [x for x in (*args, *kwargs.values()) if is_vectors(x)]
    for streams in range(1, STREAMS + 1):
        axes = [axis for x in given if (axis := axis_of(x, keys * streams)) is not None]
        if axes:
            break
    else:
        return args, kwargs, None, 1

    def perturb(x: Any) -> Any:
        axis = axis_of(x, keys * streams) if is_vectors(x) else None
        if axis is None:
            return x
        x = x.clone()
        chance = torch.Generator().manual_seed(1)
        row = x.select(axis, column)
        row.add_(torch.randn(row.shape, generator=chance).to(x) * x.std().clamp(min=1e-3))
        return x

    moved = tuple(map(perturb, args)), {name: perturb(x) for name, x in kwargs.items()}
    return *moved, axes[0], streams


def is_vectors(x: Any) -> bool:
    return isinstance(x, Tensor) and x.dim() == 3 and x.is_floating_point()


def axis_of(x: Tensor, count: int) -> int | None:
    """The axis on which a text's vectors stand, so many; None where there are none."""
    # (batch, tokens, width); XLNet has the first two, SqueezeBERT the last two the other way round
    orders = ((1, 0), (0, 1), (2, 0))
    return next((i for i, batch in orders if x.shape[i] == count and x.shape[batch] == 1), None)
