"""PyTorch and transformers: imported once a process, behind the first paint, by one thread at a time."""

from __future__ import annotations

from model.locks import importing


def wait_for_imports() -> None:
    """Wait until both are there. Whoever needs them comes through here first."""
    with importing:
        import model.capture.load
        import model.capture.record  # noqa: F401
