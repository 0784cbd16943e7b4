"""How a training process has its memory. glibc reads this when a process begins; elsewhere it means nothing.

Each step takes gigabytes and frees them again. Of itself glibc gives large blocks back to the system and
fetches them anew, in pages of 4 KB; a run is faster by half where it keeps them, and in large pages.
"""

from __future__ import annotations

import os
import sys

NAME = "GLIBC_TUNABLES"
TUNABLES = (
    "glibc.malloc.hugetlb=1",  # ask for large pages (madvise)
    "glibc.malloc.mmap_max=0",  # no block comes from the system alone
    f"glibc.malloc.trim_threshold={2**40}",  # and none goes back
)


def environment() -> dict[str, str]:
    """What a training process is to be started with. What a person has set there themselves holds."""
    return {NAME: ":".join(TUNABLES), **os.environ}


def begin_anew() -> None:
    """Have this process begin anew with that environment, where it did not; it keeps its number."""
    if sys.platform == "linux" and NAME not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment())
