"""What ends a run before its time: one plain sentence, which its folder tells. Knows no torch."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from model.errors import Refusal
from model.training.folder import Status, holding, read_run, status, tell, tidy

# How safetensors and torch.save, which raise no OSError, tell of a full disk: the first two are ENOSPC and
# EDQUOT, the others are all that torch says when it writes; what it says of a damaged file is something else.
FULL = ("(os error 28)", "(os error 122)", "unexpected pos", "file write failed")


@contextmanager
def at_work(output: Path) -> Iterator[None]:
    """Within the block this process is at work in the folder, perhaps twice over.

    What ends it early is told there before the folder is let go, else who looks in between takes the process
    for one that was killed. Raises ValueError where another process is at work in it.
    """
    with holding(output):
        try:
            yield
        except KeyboardInterrupt:
            record_stop(output)
            raise
        except Exception as error:
            refusal = explain(error)
            if refusal:
                record_failure(output, refusal)
            raise


def explain(error: Exception) -> ValueError | None:
    """What went wrong, as one plain sentence; None where it is a fault of the program."""
    if isinstance(error, ValueError):
        return error
    if is_full(error):
        return Refusal("The disk is full. Make room and go on; what was saved is still there.")
    if is_short_of_memory(error):
        return Refusal("There is not enough memory. Choose a smaller batch or a smaller model.")
    if isinstance(error, OSError):
        return Refusal("A file could not be read or written: {what}.", what=error.strerror or str(error))
    return None


def is_full(error: Exception) -> bool:
    """Whether it is that the disk has no more room."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, SafetensorError | RuntimeError) and any(sign in str(error) for sign in FULL)


def is_short_of_memory(error: Exception) -> bool:
    """Whether it is that the machine has no more memory, which torch tells in a sentence of its own."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    says_so = isinstance(error, SafetensorError | RuntimeError) and "alloc" in str(error)
    return isinstance(error, MemoryError) or says_so


def record_failure(output: Path, error: ValueError) -> None:
    """Have the run's folder say why it ended, where it is this process's and there is room for it."""
    try:
        now = status(output)
        if now.pid == os.getpid():
            tidy(output)  # a state that the full disk left half written may be what fills it
            reason, values = (
                (error.template, error.values) if isinstance(error, Refusal) else (str(error), {})
            )
            tell(output, Status.now("failed", now.step, now.max_steps, reason, values))
    except (OSError, ValueError):
        return  # it has become a checkpoint, or there is no room even for this


def record_stop(output: Path) -> None:
    """Have the run's folder say that it was interrupted, where there is room for it."""
    try:
        now = status(output)
        tell(output, Status.now("stopped", now.step, now.max_steps or read_run(output).max_steps or 0))
    except (OSError, ValueError):
        return
