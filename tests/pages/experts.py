"""A small checkpoint with a mixture of experts, with random weights, saved to a folder."""

from __future__ import annotations

from pathlib import Path

from tests.model.followed import compact


def save(folder: Path) -> Path:
    """The folder that it was saved to."""
    m = compact(experts=4, experts_per_token=2)
    m.model.save_pretrained(folder)
    m.tokenizer.save_pretrained(folder)
    return folder
