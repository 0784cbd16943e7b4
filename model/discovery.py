"""What the modules of a package offer: a module that is laid into it is found, and nobody has to be told."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any


def collect(package: str, what: str) -> dict[str, Any]:
    """All that a package's modules (files or folders) list under a name such as TASKS, by their own names.

    A module without such a list offers nothing. Raises ValueError where two have the same name.
    """
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        for one in getattr(importlib.import_module(f"{package}.{module.name}"), what, ()):
            if one.name in found:
                raise ValueError(f"{what} of {package} has two that are called {one.name!r}.")
            found[one.name] = one
    return found
