"""Who waits for whom: threads of this process for each other, and processes of this machine.

A thread that needs several locks takes them in the order in which they stand here, so that no two ever wait
for each other.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock, RLock
from typing import Any

from filelock import FileLock, Timeout

# The first import of transformers puts another module in its own place, and a thread that imports from it
# meanwhile finds names missing.
importing = Lock()

# The pages keep account of what they have made.
keeping = Lock()

# Draws come from torch's one generator, which a second visitor would disturb.
drawing = RLock()

# While transformers loads a model, its classes are changed for every thread: no weight is initialised, none
# is tied. Two threads that load at once leave them so for good, and a model made meanwhile is spoilt.
making = RLock()


def for_model() -> Any:
    """A new lock, for who runs a model: no two passes at once, though one within another."""
    return RLock()


# In how many threads torch computes is one number for the process.
counting = Lock()

# Whether compiled code runs is one switch for all threads.
compiling = Lock()

# A module that two threads hook at once would be hooked twice, for good.
hooking = Lock()


def for_tokenizer() -> Lock:
    """A new lock, for who uses a tokenizer: some cannot serve two threads at once."""
    return Lock()


# Processes. Such a lock goes with the process that has it, however that ends.


def take(path: Path, wait: float = 0.0, again: bool = False) -> FileLock | None:
    """The lock of a file, to be released; None where it is still taken after so many seconds.

    again: this process may take it more than once at a time, and has it until it has released it as often.
    """
    lock = FileLock(path, is_singleton=again)
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        return None
    return lock


def is_taken(path: Path, wait: float = 0.0) -> bool:
    """Whether somebody has the lock of a file, this process or another, and still after so many seconds."""
    if not path.is_file():
        return False
    lock = take(path, wait)
    if lock is not None:
        lock.release()
    return lock is None
