"""Where a model is computed, and in which numbers."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch

from model.errors import Refusal

DTYPES = {
    "float32": torch.float32,
    "fp32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "half": torch.float16,
    "fp16": torch.float16,
    "bfloat16": torch.bfloat16,
    "bf16": torch.bfloat16,
}
ROOM = 1.2  # what a text needs beside the weights, as a share of them


def choose_device(device: str | torch.device | int = "auto") -> torch.device:
    """The device that is meant: "auto" is an accelerator where there is one, else the processor.

    Raises ValueError where it is unknown or not there.
    """
    if device == "auto":
        return accelerator() or torch.device("cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)  # a name that torch knows may still not be there
    except Exception as error:
        raise Refusal(
            "There is no device {device}; it is auto, cpu or an accelerator such as cuda:0 or mps.",
            device=str(device)[:40],
        ) from error
    if chosen.type == "meta":
        raise Refusal("On the device {device} nothing is computed; it is auto, cpu or cuda:0.", device="meta")
    return chosen


def accelerator() -> torch.device | None:
    """The accelerator of this machine, if there is one that can be used."""
    return torch.accelerator.current_accelerator(check_available=True)


def choose_dtype(dtype: str | torch.dtype, device: torch.device) -> torch.dtype | str:
    """The type of a model's numbers, as from_pretrained takes it.

    "auto" is float32 on the processor, which has no other that is fast and exact, and on an accelerator what
    the file holds ("auto" again). Raises ValueError where it is none of floating point numbers.
    """
    if dtype == "auto":
        return torch.float32 if device.type == "cpu" else "auto"
    found = DTYPES.get(dtype.removeprefix("torch.")) if isinstance(dtype, str) else dtype
    if not isinstance(found, torch.dtype) or found not in DTYPES.values():
        raise Refusal(
            "There is no dtype {dtype}; it is auto, float32, bfloat16, float16 or float64.",
            dtype=str(dtype)[:40],
        )
    return found


def device_map(device: torch.device, size: int, asked: str | torch.device | int = "auto") -> Any:
    """How from_pretrained spreads a model: all on one device, or where it finds room ("auto").

    size: bytes of the weights as they will be held. asked: a device that somebody named holds all of it.
    None: it is loaded by the processor, and whoever loads it has to move it. Raises ValueError where it has
    to be spread and the package for it is missing.
    """
    if device.type == "cpu":
        return None
    spreads = importlib.util.find_spec("accelerate") is not None
    if asked == "auto" and size * ROOM > free(device):
        if not spreads:
            raise Refusal(
                "The model is larger than the memory of {device}, and to spread it a package is missing: pip "
                "install accelerate.",
                device=str(device),
            )
        return "auto"
    return {"": device} if spreads else None


def free(device: torch.device) -> float:
    """Bytes that are free on an accelerator; any number where it does not say."""
    try:
        return float(torch.accelerator.get_memory_info(device)[0])
    except (AttributeError, RuntimeError, NotImplementedError, ValueError):
        return float("inf")
