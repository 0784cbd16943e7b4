"""What a training process does with memory it has freed. Knows no torch; nothing happens without glibc."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # malloc.h


def keep() -> None:
    """Have freed memory kept for the next step.

    Of itself glibc gives large blocks back to the system and fetches them anew, page by page, which takes a
    third of a step.
    """
    mallopt = glibc("mallopt")
    if mallopt:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def give_back() -> None:
    """Give the system what is free now.

    Steps whose batches have other shapes leave free blocks that fit no later one: kept for good, they come to
    ten times what is in use within an hour.
    """
    trim = glibc("malloc_trim")
    if trim:
        trim(0)


def share() -> float:
    """How much of the machine's memory this process holds, from 0 to 1; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages / os.sysconf("SC_PHYS_PAGES")


def glibc(name: str) -> Any:
    """A function of the C library; None where it has none of that name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
