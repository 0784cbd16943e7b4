"""Whether a run has attention to be filmed, told before its model is there and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from model.training.folder import Run
from model.training.jobs import JobOf
from pages.parts.train import begin

RECURRENT = "headlight-recurrent"  # as `RecurrentConfig` says it; to ask that takes torch


def has_film(job: JobOf) -> bool:
    """Whether a run is filmed: by the config of its model, or by its record as long as that is not there."""
    config = read_config(job.folder)
    if config or job.run is None:
        return has_attention(config)
    return will_film(job.run)


def will_film(wanted: Run) -> bool:
    """Whether a run that is to begin will be filmed."""
    network = wanted.settings.get("network")
    if network is None and wanted.start:
        return has_attention(read_config(Path(wanted.start)))
    if network is None and wanted.task != "pairs":  # which learns from a table, by a Transformer
        network = begin.defaults(wanted.task)["network"]
    return network in (None, "transformer") or wanted.settings.get("attention", "none") != "none"


def has_attention(config: dict[str, Any]) -> bool:
    """Whether the model of a config has attention."""
    if config.get("model_type") != RECURRENT:
        return True
    return config.get("attention", "none") != "none" and bool(config.get("decoder_layers", 1))


def read_config(folder: Path) -> dict[str, Any]:
    """The config in a folder, as it stands there; nothing where none can be read."""
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
