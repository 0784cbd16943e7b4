"""What is compiled runs as it is written while somebody watches: in compiled code there is nothing to hear.

PyTorch has one switch for the whole process. Other threads compute the same meanwhile, only not as fast.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from model.locks import compiling

_inside: list[Any] = []  # of each block that is open: what puts the switch back, in the first of them


@contextmanager
def uncompiled() -> Iterator[None]:
    """Within the block nothing that torch.compile made runs. Blocks of several threads may overlap."""
    if "torch._dynamo" not in sys.modules:  # nothing has been compiled
        yield
        return
    with compiling:
        _inside.append(torch.compiler.set_stance("force_eager") if not _inside else _inside[0])
    try:
        yield
    finally:
        with compiling:
            switch = _inside.pop()
            if not _inside:
                switch.__exit__(None, None, None)
