"""The folders that people name: one above the checkpoint, a Trainer's, the Hub's cache, other formats."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from model import trace
from model.capture.load import load
from model.capture.load.folders import find, gguf
from model.errors import Refusal
from tests.model.capture.load.refusals import refused
from tests.model.families import TEXT
from tests.model.saved import saved


def test_a_trainers_output(tmp_path: Path) -> None:
    root = tmp_path / "out"
    for step in (500, 1000, 90):
        saved(root / f"checkpoint-{step}")
    (root / "runs").mkdir()
    assert find(str(root)).folder == root / "checkpoint-1000"
    m = load(root)
    assert m.name == "out/checkpoint-1000"
    assert trace(m, TEXT).kinds == ("encoder",)
    (root / "checkpoint-1000" / "model.safetensors").unlink()  # the run was stopped while it was saved
    assert find(str(root)).folder == root / "checkpoint-500"
    for step in (500, 90):
        (root / f"checkpoint-{step}" / "config.json").unlink()
    refused(root, "checkpoint-1000", "not saved to its end")
    saved(root)
    assert find(str(root)).folder == root  # the model that was saved last


def test_a_trainers_output_of_adapters(tmp_path: Path) -> None:
    for step in (5, 10):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "adapter_config.json").write_text('{"peft_type": "LORA"}')
        (folder / "adapter_model.safetensors").write_bytes(b"x" * 9)
    assert find(str(tmp_path)).folder.name == "checkpoint-10"
    assert find(str(tmp_path / "checkpoint-5")).folder.name == "checkpoint-5"


def test_a_step_whose_shard_is_absent_is_not_whole(tmp_path: Path) -> None:
    for step in (1, 2):
        saved(tmp_path / f"checkpoint-{step}")
    last = tmp_path / "checkpoint-2"
    (last / "model.safetensors").rename(last / "model-00001-of-00002.safetensors")
    files = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (last / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}))
    assert find(str(tmp_path)).folder.name == "checkpoint-1"


def in_cache(root: Path, name: str, hashes: tuple[str, ...], main: str | None) -> Path:
    folder = root / f"models--{name.replace('/', '--')}"
    for one in hashes:
        saved(folder / "snapshots" / one)
    if main is not None:
        (folder / "refs").mkdir()
        (folder / "refs" / "main").write_text(main)
    return folder


def test_the_hubs_cache(tmp_path: Path) -> None:
    hub = tmp_path / "huggingface" / "hub"
    folder = in_cache(hub, "org/some-bert", ("aa11", "bb22"), "bb22")
    assert find(str(folder)) == (folder / "snapshots" / "bb22", "org/some-bert")
    assert find(str(hub)).folder == find(str(hub.parent)).folder == folder / "snapshots" / "bb22"
    assert load(folder).name == "org/some-bert"
    assert find(str(folder / "snapshots" / "aa11")).folder == folder / "snapshots" / "aa11"
    (folder / "refs" / "main").unlink()
    refused(folder, "several models", "snapshots/aa11", "snapshots/bb22")
    shutil.rmtree(folder / "snapshots" / "aa11")
    assert find(str(folder)).folder == folder / "snapshots" / "bb22"
    in_cache(hub, "org/another", ("cc33",), "cc33")
    refused(hub, "several models", "org/another, org/some-bert")
    shutil.rmtree(folder / "snapshots" / "bb22")
    refused(folder, "holds no whole model", "org/some-bert")


def test_a_sentence_transformer(tmp_path: Path) -> None:
    modules = [
        {"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    root = tmp_path / "sbert"
    saved(root / "0_Transformer")
    (root / "1_Pooling").mkdir()
    (root / "1_Pooling" / "config.json").write_text('{"word_embedding_dimension": 32}')
    (root / "config.json").write_text('{"__version__": {"sentence_transformers": "2.0.0"}}')
    (root / "modules.json").write_text(json.dumps(modules))
    m = load(root)
    assert m.name == "sbert"
    assert trace(m, TEXT).kinds == ("encoder",)
    modules[0]["path"] = "../elsewhere"  # no way out of the folder
    saved(tmp_path / "elsewhere")
    (root / "modules.json").write_text(json.dumps(modules))
    assert find(str(root)).folder == root / "0_Transformer"  # found as the one folder with a checkpoint
    modules[0]["path"] = ""
    (root / "modules.json").write_text(json.dumps(modules))
    saved(root)
    assert find(str(root)).folder == root


def test_one_folder_above(tmp_path: Path) -> None:
    saved(tmp_path / "above" / "mine")
    assert load(tmp_path / "above").name == "mine"
    for name in ("a", "b", "c", "x" * 60):
        saved(tmp_path / "above" / name)
    refused(tmp_path / "above", "several models, name one: a, b, c or 2 more")


def test_other_formats(tmp_path: Path) -> None:
    refused(tmp_path, "has no config.json")
    (tmp_path / "model-q4.gguf").touch()
    refused(tmp_path, "holds GGUF")
    with pytest.raises(Refusal, match="holds GGUF"):
        find(str(tmp_path / "model-q4.gguf"))
    assert "safetensors" in str(gguf("x"))
    meta = tmp_path / "meta"
    (meta / "original").mkdir(parents=True)
    (meta / "original" / "consolidated.00.pth").touch()
    refused(meta, "makers' own tools")


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    (tmp_path / "modules.json").write_text("[[[")
    refused(tmp_path, "no config.json")
