"""Which files hold the weights, which one is absent, and which weight does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from model import trace
from model.capture.load import load
from tests.model.capture.load.refusals import DECODER, kept, refused
from tests.model.families import TEXT, build
from tests.model.saved import edited, saved

QUERY = "bert.encoder.layer.1.attention.self.query.weight"


def in_shards(folder: Path) -> Path:
    """The same weights in two files with an index."""
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    keys = sorted(weights)
    halves = (keys[: len(keys) // 2], keys[len(keys) // 2 :])
    for name, half in zip(names, halves, strict=True):
        save_file({key: weights[key] for key in half}, folder / name, {"format": "pt"})
    places = {key: name for name, half in zip(names, halves, strict=True) for key in half}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder


def test_shards(tmp_path: Path) -> None:
    folder = in_shards(saved(tmp_path))
    assert trace(load(folder), TEXT).kinds == ("encoder",)
    (folder / "model-00002-of-00002.safetensors").rename(tmp_path / "away")
    refused(folder, "lacks its file model-00002-of-00002.safetensors")
    (folder / "model-00001-of-00002.safetensors").unlink()
    refused(folder, "lacks 2 of its files, model-00001-of-00002.safetensors first")
    (tmp_path / "away").rename(folder / "model-00001-of-00002.safetensors")
    (folder / "model.safetensors.index.json").unlink()
    refused(folder, "lacks its file model.safetensors.index.json")


@pytest.mark.parametrize(
    "content", ["", "{}", '{"weight_map": {"a": "../x.safetensors"}}', '{"weight_map": 3}']
)
def test_an_index_that_is_none(tmp_path: Path, content: str) -> None:
    folder = in_shards(saved(tmp_path))
    (folder / "model.safetensors.index.json").write_text(content)
    refused(folder, "model.safetensors.index.json", "cannot be read")


@pytest.mark.parametrize("name", ["model.fp16.safetensors", "pytorch_model.safetensors", "mine.safetensors"])
def test_files_of_other_names(tmp_path: Path, name: str) -> None:
    folder = saved(tmp_path)
    (folder / "model.safetensors").rename(folder / name)
    (folder / "consolidated.safetensors").write_bytes((folder / name).read_bytes())
    torch.testing.assert_close(load(folder).model.state_dict()[QUERY], build("bert").state_dict()[QUERY])


def test_which_of_several_files(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").rename(folder / "consolidated.safetensors")
    refused(folder, "makers' own tools")
    (folder / "one.safetensors").write_bytes(content)
    (folder / "two.safetensors").write_bytes(content)
    refused(folder, "2 files of other names")
    for variant in ("fp16", "bf16"):
        (folder / f"model.{variant}.safetensors").write_bytes(content)
    refused(folder, "several forms (bf16, fp16)")


def test_pickles_of_any_name(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (folder / "model.safetensors").unlink()
    (folder / "consolidated.00.pth").touch()
    refused(folder, "pickled", ".pth")


def test_the_weight_that_does_not_fit_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path) / "model.safetensors"
    weights = load_file(path)
    save_file({**weights, QUERY: weights[QUERY][:-1]}, path, {"format": "pt"})
    refused(tmp_path, QUERY, "is 31 × 32, not 32 × 32")
    save_file({key: value for key, value in weights.items() if key != QUERY}, path, {"format": "pt"})
    refused(tmp_path, f"{QUERY} is missing")
    save_file(weights, path, {"format": "pt"})
    refused(edited(tmp_path, num_hidden_layers=1), "bert.encoder.layer.1.", "beyond its last")


def test_a_type_that_was_made_with_code_of_its_own(tmp_path: Path) -> None:
    path = saved(tmp_path) / "model.safetensors"
    edited(tmp_path, auto_map={"AutoModel": "mine.Model"})
    assert load(tmp_path).depth == {"encoder": 2}
    weights = load_file(path)
    weights["encoder.layers.0.attn.Wqkv.weight"] = weights.pop(QUERY)
    save_file(weights, path, {"format": "pt"})
    refused(tmp_path, "code of its own, which is not run", "bert that is built in")


def test_layers_that_only_help_to_write_faster_are_not_read(tmp_path: Path) -> None:
    sizes: dict[str, Any] = DECODER | {
        "num_nextn_predict_layers": 1,
        "n_routed_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 16,
        "first_k_dense_replace": 1,
        "head_dim": 8,
        "num_hidden_layers": 2,
    }
    model = transformers.Glm4MoeForCausalLM(transformers.Glm4MoeConfig(**sizes))
    path = kept(model, tmp_path) / "model.safetensors"
    weights = load_file(path)
    weights["model.layers.2.eh_proj.weight"] = torch.zeros(32, 64)
    save_file(weights, path, {"format": "pt"})
    assert load(tmp_path).depth == {"decoder": 2}
    weights["model.layers.3.eh_proj.weight"] = torch.zeros(32, 64)
    save_file(weights, path, {"format": "pt"})
    refused(tmp_path, "model.layers.3.eh_proj.weight", "beyond its last")
    build("llama").save_pretrained(saved(tmp_path / "llama", "llama"))
    llama = tmp_path / "llama" / "model.safetensors"
    more = load_file(llama)
    more["model.layers.2.self_attn.q_proj.weight"] = more["model.layers.1.self_attn.q_proj.weight"].clone()
    save_file(more, llama, {"format": "pt"})
    refused(tmp_path / "llama", "beyond its last")


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    folder = in_shards(saved(tmp_path))
    (folder / "model-00002-of-00002.safetensors").write_bytes(b"\xff" * 40)
    refused(folder, "damaged", "model-00002-of-00002.safetensors")
    assert cast(Any, folder).exists()
