"""Whoever waits for a model that is loaded and checked may end that: asked again and again meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from torch import nn

OnStep = Callable[[], None]

_on_step: ContextVar[OnStep | None] = ContextVar("on_step", default=None)


@contextmanager
def heeding(on_step: OnStep | None) -> Iterator[None]:
    """Within the block, and in this thread, on_step is called between steps; what it raises ends the work."""
    token = _on_step.set(on_step)
    try:
        yield
    finally:
        _on_step.reset(token)


def heed() -> None:
    """Ask whether to go on."""
    on_step = _on_step.get()
    if on_step is not None:
        on_step()


@contextmanager
def interruptible(model: nn.Module) -> Iterator[None]:
    """Within the block it is asked before each module of the model runs: one pass of a large one is long."""
    if _on_step.get() is None:
        yield
        return

    def ask(_module: nn.Module, _args: tuple[Any, ...]) -> None:
        heed()

    handles = [module.register_forward_pre_hook(ask) for module in model.modules()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
