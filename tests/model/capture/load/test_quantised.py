"""Quantised folders: read, or refused with what is missing; and what else a config must not do."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from model import trace
from model.capture.load import load
from model.capture.load.config import read_config
from model.capture.load.quantised import package_in
from tests.model.capture.load.refusals import kept, refused
from tests.model.families import TEXT, build
from tests.model.saved import edited, saved

CPU_ONLY = pytest.mark.skipif(torch.accelerator.is_available(), reason="what a machine without a GPU says")


def quantised(folder: Path, **settings: Any) -> Path:
    return edited(saved(folder, "llama"), quantization_config=settings)


@pytest.mark.parametrize(
    ("settings", "package"),
    [
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes"),
        ({"load_in_8bit": True}, "bitsandbytes"),
        ({"quant_method": "gptq", "bits": 4, "group_size": 32, "desc_act": False}, "optimum"),
        ({"quant_method": "awq", "bits": 4, "group_size": 32, "version": "gemm"}, "gptqmodel"),
        ({"quant_method": "compressed-tensors", "format": "int-quantized"}, "compressed-tensors"),
        (
            {"quant_method": "torchao", "quant_type": {"default": {"_type": "Int8WeightOnlyConfig"}}},
            "torchao",
        ),
        ({"quant_method": "quanto", "weights": "int8"}, "optimum-quanto"),
        ({"quant_method": "hqq", "quant_config": {}}, "hqq"),
        ({"quant_method": "aqlm"}, "aqlm"),
        ({"quant_method": "auto-round", "bits": 4}, "auto-round"),
        ({"quant_method": "vptq"}, "vptq"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_package_that_is_missing_is_named(tmp_path: Path, settings: dict[str, Any], package: str) -> None:
    if importlib.util.find_spec(
        package.replace("-", "_").replace("optimum_quanto", "optimum.quanto").split(".")[0]
    ):
        pytest.skip("it is here")
    refused(quantised(tmp_path, **settings), "is quantized by", f"pip install {package}")


@CPU_ONLY
@pytest.mark.parametrize("method", ["higgs", "spqr", "fp_quant", "fbgemm_fp8"])
def test_what_needs_a_gpu(tmp_path: Path, method: str) -> None:
    refused(quantised(tmp_path, quant_method=method), method, "GPU")


@pytest.mark.parametrize("method", ["nvfp4", "eetq", "of-my-own"])
def test_what_cannot_be_read(tmp_path: Path, method: str) -> None:
    refused(quantised(tmp_path, quant_method=method), method, "cannot be read here")


def test_mlx(tmp_path: Path) -> None:
    refused(edited(saved(tmp_path, "llama"), quantization={"group_size": 64, "bits": 4}), "MLX")
    refused(edited(tmp_path, quantization=None, quantization_config={"group_size": 64, "bits": 4}), "MLX")
    refused(edited(tmp_path, quantization_config=["fp8"]), "cannot be understood")


def test_fp8_becomes_plain_numbers(tmp_path: Path) -> None:
    folder = saved(tmp_path, "llama")
    whole = load_file(folder / "model.safetensors")
    packed = {}
    for key, weight in whole.items():
        if key.endswith("_proj.weight"):
            scale = weight.abs().max() / 448
            packed[key] = (weight / scale).to(torch.float8_e4m3fn)
            rows, columns = (-(-n // 128) for n in weight.shape)
            packed[f"{key.removesuffix('weight')}weight_scale_inv"] = scale.expand(rows, columns).clone()
        else:
            packed[key] = weight
    save_file(packed, folder / "model.safetensors", {"format": "pt"})
    m = load(edited(folder, quantization_config={"quant_method": "fp8", "weight_block_size": [128, 128]}))
    key = "model.layers.0.self_attn.q_proj.weight"
    found = m.model.state_dict()[key].float()
    assert float((found - whole[key]).abs().max()) < 0.05 * float(whole[key].abs().max())
    assert trace(m, TEXT).kinds == ("decoder",)
    assert m.can_edit


def test_mxfp4_becomes_plain_numbers(tmp_path: Path) -> None:
    model = build("gpt_oss", intermediate_size=64)
    path = kept(model, tmp_path) / "model.safetensors"
    packed = load_file(path)
    codes = torch.Generator().manual_seed(0)
    for name in ("gate_up_proj", "down_proj"):
        for layer in range(2):
            key = f"model.layers.{layer}.mlp.experts.{name}"
            experts, columns, rows = packed.pop(key).shape  # held as (experts, in, out), packed as out × in
            blocks = torch.randint(0, 256, (experts, rows, columns // 32, 16), generator=codes)
            packed[f"{key}_blocks"] = blocks.to(torch.uint8)
            packed[f"{key}_scales"] = torch.full((experts, rows, columns // 32), 124, dtype=torch.uint8)
    save_file(packed, path, {"format": "pt"})
    m = load(edited(tmp_path, quantization_config={"quant_method": "mxfp4"}))
    weight = m.model.state_dict()["model.layers.0.mlp.experts.gate_up_proj"]
    assert weight.is_floating_point()
    assert set(weight.abs().unique().tolist()) == {0.0, *(x / 8 for x in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0))}
    assert trace(m, TEXT).kinds == ("decoder",)


def test_a_config_cannot_name_code_or_a_pickle(tmp_path: Path) -> None:
    folder = edited(
        saved(tmp_path), attn_implementation="evil/kernel", transformers_weights="adapter_model.bin"
    )
    (folder / "adapter_model.bin").write_bytes(b"\x80\x04cos\nsystem\n")
    config = read_config(folder, "mine")
    assert config._attn_implementation is None
    assert trace(load(folder), TEXT).kinds == ("encoder",)


@pytest.mark.parametrize(
    ("error", "package"),
    [
        (ImportError("requires X: `pip install 'auto-round>=0.5'`"), "auto-round"),
        (ImportError("use `pip install -U bitsandbytes>=0.46.1`"), "bitsandbytes"),
        (ImportError("`pip install aqlm[gpu,cpu]`"), "aqlm[gpu,cpu]"),
        (ModuleNotFoundError("No module named 'torchao.x'", name="torchao.x"), "torchao"),
        (ImportError("needs a GPU"), None),
        (ValueError("pip install nothing"), None),
    ],
)
def test_the_package_of_a_sentence(error: Exception, package: str | None) -> None:
    assert package_in(error) == package
