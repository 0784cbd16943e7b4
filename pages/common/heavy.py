"""PyTorch and transformers: imported once a process, behind the first paint, by one thread at a time."""

from __future__ import annotations

import threading

_one_at_a_time = threading.Lock()


def imported() -> None:
    """Wait until both are there.

    The first import of transformers puts another module in its own place, and a thread that imports from it
    meanwhile finds names missing. So whoever needs it comes through here first.
    """
    with _one_at_a_time:
        import model.capture.load
        import model.capture.record  # noqa: F401
