"""Device and dtype: what is meant by them, and what is said of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from model import trace
from model.capture.load import devices, load
from model.errors import Refusal
from tests.model.families import TEXT, build
from tests.model.saved import saved

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


def test_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "accelerator", lambda: None)
    assert devices.choose_device() == CPU
    assert devices.choose_dtype("auto", CPU) is torch.float32
    assert devices.device_map(CPU, 10**15) is None
    monkeypatch.setattr(devices, "accelerator", lambda: GPU)
    assert devices.choose_device("auto") == GPU
    assert devices.choose_dtype("auto", GPU) == "auto"  # the file's own
    monkeypatch.setattr(devices, "free", lambda device: 1000.0)
    assert devices.device_map(GPU, 100) == {"": GPU}
    assert devices.device_map(GPU, 1000) == "auto"
    assert devices.device_map(GPU, 1000, "cuda:0") == {"": GPU}
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: None)
    assert devices.device_map(GPU, 100) is None
    with pytest.raises(Refusal, match=r"larger than the memory of cuda:0, .* pip install accelerate"):
        devices.device_map(GPU, 1000)


@pytest.mark.parametrize("given", ["bfloat16", "torch.bfloat16", "bf16", torch.bfloat16])
def test_a_dtype_by_any_name(given: Any) -> None:
    assert devices.choose_dtype(given, CPU) is torch.bfloat16


@pytest.mark.parametrize("given", ["int8", "float7", "", torch.int64, 3])
def test_no_such_dtype(given: Any) -> None:
    with pytest.raises(Refusal, match="There is no dtype"):
        devices.choose_dtype(given, CPU)


@pytest.mark.parametrize("given", ["gpu", "", "cpu:x", "meta", 99, "x" * 500])
def test_no_such_device(given: Any) -> None:
    with pytest.raises(Refusal, match=r"^[^\n]{10,200}\.$"):
        devices.choose_device(given)


def test_a_model_in_half_precision(tmp_path: Path) -> None:
    build("llama").bfloat16().save_pretrained(saved(tmp_path, "llama"))
    assert load(tmp_path, device="cpu").model.dtype == torch.float32
    m = load(tmp_path, device=CPU, dtype="bfloat16")
    assert m.model.dtype == torch.bfloat16
    assert trace(m, TEXT).kinds == ("decoder",)
    assert load(tmp_path, dtype=torch.float64).model.dtype == torch.float64
    with pytest.raises(Refusal, match="no device tpu"):
        load(tmp_path, device="tpu")
