"""Which modules are at work while a module is watched: in one thread, by hooks that are gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from torch import nn


class Running:
    """Knows which module of a tree runs. Other threads may run the same modules meanwhile.

    paths: of the modules. run: how often the tree has been entered, from 0. others: nn.MultiheadAttention
    that was last given other keys than queries.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.paths = {one: path for path, one in module.named_modules()}
        self.thread = get_ident()
        self.run = -1
        self.running: list[nn.Module] = []  # the innermost last
        self.others: set[nn.Module] = set()
        self.is_aside = False  # a module runs again, which is no part of it

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """Within the block the modules say when they run."""
        handles = []
        for one in self.paths:
            handles.append(one.register_forward_pre_hook(self.begin, with_kwargs=True))
            handles.append(one.register_forward_hook(self.end, with_kwargs=True, always_call=True))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    @property
    def is_elsewhere(self) -> bool:
        return self.is_aside or get_ident() != self.thread

    def begin(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """A hook: a module begins to run."""
        if self.is_elsewhere:
            return
        self.run += not self.running
        self.running.append(module)
        if isinstance(module, nn.MultiheadAttention):
            given = dict(zip(("query", "key"), args, strict=False)) | kwargs
            if given.get("query") is given.get("key"):
                self.others.discard(module)
            else:
                self.others.add(module)

    def end(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        """A hook: it has run; None: it was left by an error. Returns what it gives instead."""
        if self.is_elsewhere or module not in self.running:
            return None
        while self.running.pop() is not module:
            pass
        return None if output is None else self.instead(module, args, kwargs, output)

    def instead(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        """What a module that has run is to give in the place of its output; None = that."""

    @property
    def at_work(self) -> nn.Module | None:
        """The innermost module that is more than the softmax itself."""
        names = ((one, type(one).__name__.lower()) for one in reversed(self.running))
        found = next((one for one, name in names if "softmax" not in name), None)
        return None if self.is_elsewhere else found

    def name(self, module: nn.Module) -> str:
        """What a module is called where something is said of it."""
        return self.paths.get(module) or type(module).__name__
